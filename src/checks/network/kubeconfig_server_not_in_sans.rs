//! The certificate must name the host of every exported kubeconfig.

use super::add_san;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::network::Endpoint;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "kubeconfig-server-not-in-sans",
        summary: "server of an exported kubeconfig that the certificate does not name",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("kubeconfig_server_not_in_sans.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in &scope.network.virtual_clusters {
        for (server, Endpoint { host, .. }) in virtual_cluster.endpoints().filter(|(server, _)| !server.insecure) {
            if virtual_cluster.certificate_covers(host) {
                continue;
            }
            let message = format!(
                "clients of `{}` will not trust virtual cluster `{}`: its certificate does not name `{host}`",
                server.url, virtual_cluster.release
            );
            findings.push(add_san(Diagnostic::new(&CHECK.rule, &server.url.span, message), virtual_cluster, host));
        }
    }
}
