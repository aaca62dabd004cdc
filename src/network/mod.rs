//! The network path of a tree: which virtual clusters there will be, and which Ingresses lead to them.
//!
//! What the vCluster chart is going to create is derived from the Application that installs it, so that a reference to a
//! Service that no file contains still resolves.

mod chart_values;
pub mod policies;
mod registration;
mod virtual_cluster;

pub use registration::{Address, Registration, host_and_port, is_below, is_local_name};
pub use virtual_cluster::{Endpoint, Server, VirtualCluster};

use std::collections::BTreeMap;

use registration::Named;

use crate::manifest::{Ingress, IngressPath, IngressRule, Manifest, ManifestSet, SSL_PASSTHROUGH};
use crate::package::{Package, PackagedApplication};
use crate::source::Spanned;
use crate::yaml::Node;

/// An Ingress and where its rules lead.
#[derive(Debug)]
pub struct Exposure<'a> {
    /// Its manifest.
    pub manifest: &'a Manifest,
    /// What it says.
    pub ingress: &'a Ingress,
    /// The Application that applies it.
    pub application: Option<&'a PackagedApplication<'a>>,
    /// The namespace that it ends up in.
    pub namespace: Option<&'a Spanned<String>>,
    /// The annotation that switches SSL passthrough on.
    pub passthrough: Option<&'a Node>,
    /// Its rules, path by path.
    pub routes: Vec<Route<'a>>,
}

/// One path of one rule of an Ingress.
#[derive(Debug)]
pub struct Route<'a> {
    /// The rule.
    pub rule: &'a IngressRule,
    /// The path.
    pub path: &'a IngressPath,
    /// The virtual cluster that it leads to, or should.
    pub target: Option<Target>,
}

/// The virtual cluster that a route means, and how well it meets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Rank in [`Network::virtual_clusters`].
    pub virtual_cluster: usize,
    /// How the backend relates to what the release creates.
    pub fit: Fit,
}

/// How the backend of a route relates to the Services of the virtual cluster that it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It is the Service of the API server.
    Service,
    /// It is the headless Service.
    Headless,
    /// It is named like the Service, but the Ingress is in another namespace or another cluster.
    Elsewhere,
    /// It is no Service of the release, though the host or the namespace of the Ingress belongs to that virtual cluster.
    OtherName,
}

impl<'a> Exposure<'a> {
    /// Returns the first route that leads to a virtual cluster, with it.
    #[must_use]
    pub fn target(&self) -> Option<(&Route<'a>, Target)> {
        self.routes.iter().find_map(|route| Some((route, route.target?)))
    }

    /// Returns where it competes with other Ingresses for hosts: in the cluster that it is applied to. What no Application
    /// applies may be meant for any cluster, so that its place is its directory.
    #[must_use]
    pub fn place(&self) -> &str {
        self.application.map_or(self.manifest.directory(), PackagedApplication::destination)
    }

    /// Returns the class of the controller that takes it, as idpbuilder's ingress-nginx does without a class
    /// (`--watch-ingress-without-class`, pkg/controllers/localbuild/resources/nginx/k8s/ingress-nginx.yaml).
    #[must_use]
    pub fn class(&self) -> &str {
        self.ingress.class.as_ref().map_or("nginx", |class| &class.value)
    }
}

/// The virtual clusters of a tree and the Ingresses that may lead to them.
#[derive(Debug)]
pub struct Network<'a> {
    /// The virtual clusters, in the order of their Applications.
    pub virtual_clusters: Vec<VirtualCluster<'a>>,
    /// The Ingresses, in the order of their paths. Those that a kustomization changes are left out: what becomes of them, the
    /// file does not say.
    pub exposures: Vec<Exposure<'a>>,
    /// The cluster Secrets of Argo CD, in the order of their paths, but for those that a kustomization changes.
    pub registrations: Vec<Registration<'a>>,
    /// The virtual clusters by their hosts, in lower case.
    addresses: BTreeMap<String, Address>,
    /// Clusters by the names that Argo CD has for them.
    names: BTreeMap<&'a str, Named<'a>>,
}

impl<'a> Network<'a> {
    /// Derives the network from the manifests of a tree and what becomes of them.
    #[must_use]
    pub fn trace(manifests: &'a ManifestSet, package: &'a Package<'a>) -> Self {
        let mut virtual_clusters: Vec<_> = package
            .applications
            .iter()
            .flat_map(|it| it.application.sources.iter().map(move |source| (it, source)))
            .filter(|(_, source)| source.is_vcluster())
            .filter_map(|(application, source)| VirtualCluster::of(application, source, manifests))
            .collect();
        let index = Index::new(manifests, &virtual_clusters);
        let ingresses = manifests.ingresses.iter().map(|it| (&manifests.manifests()[it.manifest], it));
        let exposures: Vec<_> = ingresses
            .filter(|(manifest, _)| package.is_exact(manifest))
            .map(|(manifest, ingress)| {
                let mut exposure = Exposure {
                    manifest,
                    ingress,
                    application: package.application_of(manifest),
                    namespace: package.namespace_of(manifest),
                    passthrough: manifest.annotation(SSL_PASSTHROUGH).filter(|value| is_true(value)),
                    routes: Vec::new(),
                };
                for rule in &ingress.rules {
                    for path in &rule.paths {
                        let target = index.target(&exposure, rule, path);
                        exposure.routes.push(Route { rule, path, target });
                    }
                }
                exposure
            })
            .collect();
        for route in exposures.iter().flat_map(|exposure: &Exposure<'_>| &exposure.routes) {
            if let (Some(target), Some(host)) = (route.target, &route.rule.host) {
                virtual_clusters[target.virtual_cluster].hosts.entry(host.as_str()).or_insert(&host.span);
            }
        }
        let addresses = registration::addresses(&virtual_clusters);
        let registrations = registration::registrations(manifests, package);
        let names = registration::names(&registrations, &virtual_clusters);
        Self { virtual_clusters, exposures, registrations, addresses, names }
    }

