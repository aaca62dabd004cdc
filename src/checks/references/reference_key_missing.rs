//! The keys that containers read are there.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity, nearest};
use crate::manifest::{KeyUse, Keys};
use crate::package::Place;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "reference-key-missing",
        summary: "key that the ConfigMap or Secret does not have",
        severity: Severity::Error,
        effect: Effect::PodCrash,
        page: include_str!("reference_key_missing.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// So many keys are named in a finding.
const SHOWN: usize = 8;

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for workload in scope.manifests.facts.workloads.iter().filter(|workload| !workload.keys.is_empty()) {
        let Some(place) = scope.objects.place(scope.manifests.manifest_of(workload)) else { continue };
        findings.extend(workload.keys.iter().filter_map(|key| missing(scope, place, key)));
    }
}

fn missing<'a>(scope: &Scope<'a>, place: Place<'a>, it: &'a KeyUse) -> Option<Diagnostic> {
    let [manifest] = scope.objects.named(it.kind, &it.name) else { return None };
    if scope.objects.place(manifest) != Some(place) || scope.objects.may_be_made(&it.name) {
        return None;
    }
    let keys: Vec<&str> = manifest.fact_in(&scope.manifests.facts.keys).into_iter().flat_map(Keys::iter).collect();
    let key = &**it.key;
    // Who has none yet is filled by somebody.
    if keys.is_empty() || keys.contains(&key) || key.contains(['{', '$']) {
        return None;
    }
    let help = nearest(key, keys.iter().copied()).map_or_else(
        || {
            let shown: Vec<_> = keys.iter().take(SHOWN).map(|key| format!("`{key}`")).collect();
            format!("its keys are: {}{}", shown.join(", "), if keys.len() > SHOWN { ", …" } else { "" })
        },
        |near| format!("did you mean `{near}`?"),
    );
    let message = format!("{} has no key `{key}`", manifest.label());
    Some(Diagnostic::new(&CHECK.rule, &it.key.span, message).related(manifest.name_span(), "the object").help(help))
}
