//! A public server URL must have a port that leads to the ingress controller.

use std::fmt::Display;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};
use crate::network::Endpoint;
use crate::vcluster::SERVICE_PORT;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "kubeconfig-port-mismatch",
        summary: "server of an exported kubeconfig with a port on which nothing listens",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("kubeconfig_port_mismatch.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let port = scope.cluster.port;
    for virtual_cluster in &scope.network.virtual_clusters {
        // Another cluster has a port of its own.
        let is_remote = scope.network.is_remote(virtual_cluster.application, scope.cluster);
        for (server, Endpoint { host, port: written }) in virtual_cluster.endpoints() {
            let found = |message| Diagnostic::new(&CHECK.rule, &server.url.span, message);
            // What else the URL says stays.
            let is_bare = server.url.value == format!("https://{host}:{written}");
            let fix = |port: &dyn Display| {
                is_bare.then(|| Fix::Text(server.url.span.clone(), format!("https://{host}:{port}")))
            };
            if virtual_cluster.is_service_host(host) && !virtual_cluster.service_listens(written) {
                let message = format!(
                    "nothing listens at `{host}:{written}`: the Service of virtual cluster `{}` has port {SERVICE_PORT}",
                    virtual_cluster.release
                );
                let help = format!("write `https://{host}:{SERVICE_PORT}`");
                findings.push(found(message).help(help).fix_if(fix(&SERVICE_PORT)));
            }
            // Other controllers than the one of Ingresses may have addresses and ports of their own.
            let is_published = virtual_cluster.published_hosts.contains(host) && !is_remote && scope.serves(host);
            let Some(ingress) = virtual_cluster.hosts.get(host).filter(|_| is_published) else { continue };
            // Inside the cluster, the Service of ingress-nginx listens on 443 as well.
            if written == port || !server.is_main && written == 443 {
                continue;
            }
            let place = if written == 443 { "outside the cluster, nothing listens" } else { "nothing listens" };
            let message = format!("{place} at `{host}:{written}`: the cluster is published on port {port}");
            let mut finding = found(message)
                .related(ingress, "the Ingress that publishes this host")
                .help(scope.note_assumption(format!("write `https://{host}:{port}`")))
                .fix_if(fix(&port).filter(|_| !scope.cluster_is_assumed));
            // Perhaps nobody outside is to use it.
            if written == 443 && scope.cluster_is_assumed {
                finding.severity = Severity::Warning;
            }
            findings.push(finding);
        }
    }
}
