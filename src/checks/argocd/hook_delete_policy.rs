//! When a hook goes, Argo CD knows from its own words.

use super::vocabulary::{Place, annotations, since_of, unknown, words};
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "hook-delete-policy",
        summary: "delete policy of a hook that Argo CD does not know",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("hook_delete_policy.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let place = Place::DeletePolicy;
    for node in annotations(object, place) {
        let texts = words(node).filter(|text| since_of(place, text).is_none());
        findings.extend(texts.map(|text| unknown(&CHECK.rule, place, node, text)));
    }
}
