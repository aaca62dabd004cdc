//! Chart 0.36 gave up volume snapshots, but not their keys.

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};
use crate::schema::vcluster::Version;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-volume-snapshots",
        summary: "volume snapshots in a chart that has given them up",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("vcluster_volume_snapshots.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// The first chart that fails on the keys.
pub(super) const SINCE: Version = (0, 36, 0);

/// The keys that it fails on, whatever they say (`chart/templates/_validate.tpl`).
const KEYS: [&[&str]; 5] = [
    &["sync", "toHost", "volumeSnapshots"],
    &["sync", "toHost", "volumeSnapshotContents"],
    &["sync", "fromHost", "volumeSnapshotClasses"],
    &["deploy", "volumeSnapshotController"],
    &["rbac", "enableVolumeSnapshotRules"],
];

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope).filter(|it| it.is_since(SINCE)) {
        for path in KEYS {
            let Some(entry) = virtual_cluster.value_entry(path) else { continue };
            let message = format!("the chart refuses `{}` from version 0.36.0 on, even if it is off", path.join("."));
            findings.push(
                Diagnostic::new(&CHECK.rule, &entry.key.span, message)
                    .help("leave the key out")
                    .fix(Fix::Remove(entry.key.span.clone())),
            );
        }
    }
}
