//! A parameter that no generator gives.

use crate::checks::{Check, Run};
use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Effect, Rule, Severity, nearest};
use crate::manifest::{self, Object, Parameters};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "applicationset-parameter",
        summary: "parameter that no generator of the ApplicationSet gives",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("applicationset_parameter.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

/// How many parameters a help text names.
const NAMED: usize = 8;

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(set) = object.application_set() else { return };
    let Some(parameters) = set.parameters().filter(|parameters| parameters.names().next().is_some()) else { return };
    let places = if set.is_go { set.texts() } else { set.addresses() };
    let mut found: BTreeMap<&str, Diagnostic> = BTreeMap::new();
    for place in places {
        let (tags, _) = manifest::tags(place.as_str().unwrap_or_default(), set.is_go);
        if set.is_go && !manifest::is_flat(&tags) {
            continue;
        }
        for tag in tags {
            let Some(name) = set.parameter(tag) else { continue };
            let is_mapping = set.is_go && parameters.is_mapping(name);
            if parameters.has(name) && !is_mapping {
                continue;
            }
            let span = manifest::within(place, tag.whole);
            let finding = match found.remove(name) {
                Some(finding) => finding.related(&span, "here too"),
                None if is_mapping => {
                    let message = format!("`{name}` is a mapping, which prints as `map[…]`");
                    let part = if name == "path" { "write `{{ .path.path }}`" } else { "ask for one of its parts" };
                    Diagnostic::new(&CHECK.rule, &span, message).help(part)
                }
                None => {
                    let message = format!("no generator gives a parameter `{name}`");
                    Diagnostic::new(&CHECK.rule, &span, message).help(help(name, &parameters, set.is_go))
                }
            };
            found.insert(name, finding);
        }
    }
    findings.extend(found.into_values().map(Diagnostic::of_whole));
}

fn help(name: &str, parameters: &Parameters, is_go: bool) -> String {
    match nearest(name, parameters.names()) {
        Some(near) if is_go => format!("did you mean `{{{{ .{near} }}}}`?"),
        Some(near) => format!("did you mean `{{{{{near}}}}}`?"),
        None => {
            let names: Vec<_> = parameters.names().take(NAMED).map(|name| format!("`{name}`")).collect();
            format!("there are {}", names.join(", "))
        }
    }
}
