//! Tenants must not write Ingresses for a controller that serves the platform.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Manifest;
use crate::network::VirtualCluster;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ingress-host-claimable",
        summary: "host that tenants of a virtual cluster can claim",
        severity: Severity::Warning,
        effect: Effect::Insecure,
        page: include_str!("ingress_host_claimable.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut tenants: BTreeMap<&str, Vec<&VirtualCluster<'_>>> = BTreeMap::new();
    for virtual_cluster in &scope.network.virtual_clusters {
        if virtual_cluster.synced_ingresses().is_some() {
            tenants.entry(virtual_cluster.application.destination()).or_default().push(virtual_cluster);
        }
    }
    if tenants.is_empty() || scope.manifests.manifests().iter().any(is_policy) {
        return;
    }
    // `ingress-sync-shared` is about those.
    let mut done: BTreeSet<&str> = scope.network.shared_hosts().into_keys().collect();
    for exposure in scope.network.ingresses().filter(|exposure| exposure.built_in.is_none()) {
        let Some(cluster) = scope.package.destination_of(exposure.manifest) else { continue };
        let Some(tenants) = tenants.get(cluster).filter(|_| !done.contains(cluster)) else { continue };
        let mut hosts = exposure.object.rules.iter().flat_map(|rule| &rule.hosts);
        let Some(host) = hosts.find(|host| !host.is_empty() && !host.contains(['{', '$'])) else { continue };
        done.insert(cluster);
        let names: Vec<_> = tenants.iter().map(|tenant| format!("`{}`", tenant.release)).collect();
        let message =
            format!("whoever may write Ingresses in virtual cluster {} can claim `{host}`", names.join(" or "));
        let finding = tenants.iter().fold(Diagnostic::new(&CHECK.rule, &host.span, message), |finding, tenant| {
            finding.related_if(tenant.synced_ingresses().map(|it| &it.span), "its Ingresses get to the same cluster")
        });
        findings.push(finding.help(
            "write `sync.toHost.ingresses.enabled: false`, or limit the classes with `sync.fromHost.ingressClasses.selector`",
        ));
    }
}

/// Tells whether an object may be what keeps tenants from such Ingresses.
fn is_policy(manifest: &Manifest) -> bool {
    let group = manifest.group();
    group.ends_with("kyverno.io")
        || group.ends_with("gatekeeper.sh")
        || group == "admissionregistration.k8s.io" && manifest.kind.starts_with("Validating")
}
