//! vCluster refuses to start beside another one.

use std::collections::BTreeMap;

use crate::checks::{Check, Run, Scope};
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
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut places: BTreeMap<(&str, &str), Vec<&VirtualCluster<'_>>> = BTreeMap::new();
    for virtual_cluster in &scope.network.virtual_clusters {
        if let Some(namespace) = virtual_cluster.namespace {
            let place = (virtual_cluster.application.destination(), namespace.as_str());
            places.entry(place).or_default().push(virtual_cluster);
        }
    }
    for ((_, namespace), residents) in places.into_iter().filter(|(_, residents)| residents.len() > 1) {
        // One that puts up with others starts, whoever comes first; of those that do not, only one does.
        let tolerant = residents.iter().find(|resident| !refuses(resident));
        let first = tolerant.or(residents.first()).copied();
        let Some(first) = first else { continue };
        for late in residents.into_iter().filter(|resident| refuses(resident)) {
            // Another version of the same Application does not make a second one.
            let (manifest, before) = (late.application.manifest, first.application.manifest);
            let Some(place) = late.namespace.filter(|_| !std::ptr::eq(late, first) && !before.is_same_object(manifest))
            else {
                continue;
            };
            let message =
                format!("namespace `{namespace}` has a virtual cluster already: `{}` will not start", late.release);
            let (earlier, release) = (first.release, late.release);
            findings.push(
                Diagnostic::new(&CHECK.rule, &place.span, message)
                    .related(&earlier.span, format!("virtual cluster `{earlier}` goes to the same namespace"))
                    .help(format!("give it a namespace of its own, say `{release}`")),
            );
        }
    }
}

/// Tells whether a virtual cluster does not start beside another one.
fn refuses(virtual_cluster: &VirtualCluster<'_>) -> bool {
    virtual_cluster.version().is_none_or(|version| version >= SINCE)
}
