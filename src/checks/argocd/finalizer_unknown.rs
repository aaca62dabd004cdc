//! Argo CD takes away the finalizers that it knows, and no other.

use super::vocabulary::{is_open, plain};
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity, edit_distance};
use crate::manifest::Object;

/// What Argo CD removes when it has deleted what it should (`pkg/apis/application/v1alpha1/application_defaults.go`).
const FINALIZERS: [&str; 7] = [
    "resources-finalizer.argocd.argoproj.io",
    "resources-finalizer.argocd.argoproj.io/foreground",
    "resources-finalizer.argocd.argoproj.io/background",
    "post-delete-finalizer.argocd.argoproj.io",
    "post-delete-finalizer.argocd.argoproj.io/cleanup",
    "pre-delete-finalizer.argocd.argoproj.io",
    "pre-delete-finalizer.argocd.argoproj.io/cleanup",
];

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "finalizer-unknown",
        summary: "finalizer in Argo CD's name that Argo CD never removes",
        severity: Severity::Error,
        effect: Effect::SyncBlocked,
        page: include_str!("finalizer_unknown.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let is_argocds =
        object.group == "argoproj.io" && matches!(object.kind, "Application" | "ApplicationSet" | "AppProject");
    let template = object.application().filter(|application| application.is_template).map(|it| it.node);
    let nodes = [Some(object.node).filter(|_| is_argocds), template].into_iter().flatten();
    for item in nodes.flat_map(|node| node.items_at(&["metadata", "finalizers"])) {
        let Some(text) = item.as_str().filter(|text| !is_open(text) && is_meant(text)) else { continue };
        let message = format!("Argo CD never removes the finalizer `{text}`: once deleted, this stays for ever");
        let finding = Diagnostic::new(&CHECK.rule, &item.span, message);
        findings.push(match meant_by(text) {
            Some(known) => finding.help(format!("write `{known}`")).fix(Fix::Text(item.span.clone(), known.to_owned())),
            None => finding.help(format!("write `{}`, or remove it", FINALIZERS[0])),
        });
    }
}

/// Tells whether a finalizer is in Argo CD's name and none of those that it knows.
fn is_meant(text: &str) -> bool {
    let domain = text.split('/').next().unwrap_or_default();
    let is_in_its_name = domain == "argoproj.io" || domain.ends_with("argocd.argoproj.io");
    let is_near = || FINALIZERS.iter().any(|known| edit_distance(known, text) <= 3);
    !FINALIZERS.contains(&text) && (is_in_its_name || domain.starts_with("resources-finalizer") || is_near())
}

/// Returns the finalizer that a text must have been, if it is one slip away.
fn meant_by(text: &str) -> Option<&'static str> {
    let swapped = text.split_once('/').map(|(domain, name)| format!("{name}.{domain}"));
    let texts = [Some(text.to_owned()), swapped];
    let is = |known: &&&str| {
        texts.iter().flatten().any(|text| plain(text) == plain(known) || edit_distance(known, text) <= 2)
    };
    FINALIZERS.iter().find(is).copied()
}
