//! What is in Git is no secret any more.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "cluster-secret-credentials",
        summary: "cluster Secret with credentials in plain sight",
        severity: Severity::Error,
        effect: Effect::DataLeak,
        page: include_str!("cluster_secret_credentials.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for registration in &scope.network.registrations {
        let Some(config) = registration.secret.config.as_ref().filter(|it| !it.credentials.is_empty()) else {
            continue;
        };
        let fields = config.credentials.join("`, `");
        let message =
            format!("everybody who reads this repository has `{fields}` of {}", registration.manifest.label());
        findings.push(
            Diagnostic::new(&CHECK.rule, &config.span, message).help(
                "revoke them, and let something in the cluster make the Secret: an ExternalSecret, a SealedSecret, or a Job \
                 that reads vCluster's own",
            ),
        );
    }
}
