//! A public server URL must have a port that leads to the ingress controller.

use crate::checks::{Check, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::network::Endpoint;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "kubeconfig-port-mismatch",
        summary: "server of an exported kubeconfig with a port that the cluster does not publish",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("kubeconfig_port_mismatch.md"),
    },
    since: "0.1.0",
    run,
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let port = scope.cluster.port;
    for virtual_cluster in &scope.network.virtual_clusters {
        for server in &virtual_cluster.servers {
            let Ok(Endpoint { host, port: written }) = server.endpoint() else { continue };
            let Some(ingress) = virtual_cluster.hosts.get(host) else { continue };
            // Inside the cluster, the Service of ingress-nginx listens on 443 as well.
            if written == port || !server.is_main && written == 443 {
                continue;
            }
            let message = format!("nothing listens at `{host}:{written}`: the cluster is published on port {port}");
            findings.push(
                Diagnostic::new(&CHECK.rule, &server.url.span, message)
                    .related(ingress, "the Ingress that publishes this host")
                    .help(scope.note_assumption(format!("write `https://{host}:{port}`"))),
            );
        }
    }
}
