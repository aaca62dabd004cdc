//! Files for chart values are there.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "value-file-missing",
        summary: "file for chart values that does not exist",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("value_file_missing.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for missing in &scope.package.missing_values {
        let message = format!("there is no file `{}` for the values of the chart", missing.path);
        let help = match &missing.near {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                "create it, or take it out of the list; `ignoreMissingValueFiles: true` lets it be missing".to_owned()
            }
        };
        findings.push(Diagnostic::new(&CHECK.rule, &missing.entry.span, message).help(help));
    }
}
