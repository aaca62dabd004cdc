//! Links stay in their repository.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::source::{Source, Span};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "link-out-of-repository",
        summary: "symbolic link that leads out of a repository which Argo CD loads from",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("link_out_of_repository.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for link in &scope.package.outward_links {
        let Some(it) = scope.package.applications.get(link.application) else { continue };
        let how = if link.target.starts_with('/') { "is absolute" } else { "leads out of the repository" };
        let message =
            format!("Argo CD loads nothing from this repository: the symbolic link to `{}` {how}", link.target);
        findings.push(
            Diagnostic::new(&CHECK.rule, &Span::whole(&Source::new(link.shown.as_str(), "")), message)
                .related(it.manifest.name_span(), format!("{} loads from it", it.manifest.label()))
                .help("put the file itself here, or link to one of the repository by a relative path"),
        );
    }
}
