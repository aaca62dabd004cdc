//! No `.gitignore` keeps back what is needed.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::source::{Source, Span};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "source-file-ignored",
        summary: "file that a `.gitignore` keeps out of its repository",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("source_file_ignored.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for file in &scope.package.repositories.kept_back {
        let span = Span::whole(&Source::new(file.shown.as_str(), ""));
        let message = format!("this file does not get to Gitea: `{}` in `{}` keeps it back", file.pattern, file.by);
        findings.push(
            Diagnostic::new(&CHECK.rule, &span, message)
                .help("remove the pattern, or move the `.gitignore` above the directory that `cnoe://` names"),
        );
    }
}
