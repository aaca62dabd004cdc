//! Switches that take a text take three texts.

use super::{judged, vcluster_volume_snapshots};
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-enabled-text",
        summary: "switch of the vCluster chart with a text that it does not know",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("vcluster_enabled_text.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// Where `enabled` is a boolean or a text (`chart/values.schema.json`, v0.20.0 to v0.36.1).
const SWITCHES: [&[&str]; 10] = [
    &["controlPlane", "statefulSet", "persistence", "volumeClaim", "enabled"],
    &["policies", "limitRange", "enabled"],
    &["policies", "resourceQuota", "enabled"],
    &["rbac", "clusterRole", "enabled"],
    &["rbac", "enableVolumeSnapshotRules", "enabled"],
    &["sync", "fromHost", "csiDrivers", "enabled"],
    &["sync", "fromHost", "csiNodes", "enabled"],
    &["sync", "fromHost", "csiStorageCapacities", "enabled"],
    &["sync", "fromHost", "storageClasses", "enabled"],
    &["sync", "toHost", "gatewayApi", "referenceGrants", "enabled"],
];

/// What the templates compare it with.
const KNOWN: [&str; 3] = ["true", "false", "auto"];

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope) {
        for path in SWITCHES {
            let is_given_up =
                path[1] == "enableVolumeSnapshotRules" && virtual_cluster.is_since(vcluster_volume_snapshots::SINCE);
            let Some(node) = virtual_cluster.value(path).filter(|_| !is_given_up) else { continue };
            let text = node.as_str().filter(|text| !text.is_empty() && !text.contains("{{"));
            let Some(text) = text.filter(|text| !KNOWN.contains(text)) else { continue };
            let meant = match text.trim().to_lowercase().as_str() {
                "true" | "yes" | "y" | "on" | "1" | "enabled" => Some("true"),
                "false" | "no" | "n" | "off" | "0" | "disabled" => Some("false"),
                "auto" => Some("auto"),
                _ => None,
            };
            let help = meant.map_or("write `true`, `false` or `auto`".to_owned(), |meant| format!("write `{meant}`"));
            let fix = meant.map(|meant| Fix::Plain(node.span.clone(), meant.to_owned()));
            let message = format!("`{}` is `{text}`, which is neither on nor off nor `auto`", path.join("."));
            findings.push(Diagnostic::new(&CHECK.rule, &node.span, message).help(help).fix_if(fix));
        }
    }
}
