//! A source says what to load, and from where.

use super::source::{has, is_well_spelt};
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;
use crate::source::Span;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "source-incomplete",
        summary: "source that does not say what to load, or from where",
        severity: Severity::Error,
        effect: Effect::InvalidSpec,
        page: include_str!("source_incomplete.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

/// What a hydrator cannot do without. That the keys are there, its schema demands.
const OF_HYDRATOR: [[&str; 2]; 3] =
    [["drySource", "repoURL"], ["syncSource", "targetBranch"], ["hydrateTo", "targetBranch"]];

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application().filter(|it| !it.is_patched) else { return };
    let Some(spec) = application.spec().and_then(Node::as_mapping) else { return };
    let is_empty = |node: &&Node| node.as_str() == Some("");
    if let Some(hydrator) = spec.get("sourceHydrator").filter(|_| object.target.argocd >= (2, 14)) {
        for path in OF_HYDRATOR {
            if let Some(node) = hydrator.at(&path).filter(is_empty) {
                let message = format!("`sourceHydrator.{}` is empty", path.join("."));
                let help = "write the URL of a repository, and the name of a branch";
                findings.push(Diagnostic::new(&CHECK.rule, &node.span, message).help(help).of_whole());
            }
        }
        return;
    }
    let is_single = application.single_source().is_some();
    let key = spec.entry("source").filter(|_| is_single).map(|entry| &entry.key.span);
    for source in application.sources().filter(|source| source.as_mapping().is_some()) {
        if let Some(node) = source.get("repoURL").filter(is_empty) {
            let help = "write the URL of a Git or Helm repository";
            findings.push(Diagnostic::new(&CHECK.rule, &node.span, "`repoURL` is empty").help(help).of_whole());
        }
        findings.extend(without_content(source, key.unwrap_or(&source.span), is_single));
    }
}

/// Reports a source that does not say what to load.
fn without_content(source: &Node, span: &Span, is_single: bool) -> Option<Diagnostic> {
    let says_what = has(source, "path") || has(source, "chart") || !is_single && has(source, "ref");
    if says_what || !is_well_spelt(source) {
        return None;
    }
    let is_artifact = source.get("repoURL").and_then(Node::as_str).is_some_and(|url| url.starts_with("oci://"));
    let (message, help) = match (is_artifact, is_single) {
        (true, _) => ("the source has no `path`", "add `path: .` for all of the artifact"),
        (false, true) => (
            "the source has neither `path` nor `chart`",
            "add `path: .` for all of a Git repository, or the `chart` of a Helm repository",
        ),
        (false, false) => (
            "the source has none of `path`, `chart` and `ref`",
            "add `path: .` for all of a Git repository, the `chart` of a Helm repository, or a `ref` for value files",
        ),
    };
    Some(Diagnostic::new(&CHECK.rule, span, message).help(help).of_whole())
}
