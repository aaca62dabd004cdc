//! A release has a name that Helm takes.

use super::source::has;
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;
use crate::schema::names;
use crate::vcluster;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "helm-release-name",
        summary: "release name that Helm does not take",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("helm_release_name.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

/// The longest name of a release (helm, `pkg/chartutil/validate_name.go`).
const MAX_LENGTH: usize = 53;

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application() else { return };
    let mut is_named_after_application = false;
    for source in application.sources() {
        // What works for a virtual cluster is `release-name`'s to tell.
        if source.get("chart").is_some_and(|chart| chart.as_str() == Some(vcluster::CHART_NAME)) {
            continue;
        }
        let Some(node) = source.at(&["helm", "releaseName"]).filter(|node| node.as_str() != Some("")) else {
            is_named_after_application |= has(source, "chart");
            continue;
        };
        let Some(name) = application.known(node) else { continue };
        if let Some(fault) = fault(name) {
            let help = format!("write a DNS name of at most {MAX_LENGTH} characters");
            findings.push(Diagnostic::new(&CHECK.rule, &node.span, fault).help(help));
        }
    }
    // A name that no Application can have, its schema has refused.
    let node = application.node.at(&["metadata", "name"]).filter(|_| is_named_after_application);
    let name = node.and_then(|node| Some((node, application.known(node)?)));
    if let Some((node, name)) = name.filter(|(_, name)| names::subdomain(name).is_ok())
        && let Some(fault) = fault(name)
    {
        let help = "set `helm.releaseName`, or rename the Application: its name is that of the release";
        findings.push(Diagnostic::new(&CHECK.rule, &node.span, fault).help(help).of_whole());
    }
}

fn fault(name: &str) -> Option<String> {
    if name.len() > MAX_LENGTH {
        return Some(format!("release name `{name}` has {} characters, and Helm takes {MAX_LENGTH}", name.len()));
    }
    let reason = names::subdomain(name).err()?;
    Some(format!("`{name}` cannot be the name of a release: {reason}"))
}
