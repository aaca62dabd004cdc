//! Tenants must not write Ingresses for a controller that leads to virtual clusters.

use std::collections::BTreeMap;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::source::Spanned;
use crate::yaml::{Mapping, Node};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ingress-sync-shared",
        summary: "Ingresses synced to the controller that serves virtual clusters",
        severity: Severity::Warning,
        effect: Effect::Insecure,
        page: include_str!("ingress_sync_shared.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut shared: BTreeMap<&str, &Spanned<String>> = BTreeMap::new();
    for exposure in scope.network.ingresses() {
        let Some((route, target)) = exposure.target() else { continue };
        let cluster = scope.network.meant_by(target).application.destination();
        if let Some(host) = route.rule.hosts.first() {
            shared.entry(cluster).or_insert(host);
        }
    }
    for virtual_cluster in scope.network.virtual_clusters.iter().filter(|it| !it.source.further_values) {
        let enabled = virtual_cluster.value(&["sync", "toHost", "ingresses", "enabled"]);
        let Some(enabled) = enabled.filter(|enabled| enabled.as_bool() == Some(true)) else { continue };
        // A selector may leave the class of that controller out.
        let selector = virtual_cluster.value(&["sync", "fromHost", "ingressClasses", "selector"]);
        let is_limited = selector.and_then(Node::as_mapping).is_some_and(|selector: &Mapping| !selector.is_empty());
        let Some(host) = shared.get(virtual_cluster.application.destination()).filter(|_| !is_limited) else {
            continue;
        };
        let release = virtual_cluster.release;
        let message = format!("whoever may write Ingresses in virtual cluster `{release}` can claim `{host}`");
        findings.push(
            Diagnostic::new(&CHECK.rule, &enabled.span, message)
                .related(&host.span, "the same ingress controller serves this host")
                .help("write `enabled: false`, or limit the classes with `sync.fromHost.ingressClasses.selector`"),
        );
    }
}
