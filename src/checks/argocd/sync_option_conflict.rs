//! What replaces objects does not apply them.

use super::vocabulary::{Place, annotations, sync_options, words};
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;

const REPLACE: &str = "Replace=true";
const APPLY: &str = "ServerSideApply=true";
const HELP: &str = "keep one of the two; replacing drops what others wrote into the object";

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "sync-option-conflict",
        summary: "sync option that another one leaves without effect",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("sync_option_conflict.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    if let Some(application) = object.application() {
        let find = |wanted| sync_options(&application).find(|(_, text)| *text == wanted).map(|(node, _)| node);
        if let (Some(replace), Some(apply)) = (find(REPLACE), find(APPLY)) {
            findings.push(
                Diagnostic::new(&CHECK.rule, &apply.span, message())
                    .related(&replace.span, "this option counts")
                    .help(HELP)
                    .of_whole(),
            );
        }
    }
    for node in annotations(object, Place::Resource) {
        let has = |wanted| words(node).any(|text| text == wanted);
        if has(REPLACE) && has(APPLY) {
            findings.push(Diagnostic::new(&CHECK.rule, &node.span, message()).help(HELP));
        }
    }
}

fn message() -> String {
    format!("`{APPLY}` has no effect beside `{REPLACE}`")
}
