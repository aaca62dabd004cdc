//! Only lists have items.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;
use crate::schema::scope;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "items-in-object",
        summary: "list `items` at the top of an object that is no list",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("items_in_object.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    // Of kinds that are known without a schema of the user, the schema tells. A list of custom resources is one.
    if scope::is_namespaced(object.group, object.kind).is_some() || object.kind.ends_with("List") {
        return;
    }
    let Some(entry) = object.node.as_mapping().and_then(|node| node.entry("items")) else { return };
    if entry.value.as_sequence().is_none() {
        return;
    }
    let kind = object.kind;
    let message = format!("Argo CD takes this `{kind}` for a list, and applies its `items` in its place");
    let help = "give the list another name, or move it below another key such as `spec`";
    findings.push(Diagnostic::new(&CHECK.rule, &entry.key.span, message).help(help));
}
