//! `vcluster connect` forwards to the port of the exported server URL.

use crate::checks::{Check, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::vcluster::POD_PORT;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "kubeconfig-port-not-forwarded",
        summary: "main server of a kubeconfig whose port is closed in the pod",
        severity: Severity::Warning,
        effect: Effect::Unreachable,
        page: include_str!("kubeconfig_port_not_forwarded.md"),
    },
    since: "0.1.0",
    run,
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in scope.network.virtual_clusters.iter().filter(|it| !it.ignores_server()) {
        for (server, endpoint) in virtual_cluster.endpoints().filter(|(server, _)| server.is_main) {
            // A port that is wrong altogether is for `kubeconfig-port-mismatch` to say.
            let is_public = virtual_cluster.hosts.contains_key(endpoint.host);
            let is_service = virtual_cluster.is_service_host(endpoint.host);
            let is_remote = || scope.network.is_remote(virtual_cluster.application, scope.cluster);
            if endpoint.port == POD_PORT
                || is_public && endpoint.port != scope.cluster.port && !is_remote()
                || is_service && !virtual_cluster.service_listens(endpoint.port)
            {
                continue;
            }
            let (release, url) = (virtual_cluster.release, &server.url);
            let help = if is_public || virtual_cluster.hosts.is_empty() {
                let namespace = virtual_cluster.namespace_name();
                format!("connect with `vcluster connect {release} -n {namespace} --server={url}`")
            } else {
                let host = virtual_cluster.hosts.keys().next().unwrap_or(&endpoint.host);
                let public = scope.cluster.public_url(host);
                format!("make the public URL, `{public}`, the main one and move `{url}` to `additionalSecrets`")
            };
            let mut message = format!(
                "`vcluster connect {release}` will forward to port {} of the pod, which is closed",
                endpoint.port
            );
            if is_service {
                message += "; outside the cluster, nobody knows this host either";
            }
            findings.push(Diagnostic::new(&CHECK.rule, &url.span, message).help(help));
        }
    }
}
