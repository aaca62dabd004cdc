//! The client certificate of a virtual cluster ends within a year.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "cluster-secret-expiry",
        summary: "cluster Secret with a client certificate of a virtual cluster",
        severity: Severity::Info,
        effect: Effect::Style,
        page: include_str!("cluster_secret_expiry.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for registration in scope.network.registered() {
        let secret = registration.secret;
        let (Some(config), Some(server)) = (&secret.config, &secret.server) else { continue };
        let Some((address, ..)) = scope.network.address(server).filter(|_| config.has_client_certificate) else {
            continue;
        };
        // Credentials that should not be here at all are for `cluster-secret-credentials` to say.
        if !config.credentials.is_empty() {
            continue;
        }
        let virtual_cluster = scope.network.found_at(address);
        let message =
            format!("this client certificate of virtual cluster `{}` ends within a year", virtual_cluster.release);
        findings.push(
            Diagnostic::new(&CHECK.rule, &config.span, message)
                .related(&virtual_cluster.release.span, "the virtual cluster")
                .help("let `exportKubeConfig.serviceAccount` make a token, and write it as `bearerToken`"),
        );
    }
}
