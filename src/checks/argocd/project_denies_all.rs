//! A project that excludes everything.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "project-denies-all",
        summary: "project that permits nothing",
        severity: Severity::Error,
        effect: Effect::InvalidSpec,
        page: include_str!("project_denies_all.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(spec) = object.of_kind("argoproj.io", "AppProject").and_then(|node| node.get("spec")) else { return };
    let destinations = spec.items_at(&["destinations"]);
    let parts = destinations.flat_map(|it| ["name", "namespace", "server"].map(|key| it.get(key))).flatten();
    for value in parts.chain(spec.items_at(&["sourceRepos"])).filter(|value| value.as_str() == Some("!*")) {
        let message = "`!*` excludes everything: no Application of this project is permitted";
        let help = "remove it: what no entry names is not permitted anyway";
        findings.push(Diagnostic::new(&CHECK.rule, &value.span, message).help(help));
    }
}
