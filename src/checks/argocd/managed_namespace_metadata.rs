//! Argo CD writes on a namespace only if it creates it.

use super::vocabulary::{Place, may_have, plain, since_of, sync_options};
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;

/// Makes Argo CD create the namespace that an Application deploys into.
const OPTION: &str = "CreateNamespace=true";

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "managed-namespace-metadata",
        summary: "`managedNamespaceMetadata` of an Application that does not create its namespace",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("managed_namespace_metadata.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application() else { return };
    let policy = application.spec().and_then(|spec| spec.get("syncPolicy")?.as_mapping());
    let Some(metadata) = policy.and_then(|policy| policy.entry("managedNamespaceMetadata")) else { return };
    let is_empty = metadata.value.as_mapping().is_none_or(|parts| parts.iter().all(|part| part.value.is_null()));
    // An option that was meant to be this one is for `sync-option-unknown` to tell.
    let is_misspelt = |text: &str| since_of(Place::Sync, text).is_none() && plain(text).starts_with("createname");
    if is_empty || may_have(&application, OPTION) || sync_options(&application).any(|(_, text)| is_misspelt(text)) {
        return;
    }
    let message = format!("`{}` has no effect without the sync option `{OPTION}`", metadata.key.value);
    let help = format!("add `{OPTION}` to `spec.syncPolicy.syncOptions`");
    findings.push(Diagnostic::new(&CHECK.rule, &metadata.key.span, message).help(help).of_whole());
}
