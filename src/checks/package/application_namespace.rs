//! Argo CD reads Applications from its own namespace.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::idpbuilder::ARGOCD_NAMESPACE;
use crate::manifest::Manifest;
use crate::source::Spanned;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "application-namespace",
        summary: "Application outside the namespace of Argo CD",
        severity: Severity::Error,
        effect: Effect::IdpbuilderHangs,
        page: include_str!("application_namespace.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    // Elsewhere Argo CD may look into any namespace, and a kustomization may add one.
    for manifest in scope.manifests.manifests().iter().filter(|_| scope.is_for_idpbuilder()) {
        if !manifest.is_argocd_application() {
            continue;
        }
        let namespace = scope.package.namespace_of(manifest);
        // Argo CD looks there, too, if a project lets Applications be there.
        let elsewhere = || scope.manifests.facts.projects.iter().flat_map(|project| &project.source_namespaces);
        let is_looked_into =
            |namespace: &str| elsewhere().any(|it| it.contains('*') || it.starts_with('/') || **it == *namespace);
        if namespace.is_some_and(|it| it.value == ARGOCD_NAMESPACE || is_looked_into(it)) {
            continue;
        }
        let (span, message) = match namespace {
            Some(namespace) => (
                &namespace.span,
                format!("{} is in namespace `{namespace}`, where Argo CD does not look", manifest.label()),
            ),
            None => (
                manifest.name_span(),
                format!("{} has no namespace, and idpbuilder does not add one", manifest.label()),
            ),
        };
        findings.push(Diagnostic::new(&CHECK.rule, span, message).help(help(scope, manifest, namespace)));
    }
}

/// Says where the namespace has to be changed: what is written nearest to the Application does not always decide.
fn help(scope: &Scope<'_>, manifest: &Manifest, namespace: Option<&Spanned<String>>) -> String {
    let is_own = namespace.zip(manifest.namespace.as_ref()).is_some_and(|(namespace, own)| namespace.span == own.span);
    let parent = scope.package.application_of(manifest);
    let destination = parent.and_then(|parent| parent.application.namespace.as_ref());
    match namespace {
        Some(namespace) if destination.is_some_and(|destination| destination.span == namespace.span) => format!(
            "set `metadata.namespace: {ARGOCD_NAMESPACE}` here, or `destination.namespace: {ARGOCD_NAMESPACE}` of the \
             Application that syncs it"
        ),
        Some(_) if !is_own => {
            format!(
                "set `namespace: {ARGOCD_NAMESPACE}` in the kustomization, which goes before what the Application says"
            )
        }
        _ => format!("set `metadata.namespace: {ARGOCD_NAMESPACE}`"),
    }
}
