//! A namespace for restricted pods does not admit that of a virtual cluster.

use std::collections::BTreeMap;

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::{self, POD_SECURITY};
use crate::network::VirtualCluster;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "namespace-pod-security",
        summary: "namespace that does not admit the pod of a virtual cluster",
        severity: Severity::Warning,
        effect: Effect::ApiReject,
        page: include_str!("namespace_pod_security.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut namespaces: BTreeMap<&str, Vec<&VirtualCluster<'_>>> = BTreeMap::new();
    // Who says in the values what the pod runs as has made it fit, or so it seems.
    let by_default = |it: &&VirtualCluster<'_>| it.value(&["controlPlane", "statefulSet", "security"]).is_none();
    for virtual_cluster in judged(scope).filter(by_default) {
        if let Some(namespace) = virtual_cluster.namespace {
            namespaces.entry(namespace.as_str()).or_default().push(virtual_cluster);
        }
        let sync = &virtual_cluster.application.application.sync;
        // Without that option, nothing comes of the labels.
        if let Some(level) = manifest::enforced(&sync.namespace_labels).filter(|_| sync.creates_namespace()) {
            report(virtual_cluster, level, findings);
        }
    }
    for namespace in &scope.manifests.facts.namespaces {
        let manifest = scope.manifests.manifest_of(namespace);
        let Some(level) = manifest::enforced(&namespace.labels).filter(|_| scope.package.is_exact(manifest)) else {
            continue;
        };
        let name = manifest.name.as_ref().map_or("", |name| name.as_str());
        let place = scope.package.destination_of(manifest);
        let here = |it: &&&VirtualCluster<'_>| place.is_none_or(|place| place == it.application.destination());
        if let Some(virtual_cluster) = namespaces.get(name).into_iter().flatten().find(here) {
            report(virtual_cluster, level, findings);
        }
    }
}

fn report(virtual_cluster: &VirtualCluster<'_>, level: &Node, findings: &mut Vec<Diagnostic>) {
    let Some(namespace) = virtual_cluster.namespace.filter(|_| level.as_str() == Some("restricted")) else { return };
    let release = virtual_cluster.release;
    let message = format!(
        "namespace `{namespace}` admits restricted pods only, and the pod of virtual cluster `{release}` runs as root"
    );
    findings.push(
        Diagnostic::new(&CHECK.rule, &level.span, message).related(&release.span, "the virtual cluster").help(format!(
            "write `{POD_SECURITY}: baseline`; what runs within the virtual cluster has a level of its own, \
                 `policies.podSecurityStandard`"
        )),
    );
}
