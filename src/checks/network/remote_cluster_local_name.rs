//! A name that every machine takes for itself does not lead to another one.

use std::collections::BTreeSet;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::network::{Fit, is_local_name};
use crate::source::Spanned;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "remote-cluster-local-name",
        summary: "name of this machine or cluster for a virtual cluster that is in another one",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("remote_cluster_local_name.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let (network, cluster) = (scope.network, scope.cluster);
    let virtual_clusters = network.virtual_clusters.iter().enumerate();
    let remote: BTreeSet<usize> =
        virtual_clusters.filter(|(_, it)| network.is_remote(it.application, cluster)).map(|(rank, _)| rank).collect();
    if remote.is_empty() {
        return;
    }
    // Routes in another cluster than the virtual cluster are for `ingress-namespace-mismatch` to report.
    let targets = network.exposures.iter().filter_map(|exposure| Some(exposure.target()?.1));
    let split: BTreeSet<usize> =
        targets.filter(|target| target.fit == Fit::Elsewhere).map(|target| target.virtual_cluster).collect();
    for rank in remote.difference(&split) {
        let virtual_cluster = &network.virtual_clusters[*rank];
        let (release, destination) = (virtual_cluster.release, virtual_cluster.application.destination());
        let of_routes = virtual_cluster.hosts.iter().map(|(host, span)| (*host, *span));
        let of_servers = virtual_cluster.endpoints().map(|(server, endpoint)| (endpoint.host, &server.url.span));
        let mut seen = BTreeSet::new();
        for (host, span) in of_routes.chain(of_servers) {
            if !is_local_name(&host.to_lowercase(), cluster) || !seen.insert(host.to_lowercase()) {
                continue;
            }
            let message = format!(
                "`{host}` is this machine wherever it is looked up, but virtual cluster `{release}` is in `{destination}`"
            );
            findings.push(
                Diagnostic::new(&CHECK.rule, span, message)
                    .related(&virtual_cluster.source.span, "the virtual cluster")
                    .help(format!("use a host that resolves to the ingress controller of `{destination}`")),
            );
        }
    }
    let registered = network.registered().filter_map(|it| Some((it.application, it.secret.server.as_ref()?)));
    let servers: BTreeSet<&str> = registered.clone().map(|(_, server)| server.as_str()).collect();
    let destinations = scope.package.applications.iter().filter_map(|it| Some((None, it.application.server.as_ref()?)));
    let destinations = destinations.filter(|(_, server)| !servers.contains(server.as_str()));
    for (application, server) in registered.chain(destinations) {
        // A Secret in another cluster is for an Argo CD there.
        if application.is_some_and(|it| network.is_remote(it, cluster)) {
            continue;
        }
        findings.extend(service_elsewhere(scope, &remote, server));
    }
}

/// Reports the Service of a virtual cluster that is not in Argo CD's cluster.
fn service_elsewhere(scope: &Scope<'_>, remote: &BTreeSet<usize>, server: &Spanned<String>) -> Option<Diagnostic> {
    let (address, host, _) = scope.network.address(server)?;
    if !address.is_service || !remote.contains(&address.virtual_cluster) {
        return None;
    }
    let virtual_cluster = scope.network.found_at(address);
    let (release, destination) = (virtual_cluster.release, virtual_cluster.application.destination());
    let message = format!("Argo CD does not know `{host}`: virtual cluster `{release}` is in `{destination}`");
    Some(
        Diagnostic::new(&CHECK.rule, &server.span, message)
            .related(&virtual_cluster.source.span, "the virtual cluster")
            .help("write the URL at which the virtual cluster is published outside its cluster"),
    )
}
