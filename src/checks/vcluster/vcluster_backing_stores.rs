//! The state of a virtual cluster is in one place.

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::network::VirtualCluster;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-backing-stores",
        summary: "several backing stores for one virtual cluster",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("vcluster_backing_stores.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// The stores that the chart counts (`chart/templates/_backingstore.tpl`); an etcd that somebody else runs is none of them.
const STORES: [[&str; 2]; 4] =
    [["database", "embedded"], ["database", "external"], ["etcd", "deploy"], ["etcd", "embedded"]];

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope).filter(|it| is_counted(it)) {
        let switch = |store: [&str; 2]| Some((store.join("."), virtual_cluster.backing_store(store)?));
        let mut stores: Vec<(String, &Node)> = STORES.into_iter().filter_map(switch).collect();
        stores.sort_by_key(|(_, value)| value.span.start());
        let [(first, earlier), others @ ..] = stores.as_slice() else { continue };
        for (name, value) in others {
            let message =
                format!("backing store `{name}` is enabled beside `{first}`, and a virtual cluster has only one");
            findings.push(
                Diagnostic::new(&CHECK.rule, &value.span, message)
                    .related(&earlier.span, format!("`{first}` is enabled here"))
                    .help("leave `enabled: true` to one of them"),
            );
        }
    }
}

/// Tells whether the chart counts the stores: it asks for them only where it has to find out whether the control plane needs a
/// volume (`chart/templates/_persistence.tpl`).
fn is_counted(virtual_cluster: &VirtualCluster<'_>) -> bool {
    let persistence = |key| virtual_cluster.value(&["controlPlane", "statefulSet", "persistence", key]);
    let has_templates =
        persistence("volumeClaimTemplates").and_then(Node::as_sequence).is_some_and(|it| !it.is_empty());
    let enabled = persistence("volumeClaim").and_then(|claim| claim.get("enabled"));
    !has_templates && enabled.is_none_or(|enabled| enabled.as_str() == Some("auto"))
}
