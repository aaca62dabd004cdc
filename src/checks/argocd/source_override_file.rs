//! Nothing changes a source behind its back.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::source::{Source, Span};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "source-override-file",
        summary: "file that changes what an Application says about its source",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("source_override_file.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for (path, application) in &scope.package.overrides {
        let Some(it) = scope.package.applications.get(*application) else { continue };
        let message = format!("what this file says counts more than the source of {}", it.manifest.label());
        findings.push(
            Diagnostic::new(&CHECK.rule, &Span::whole(&Source::new(path.as_str(), "")), message)
                .related(it.manifest.name_span(), it.manifest.label())
                .help("move it into the Application"),
        );
    }
}
