//! The clusters that Argo CD is told about, as far as they are the virtual clusters of the tree.

use std::collections::BTreeMap;

use super::VirtualCluster;
use crate::idpbuilder::Cluster;
use crate::manifest::{ClusterSecret, Manifest, ManifestSet};
use crate::package::{Package, PackagedApplication};
use crate::schema::names;
use crate::source::Spanned;

/// A cluster Secret of Argo CD that gets into a cluster as it is written.
#[derive(Debug)]
pub struct Registration<'a> {
    /// Its manifest.
    pub manifest: &'a Manifest,
    /// What it says.
    pub secret: &'a ClusterSecret,
    /// The namespace that it ends up in.
    pub namespace: Option<&'a Spanned<String>>,
    /// The Application that applies it.
    pub application: Option<&'a PackagedApplication<'a>>,
}

/// A host at which a virtual cluster of the tree is to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// Rank in [`super::Network::virtual_clusters`].
    pub virtual_cluster: usize,
    /// Whether it is the Service, which the host cluster alone knows; otherwise a host of a route or an exported kubeconfig.
    pub is_service: bool,
}

/// Takes the URL of an API server apart: its host in lower case, and its port. Nothing if it is none, or a template.
#[must_use]
pub fn host_and_port(url: &str) -> Option<(String, u16)> {
    if !url.contains("://") || url.contains("{{") {
        return None;
    }
    let authority = names::authority(url);
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (authority, 443),
    };
    Some((host.to_lowercase(), port))
}

/// Returns the cluster Secrets of a tree.
pub(super) fn registrations<'a>(manifests: &'a ManifestSet, package: &'a Package<'a>) -> Vec<Registration<'a>> {
    let secrets = manifests.facts.cluster_secrets.iter().map(|secret| (manifests.manifest_of(secret), secret));
    secrets
        .filter(|(manifest, _)| package.is_exact(manifest))
        .map(|(manifest, secret)| Registration {
            manifest,
            secret,
            namespace: package.namespace_of(manifest),
            application: package.application_of(manifest),
        })
        .collect()
}

/// Returns the hosts at which the virtual clusters are to be found. Of several with the same host, the first counts.
pub(super) fn addresses(virtual_clusters: &[VirtualCluster<'_>]) -> BTreeMap<String, Address> {
    let mut addresses = BTreeMap::new();
    for (rank, it) in virtual_clusters.iter().enumerate() {
        for host in it.service_hosts() {
            addresses.entry(host.to_lowercase()).or_insert(Address { virtual_cluster: rank, is_service: true });
        }
        let exported = it.endpoints().map(|(_, endpoint)| endpoint.host);
        for host in it.hosts.keys().copied().chain(exported).filter(|host| !is_loopback(host)) {
            addresses.entry(host.to_lowercase()).or_insert(Address { virtual_cluster: rank, is_service: false });
        }
    }
    addresses
}

/// A cluster that Argo CD knows by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named<'a> {
    /// Its URL, empty if the tree does not tell.
    server: &'a str,
    /// The rank of the virtual cluster that is probably meant: what it is called, no rule says; people take its release, or the
    /// context of an exported kubeconfig.
    virtual_cluster: Option<usize>,
}

