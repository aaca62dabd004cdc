//! What has to be in a namespace is given one.

use std::collections::BTreeMap;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Manifest;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "namespace-missing",
        summary: "object for which neither it nor its Application names a namespace",
        severity: Severity::Error,
        effect: Effect::InvalidSpec,
        page: include_str!("namespace_missing.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let package = scope.package;
    let mut lost: BTreeMap<usize, Vec<&Manifest>> = BTreeMap::new();
    for manifest in scope.manifests.manifests().iter().filter(|manifest| package.is_exact(manifest)) {
        let Some(application) = package.application_of(manifest) else { continue };
        let has_cluster = application.application.server.is_some() || application.application.cluster.is_some();
        let is_lost = package.namespace_of(manifest).is_none() && manifest.name.is_some();
        if is_lost && has_cluster && scope.manifests.is_namespaced(manifest) == Some(true) {
            lost.entry(application.manifest.index).or_default().push(manifest);
        }
    }
    for (application, objects) in lost {
        let Some(first) = objects.first() else { continue };
        let application = &scope.manifests.manifests()[application];
        let more = match objects.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} more objects of {} have none either", application.label()),
        };
        let message = format!("{} has no namespace, and its Application names none{more}", first.label());
        findings.push(
            Diagnostic::new(&CHECK.rule, first.name_span(), message)
                .related(application.name_span(), application.label())
                .help(
                    "write `namespace` below `spec.destination` of the Application, or below `metadata` of the object",
                )
                .of_whole(),
        );
    }
}
