//! The key of the health of Applications is written as Argo CD reads it.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};
use crate::idpbuilder::APPLICATION_HEALTH;
use crate::manifest::ArgocdConfig;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "argocd-cm-health-key",
        summary: "key of `argocd-cm` that was meant to give Applications a health",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("argocd_cm_health_key.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for key in scope.manifests.facts.argocd_configs.iter().flat_map(ArgocdConfig::misspelt_health_keys) {
        let message = format!("Argo CD does not know the key `{key}`: Applications have no health, and no wave waits");
        let help = format!("write `{APPLICATION_HEALTH}`");
        let fix = Fix::Text(key.span.clone(), APPLICATION_HEALTH.to_owned());
        findings.push(Diagnostic::new(&CHECK.rule, &key.span, message).help(help).fix(fix));
    }
}
