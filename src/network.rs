//! The network path of a tree: which virtual clusters there will be, and which Ingresses lead to them.
//!
//! What the vCluster chart is going to create is derived from the Application that installs it, so that a reference to a
//! Service that no file contains still resolves.

use std::collections::{BTreeMap, BTreeSet};

use crate::manifest::{ApplicationSource, Ingress, IngressPath, IngressRule, Manifest, ManifestSet, SSL_PASSTHROUGH};
use crate::package::{Package, PackagedApplication};
use crate::source::{Span, Spanned};
use crate::vcluster;
use crate::yaml::Node;

/// An Application that installs the vCluster chart, and what the chart makes of it.
#[derive(Debug)]
pub struct VirtualCluster<'a> {
    /// The Application.
    pub application: &'a PackagedApplication<'a>,
    /// The source with the chart.
    pub source: &'a ApplicationSource,
    /// The Helm release: `helm.releaseName`, else the Application's name.
    pub release: &'a Spanned<String>,
    /// The namespace of the release: `helm.namespace`, else the Application's destination.
    pub namespace: Option<&'a Spanned<String>>,
    /// The names that the values add to the certificate, in lower case: `controlPlane.proxy.extraSANs`, and
    /// `controlPlane.ingress.host` whether or not that Ingress is enabled.
    pub sans: BTreeSet<String>,
    /// The list of extra names, or the nearest thing above it that exists.
    pub sans_span: &'a Span,
    /// `controlPlane.ingress.host`.
    pub ingress_host: Option<Spanned<&'a str>>,
    /// Whether the chart renders its own Ingress.
    pub ingress_enabled: bool,
    /// The API server's URLs in exported kubeconfigs.
    pub servers: Vec<Server<'a>>,
    /// The hosts of Ingresses that lead here, each with the place of the first.
    pub hosts: BTreeMap<&'a str, &'a Span>,
}

/// The API server's URL in a kubeconfig that vCluster exports.
#[derive(Debug)]
pub struct Server<'a> {
    /// The URL.
    pub url: Spanned<&'a str>,
    /// Whether it is `exportKubeConfig.server`, the one that the Secret `vc-{release}` holds, and no additional one.
    pub is_main: bool,
    /// Whether clients are told not to verify the certificate.
    pub insecure: bool,
}

/// The parts of a server URL that every client understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint<'a> {
    /// A host name or an IPv4 address.
    pub host: &'a str,
    /// The port; never left out.
    pub port: u16,
}

impl<'a> Server<'a> {
    /// Takes the URL apart.
    ///
    /// # Errors
    ///
    /// Says what is wrong with a URL that is not `https://{host}:{port}`.
    pub fn endpoint(&self) -> Result<Endpoint<'a>, &'static str> {
        let rest = self.url.strip_prefix("https://").ok_or("it does not start with `https://`")?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#']) {
            return Err("it has a path");
        }
        if rest.contains('@') {
            return Err("it has a user");
        }
        if rest.contains(['[', ']']) {
            return Err("its host is an IPv6 address");
        }
        let (host, port) = rest.split_once(':').ok_or("it has no port")?;
        let port = port.parse().ok().filter(|port| *port != 0).ok_or("its port is not a number from 1 to 65535")?;
        if host.is_empty() { Err("it has no host") } else { Ok(Endpoint { host, port }) }
    }
}

impl<'a> VirtualCluster<'a> {
    fn of(application: &'a PackagedApplication<'a>, source: &'a ApplicationSource) -> Option<Self> {
        let release = source.release_name.as_ref().or(application.manifest.name.as_ref())?;
        let values = source.values.as_ref();
        let at = |path: &[&str]| values.and_then(|values| values.at(path));
        let enabled = |path: &[&str]| at(path).and_then(Node::as_bool).unwrap_or_default();
        let list = ["controlPlane", "proxy", "extraSANs"];
        let nearest = (0..=list.len()).rev().find_map(|len| at(&list[..len]));
        let extra_sans = values.into_iter().flat_map(|it| it.items_at(&list)).filter_map(text);
        let ingress_host = at(&["controlPlane", "ingress", "host"]).and_then(text);
        let main = at(&["exportKubeConfig"]).and_then(|export| Server::of(export, true));
        let additional = values.into_iter().flat_map(|it| it.items_at(&["exportKubeConfig", "additionalSecrets"]));
        Some(Self {
            application,
            source,
            release,
            namespace: source.release_namespace.as_ref().or(application.application.namespace.as_ref()),
            sans: extra_sans.chain(ingress_host.clone()).map(|name| name.to_lowercase()).collect(),
            sans_span: nearest.map_or(&source.span, |node| &node.span),
            ingress_host,
            ingress_enabled: enabled(&["controlPlane", "ingress", "enabled"]),
            servers: main.into_iter().chain(additional.filter_map(|entry| Server::of(entry, false))).collect(),
            hosts: BTreeMap::new(),
        })
    }

    /// Returns the minor version of the pinned chart, if it is pinned: all releases so far are `0.{minor}.{patch}`.
    #[must_use]
    pub fn chart_minor(&self) -> Option<u32> {
        let version = self.source.target_revision.as_ref()?.trim_start_matches('v');
        version.strip_prefix("0.")?.split('.').next()?.parse().ok()
    }

