//! vCluster refuses to start beside another one.

use std::collections::BTreeMap;

use crate::checks::{Check, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::network::VirtualCluster;
use crate::schema::vcluster::Version;

/// The chart that ended sharing was 0.25 (cmd/vcluster/cmd/start.go).
const SINCE: Version = (0, 25, 0);

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "one-vcluster-per-namespace",
        summary: "two virtual clusters in one namespace",
        severity: Severity::Error,
        effect: Effect::PodCrash,
        page: include_str!("one_vcluster_per_namespace.md"),
    },
    since: "0.1.0",
    run,
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<(&str, &str), &VirtualCluster<'_>> = BTreeMap::new();
    for virtual_cluster in &scope.network.virtual_clusters {
        let Some(namespace) = virtual_cluster.namespace else { continue };
        if virtual_cluster.version().is_some_and(|version| version < SINCE) {
            continue;
        }
        let place = (virtual_cluster.application.destination(), namespace.as_str());
        let earlier = *first.entry(place).or_insert(virtual_cluster);
        // Another version of the same Application does not make a second one.
        let (manifest, before) = (virtual_cluster.application.manifest, earlier.application.manifest);
        if std::ptr::eq(earlier, virtual_cluster) || before.is_same_object(manifest) {
            continue;
        }
        let earlier = earlier.release;
        let message = format!(
            "namespace `{namespace}` has a virtual cluster already: `{}` will not start",
            virtual_cluster.release
        );
        findings.push(
            Diagnostic::new(&CHECK.rule, &namespace.span, message)
                .related(&earlier.span, format!("virtual cluster `{earlier}` goes to the same namespace"))
                .help(format!("give it a namespace of its own, say `{}`", virtual_cluster.release)),
        );
    }
}
