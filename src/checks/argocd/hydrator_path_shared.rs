//! Applications render their manifests to different places.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::tree::join;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "hydrator-path-shared",
        summary: "two Applications whose manifests are rendered to one place",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("hydrator_path_shared.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut first = BTreeMap::new();
    for hydrator in &scope.manifests.facts.hydrators {
        let manifest = scope.manifests.manifest_of(hydrator);
        let (Some(repository), Some(path)) = (&hydrator.repository, join("", &hydrator.path)) else { continue };
        let Some(home) = scope.package.home_of(manifest).filter(|_| scope.package.is_exact(manifest)) else { continue };
        let repository = repository.trim_end_matches('/').trim_end_matches(".git");
        match first.entry((home, repository, &*hydrator.branch, path)) {
            Entry::Vacant(place) => drop(place.insert((manifest, hydrator))),
            Entry::Occupied(entry) => {
                let (other, their) = *entry.get();
                if other.name.as_deref() == manifest.name.as_deref() {
                    continue;
                }
                let message = format!(
                    "{} renders its manifests to `{}` of the branch `{}`, too: Argo CD renders neither",
                    other.label(),
                    hydrator.path,
                    hydrator.branch
                );
                findings.push(
                    Diagnostic::new(&CHECK.rule, &hydrator.path.span, message)
                        .related(&their.path.span, other.label())
                        .help("give each Application a path of its own"),
                );
            }
        }
    }
}
