//! The release of a virtual cluster becomes names with rules of their own.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::schema::names;
use crate::vcluster::MAX_RELEASE_NAME;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "release-name",
        summary: "release name that does not work for a virtual cluster",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("release_name.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in &scope.network.virtual_clusters {
        let release = virtual_cluster.release;
        // What no Application can be called, its schema has refused; and a kustomization may call it something else.
        let is_refused =
            || names::subdomain(release).is_err() || !scope.package.is_exact(virtual_cluster.application.manifest);
        if virtual_cluster.source.release_name.is_none() && is_refused() {
            continue;
        }
        let message = if release.len() > MAX_RELEASE_NAME {
            format!("release name `{release}` has {} characters, more than {MAX_RELEASE_NAME}", release.len())
        } else if let Err(reason) = names::service_name(release) {
            format!("`{release}` cannot be the name of a Service: {reason}")
        } else {
            continue;
        };
        findings.push(
            Diagnostic::new(&CHECK.rule, &release.span, message)
                .related(
                    &virtual_cluster.source.span,
                    "the vCluster chart names its Service and StatefulSet after the release",
                )
                .help("set `helm.releaseName`, or rename the Application"),
        );
    }
}
