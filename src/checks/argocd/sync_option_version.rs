//! Sync options need a version of Argo CD that knows them.

use super::vocabulary::{Place, since_of, sync_options};
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "sync-option-version",
        summary: "sync option that this version of Argo CD does not know yet",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("sync_option_version.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application() else { return };
    for (node, text) in sync_options(&application) {
        let (major, minor) = object.target.argocd;
        // All that came later is on by itself.
        let is_idle = text.ends_with("=true");
        let since = since_of(Place::Sync, text).filter(|since| !is_idle && *since > object.target.argocd);
        let Some(since) = since else { continue };
        let message = format!(
            "Argo CD {major}.{minor} ignores `{text}` in an Application, which {}.{} knows first",
            since.0, since.1
        );
        let help = match text.split_once('=') {
            Some(("Prune" | "Delete", "false" | "confirm")) => {
                format!("annotate the objects with `argocd.argoproj.io/sync-options: {text}`, or use a newer Argo CD")
            }
            _ => "remove it, or use a newer Argo CD".to_owned(),
        };
        findings.push(Diagnostic::new(&CHECK.rule, &node.span, message).help(help));
    }
}
