//! Sync options are words that Argo CD knows.

use super::vocabulary::{Place, since_of, sync_options, unknown};
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "sync-option-unknown",
        summary: "sync option of an Application that Argo CD does not know",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("sync_option_unknown.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application() else { return };
    for (node, text) in sync_options(&application) {
        if !text.is_empty() && since_of(Place::Sync, text).is_none() {
            findings.push(unknown(&CHECK.rule, Place::Sync, node, text));
        }
    }
}
