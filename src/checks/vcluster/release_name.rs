//! The release of a virtual cluster becomes names with rules of their own.

use crate::checks::{Check, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
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
    run,
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in &scope.network.virtual_clusters {
        let release = virtual_cluster.release;
        let message = if !is_service_name(release) {
            format!(
                "`{release}` cannot be the name of a Service: lower-case letters, digits and `-`, beginning with a letter"
            )
        } else if release.len() > MAX_RELEASE_NAME {
            format!("release name `{release}` has {} characters, more than {MAX_RELEASE_NAME}", release.len())
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

/// Tells whether a text is a DNS label as RFC 1035 has it, apart from its length.
fn is_service_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.ends_with(|last: char| last != '-')
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
