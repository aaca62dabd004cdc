//! The server of an exported kubeconfig must be a plain HTTPS URL with a port.

use crate::checks::{Check, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "kubeconfig-server-invalid",
        summary: "server of an exported kubeconfig that vCluster or its CLI cannot use",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("kubeconfig_server_invalid.md"),
    },
    since: "0.1.0",
    run,
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in &scope.network.virtual_clusters {
        for server in &virtual_cluster.servers {
            if let Err(reason) = server.endpoint() {
                let message = format!("`{}` cannot be the server of a kubeconfig: {reason}", server.url);
                findings.push(
                    Diagnostic::new(&CHECK.rule, &server.url.span, message)
                        .help("write it as `https://{host}:{port}`, with the port even if it is 443"),
                );
            }
        }
    }
}
