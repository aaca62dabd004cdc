//! A project without bounds keeps nobody from anything.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "project-wildcard",
        summary: "AppProject that lets everything in and everywhere",
        severity: Severity::Warning,
        effect: Effect::Insecure,
        page: include_str!("project_wildcard.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(project) = object.of_kind("argoproj.io", "AppProject") else { return };
    let name = project.at(&["metadata", "name"]).and_then(Node::as_str).unwrap_or_default();
    let is = |node: &Node, key: &str| node.get(key).and_then(Node::as_str) == Some("*");
    let is_everywhere = |it: &&Node| is(it, "namespace") && (is(it, "server") || is(it, "name"));
    let Some(repository) = project.items_at(&["spec", "sourceRepos"]).find(|it| it.as_str() == Some("*")) else {
        return;
    };
    let Some(destination) = project.items_at(&["spec", "destinations"]).find(is_everywhere) else { return };
    if name == "default" || has_exceptions(project) {
        return;
    }
    let message =
        format!("project `{name}` lets Applications bring anything from anywhere to every namespace of every cluster");
    findings.push(
        Diagnostic::new(&CHECK.rule, &destination.span, message)
            .related(&repository.span, "from every repository")
            .help("name the repositories in `sourceRepos`, or the clusters and namespaces in `destinations`"),
    );
}

/// Tells whether something is taken out of what the project permits.
fn has_exceptions(project: &Node) -> bool {
    let is_exception = |node: &Node| node.as_str().is_some_and(|text| text.starts_with('!'));
    let mut destinations = project.items_at(&["spec", "destinations"]).filter_map(Node::as_mapping).flatten();
    project.items_at(&["spec", "sourceRepos"]).any(is_exception) || destinations.any(|entry| is_exception(&entry.value))
}
