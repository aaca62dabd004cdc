//! Argo CD has to reach a virtual cluster from inside the cluster, under a name on its certificate.

use std::collections::BTreeSet;

use super::add_san;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::idpbuilder::Protocol;
use crate::network::{Address, Registration, VirtualCluster, is_below};
use crate::vcluster::{self, SERVICE_PORT};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "cluster-secret-unreachable",
        summary: "cluster that Argo CD cannot reach, or does not trust",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("cluster_secret_unreachable.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut registered = BTreeSet::new();
    for registration in scope.network.registered() {
        let Some(server) = &registration.secret.server else { continue };
        registered.insert(server.as_str());
        let Some((address, host, port)) = scope.network.address(server) else { continue };
        match wrong_port(scope, address, &host, port) {
            Some((message, help)) => {
                findings.push(Diagnostic::new(&CHECK.rule, &server.span, message).help(help));
            }
            None => findings.extend(wrong_name(scope, registration, address, &host)),
        }
    }
    // A destination has to be the server of a Secret to the letter; one fault in both is told of the Secret.
    for application in &scope.package.applications {
        let server = application.application.server.as_ref().filter(|server| !registered.contains(server.as_str()));
        let Some((server, (address, host, port))) = server.and_then(|it| Some((it, scope.network.address(it)?))) else {
            continue;
        };
        if let Some((message, help)) = wrong_port(scope, address, &host, port) {
            findings.push(Diagnostic::new(&CHECK.rule, &server.span, message).help(help));
        }
    }
}

/// Says that a port leads nowhere from inside the cluster, and what to write.
fn wrong_port(scope: &Scope<'_>, address: Address, host: &str, port: u16) -> Option<(String, String)> {
    let virtual_cluster = scope.network.found_at(address);
    // Whether the other cluster can be reached at all is for `remote-cluster-local-name` to say.
    if scope.network.is_remote(virtual_cluster.application, scope.cluster) {
        return None;
    }
    let release = virtual_cluster.release;
    if address.is_service {
        let message = format!(
            "nothing listens at `{host}:{port}`: the Service of virtual cluster `{release}` has port {SERVICE_PORT}"
        );
        return (!virtual_cluster.service_listens(port))
            .then(|| (message, format!("write `https://{host}:{SERVICE_PORT}`")));
    }
    let published = scope.cluster.port;
    if scope.cluster.protocol == Protocol::Http {
        return None;
    }
    if is_below(host, &scope.cluster.host) {
        let message = format!(
            "inside the cluster, nothing listens at `{host}:{port}`: the ports of ingress-nginx are {SERVICE_PORT} and {published}"
        );
        let help = || scope.note_assumption(format!("write `{}`", scope.cluster.public_url(host)));
        return (![SERVICE_PORT, published].contains(&port)).then(|| (message, help()));
    }
    let is_pod = is_below(host, "localtest.me") && !scope.cluster_is_assumed;
    is_pod.then(|| {
        let message = format!(
            "inside the cluster, `{host}` is the pod that asks for it: idpbuilder answers for `{}` and below only",
            scope.cluster.host
        );
        let service = vcluster::in_cluster_host(release, virtual_cluster.namespace_name());
        (message, format!("use the Service: `https://{service}:{SERVICE_PORT}`"))
    })
}

/// Reports the name that Argo CD asks for if nobody answers to it, or the certificate does not have it.
fn wrong_name(scope: &Scope<'_>, registration: &Registration<'_>, address: Address, host: &str) -> Option<Diagnostic> {
    let virtual_cluster = scope.network.found_at(address);
    let (config, server) = (registration.secret.config.as_ref()?, registration.secret.server.as_ref()?);
    let release = virtual_cluster.release;
    let (name, span) = match &config.server_name {
        Some(name) => (name.as_str(), &name.span),
        None => (host, &server.span),
    };
    let is_route = |name: &str| virtual_cluster.hosts.keys().any(|host| host.eq_ignore_ascii_case(name));
    if is_route(host) && !is_route(name) && !name.eq_ignore_ascii_case(host) {
        let message =
            format!("no route leads from `{name}` to virtual cluster `{release}`: the one to `{host}` is not taken");
        let help = format!("remove `serverName`, or write `{host}`");
        return Some(Diagnostic::new(&CHECK.rule, span, message).help(help));
    }
    if config.insecure.is_some() || virtual_cluster.certificate_covers(name) || is_told_elsewhere(virtual_cluster, name)
    {
        return None;
    }
    let message = format!("Argo CD will not trust virtual cluster `{release}`: its certificate does not name `{name}`");
    Some(add_san(Diagnostic::new(&CHECK.rule, span, message), virtual_cluster, name))
}

/// Tells whether a name that the certificate lacks is that of a route or an exported kubeconfig, where it is reported.
fn is_told_elsewhere(virtual_cluster: &VirtualCluster<'_>, name: &str) -> bool {
    let exported = virtual_cluster.endpoints().filter(|(server, _)| !server.insecure);
    let mut hosts = virtual_cluster.hosts.keys().copied().chain(exported.map(|(_, endpoint)| endpoint.host));
    hosts.any(|host| host.eq_ignore_ascii_case(name))
}
