//! The network path of a tree: which virtual clusters there will be, and what leads to them.
//!
//! What the vCluster chart is going to create is derived from the Application that installs it, so that a reference to a
//! Service that no file contains still resolves.

mod chart_values;
mod index;
pub mod policies;
mod registration;
mod virtual_cluster;

pub use registration::{Address, Registration, host_and_port, is_below, is_local_name};
pub use virtual_cluster::{Endpoint, Server, VirtualCluster};

use std::collections::{BTreeMap, BTreeSet};

use crate::manifest::{Backend, HostRoute, Manifest, ManifestSet, RouteKind, RouteRule, SSL_PASSTHROUGH, Service};
use crate::package::{Package, PackagedApplication};
use crate::source::{Span, Spanned};
use crate::vcluster;
use crate::yaml::{Entry, Mapping, Node};
use index::{Index, Place};
use registration::Named;

/// Annotations by which controllers of `HAProxy` pass TLS connections through: haproxytech/kubernetes-ingress
/// (documentation/annotations.md) and jcmoraisjr/haproxy-ingress (docs/content/en/docs/configuration/keys.md).
const HAPROXY_PASSTHROUGH: [&str; 3] = [
    "haproxy.org/ssl-passthrough",
    "haproxy-ingress.github.io/ssl-passthrough",
    "ingress.kubernetes.io/ssl-passthrough",
];

/// An object that leads connections to Services, and where its rules lead.
#[derive(Debug)]
pub struct Exposure<'a> {
    /// Its manifest, or that of the Application whose chart renders it.
    pub manifest: &'a Manifest,
    /// What it says.
    pub object: &'a HostRoute,
    /// The virtual cluster whose chart renders it, by its rank in [`Network::virtual_clusters`].
    pub built_in: Option<usize>,
    /// The Application that applies it.
    pub application: Option<&'a PackagedApplication<'a>>,
    /// The namespace that it ends up in.
    pub namespace: Option<&'a Spanned<String>>,
    /// Who takes it.
    pub controller: Controller,
    /// Where it says that TLS connections are passed through, if they are.
    pub passthrough: Option<&'a Span>,
    /// Its rules, backend by backend.
    pub routes: Vec<Route<'a>>,
    annotations: &'a [Entry],
    places: [Option<&'a str>; 2],
}

/// A program that takes such objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Controller {
    /// ingress-nginx, which idpbuilder runs.
    IngressNginx,
    /// One that uses `HAProxy`.
    HaProxy,
    /// One of the Gateway API.
    Gateway,
    /// Traefik, by its own kinds.
    Traefik,
    /// Contour, by its own kinds.
    Contour,
    /// One that takes Ingresses of some other class.
    Other,
}

/// One backend of one rule.
#[derive(Debug)]
pub struct Route<'a> {
    /// The rule.
    pub rule: &'a RouteRule,
    /// The backend.
    pub backend: &'a Backend,
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
    /// It is a Service that somebody wrote for it, by its rank in [`Network::services`].
    Written(usize),
    /// It is named like the Service, but the object is in another namespace or another cluster.
    Elsewhere,
    /// It is no Service of the release, though the host or the namespace of the object belongs to that virtual cluster.
    OtherName,
}

/// A Service that somebody wrote for a virtual cluster: it selects its pods, or stands for the Service of its release.
#[derive(Debug)]
pub struct WrittenService<'a> {
    /// Its manifest.
    pub manifest: &'a Manifest,
    /// What it says.
    pub service: &'a Service,
    /// The virtual cluster, by its rank in [`Network::virtual_clusters`].
    pub virtual_cluster: usize,
}

