//! One tool makes the manifests of a source.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::{Object, WrittenApplication};
use crate::yaml::{Entry, Node};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "source-tools-conflict",
        summary: "source with the settings of several tools",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("source_tools_conflict.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

const TOOLS: [&str; 4] = ["directory", "helm", "kustomize", "plugin"];

/// What Argo CD does not look at when it asks whether there are settings for kustomize (`IsZero`).
const IDLE: [&str; 5] = [
    "commonAnnotationsEnvsubst",
    "forceCommonAnnotations",
    "forceCommonLabels",
    "labelIncludeTemplates",
    "labelWithoutSelector",
];

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application() else { return };
    for source in application.sources().filter_map(Node::as_mapping) {
        let mut tools = source.iter().filter(|tool| TOOLS.contains(&tool.key.as_str()) && is_set(&application, tool));
        let (Some(first), Some(second)) = (tools.next(), tools.next()) else { continue };
        let message = format!("the source has settings for `{}` and for `{}`", first.key, second.key);
        findings.push(
            Diagnostic::new(&CHECK.rule, &second.key.span, message)
                .related(&first.key.span, "the other one")
                .help("keep the settings of the tool that makes the manifests")
                .of_whole(),
        );
    }
}

/// Tells whether Argo CD takes a tool for the one that is meant.
fn is_set(application: &WrittenApplication<'_>, tool: &Entry) -> bool {
    let counts = |entry: &&Entry| {
        let is_open = entry.value.as_str().is_some() && application.known(&entry.value).is_none();
        !entry.value.is_zero() && !is_open && !IDLE.contains(&entry.key.as_str())
    };
    tool.value.as_mapping().into_iter().flatten().any(|entry| counts(&entry))
}
