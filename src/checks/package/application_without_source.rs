//! An Application has a source.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::{Manifest, NoSource};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "application-without-source",
        summary: "Application without a source",
        severity: Severity::Error,
        effect: Effect::IdpbuilderPanics,
        page: include_str!("application_without_source.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for spec in &scope.manifests.facts.odd_specs {
        let Some(no_source) = &spec.no_source else { continue };
        let manifest = scope.manifests.manifest_of(spec);
        let consequence = if scope.is_for_idpbuilder() && scope.package.root(manifest).is_some() {
            "idpbuilder panics"
        } else if is_certain(scope, manifest, no_source) {
            "Argo CD reports `InvalidSpecError` and syncs nothing"
        } else {
            continue;
        };
        let what = match (&no_source.hydrator, manifest.kind.as_str()) {
            (None, _) if no_source.is_empty => "has an empty list of `sources`",
            (None, "Application") => "has neither `source` nor `sources`",
            (None, _) => "has neither `source` nor `sources` in its template",
            (Some(_), _) => "has a `sourceHydrator` and no `source`",
        };
        let message = format!("{} {what}: {consequence}", manifest.label());
        findings.push(
            Diagnostic::new(&CHECK.rule, &no_source.span, message)
                .related_if(no_source.hydrator.as_ref(), "idpbuilder does not know this")
                .help("add `source` with `repoURL`, `targetRevision` and `path` or `chart`"),
        );
    }
}

/// Tells whether nobody else can add the source.
fn is_certain(scope: &Scope<'_>, manifest: &Manifest, no_source: &NoSource) -> bool {
    let is_base = scope.manifests.kustomizations.contains_key(manifest.directory());
    no_source.hydrator.is_none()
        && !no_source.is_patched
        && scope.package.is_exact(manifest)
        && (!is_base || scope.package.application_of(manifest).is_some())
}
