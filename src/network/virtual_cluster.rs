//! What the Application that installs a virtual cluster says about it.

use std::collections::{BTreeMap, BTreeSet};

use crate::idpbuilder::SYSTEM_NAMESPACES;
use crate::manifest::{ApplicationSource, ManifestSet};
use crate::package::PackagedApplication;
use crate::schema;
use crate::source::{Span, Spanned};
use crate::vcluster;
use crate::yaml::{Mapping, Node};

/// The value that adds names to the certificate.
const EXTRA_SANS: [&str; 3] = ["controlPlane", "proxy", "extraSANs"];

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
    /// Whether `namespace` is another one than the Application's destination, which is the one that Argo CD creates, and
    /// nothing in the tree creates it.
    pub is_astray: bool,
    /// The names that the values add to the certificate, in lower case: `controlPlane.proxy.extraSANs`, and
    /// `controlPlane.ingress.host` whether or not that Ingress is enabled; only 0.20.0 did not look at the latter
    /// (loft-sh/vcluster#2086). Of an entry that is no name, those that it was meant to be.
    pub sans: BTreeSet<String>,
    /// The list of extra names, or the nearest thing above it that exists.
    pub sans_span: &'a Span,
    /// `controlPlane.ingress.host`.
    pub ingress_host: Option<Spanned<&'a str>>,
    /// The API server's URLs in exported kubeconfigs.
    pub servers: Vec<Server<'a>>,
    /// The hosts of all that leads here, each with the place of the first.
    pub hosts: BTreeMap<&'a str, &'a Span>,
    /// Those of them that have an Ingress, so that the ingress controller serves them on the port that the cluster publishes.
    pub published_hosts: BTreeSet<&'a str>,
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
    pub(super) fn of(
        application: &'a PackagedApplication<'a>,
        source: &'a ApplicationSource,
        manifests: &ManifestSet,
    ) -> Option<Self> {
        let release = source.release_name.as_ref().or(application.manifest.name.as_ref())?;
        let values = source.values.as_ref();
        let at = |path: &[&str]| values.and_then(|values| values.at(path));
        let nearest = (0..=EXTRA_SANS.len()).rev().find_map(|len| at(&EXTRA_SANS[..len]));
        let extra_sans = extra_sans(source).flat_map(|name| match vcluster::san_fault(&name) {
            Some(fault) => fault.meant,
            None => vec![name.to_lowercase()],
        });
        let ingress_host = at(&["controlPlane", "ingress", "host"]).and_then(text);
        let version = source.target_revision.as_ref().and_then(|revision| schema::vcluster::pinned(revision));
        let covered_host = ingress_host.clone().filter(|_| version != Some((0, 20, 0)));
        let main = at(&["exportKubeConfig"]).and_then(|export| Server::of(export, true));
        let destination = application.application.namespace.as_ref();
        let is_astray = source.release_namespace.as_ref().zip(destination).is_some_and(|(namespace, destination)| {
            namespace.value != destination.value
                && !namespace.contains("{{")
                && !SYSTEM_NAMESPACES.contains(&namespace.as_str())
                && manifests.find("Namespace", "", namespace).next().is_none()
        });
        Some(Self {
            application,
            source,
            release,
            namespace: source.release_namespace.as_ref().or(destination),
            is_astray,
            sans: extra_sans.chain(covered_host.map(|host| host.to_lowercase())).collect(),
            sans_span: nearest.map_or(&source.span, |node| &node.span),
            ingress_host,
            servers: main
                .into_iter()
                .chain(additional_secrets(source).filter_map(|entry| Server::of(entry, false)))
                .collect(),
            hosts: BTreeMap::new(),
            published_hosts: BTreeSet::new(),
        })
    }

    /// Returns the version of the chart, if it is pinned to one.
    #[must_use]
    pub fn version(&self) -> Option<schema::vcluster::Version> {
        schema::vcluster::pinned(self.source.target_revision.as_ref()?)
    }

    /// Looks into the values that the Application itself gives to the chart.
    #[must_use]
    pub fn value(&self, path: &[&str]) -> Option<&'a Node> {
        self.source.values.as_ref()?.at(path)
    }

    /// Returns where it says that all Ingresses get from it to the host cluster. A selector may leave classes out.
    #[must_use]
    pub fn synced_ingresses(&self) -> Option<&'a Node> {
        let selector = self.value(&["sync", "fromHost", "ingressClasses", "selector"]).and_then(Node::as_mapping);
        let is_limited = selector.is_some_and(|selector: &Mapping| !selector.is_empty());
        let enabled = self.value(&["sync", "toHost", "ingresses", "enabled"]);
        enabled.filter(|enabled| enabled.as_bool() == Some(true) && !is_limited && !self.source.further_values)
    }

    /// Tells whether all values are here, and the chart takes them.
    #[must_use]
    pub fn has_all_values(&self) -> bool {
        !self.source.further_values && !self.source.faulty_values
    }

    /// Returns `controlPlane.proxy.extraSANs`.
    pub fn extra_sans(&self) -> impl Iterator<Item = Spanned<&'a str>> {
        extra_sans(self.source)
    }

    /// Returns the entries of `exportKubeConfig.additionalSecrets`.
    pub fn additional_secrets(&self) -> impl Iterator<Item = &'a Node> {
        additional_secrets(self.source)
    }

    /// Returns the kubeconfigs in the values: `exportKubeConfig`, and then the additional ones.
    pub fn exports(&self) -> impl Iterator<Item = &'a Node> {
        self.value(&["exportKubeConfig"]).into_iter().chain(self.additional_secrets())
    }

    /// Returns the servers whose URLs every client understands.
    pub fn endpoints(&self) -> impl Iterator<Item = (&Server<'a>, Endpoint<'a>)> {
        self.servers.iter().filter_map(|server| Some((server, server.endpoint().ok()?)))
    }

    /// Returns the name of its namespace, empty if the tree does not tell.
    #[must_use]
    pub fn namespace_name(&self) -> &'a str {
        self.namespace.map_or("", |namespace| namespace.as_str())
    }

    /// Tells whether `exportKubeConfig.server` is written and does not get into the Secret `vc-{release}`: vCluster 0.22.0 to
    /// 0.22.3 kept it for the Secret that `exportKubeConfig.secret` names (loft-sh/vcluster, issue #2390).
    #[must_use]
    pub fn ignores_server(&self) -> bool {
        let is_affected = self.version().is_some_and(|version| ((0, 22, 0)..=(0, 22, 3)).contains(&version));
        is_affected
            && ["name", "namespace"].iter().all(|key| self.value(&["exportKubeConfig", "secret", key]).is_none())
    }

    /// Tells whether a host is the Service of the API server, as the host cluster knows it.
    #[must_use]
    pub fn is_service_host(&self, host: &str) -> bool {
        self.service_hosts().any(|known| known.eq_ignore_ascii_case(host))
    }

    /// Returns the names of the Service of the API server inside the host cluster.
    pub fn service_hosts(&self) -> impl Iterator<Item = String> {
        let hosts = self.namespaces().map(|namespace| vcluster::service_hosts(self.release, namespace));
        hosts.flatten()
    }

    /// Tells whether a port leads to the API server at the Service: of values that change the Service, any may.
    #[must_use]
    pub fn service_listens(&self, port: u16) -> bool {
        const KUBELET_PORT: u16 = 10250;
        [vcluster::SERVICE_PORT, KUBELET_PORT].contains(&port)
            || !self.has_all_values()
            || self.value(&["controlPlane", "service", "spec"]).is_some_and(|spec| spec.get("ports").is_some())
    }

    /// Returns the namespace of the release, and the destination's if they are at odds: it is what everybody else counts on.
    pub(super) fn namespaces(&self) -> impl Iterator<Item = &'a str> {
        let destination = self.application.application.namespace.as_ref().filter(|_| self.is_astray);
        self.namespace.into_iter().chain(destination).map(|namespace| namespace.as_str())
    }

    /// Tells whether the API server's certificate names a host. Of values that are not all in the tree, or that the chart
    /// refuses, it is assumed that they name it.
    #[must_use]
    pub fn certificate_covers(&self, host: &str) -> bool {
        !self.has_all_values()
            || vcluster::is_default_san(host, self.release, "")
            || self.namespaces().any(|namespace| vcluster::is_default_san(host, self.release, namespace))
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

fn extra_sans(source: &ApplicationSource) -> impl Iterator<Item = Spanned<&str>> {
    source.values.iter().flat_map(|values| values.items_at(&EXTRA_SANS)).filter_map(text)
}

fn additional_secrets(source: &ApplicationSource) -> impl Iterator<Item = &Node> {
    source.values.iter().flat_map(|values| values.items_at(&["exportKubeConfig", "additionalSecrets"]))
}

fn text(node: &Node) -> Option<Spanned<&str>> {
    Some(Spanned::new(node.as_str().filter(|text| !text.is_empty())?, node.span.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idpbuilder::Cluster;
    use crate::manifest;
    use crate::network::Network;
    use crate::package::{Package, Reading};
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
            assert_eq!(it.version(), Some((0, 30, 1)));
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
