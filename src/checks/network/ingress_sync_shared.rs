//! Tenants must not write Ingresses for a controller that leads to virtual clusters.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};

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
    let shared = scope.network.shared_hosts();
    for virtual_cluster in &scope.network.virtual_clusters {
        let Some(enabled) = virtual_cluster.synced_ingresses() else { continue };
        let Some(host) = shared.get(virtual_cluster.application.destination()) else { continue };
        let release = virtual_cluster.release;
        let message = format!("whoever may write Ingresses in virtual cluster `{release}` can claim `{host}`");
        findings.push(
            Diagnostic::new(&CHECK.rule, &enabled.span, message)
                .related(&host.span, "the same ingress controller serves this host")
                .help("write `enabled: false`, or limit the classes with `sync.fromHost.ingressClasses.selector`"),
        );
    }
}
