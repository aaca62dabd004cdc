//! A name or an address still holds what a template engine should have replaced.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "placeholder-left",
        summary: "name or address with what is left of a template",
        severity: Severity::Error,
        effect: Effect::SyncBlocked,
        page: include_str!("placeholder_left.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    for place in object.residue() {
        let text = place.as_str().unwrap_or_default();
        let (message, help) = if text.contains("<no value>") {
            let message = format!("`{text}` was rendered from a value that did not exist");
            (message, "give the template that value, and render it again")
        } else {
            let message = format!("`{text}` is a template that nothing renders any more");
            (message, "write what it should become, or render the file before it is committed")
        };
        findings.push(Diagnostic::new(&CHECK.rule, &place.span, message).help(help));
    }
}
