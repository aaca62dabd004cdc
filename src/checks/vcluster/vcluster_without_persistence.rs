//! Without a volume, a virtual cluster forgets everything when its pod ends.

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::vcluster::rendering::{self, Store};
use crate::yaml::Value;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-without-persistence",
        summary: "virtual cluster that loses its objects when its pod ends",
        severity: Severity::Info,
        effect: Effect::Style,
        page: include_str!("vcluster_without_persistence.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope) {
        let value = |path: &[&str]| virtual_cluster.value(path);
        let persistence = ["controlPlane", "statefulSet", "persistence"];
        let Some(persistence) = value(&persistence) else { continue };
        let Some(claim) = persistence.at(&["volumeClaim", "enabled"]).filter(|it| rendering::is_off(Some(it))) else {
            continue;
        };
        // The pod may bring a volume of another kind for `/data`.
        let mut volumes = ["volumeClaimTemplates", "dataVolume", "addVolumeMounts"].into_iter();
        let has_volume = volumes.any(|key| match persistence.get(key).map(|it| &it.value) {
            Some(Value::Sequence(items)) => !items.is_empty(),
            _ => false,
        });
        if has_volume || rendering::store(virtual_cluster.source.values.as_ref()) != Store::Database {
            continue;
        }
        let release = virtual_cluster.release;
        let message = format!("virtual cluster `{release}` loses everything in it whenever its pod ends");
        findings.push(
            Diagnostic::new(&CHECK.rule, &claim.span, message)
                .related(
                    &release.span,
                    "the chart makes a Deployment, no StatefulSet, with the database in an `emptyDir`",
                )
                .help(
                    "leave out `volumeClaim.enabled`, or put the objects elsewhere: \
                     `controlPlane.backingStore.database.external` or `controlPlane.backingStore.etcd.deploy`",
                ),
        );
    }
}
