//! A database in the pod cannot be shared among pods.

use super::judged;
use crate::checks::{Check, Run, Scope};
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
    run: Run::Tree(run),
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
        let embedded = virtual_cluster.backing_store(["database", "embedded"]);
        if SHARED_STORES.into_iter().any(|store| virtual_cluster.backing_store(store).is_some()) {
            continue;
        }
        let message = match embedded {
            Some(_) => format!("{count} replicas cannot share the embedded database"),
            None => format!("{count} replicas cannot share the embedded database, which is the default backing store"),
        };
        findings.push(
            Diagnostic::new(&CHECK.rule, &replicas.span, message)
                .related_if(embedded.map(|embedded| &embedded.span), "the embedded database is chosen here")
                .help(
                    "set `controlPlane.backingStore.etcd.deploy.enabled: true` or another store that is shared, or \
                     `replicas: 1`",
                ),
        );
    }
}
