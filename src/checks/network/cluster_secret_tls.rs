//! Argo CD does not connect with a certificate authority and without verification at once.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "cluster-secret-tls",
        summary: "cluster Secret with a certificate authority that it tells Argo CD not to use",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("cluster_secret_tls.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for registration in scope.network.registered() {
        let Some(config) = registration.secret.config.as_ref().filter(|config| config.has_ca) else { continue };
        let Some(insecure) = &config.insecure else { continue };
        let message = format!(
            "Argo CD cannot use {}: `insecure: true` beside `caData` is refused",
            registration.manifest.label()
        );
        findings.push(
            Diagnostic::new(&CHECK.rule, insecure, message)
                .help("remove `insecure`, so that the API server is verified by `caData`"),
        );
    }
}
