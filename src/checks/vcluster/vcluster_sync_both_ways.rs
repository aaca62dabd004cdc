//! What is synced has one home.

use std::collections::BTreeMap;

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::network::VirtualCluster;
use crate::schema::vcluster::Version;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-sync-both-ways",
        summary: "objects that are synced to the host and from it",
        severity: Severity::Error,
        effect: Effect::PodCrash,
        page: include_str!("vcluster_sync_both_ways.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// What may be synced in either direction, but not in both.
const KINDS: [&str; 2] = ["priorityClasses", "storageClasses"];
/// The version of `pkg/config/validation.go` that is known to compare custom resources too.
const CUSTOM_RESOURCES_SINCE: Version = (0, 35, 0);

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope) {
        for kind in KINDS {
            let switch = |way| virtual_cluster.switched_on(&["sync", way, kind, "enabled"]);
            if let (Some(to), Some(from)) = (switch("toHost"), switch("fromHost")) {
                findings.push(finding(kind, to, from));
            }
        }
        if virtual_cluster.is_since(CUSTOM_RESOURCES_SINCE) {
            let from: BTreeMap<_, _> = custom_resources(virtual_cluster, "fromHost").collect();
            for (name, to) in custom_resources(virtual_cluster, "toHost") {
                let from = from.get(name);
                findings.extend(from.map(|from| finding(&format!("customResources[\"{name}\"]"), to, from)));
            }
        }
    }
}

/// Returns the custom resources that are synced in a direction: their names and their switches.
fn custom_resources<'a>(virtual_cluster: &VirtualCluster<'a>, way: &str) -> impl Iterator<Item = (&'a str, &'a Node)> {
    virtual_cluster.custom_resources(way).filter_map(|entry| {
        let enabled = entry.value.get("enabled").filter(|enabled| enabled.as_bool() == Some(true))?;
        Some((entry.key.value.as_str(), enabled))
    })
}

fn finding(what: &str, to: &Node, from: &Node) -> Diagnostic {
    let message = format!("`{what}` are synced from the host and to it: vCluster does not start");
    Diagnostic::new(&CHECK.rule, &from.span, message)
        .related(&to.span, "they are synced to the host here")
        .help(format!("leave out `sync.toHost.{what}` or `sync.fromHost.{what}`"))
}
