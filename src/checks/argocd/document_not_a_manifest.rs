//! What stands among manifests is a manifest.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::RefusalReason;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "document-not-a-manifest",
        summary: "document without a kind at which Argo CD stops",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("document_not_a_manifest.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for refusal in &scope.package.refused {
        let message = match refusal.reason {
            RefusalReason::Behind => {
                "this document has no `kind`, and others of its file have: Argo CD loads none of the Application"
            }
            RefusalReason::Marked => {
                "this document has no `kind`, but the file looks like a manifest: Argo CD loads none of the Application"
            }
            RefusalReason::JsonWithoutKind | RefusalReason::NoJson => continue,
        };
        findings.push(Diagnostic::new(&CHECK.rule, &refusal.span, message).help(
            "move it to a file of its own, in a directory that no Application loads or out of the way by `directory.exclude`",
        ));
    }
}
