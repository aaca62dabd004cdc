//! The namespace that an Application deploys into comes into being.

use std::collections::BTreeMap;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::idpbuilder::SYSTEM_NAMESPACES;
use crate::manifest::Manifest;
use crate::package::PackagedApplication;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "namespace-not-created",
        summary: "namespace of an Application that nobody creates",
        severity: Severity::Warning,
        effect: Effect::SyncBlocked,
        page: include_str!("namespace_not_created.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let package = scope.package;
    let mentions = |option: &str| option.to_lowercase().contains("createnamespace");
    let asks = |it: &PackagedApplication<'_>| it.application.sync.options.iter().any(|option| mentions(option));
    let is_namespace = |it: &Manifest| it.kind.value == "Namespace" && it.group().is_empty();
    // Elsewhere the cluster may have any namespace before, and who creates none may have them made by hand.
    let takes_care = || package.applications.iter().any(asks) || scope.manifests.manifests().iter().any(is_namespace);
    // What an ApplicationSet makes, its generators decide.
    if !scope.is_for_idpbuilder() || !scope.manifests.facts.application_sets.is_empty() || !takes_care() {
        return;
    }
    let mut users: BTreeMap<usize, &Manifest> = BTreeMap::new();
    for manifest in scope.manifests.manifests().iter().filter(|manifest| package.is_exact(manifest)) {
        let Some(application) = package.application_of(manifest) else { continue };
        let into = application.application.namespace.as_deref();
        let is_into = into.is_some() && package.namespace_of(manifest).map(|it| &it.value) == into;
        if is_into && scope.manifests.is_namespaced(manifest) == Some(true) {
            users.entry(application.manifest.index).or_insert(manifest);
        }
    }
    for application in package.applications.iter().filter(|it| it.is_in_cluster()) {
        let (Some(namespace), Some(user)) =
            (&application.application.namespace, users.get(&application.manifest.index))
        else {
            continue;
        };
        let creates =
            |it: &PackagedApplication<'_>| it.application.namespace.as_deref() == Some(&namespace.value) && asks(it);
        let is_there = SYSTEM_NAMESPACES.contains(&namespace.as_str())
            || scope.manifests.find("Namespace", "", namespace).next().is_some()
            || namespace.contains(['{', '$'])
            || package.applications.iter().any(creates);
        if is_there {
            continue;
        }
        let message = format!("nobody creates the namespace `{namespace}`, into which {} goes", user.label());
        findings.push(
            Diagnostic::new(&CHECK.rule, &namespace.span, message)
                .related(user.name_span(), user.label())
                .help("add `CreateNamespace=true` to `spec.syncPolicy.syncOptions`"),
        );
    }
}
