//! A name on the certificate that nobody uses is left over from an earlier host.

use std::collections::BTreeSet;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::network::{VirtualCluster, host_and_port};
use crate::package::PackagedApplication;
use crate::vcluster;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "san-unused",
        summary: "entry of `extraSANs` that nothing in the tree uses",
        severity: Severity::Info,
        effect: Effect::Style,
        page: include_str!("san_unused.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    // Nobody knows the hosts of a route that a kustomization changes.
    if scope.manifests.facts.routes.iter().any(|it| !scope.package.is_exact(scope.manifests.manifest_of(it))) {
        return;
    }
    let mut used = None;
    for virtual_cluster in &scope.network.virtual_clusters {
        // Without a route in the tree, routes are somewhere else.
        if virtual_cluster.hosts.is_empty() || !virtual_cluster.has_all_values() || is_published(virtual_cluster) {
            continue;
        }
        // If a host is missing on the certificate, this name may be there in its place.
        let servers = virtual_cluster.endpoints().map(|(_, endpoint)| endpoint.host);
        if !virtual_cluster.hosts.keys().copied().chain(servers).all(|host| virtual_cluster.certificate_covers(host)) {
            continue;
        }
        for name in virtual_cluster.extra_sans() {
            let used = used.get_or_insert_with(|| used_hosts(scope));
            if !is_public(&name) || is_used(used, &name.to_lowercase()) || is_known(virtual_cluster, &name) {
                continue;
            }
            let release = virtual_cluster.release;
            let message =
                format!("nothing here leads to `{name}`, a name on the certificate of virtual cluster `{release}`");
            findings.push(
                Diagnostic::new(&CHECK.rule, &name.span, message)
                    .help("remove it if it is left over; keep it if something outside uses it"),
            );
        }
    }
}

/// Returns all hosts that something in the tree uses, in lower case.
fn used_hosts(scope: &Scope<'_>) -> BTreeSet<String> {
    let rules = scope.network.exposures.iter().flat_map(|exposure| &exposure.object.rules);
    let of_rules = rules.flat_map(|rule| &rule.hosts).map(|host| host.to_lowercase());
    let virtual_clusters = &scope.network.virtual_clusters;
    let of_routes = virtual_clusters.iter().flat_map(|it| it.hosts.keys()).map(|host| host.to_lowercase());
    let servers = virtual_clusters.iter().flat_map(|it| &it.servers).map(|server| server.url.value);
    let secrets = scope.network.registrations.iter().map(|it| it.secret);
    let registered = secrets.clone().filter_map(|it| it.server.as_ref()).map(|server| server.as_str());
    let destinations = scope.package.applications.iter().map(PackagedApplication::destination);
    let of_urls = servers.chain(registered).chain(destinations).filter_map(|url| Some(host_and_port(url)?.0));
    let names = secrets.filter_map(|it| Some(it.config.as_ref()?.server_name.as_ref()?.to_lowercase()));
    of_rules.chain(of_routes).chain(of_urls).chain(names).collect()
}

/// Tells whether a host is among those that are used, by itself or by a wildcard.
fn is_used(used: &BTreeSet<String>, host: &str) -> bool {
    let wildcard = || host.split_once('.').is_some_and(|(_, domain)| used.contains(&format!("*.{domain}")));
    used.contains(host) || wildcard()
}

/// Tells whether an entry is a host that something would have to lead to: no address, no wildcard, no name of a Service or a
/// machine.
fn is_public(name: &str) -> bool {
    let labels: Vec<_> = name.split('.').collect();
    vcluster::san_fault(name).is_none()
        && name.contains(|c: char| c.is_ascii_alphabetic())
        && labels.len() > 1
        && !name.contains([':', '*', '{', '$'])
        && !labels.contains(&"svc")
}

/// Tells whether the chart or the values name the host elsewhere.
fn is_known(virtual_cluster: &VirtualCluster<'_>, name: &str) -> bool {
    let of_values = ["ingress", "tlsRoute"]
        .into_iter()
        .filter_map(|route| virtual_cluster.value(&["controlPlane", route, "host"])?.as_str());
    let is_known =
        vcluster::is_default_san(&name.to_lowercase(), virtual_cluster.release, virtual_cluster.namespace_name());
    is_known || of_values.into_iter().any(|host| host.eq_ignore_ascii_case(name))
}

/// Tells whether the Service itself is published, under names that nobody has to write here.
fn is_published(virtual_cluster: &VirtualCluster<'_>) -> bool {
    let kind = virtual_cluster.value(&["controlPlane", "service", "spec", "type"]);
    kind.is_some_and(|kind| kind.as_str() != Some("ClusterIP"))
}
