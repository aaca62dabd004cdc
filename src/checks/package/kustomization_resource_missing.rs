//! What a kustomization lists is there.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "kustomization-resource-missing",
        summary: "resource of a kustomization that does not exist",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("kustomization_resource_missing.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for missing in &scope.package.missing_resources {
        let entry = missing.entry;
        let message = format!("this kustomization cannot be built: there is no `{entry}`");
        let help = match missing.near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "remove the entry, or create what it names".to_owned(),
        };
        findings.push(Diagnostic::new(&CHECK.rule, &entry.span, message).help(help));
    }
}