impl Controller {
    fn of(object: &HostRoute, annotations: &[Entry]) -> Self {
        match (object.kind, &object.class) {
            (RouteKind::TlsRoute, _) => Self::Gateway,
            (RouteKind::IngressRouteTcp, _) => Self::Traefik,
            (RouteKind::HttpProxy, _) => Self::Contour,
            // idpbuilder's ingress-nginx takes those without a class (`--watch-ingress-without-class`,
            // pkg/controllers/localbuild/resources/nginx/k8s/ingress-nginx.yaml).
            (RouteKind::Ingress, None) => Self::IngressNginx,
            (RouteKind::Ingress, Some(class)) if class.value == "nginx" => Self::IngressNginx,
            (RouteKind::Ingress, Some(_)) if haproxy_passthrough(annotations).is_some() => Self::HaProxy,
            (RouteKind::Ingress, Some(_)) => Self::Other,
        }
    }

    /// Returns the name that people know.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IngressNginx => "ingress-nginx",
            Self::HaProxy => "HAProxy",
            Self::Gateway => "the Gateway",
            Self::Traefik => "Traefik",
            Self::Contour => "Contour",
            Self::Other => "the ingress controller",
        }
    }
}

impl<'a> Exposure<'a> {
    /// Puts together what is known of an object before anybody knows where it leads.
    fn new(
        manifest: &'a Manifest,
        object: &'a HostRoute,
        annotations: &'a [Entry],
        application: Option<&'a PackagedApplication<'a>>,
        namespace: Option<&'a Spanned<String>>,
    ) -> Self {
        let pairs = object.rules.iter().flat_map(|rule| rule.backends.iter().map(move |backend| (rule, backend)));
        Self {
            manifest,
            object,
            built_in: None,
            application,
            namespace,
            controller: Controller::of(object, annotations),
            passthrough: passthrough(object, annotations),
            routes: pairs.map(|(rule, backend)| Route { rule, backend, target: None }).collect(),
            annotations,
            places: [Some(application.map_or(manifest.directory(), PackagedApplication::destination)), None],
        }
    }

    /// Returns the first route that leads to a virtual cluster, with it.
    #[must_use]
    pub fn target(&self) -> Option<(&Route<'a>, Target)> {
        self.routes.iter().find_map(|route| Some((route, route.target?)))
    }

    /// Returns where it competes with others for hosts: in the cluster that it is applied to. What no Application applies may
    /// be meant for any cluster: it competes in its directory, and in the cluster of the virtual cluster that it leads to.
    pub fn places(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.places.into_iter().flatten()
    }

    /// Returns its class, which idpbuilder's ingress-nginx is without one.
    #[must_use]
    pub fn class(&self) -> &'a str {
        self.object.class.as_ref().map_or("nginx", |class| &class.value)
    }

    /// Returns an annotation that is written, whatever its type.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&'a Node> {
        annotation(self.annotations, key)
    }

    /// Returns the annotations that are written and that a controller reads.
    #[must_use]
    pub fn annotations(&self) -> &'a [Entry] {
        self.annotations
    }

    /// Names it for messages.
    #[must_use]
    pub fn label(&self) -> String {
        match (self.built_in, self.object.kind) {
            (None, _) => self.manifest.label(),
            (Some(_), RouteKind::Ingress) => "the Ingress of the chart".to_owned(),
            (Some(_), _) => "the TLSRoute of the chart".to_owned(),
        }
    }
}

/// The virtual clusters of a tree and what may lead to them.
#[derive(Debug)]
pub struct Network<'a> {
    /// The virtual clusters, in the order of their Applications, but for those that a kustomization changes.
    pub virtual_clusters: Vec<VirtualCluster<'a>>,
    /// What leads connections to Services: first what charts render, then the objects in the order of their paths. What a
    /// kustomization changes is left out: what becomes of it, the file does not say.
    pub exposures: Vec<Exposure<'a>>,
    /// The cluster Secrets of Argo CD, in the order of their paths, but for those that a kustomization changes.
    pub registrations: Vec<Registration<'a>>,
    /// The virtual clusters by their hosts, in lower case.
    addresses: BTreeMap<String, Address>,
    /// Clusters by the names that Argo CD has for them.
    names: BTreeMap<&'a str, Named<'a>>,
    /// The Services that lead to a virtual cluster and that no chart renders, in the order of their paths.
    pub services: Vec<WrittenService<'a>>,
}