    /// Returns the virtual cluster that a route means.
    #[must_use]
    pub fn meant_by(&self, target: Target) -> &VirtualCluster<'a> {
        &self.virtual_clusters[target.virtual_cluster]
    }
}

/// Tells whether ingress-nginx takes an annotation for true: it reads it as Go's `strconv.ParseBool` does. Somebody who
/// forgot the quotes meant it, too; that the API server refuses them is for the schema to say.
fn is_true(value: &Node) -> bool {
    value.as_bool() == Some(true) || matches!(value.as_str(), Some("1" | "t" | "T" | "true" | "TRUE" | "True"))
}

/// The virtual clusters by what an Ingress can know about them. Of several with the same key, the first counts.
struct Index<'a> {
    manifests: &'a ManifestSet,
    /// By cluster, namespace and release.
    by_place: BTreeMap<(&'a str, &'a str, &'a str), usize>,
    /// By namespace and release.
    by_name: BTreeMap<(&'a str, &'a str), usize>,
    by_release: BTreeMap<&'a str, usize>,
    /// By a name on the certificate or the host of an exported server.
    by_host: BTreeMap<String, usize>,
    by_namespace: BTreeMap<&'a str, usize>,
}

impl<'a> Index<'a> {
    fn new(manifests: &'a ManifestSet, virtual_clusters: &[VirtualCluster<'a>]) -> Self {
        let mut index = Self {
            manifests,
            by_place: BTreeMap::new(),
            by_name: BTreeMap::new(),
            by_release: BTreeMap::new(),
            by_host: BTreeMap::new(),
            by_namespace: BTreeMap::new(),
        };
        for (rank, it) in virtual_clusters.iter().enumerate() {
            let release = it.release.as_str();
            index.by_release.entry(release).or_insert(rank);
            for namespace in it.namespaces() {
                index.by_place.entry((it.application.destination(), namespace, release)).or_insert(rank);
                index.by_name.entry((namespace, release)).or_insert(rank);
                index.by_namespace.entry(namespace).or_insert(rank);
            }
            let exported = it.servers.iter().filter_map(|server| Some(server.endpoint().ok()?.host.to_lowercase()));
            for host in it.sans.iter().cloned().chain(exported) {
                index.by_host.entry(host).or_insert(rank);
            }
        }
        index
    }

    /// Finds the virtual cluster that a path of an Ingress means.
    fn target(&self, exposure: &Exposure<'_>, rule: &IngressRule, path: &IngressPath) -> Option<Target> {
        let service = path.service.as_ref()?.as_str();
        let namespace = exposure.namespace.map(|namespace| namespace.as_str());
        let cluster = exposure.application.map(PackagedApplication::destination);
        let found = |fit| move |virtual_cluster| Target { virtual_cluster, fit };
        let here = |release: &str| match (cluster, namespace) {
            (Some(cluster), Some(namespace)) => self.by_place.get(&(cluster, namespace, release)).copied(),
            (None, Some(namespace)) => self.by_name.get(&(namespace, release)).copied(),
            (_, None) => self.by_release.get(release).copied(),
        };
        let headless = || service.strip_suffix("-headless").and_then(here).map(found(Fit::Headless));
        if let Some(target) = here(service).map(found(Fit::Service)).or_else(headless) {
            return Some(target);
        }
        let mut known = [namespace.unwrap_or_default(), ""].into_iter();
        if known.any(|namespace| self.manifests.find("Service", namespace, service).next().is_some()) {
            return None;
        }
        let elsewhere = self.by_release.get(service).copied().map(found(Fit::Elsewhere));
        elsewhere.or_else(|| self.meant(exposure, rule, path).map(found(Fit::OtherName)))
    }

    /// Finds the virtual cluster that a path with an unknown backend was meant for, by its host, or by its namespace, which a
    /// virtual cluster has for itself. Services that vCluster syncs from within (`{name}-x-{namespace}-x-{release}`) are no
    /// mistakes.
    fn meant(&self, exposure: &Exposure<'_>, rule: &IngressRule, path: &IngressPath) -> Option<usize> {
        let is_synced = path.service.as_ref().is_some_and(|service| service.contains("-x-"));
        if is_synced || path.path.as_ref().is_some_and(|path| path.value != "/") {
            return None;
        }
        let by_host = rule.host.as_ref().and_then(|host| self.by_host.get(host.as_str()));
        let by_namespace = || self.by_namespace.get(exposure.passthrough.and(exposure.namespace)?.as_str());
        by_host.or_else(by_namespace).copied()
    }
}
