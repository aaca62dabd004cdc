//! Kinds without a schema are named.

use std::collections::BTreeMap;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Manifest;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "unknown-kind",
        summary: "kind without a schema, whose fields nobody has checked",
        severity: Severity::Info,
        effect: Effect::SilentlyIgnored,
        page: include_str!("unknown_kind.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut unknown: BTreeMap<(&str, &str), (&Manifest, usize)> = BTreeMap::new();
    for manifest in scope.manifests.manifests().iter().filter(|manifest| !manifest.has_schema) {
        unknown.entry((&manifest.api_version, &manifest.kind)).or_insert((manifest, 0)).1 += 1;
    }
    for ((api_version, kind), (first, count)) in unknown {
        let objects = if count == 1 { "its fields".to_owned() } else { format!("the fields of {count} objects") };
        let message = format!("there is no schema of `{kind}` in `{api_version}`: nobody has checked {objects}");
        findings.push(Diagnostic::new(&CHECK.rule, &first.kind.span, message));
    }
}
