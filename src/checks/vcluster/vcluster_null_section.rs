//! A section without values is no section with defaults.

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::schema::vcluster::Version;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-null-section",
        summary: "section of the vCluster chart's values that is null",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("vcluster_null_section.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// The sections that templates look into without asking whether they are there, and the first chart that does so if not all do
/// (`chart/templates`: `_helper.tpl`, `_persistence.tpl`, `_rbac.tpl`, `_exportKubeConfig.tpl`, `ingress.yaml`, `limitrange.yaml`,
/// `manifests.yaml`, `networkpolicy.yaml`, `resourcequota.yaml`, `role.yaml`, `service.yaml`, `statefulset.yaml`).
const SECTIONS: [(&[&str], Option<Version>); 20] = [
    (&["controlPlane"], None),
    (&["controlPlane", "advanced"], None),
    (&["controlPlane", "backingStore"], None),
    (&["controlPlane", "ingress"], None),
    (&["controlPlane", "service"], None),
    (&["controlPlane", "statefulSet"], None),
    (&["experimental"], None),
    (&["exportKubeConfig"], Some((0, 24, 0))),
    (&["integrations"], None),
    (&["networking"], None),
    (&["policies"], None),
    (&["policies", "limitRange"], None),
    (&["policies", "networkPolicy"], None),
    (&["policies", "resourceQuota"], None),
    (&["privateNodes"], Some((0, 26, 0))),
    (&["rbac"], None),
    (&["rbac", "clusterRole"], None),
    (&["rbac", "role"], None),
    (&["sync"], None),
    (&["sync", "toHost"], None),
];

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope) {
        let sections = SECTIONS.iter().filter(|(_, since)| since.is_none_or(|since| virtual_cluster.is_since(since)));
        for (path, _) in sections {
            let Some((key, above)) = path.split_last() else { continue };
            let above = virtual_cluster.value(above).and_then(Node::as_mapping);
            let Some(entry) = above.and_then(|above| above.entry(key)).filter(|entry| entry.value.is_null()) else {
                continue;
            };
            let message = format!("`{}` is null, which takes away the defaults that the chart needs", path.join("."));
            findings.push(
                Diagnostic::new(&CHECK.rule, &entry.key.span, message)
                    .help(format!("leave `{key}` out, or write `{key}: {{}}`")),
            );
        }
    }
}
