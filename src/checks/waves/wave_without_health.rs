//! A parent does not wait for Applications that have no health.

use std::collections::BTreeMap;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::idpbuilder::APPLICATION_HEALTH;
use crate::package::{Creator, PackagedApplication};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "wave-without-health",
        summary: "waves of child Applications that nobody waits for",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("wave_without_health.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    if scope.package.application_health.is_some() || !scope.is_for_idpbuilder() {
        return;
    }
    // `argocd-cm-health-key` has told.
    if scope.manifests.facts.argocd_configs.iter().any(|config| config.misspelt_health_keys().next().is_some()) {
        return;
    }
    // Of each parent, the first and the last of its waves.
    let mut parents = BTreeMap::new();
    for child in &scope.package.applications {
        let Creator::Parent(parent) = child.creator else { continue };
        let wave = child.manifest.wave().map_or(0, |wave| wave.value);
        let (first, last) = parents.entry(parent).or_insert(((wave, child), (wave, child)));
        if wave < first.0 {
            *first = (wave, child);
        }
        if wave > last.0 {
            *last = (wave, child);
        }
    }
    for (parent, (first, last)) in parents.into_iter().filter(|(_, (first, last))| first.0 < last.0) {
        let parent = scope.package.applications[parent].manifest;
        let message =
            format!("{} will not wait for its children: Applications have no health on this cluster", parent.label());
        let child = |(wave, child): (i64, &PackagedApplication<'_>)| format!("wave {wave}, {}", child.manifest.label());
        findings.push(
            Diagnostic::new(&CHECK.rule, parent.name_span(), message)
                .related(first.1.manifest.name_span(), child(first))
                .related(last.1.manifest.name_span(), child(last))
                .help(format!(
                    "add `{APPLICATION_HEALTH}` to an `argocd-cm` and pass it to idpbuilder: \
                     `idpbuilder create -c argocd:argocd-cm.yaml`"
                )),
        );
    }
}
