//! A name stands for one source.

use std::collections::BTreeMap;

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "source-name-duplicate",
        summary: "two sources of an Application with the same name",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("source_name_duplicate.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application() else { return };
    let mut seen: BTreeMap<_, &Node> = BTreeMap::new();
    for node in application.sources().filter_map(|source| source.get("name")) {
        let Some(name) = application.known(node).filter(|name| !name.is_empty()) else { continue };
        if let Some(first) = seen.get(name) {
            findings.push(
                Diagnostic::new(&CHECK.rule, &node.span, format!("another source is called `{name}`, too"))
                    .related(&first.span, "the first")
                    .help("give each source a name of its own"),
            );
        } else {
            seen.insert(name, node);
        }
    }
}