/// Returns what Argo CD calls clusters. What cluster Secrets say goes before guesses, and two guesses make none.
pub(super) fn names<'a>(
    registrations: &[Registration<'a>],
    virtual_clusters: &[VirtualCluster<'a>],
) -> BTreeMap<&'a str, Named<'a>> {
    let mut names: BTreeMap<&str, Named<'_>> = BTreeMap::new();
    for (rank, it) in virtual_clusters.iter().enumerate() {
        let contexts = it.exports().filter_map(|entry| entry.get("context")?.as_str());
        for name in contexts.chain([it.release.as_str()]) {
            let guess = Some(rank);
            let known = names.entry(name).or_insert(Named { server: "", virtual_cluster: guess });
            known.virtual_cluster = known.virtual_cluster.filter(|_| known.virtual_cluster == guess);
        }
    }
    names.extend(registrations.iter().filter_map(|it| {
        let server = it.secret.server.as_ref().map_or("", |server| &server.value);
        Some((it.secret.name.as_deref()?, Named { server, virtual_cluster: None }))
    }));
    names
}

impl<'a> super::Network<'a> {
    /// Returns the cluster Secrets that Argo CD finds.
    pub fn registered(&self) -> impl Iterator<Item = &Registration<'a>> + Clone {
        self.registrations.iter().filter(|registration| registration.secret.is_labelled)
    }

    /// Returns the virtual cluster at an address.
    #[must_use]
    pub fn found_at(&self, address: Address) -> &VirtualCluster<'a> {
        &self.virtual_clusters[address.virtual_cluster]
    }

    /// Returns where a virtual cluster of the tree is, if that is what a URL of an API server means, and the port.
    #[must_use]
    pub fn address(&self, url: &str) -> Option<(Address, String, u16)> {
        let (host, port) = host_and_port(url)?;
        Some((*self.addresses.get(&host)?, host, port))
    }

    /// Returns the virtual cluster that an Application deploys into.
    #[must_use]
    pub fn destination_of(&self, application: &PackagedApplication<'_>) -> Option<&VirtualCluster<'_>> {
        let destination = application.destination();
        let (url, guess) = match self.names.get(destination) {
            Some(named) => (named.server, named.virtual_cluster),
            None => (destination, None),
        };
        let rank = guess.or_else(|| Some(self.address(url)?.0.virtual_cluster))?;
        self.virtual_clusters.get(rank)
    }

    /// Tells whether an Application deploys to another machine than the one that Argo CD runs on: its destination is not
    /// Argo CD's own cluster, no virtual cluster of this tree, and nothing with a name that every machine takes for itself.
    #[must_use]
    pub fn is_remote(&self, application: &PackagedApplication<'_>, cluster: &Cluster) -> bool {
        let destination = application.destination();
        if destination.contains("{{") {
            return false;
        }
        let url = match self.names.get(destination) {
            Some(named) => named.server,
            None if destination.contains("://") => destination,
            None => return true,
        };
        host_and_port(url).is_some_and(|(host, _)| {
            let is_own = host == "kubernetes.default" || host.starts_with("kubernetes.default.svc");
            !is_own && !is_loopback(&host) && !is_local_name(&host, cluster) && !self.addresses.contains_key(&host)
        })
    }
}

/// Tells whether every machine takes a host name for itself: `localtest.me` and what is below it resolve to 127.0.0.1, and so
/// does idpbuilder's host, for which nothing else is published.
#[must_use]
pub fn is_local_name(host: &str, cluster: &Cluster) -> bool {
    ["localtest.me", &cluster.host].iter().any(|domain| is_below(host, domain))
}

/// Tells whether a host is a domain or lies below it.
#[must_use]
pub fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn is_loopback(host: &str) -> bool {
    ["localhost", "127.0.0.1", "host.docker.internal"].contains(&host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_api_servers_have_a_port() {
        let read = |url| host_and_port(url).map(|(host, port)| format!("{host} {port}"));
        assert_eq!(read("https://A.b:8443/x").as_deref(), Some("a.b 8443"));
        assert_eq!(read("https://a.b").as_deref(), Some("a.b 443"));
        for none in ["in-cluster", "https://a.b:x", "https://{{ host }}:443"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn local_names_are_those_of_this_machine() {
        let cluster = Cluster { host: "idp.example".to_owned(), ..Cluster::default() };
        for host in ["localtest.me", "dev.cnoe.localtest.me", "idp.example", "dev.idp.example"] {
            assert!(is_local_name(host, &cluster), "{host}");
        }
        for host in ["xlocaltest.me", "localtest.me.example", "example", "xidp.example"] {
            assert!(!is_local_name(host, &cluster), "{host}");
        }
    }
}
