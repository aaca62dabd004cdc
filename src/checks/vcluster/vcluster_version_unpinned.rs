//! A version of the chart that nobody chose is another one tomorrow.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::schema::vcluster::pinned;
use crate::vcluster::DEFAULT_CHART_VERSION;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-version-unpinned",
        summary: "vCluster chart without one fixed version",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("vcluster_version_unpinned.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in &scope.network.virtual_clusters {
        // That there is none is `chart-without-version`'s to tell.
        let Some(revision) = virtual_cluster.source.target_revision.as_ref().filter(|revision| !is_fixed(revision))
        else {
            continue;
        };
        let message = format!("`{revision}` does not say which version of the chart it will be");
        findings.push(Diagnostic::new(&CHECK.rule, &revision.span, message).help(format!(
            "pin the version that the values were written for: `targetRevision: {DEFAULT_CHART_VERSION}`"
        )));
    }
}

/// Tells whether a revision stands for one version: `0.36.1`, or `=0.36.1`. Nobody knows what a placeholder stands for.
fn is_fixed(revision: &str) -> bool {
    pinned(revision.trim_start_matches('=').trim()).is_some() || revision.contains("{{")
}
