//! A scheduler needs nodes to choose from.

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-scheduler-nodes",
        summary: "scheduler in a virtual cluster that sees no nodes of the host",
        severity: Severity::Error,
        effect: Effect::PodCrash,
        page: include_str!("vcluster_scheduler_nodes.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// What makes pods be scheduled in the virtual cluster (`pkg/config/config.go`, `SchedulingInVirtualClusterEnabled`).
const SCHEDULERS: [&[&str]; 3] = [
    &["controlPlane", "advanced", "virtualScheduler", "enabled"],
    &["controlPlane", "distro", "k8s", "scheduler", "enabled"],
    &["sync", "toHost", "pods", "hybridScheduling", "enabled"],
];

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope) {
        let is_on = |path: &[&str]| virtual_cluster.switched_on(path).is_some();
        // k3s has a scheduler of its own, and private nodes are no nodes of the host.
        if is_on(&["sync", "fromHost", "nodes", "enabled"])
            || is_on(&["privateNodes", "enabled"])
            || is_on(&["controlPlane", "distro", "k3s", "enabled"])
        {
            continue;
        }
        let Some((path, value)) = SCHEDULERS.iter().find_map(|path| Some((path, virtual_cluster.switched_on(path)?)))
        else {
            continue;
        };
        let name = path[..path.len() - 1].join(".");
        let message = format!("`{name}` is on without the nodes of the host: vCluster does not start");
        let nodes = virtual_cluster.value(&["sync", "fromHost", "nodes", "enabled"]);
        findings.push(
            Diagnostic::new(&CHECK.rule, &value.span, message)
                .related_if(nodes.map(|nodes| &nodes.span), "they are left out here")
                .help("set `sync.fromHost.nodes.enabled: true`"),
        );
    }
}
