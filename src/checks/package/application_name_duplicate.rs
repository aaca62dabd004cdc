//! Applications of one cluster have different names.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::{Manifest, directory};
use crate::package::Home;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "application-name-duplicate",
        summary: "two Applications of the same name in one cluster",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("application_name_duplicate.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let package = scope.package;
    let mut in_package: BTreeMap<_, &Manifest> = BTreeMap::new();
    let mut beside: BTreeMap<_, (&Manifest, Home<'_>)> = BTreeMap::new();
    let mut pairs: BTreeMap<[&str; 2], Vec<[&Manifest; 2]>> = BTreeMap::new();
    for manifest in scope.manifests.manifests().iter().filter(|manifest| manifest.is_argocd_application()) {
        let (Some(name), Some(home)) = (&manifest.name, package.home_of(manifest)) else { continue };
        let is_lost = scope.is_for_idpbuilder() && package.is_lost(manifest);
        if is_lost || !package.is_exact(manifest) || name.contains("{{") {
            continue;
        }
        let namespace = package.namespace_of(manifest).map_or("", |namespace| &namespace.value);
        let identity = (manifest.kind.as_str(), namespace, name.as_str());
        match in_package.entry((identity, home)) {
            Entry::Occupied(first) => findings.extend(finding(scope, manifest, first.get())),
            Entry::Vacant(place) => drop(place.insert(manifest)),
        }
        if !scope.is_for_idpbuilder() || home.package.is_empty() {
            continue;
        }
        match beside.entry((identity, directory(home.package), home.cluster)) {
            Entry::Occupied(first) => {
                let (first, other) = first.get();
                if other.package != home.package {
                    pairs.entry([home.package, other.package]).or_default().push([manifest, first]);
                }
            }
            Entry::Vacant(place) => drop(place.insert((manifest, home))),
        }
    }
    for (packages, doubles) in &pairs {
        if let ([[manifest, first], others @ ..], true) = (doubles.as_slice(), scope.cluster_is_assumed) {
            // Most likely one of them takes the place of the other; it is enough to say so once.
            let mut finding = across(manifest, first, *packages, others.len());
            finding.severity = Severity::Warning;
            findings.push(finding);
        } else {
            findings.extend(doubles.iter().map(|[manifest, first]| across(manifest, first, *packages, 0)));
        }
    }
}

/// Reports two of one Argo CD, at the child if the other one is its parent. Files that nobody is known to apply may be examples,
/// of which one is taken at a time.
fn finding(scope: &Scope<'_>, second: &Manifest, first: &Manifest) -> Option<Diagnostic> {
    let package = scope.package;
    let is_child = |child: &Manifest, parent: &Manifest| {
        package.application_of(child).is_some_and(|creator| creator.manifest.index == parent.index)
    };
    let (manifest, other) = if is_child(first, second) { (first, second) } else { (second, first) };
    let are_synced = [manifest, other].into_iter().all(|it| package.application_of(it).is_some());
    if !scope.is_for_idpbuilder() && !is_child(manifest, other) && !are_synced {
        return None;
    }
    let is_root = |manifest| package.root(manifest).is_some();
    let consequence = if is_child(manifest, other) {
        "it replaces the Application that creates it"
    } else if scope.is_for_idpbuilder() && is_root(manifest) && is_root(other) {
        "idpbuilder writes both to one object, and what it wrote last counts"
    } else {
        "both are one object, and what is written last counts"
    };
    let message = format!("there is another {}: {consequence}", manifest.label());
    let finding = Diagnostic::new(&CHECK.rule, manifest.name_span(), message);
    Some(finding.related(other.name_span(), "the other one").help("give one of them another name"))
}

/// Reports two of different packages, and how many more these have in common.
fn across(manifest: &Manifest, first: &Manifest, [own, other]: [&str; 2], more: usize) -> Diagnostic {
    let others = match more {
        0 => String::new(),
        1 => ", and one more Application of this package".to_owned(),
        _ => format!(", and {more} more Applications of this package"),
    };
    let message = format!(
        "there is another {} in the package `{other}`{others}: with both packages in one cluster, what is written last counts",
        manifest.label()
    );
    Diagnostic::new(&CHECK.rule, manifest.name_span(), message).related(first.name_span(), "the other one").help(
        format!("give one of them another name, or do not give both `{other}` and `{own}` to one `idpbuilder create`"),
    )
}
