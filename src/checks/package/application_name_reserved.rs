//! The names of idpbuilder's own Applications are taken.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::idpbuilder::{ARGOCD_NAMESPACE, CORE_APPLICATIONS};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "application-name-reserved",
        summary: "Application with the name of one of idpbuilder's own",
        severity: Severity::Error,
        effect: Effect::IdpbuilderHangs,
        page: include_str!("application_name_reserved.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let package = scope.package;
    for it in package.applications.iter().filter(|_| scope.is_for_idpbuilder()) {
        let Some(name) = it.manifest.name.as_ref().filter(|name| CORE_APPLICATIONS.contains(&name.as_str())) else {
            continue;
        };
        let is_there = package.home_of(it.manifest).is_some_and(|home| home.cluster.is_empty());
        let namespace = package.namespace_of(it.manifest);
        let is_found = namespace.is_none_or(|namespace| namespace.value == ARGOCD_NAMESPACE);
        if !is_there || !is_found || package.is_lost(it.manifest) || !package.is_exact(it.manifest) {
            continue;
        }
        let message = format!(
            "`{name}` is the name of an Application of idpbuilder's own, which it writes again every 15 seconds"
        );
        findings.push(Diagnostic::new(&CHECK.rule, &name.span, message).help("give this one another name"));
    }
}
