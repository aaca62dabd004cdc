//! An Ingress leads to Services of its own namespace, so that it needs one.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::package::Reading;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ingress-without-namespace",
        summary: "Ingress by itself, without the namespace of the Service that it leads to",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("ingress_without_namespace.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let facts = &scope.manifests.facts;
    // An Application or a kustomization may give it a namespace; in a directory, so may whoever loads that.
    let is_alone = scope.package.is_single
        && scope.package.reading == Reading::Found
        && scope.manifests.kustomizations.is_empty()
        && facts.applications.is_empty()
        && facts.application_sets.is_empty();
    for exposure in scope.network.ingresses().filter(|_| is_alone) {
        if exposure.passthrough.is_none() || exposure.manifest.namespace.is_some() {
            continue;
        }
        let mut services = exposure.routes.iter().filter_map(|route| route.backend.service.as_ref());
        let is_elsewhere = |name: &str| scope.manifests.find("Service", "", name).next().is_none();
        let Some(service) = services.find(|service| is_elsewhere(service)) else { continue };
        let message = format!(
            "{} has no namespace, and leads to a Service `{service}` of whatever namespace it gets into",
            exposure.manifest.label()
        );
        findings.push(
            Diagnostic::new(&CHECK.rule, exposure.manifest.name_span(), message)
                .related(&service.span, "the Service, which nothing here defines")
                .help("add the namespace of the Service to `metadata`")
                .of_whole(),
        );
    }
}
