//! A repository of idpbuilder has one branch.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};
use crate::idpbuilder::BRANCH;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "cnoe-revision",
        summary: "revision that a repository of idpbuilder does not have",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("cnoe_revision.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for reader in scope.package.repositories.readers.iter().filter(|it| scope.package.is_exact(it.manifest)) {
        let Some(revision) = reader.revision else { continue };
        let name = revision.strip_prefix("refs/heads/").unwrap_or(revision);
        if name == BRANCH || revision.value == "HEAD" || revision.contains("{{") {
            continue;
        }
        let message =
            format!("there is no `{revision}` in the repository that idpbuilder makes: its only branch is `{BRANCH}`");
        let key = if reader.source.is_some() { "targetRevision" } else { "revision" };
        findings.push(
            Diagnostic::new(&CHECK.rule, &revision.span, message)
                .help(format!("write `{key}: HEAD`, or leave it out"))
                .fix(Fix::Text(revision.span.clone(), "HEAD".to_owned())),
        );
    }
}
