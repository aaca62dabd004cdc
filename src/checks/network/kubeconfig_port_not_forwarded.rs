//! `vcluster connect` forwards to the port of the exported server URL.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::vcluster::POD_PORT;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "kubeconfig-port-not-forwarded",
        summary: "main server of a kubeconfig whose port is closed in the pod",
        severity: Severity::Warning,
        effect: Effect::Unreachable,
        page: include_str!("kubeconfig_port_not_forwarded.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in scope.network.virtual_clusters.iter().filter(|it| !it.ignores_server()) {
        for (server, endpoint) in virtual_cluster.endpoints().filter(|(server, _)| server.is_main) {
            // A port that is wrong altogether is for `kubeconfig-port-mismatch` to say.
            let is_public = virtual_cluster.hosts.contains_key(endpoint.host);
            let is_service = virtual_cluster.is_service_host(endpoint.host);
            let is_remote = || scope.network.is_remote(virtual_cluster.application, scope.cluster);
            // With an address of its own, nothing is forwarded (pkg/cli/connect_helm.go, `setServerIfExposed`).
            let service_type = virtual_cluster.value(&["controlPlane", "service", "spec", "type"]);
            let has_address = service_type.and_then(Node::as_str) == Some("LoadBalancer");
            if endpoint.port == POD_PORT
                || has_address
                || is_public && endpoint.port != scope.cluster.port && !is_remote()
                || is_service && !virtual_cluster.service_listens(endpoint.port)
            {
                continue;
            }
            let (release, url) = (virtual_cluster.release, &server.url);
            let published =
                virtual_cluster.published_hosts.iter().copied().chain(virtual_cluster.hosts.keys().copied());
            let public = published.into_iter().find(|host| !host.starts_with('*'));
            let help = match public {
                Some(host) if !is_public => {
                    let public = scope.cluster.public_url(host);
                    format!("make the public URL, `{public}`, the main one and move `{url}` to `additionalSecrets`")
                }
                None if is_service => {
                    format!("make a URL that is known outside the main one, and move `{url}` to `additionalSecrets`")
                }
                _ => {
                    let namespace = virtual_cluster.namespace_name();
                    format!("connect with `vcluster connect {release} -n {namespace} --server={url}`")
                }
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
