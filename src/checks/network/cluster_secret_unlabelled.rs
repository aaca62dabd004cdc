//! Argo CD finds clusters by a label.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::idpbuilder::ARGOCD_NAMESPACE;
use crate::manifest::SECRET_TYPE;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "cluster-secret-unlabelled",
        summary: "cluster Secret without the label by which Argo CD finds it",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("cluster_secret_unlabelled.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for registration in scope.network.registrations.iter().filter(|it| !it.secret.is_labelled) {
        if registration.namespace.is_none_or(|namespace| namespace.value != ARGOCD_NAMESPACE) {
            continue;
        }
        let manifest = registration.manifest;
        let message =
            format!("Argo CD does not see {}, which has all that a cluster needs but the label", manifest.label());
        findings.push(
            Diagnostic::new(&CHECK.rule, manifest.name_span(), message)
                .help(format!("add the label `{SECRET_TYPE}: cluster`")),
        );
    }
}
