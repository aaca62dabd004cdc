//! Patterns of files fit files.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "directory-pattern",
        summary: "`include` or `exclude` that fits no file, because it is written in another way than Argo CD reads it",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("directory_pattern.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for odd in &scope.package.odd_patterns {
        let base = if odd.base.is_empty() { "the repository" } else { odd.base };
        let (key, effect) =
            if odd.is_include { ("include", "nothing is loaded") } else { ("exclude", "all is loaded") };
        let message = format!("`{key}: {}` fits no file of `{base}` that is looked at, so that {effect}", odd.pattern);
        let finding = Diagnostic::new(&CHECK.rule, &odd.pattern.span, message);
        findings.push(match &odd.meant {
            Some(meant) => {
                finding.help(format!("write `{meant}`")).fix(Fix::Text(odd.pattern.span.clone(), meant.clone()))
            }
            None => finding.help("set `recurse: true` beside it: without that, directories below are not looked into"),
        });
    }
}
