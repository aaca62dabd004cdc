//! A database in the pod cannot be shared among pods.

use super::judged;
use crate::checks::{Check, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-replicas",
        summary: "several replicas of a control plane with an embedded database",
        severity: Severity::Error,
        effect: Effect::PodCrash,
        page: include_str!("vcluster_replicas.md"),
    },
    since: "0.1.0",
    run,
};

/// The stores that several replicas share (`config/config.go`, `BackingStoreType`). Without any, vCluster takes the embedded
/// database.
const SHARED_STORES: [[&str; 2]; 4] =
    [["etcd", "embedded"], ["etcd", "external"], ["etcd", "deploy"], ["database", "external"]];

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope) {
        let path = ["controlPlane", "statefulSet", "highAvailability", "replicas"];
        let Some(replicas) = virtual_cluster.value(&path) else { continue };
        let Some(count) = replicas.as_i64().filter(|count| *count > 1) else { continue };
        let embedded = ["controlPlane", "backingStore", "database", "embedded", "enabled"];
        let embedded = virtual_cluster.switched_on(&embedded);
        let has_store = |[kind, name]: [&str; 2]| {
            virtual_cluster.switched_on(&["controlPlane", "backingStore", kind, name, "enabled"]).is_some()
        };
        if SHARED_STORES.into_iter().any(has_store) {
            continue;
        }
        let message = match embedded {
            Some(_) => format!("{count} replicas cannot share the embedded database"),
            None => format!("{count} replicas cannot share the embedded database, which is the default backing store"),
        };
        let mut finding = Diagnostic::new(&CHECK.rule, &replicas.span, message).help(
            "set `controlPlane.backingStore.etcd.deploy.enabled: true` or another store that is shared, or `replicas: 1`",
        );
        if let Some(embedded) = embedded {
            finding = finding.related(&embedded.span, "the embedded database is chosen here");
        }
        findings.push(finding);
    }
}
