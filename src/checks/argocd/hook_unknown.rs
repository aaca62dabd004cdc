//! A hook is one that Argo CD knows.

use super::vocabulary::{Place, annotations, since_of, unknown, words};
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "hook-unknown",
        summary: "object that is never applied, because Argo CD does not know its hook",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("hook_unknown.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let (major, minor) = object.target.argocd;
    for node in annotations(object, Place::Hook) {
        for text in words(node) {
            let finding = match since_of(Place::Hook, text) {
                Some(since) if since <= object.target.argocd => continue,
                Some(since) => {
                    let message = format!(
                        "Argo CD {major}.{minor} does not know the hook `{text}`, which {}.{} knows first",
                        since.0, since.1
                    );
                    Diagnostic::new(&CHECK.rule, &node.span, message).help("use a newer Argo CD")
                }
                None => unknown(&CHECK.rule, Place::Hook, node, text),
            };
            findings.push(finding);
        }
    }
}
