//! A generator of which nothing comes.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "applicationset-generator-empty",
        summary: "entry of `generators` that generates nothing",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("applicationset_generator_empty.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(set) = object.application_set() else { return };
    for generator in set.generators() {
        let Some(entries) = generator.as_mapping() else { continue };
        if entries.iter().any(|entry| entry.key.as_str() != "selector" && !entry.value.is_null()) {
            continue;
        }
        let finding = match entries.iter().find(|entry| entry.key.as_str() != "selector") {
            Some(entry) => Diagnostic::new(&CHECK.rule, &entry.key.span, format!("`{}` is null", entry.key.value))
                .help(format!("write `{}: {{}}`, with what belongs into it", entry.key.value)),
            None => Diagnostic::new(&CHECK.rule, &generator.span, "this entry has no generator")
                .help("add one, as in `clusters: {}`, or remove the entry"),
        };
        findings.push(finding.of_whole());
    }
}