impl<'a> Network<'a> {
    /// Derives the network from the manifests of a tree and what becomes of them.
    #[must_use]
    pub fn trace(manifests: &'a ManifestSet, package: &'a Package<'a>) -> Self {
        let mut virtual_clusters: Vec<_> = package
            .applications
            .iter()
            .flat_map(|it| it.application.sources.iter().map(move |source| (it, source)))
            .filter(|(it, source)| source.is_vcluster() && package.is_exact(it.manifest))
            .filter_map(|(application, source)| VirtualCluster::of(application, source, manifests))
            .collect();
        let index = Index::new(manifests, package, &virtual_clusters);
        let mut exposures: Vec<_> =
            virtual_clusters.iter().enumerate().flat_map(|(rank, it)| built_in(rank, it, package)).collect();
        let written = manifests.facts.routes.iter().map(|it| (manifests.manifest_of(it), &it.route));
        exposures.extend(written.filter(|(manifest, _)| package.is_exact(manifest)).map(|(manifest, object)| {
            let (application, namespace) = (package.application_of(manifest), package.namespace_of(manifest));
            Exposure::new(manifest, object, manifest.annotations(), application, namespace)
        }));
        find_targets(&mut exposures, &index);
        for exposure in &mut exposures {
            let virtual_cluster = exposure.target().map(|(_, target)| &virtual_clusters[target.virtual_cluster]);
            if let (Some(virtual_cluster), None) = (virtual_cluster, exposure.application) {
                exposure.places[1] = Some(virtual_cluster.application.destination());
            }
        }
        let services = index.into_services();
        for exposure in &exposures {
            let is_published = exposure.object.kind == RouteKind::Ingress;
            for route in &exposure.routes {
                let Some(target) = route.target else { continue };
                let virtual_cluster = &mut virtual_clusters[target.virtual_cluster];
                for host in route.rule.hosts.iter().filter(|host| host.value != vcluster::PLACEHOLDER_HOST) {
                    virtual_cluster.hosts.entry(host.as_str()).or_insert(&host.span);
                    if is_published {
                        virtual_cluster.published_hosts.insert(host.as_str());
                    }
                }
            }
        }
        let addresses = registration::addresses(&virtual_clusters);
        let registrations = registration::registrations(manifests, package);
        let names = registration::names(&registrations, &virtual_clusters);
        Self { virtual_clusters, exposures, registrations, addresses, names, services }
    }

    /// Returns the virtual cluster that a route means.
    #[must_use]
    pub fn meant_by(&self, target: Target) -> &VirtualCluster<'a> {
        &self.virtual_clusters[target.virtual_cluster]
    }

    /// Returns the routes that lead to a virtual cluster, or should.
    pub fn routes(&self) -> impl Iterator<Item = (&Exposure<'a>, &Route<'a>, Target)> {
        let routes = self.exposures.iter().flat_map(|it| it.routes.iter().map(move |route| (it, route)));
        routes.filter_map(|(exposure, route)| Some((exposure, route, route.target?)))
    }

    /// Returns the clusters in which Ingresses lead to virtual clusters, each with the first host of such an Ingress.
    #[must_use]
    pub fn shared_hosts(&self) -> BTreeMap<&str, &Spanned<String>> {
        let mut shared = BTreeMap::new();
        for exposure in self.ingresses() {
            let Some((route, target)) = exposure.target() else { continue };
            if let Some(host) = route.rule.hosts.first() {
                shared.entry(self.meant_by(target).application.destination()).or_insert(host);
            }
        }
        shared
    }

    /// Returns the Ingresses.
    pub fn ingresses(&self) -> impl Iterator<Item = &Exposure<'a>> {
        self.exposures.iter().filter(|exposure| exposure.object.kind == RouteKind::Ingress)
    }
}

