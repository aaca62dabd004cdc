//! An Application applies each object once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::identity::identity;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Manifest;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "object-duplicate",
        summary: "object that one Application has twice",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("object_duplicate.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<_, &Manifest> = BTreeMap::new();
    for manifest in scope.manifests.manifests() {
        let Some(applier) = scope.package.applier_of(manifest).filter(|_| scope.package.is_exact(manifest)) else {
            continue;
        };
        // Applications are objects, too, and another check tells of those.
        if manifest.is_argocd_application() {
            continue;
        }
        let Some(identity) = identity(scope, manifest, scope.package.application_of(manifest)) else { continue };
        match first.entry((applier, identity)) {
            Entry::Vacant(place) => drop(place.insert(manifest)),
            Entry::Occupied(other) => findings.push(finding(scope, manifest, other.get())),
        }
    }
}

fn finding(scope: &Scope<'_>, manifest: &Manifest, other: &Manifest) -> Diagnostic {
    let (consequence, help) = if scope.package.is_listed(manifest) && scope.package.is_listed(other) {
        ("kustomize refuses the second one", "remove one of them, give it another name, or make it a patch")
    } else {
        ("Argo CD applies the last one only", "remove one of them, or give it another name or namespace")
    };
    let application = scope.package.application_of(manifest);
    let owner = application.map_or("the same Application".to_owned(), |it| it.manifest.label());
    let message = format!("{owner} has another {}: {consequence}", manifest.label());
    let finding =
        Diagnostic::new(&CHECK.rule, manifest.name_span(), message).related(other.name_span(), "the other one");
    finding.related_if(application.map(|it| it.manifest.name_span()), "who applies both").help(help)
}
