//! An object belongs to one Application.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::identity::identity;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Manifest;
use crate::package::PackagedApplication;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "object-shared",
        summary: "object that two Applications apply to one cluster",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("object_shared.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// An object that two Applications apply.
struct Shared<'a> {
    manifest: &'a Manifest,
    /// The manifest that was seen before, and the Application that applies it.
    other: &'a Manifest,
    owner: &'a Manifest,
    /// How many more objects there are.
    more: usize,
}

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let package = scope.package;
    let mut first: BTreeMap<_, (&Manifest, &PackagedApplication<'_>)> = BTreeMap::new();
    let mut shared: BTreeMap<(usize, usize), Shared<'_>> = BTreeMap::new();
    for manifest in scope.manifests.manifests().iter().filter(|manifest| !manifest.is_argocd_application()) {
        let second = package.second_application_of(manifest);
        if second.is_none() && !package.is_exact(manifest) {
            continue;
        }
        for application in package.application_of(manifest).into_iter().chain(second) {
            let Some(identity) = identity(scope, manifest, Some(application)) else { continue };
            let Some(home) = package.home_of(application.manifest) else { continue };
            match first.entry((home, application.destination(), identity)) {
                Entry::Vacant(place) => drop(place.insert((manifest, application))),
                Entry::Occupied(entry) => {
                    let (other, owner) = *entry.get();
                    if owner.manifest.index == application.manifest.index || !are_together(scope, owner, application) {
                        continue;
                    }
                    let (one, two) = (owner.manifest.index, application.manifest.index);
                    let found = Shared { manifest, other, owner: owner.manifest, more: 0 };
                    let shared = shared.entry((one.min(two), one.max(two))).or_insert(found);
                    shared.more += usize::from(shared.manifest.index != manifest.index);
                }
            }
        }
    }
    for ((one, two), shared) in shared {
        let [one, two] = [one, two].map(|index| &scope.manifests.manifests()[index]);
        let more = match shared.more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let label = format!("{}{more}", shared.manifest.label());
        let message = format!("{} and {} both apply {label}: each takes it from the other", one.label(), two.label());
        let other = (shared.manifest.index != shared.other.index).then(|| shared.other.name_span());
        findings.push(
            Diagnostic::new(&CHECK.rule, shared.manifest.name_span(), message)
                .related_if(other, format!("what {} applies", shared.owner.label()))
                .related(one.name_span(), one.label())
                .related(two.name_span(), two.label())
                .help("leave it to one of them, or let them deploy into different namespaces"),
        );
    }
}

/// Tells whether two Applications come into being in one cluster for certain. Files that nobody is known to apply may be examples,
/// of which one is taken at a time, and so may be what they bring.
fn are_together(scope: &Scope<'_>, first: &PackagedApplication<'_>, second: &PackagedApplication<'_>) -> bool {
    let package = scope.package;
    let [one, two] = [first, second].map(|it| {
        let above = std::iter::successors(package.parent_of(it), |it| package.parent_of(it));
        above.take(package.applications.len()).last().map_or(it.manifest, |root| root.manifest)
    });
    let is_created = |root: &Manifest| scope.is_for_idpbuilder() && package.root(root).is_some();
    let are_named_alike = first.manifest.name.as_deref() == second.manifest.name.as_deref();
    !are_named_alike && (one.index == two.index || is_created(one) && is_created(two))
}