/// Returns what the chart of a virtual cluster renders to expose it, unless values from elsewhere may change it, or it refuses
/// those that are there.
fn built_in<'a>(rank: usize, it: &VirtualCluster<'a>, package: &'a Package<'a>) -> Vec<Exposure<'a>> {
    let source = it.source;
    if source.further_values || source.faulty_values || !package.is_exact(it.application.manifest) {
        return Vec::new();
    }
    let exposures = source.routes.iter().map(|object| {
        let section = if object.kind == RouteKind::Ingress { "ingress" } else { "tlsRoute" };
        let annotations = it.value(&["controlPlane", section, "annotations"]).and_then(Node::as_mapping);
        let annotations = annotations.map_or(&[][..], |annotations: &Mapping| annotations.iter().as_slice());
        let manifest = it.application.manifest;
        let exposure = Exposure::new(manifest, object, annotations, Some(it.application), it.namespace);
        Exposure { built_in: Some(rank), ..exposure }
    });
    exposures.collect()
}

/// Finds the virtual clusters that exposures lead to, or should.
fn find_targets<'a>(exposures: &mut [Exposure<'a>], index: &Index<'a>) {
    for exposure in exposures.iter_mut() {
        let (place, built_in) = (Place::of(exposure), exposure.built_in);
        for route in &mut exposure.routes {
            route.target = match (built_in, &route.backend.service) {
                (Some(virtual_cluster), None) => Some(Target { virtual_cluster, fit: Fit::Service }),
                _ => index.target(place, route.backend),
            };
        }
    }
    let found = exposures.iter().flat_map(|exposure| &exposure.routes).filter(|route| route.target.is_some());
    let served: BTreeSet<&str> = found.flat_map(|route| &route.rule.hosts).map(|host| host.as_str()).collect();
    for exposure in exposures.iter_mut() {
        let (place, passes) = (Place::of(exposure), exposure.passthrough.is_some());
        for route in exposure.routes.iter_mut().filter(|route| route.target.is_none()) {
            // Who shares the host of a virtual cluster that others lead to is another one.
            if !route.rule.hosts.iter().any(|host| served.contains(host.as_str())) {
                route.target = index.meant(place, passes, route.rule, route.backend);
            }
        }
    }
}

/// Returns where an object says that TLS connections are passed through, if they are.
fn passthrough<'a>(object: &'a HostRoute, annotations: &'a [Entry]) -> Option<&'a Span> {
    let own = || object.passthrough.as_ref().filter(|passthrough| passthrough.value).map(|it| &it.span);
    if object.kind != RouteKind::Ingress {
        return own();
    }
    match annotation(annotations, SSL_PASSTHROUGH) {
        Some(value) if is_true(value) => Some(&value.span),
        Some(_) => None,
        None => {
            let is_nginx = object.class.as_ref().is_none_or(|class| class.value == "nginx");
            haproxy_passthrough(annotations).filter(|_| !is_nginx).map(|value| &value.span).or_else(own)
        }
    }
}

/// Returns the annotation that makes `HAProxy` pass TLS connections through.
fn haproxy_passthrough(annotations: &[Entry]) -> Option<&Node> {
    HAPROXY_PASSTHROUGH.iter().find_map(|key| annotation(annotations, key).filter(|value| is_true(value)))
}

fn annotation<'a>(annotations: &'a [Entry], key: &str) -> Option<&'a Node> {
    annotations.iter().find(|entry| entry.key.value == key).map(|entry| &entry.value)
}

/// Tells whether ingress-nginx takes an annotation for true: it reads it as Go's `strconv.ParseBool` does. Somebody who
/// forgot the quotes meant it, too; that the API server refuses them is for the schema to say.
fn is_true(value: &Node) -> bool {
    value.as_bool() == Some(true) || matches!(value.as_str(), Some("1" | "t" | "T" | "true" | "TRUE" | "True"))
}