    /// Tells whether the API server's certificate names a host. Of values that are not all in the tree, or that the chart
    /// refuses, it is assumed that they name it.
    #[must_use]
    pub fn certificate_covers(&self, host: &str) -> bool {
        self.source.further_values
            || self.source.faulty_values
            || vcluster::is_default_san(host, self.release, self.namespace.map_or("", |namespace| &namespace.value))
            || self.sans_cover(&host.to_lowercase())
    }

    /// Looks a host in lower case up among the added names, as [`vcluster::san_covers`] compares it with each of them.
    fn sans_cover(&self, host: &str) -> bool {
        let wildcard =
            || host.split_once('.').filter(|(label, _)| !label.is_empty()).map(|(_, rest)| format!("*.{rest}"));
        self.sans.contains(host) || wildcard().is_some_and(|wildcard| self.sans.contains(&wildcard))
    }
}

impl<'a> Server<'a> {
    fn of(node: &'a Node, is_main: bool) -> Option<Self> {
        let url = text(node.get("server")?)?;
        let insecure = node.get("insecure").and_then(Node::as_bool).unwrap_or_default();
        Some(Self { url, is_main, insecure })
    }
}

fn text(node: &Node) -> Option<Spanned<&str>> {
    Some(Spanned::new(node.as_str().filter(|text| !text.is_empty())?, node.span.clone()))
}

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
}

impl<'a> Network<'a> {
    /// Derives the network from the manifests of a tree and what becomes of them.
    #[must_use]
    pub fn trace(manifests: &'a ManifestSet, package: &'a Package<'a>) -> Self {
        let mut virtual_clusters: Vec<_> = package
            .applications
            .iter()
            .flat_map(|it| it.application.sources.iter().map(move |source| (it, source)))
            .filter(|(_, source)| source.chart.as_ref().is_some_and(|chart| chart.value == vcluster::CHART_NAME))
            .filter_map(|(application, source)| VirtualCluster::of(application, source))
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
        Self { virtual_clusters, exposures }
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
            if let Some(namespace) = it.namespace {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idpbuilder::Cluster;
    use crate::manifest;
    use crate::package::Reading;
    use crate::source::Source;
    use crate::tree::{Listing, RepoPath, Tree};

    #[test]
    fn servers_are_hosts_with_ports() {
        let source = Source::new("", "");
        let endpoint = |url| {
            let url = Spanned::new(url, Span::whole(&source));
            Server { url, is_main: true, insecure: false }.endpoint().map(|it| (it.host, it.port))
        };
        assert_eq!(endpoint("https://a.b:443"), Ok(("a.b", 443)));
        assert_eq!(endpoint("https://127.0.0.1:8443/"), Ok(("127.0.0.1", 8443)));
        for wrong in [
            "https://",
            "https://a.b",
            "https://:443",
            "https://a.b:",
            "https://a.b:0",
            "https://a.b:65536",
            "https://a.b:1:2",
            "https://u@a.b:443",
            "https://[::1]:443",
            "https://a.b:443/x",
            "https://a.b:443?x",
            "HTTPS://a.b:443",
            "http://a.b:443",
            "a.b:443",
        ] {
            assert!(endpoint(wrong).is_err(), "{wrong}");
        }
    }

    /// Hands the virtual cluster to a test that an Application with these values in its `helm` installs.
    fn with_virtual_cluster(helm: &str, test: impl FnOnce(&VirtualCluster<'_>)) {
        let file = format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: r}}\nspec:\n  destination: {{namespace: ns}}\n\
             \x20 source: {{chart: vcluster, targetRevision: v0.30.1, helm: {{{helm}}}}}\n"
        );
        let (manifests, findings) = manifest::parse(&[("a.yaml", &file)]);
        assert_eq!(findings.len(), 0);
        let mut tree = Tree::default();
        tree.insert(RepoPath::new("a.yaml").unwrap(), Source::new("a.yaml", file));
        let listing = Listing::of_tree(&tree);
        let package = Package::predict(&listing, &manifests, &Cluster::default(), Reading::Found);
        test(&Network::trace(&manifests, &package).virtual_clusters[0]);
    }

    #[test]
    fn certificates_name_what_the_chart_and_the_values_say() {
        let values = "valuesObject: {controlPlane: {proxy: {extraSANs: ['*.b.c', D.e]}, ingress: {host: h.i}}}";
        with_virtual_cluster(values, |it| {
            for host in ["r", "r.ns", "localhost", "a.b.c", "A.B.C", "d.e", "h.i"] {
                assert!(it.certificate_covers(host), "{host}");
            }
            for host in ["r.ns.svc", "b.c", ".b.c", "x.a.b.c", "x.d.e"] {
                assert!(!it.certificate_covers(host), "{host}");
                assert!(!it.sans.iter().any(|name| vcluster::san_covers(name, host)), "{host}");
            }
            assert_eq!(it.chart_minor(), Some(30));
        });
        with_virtual_cluster("valueFiles: [x.yaml]", |it| assert!(it.certificate_covers("anything")));
        // What the chart refuses may have been meant to.
        let refused = "valuesObject: {controlPlane: {proxy: {extraSans: [x.y]}}}";
        with_virtual_cluster(refused, |it| assert!(it.certificate_covers("anything")));
        with_virtual_cluster("releaseName: s, namespace: other", |it| {
            assert!(it.certificate_covers("s.other") && !it.certificate_covers("r.ns"));
        });
    }
}
