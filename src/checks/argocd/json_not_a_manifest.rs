//! JSON among manifests is a manifest.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::RefusalReason;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "json-not-a-manifest",
        summary: "JSON file in a directory that an Application loads, and that is no object",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("json_not_a_manifest.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for refusal in &scope.package.refused {
        let message = match refusal.reason {
            RefusalReason::JsonWithoutKind => {
                "this JSON has no `kind`, and Argo CD takes every JSON file here for an object"
            }
            RefusalReason::NoJson => {
                "this file is not exactly one JSON value, and Argo CD takes every JSON file here for an object"
            }
            RefusalReason::Behind | RefusalReason::Marked => continue,
        };
        findings.push(
            Diagnostic::new(&CHECK.rule, &refusal.span, message)
                .help("move it to another directory, or leave it out by `directory.exclude` of the Application"),
        );
    }
}
