//! What the vCluster chart makes of a release: Services, ports, names on the certificate.
//!
//! Facts from loft-sh/vcluster, chart and `pkg/server/cert/cert.go`, the same from v0.20.0 to v0.36.1 unless noted.

pub mod rendering;

use std::net::IpAddr;

use crate::schema::names;
use crate::yaml::Node;

/// Where the chart is published.
pub const CHART_REPOSITORY: &str = "https://charts.loft.sh";
/// The chart's name there.
pub const CHART_NAME: &str = "vcluster";
/// The chart version that descriptors get unless they pin another: the newest stable one when this was written.
pub const DEFAULT_CHART_VERSION: &str = "0.36.1";
/// The port of the Service that reaches the API server (chart/templates/service.yaml).
pub const SERVICE_PORT: u16 = 443;
/// The name of that port.
pub const SERVICE_PORT_NAME: &str = "https";
/// The name of another port, for kubelets, that leads to the same port of the pod (chart/templates/service.yaml).
pub const KUBELET_PORT_NAME: &str = "kubelet";
/// The port that the API server listens on in the pod.
pub const POD_PORT: u16 = 8443;
/// The longest release name that works: the `StatefulSet` controller adds an 11 character suffix to a label value, and
/// label values end at 63 (kubernetes/kubernetes#64023).
pub const MAX_RELEASE_NAME: usize = 52;

/// The host of the chart's own Ingress and `TLSRoute` unless the values say another one (chart/values.yaml).
pub const PLACEHOLDER_HOST: &str = "my-host.com";
/// The labels of its pods, but for `release`, whose value is the release (chart/templates/statefulset.yaml).
pub const POD_LABEL: (&str, &str) = ("app", "vcluster");
/// Other ports that a container of the pod may listen on: etcd, DNS of the virtual cluster, waking it up, tunnels of nodes. The
/// chart gives none of its ports a name.
pub const OTHER_POD_PORTS: [u16; 5] = [1053, 2379, 2380, 8132, 9090];

/// A Service that the chart renders.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Whether it has no cluster IP.
    pub is_headless: bool,
    /// Its ports.
    pub ports: Vec<ServicePort>,
}

/// A port of a Service that the chart renders.
#[derive(Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// Its name.
    pub name: String,
    /// Its number.
    pub number: i64,
    /// The port of the pod that it leads to, unless that goes by a name.
    pub target: Option<i64>,
}

impl ServicePort {
    fn new(name: &str, number: u16, target: u16) -> Self {
        Self { name: name.to_owned(), number: number.into(), target: Some(target.into()) }
    }

    fn of(node: &Node) -> Option<Self> {
        let number = node.get("port")?.as_i64()?;
        let name = node.get("name").and_then(Node::as_str).unwrap_or_default().to_owned();
        Some(Self { name, number, target: node.get("targetPort").map_or(Some(number), Node::as_i64) })
    }
}

/// Returns the Services of a release with these values (chart/templates/service.yaml, headless-service.yaml, etcd-service.yaml,
/// etcd-headless-service.yaml, `_persistence.tpl` and `_backingstore.tpl`).
#[must_use]
pub fn services(release: &str, values: Option<&Node>) -> Vec<Service> {
    let at = |path: &[&str]| values.and_then(|values| values.at(path));
    let is_on = |path: &[&str]| at(path).and_then(Node::as_bool) == Some(true);
    let store = |path: &[&str]| is_on(&[&["controlPlane", "backingStore"], path, &["enabled"]].concat());
    let (embedded, deployed) = (store(&["etcd", "embedded"]), store(&["etcd", "deploy"]));
    let etcd = || [ServicePort::new("etcd", 2379, 2379), ServicePort::new("peer", 2380, 2380)];
    let api = || ServicePort::new(SERVICE_PORT_NAME, SERVICE_PORT, POD_PORT);
    let spec = |key| at(&["controlPlane", "service", "spec", key]);
    let own = spec("ports").and_then(Node::as_sequence).unwrap_or_default();
    let mut ports: Vec<_> = own.iter().filter_map(ServicePort::of).collect();
    if own.is_empty() {
        ports.push(api());
        if is_on(&["integrations", "istio", "enabled"]) {
            ports.push(ServicePort::new("wake-http", 9090, 9090));
        }
        let by_host_name = at(&["networking", "advanced", "proxyKubelets", "byHostname"]).and_then(Node::as_bool);
        if by_host_name != Some(false) && spec("type").and_then(Node::as_str) != Some("LoadBalancer") {
            ports.push(ServicePort::new(KUBELET_PORT_NAME, 10250, POD_PORT));
        }
    }
    let mut services = vec![Service { name: service(release).to_owned(), is_headless: false, ports }];
    let persistence = ["controlPlane", "statefulSet", "persistence"];
    let persistence = |path: &[&str]| at(&[&persistence[..], path].concat());
    let templates = persistence(&["volumeClaimTemplates"]).and_then(Node::as_sequence);
    let claim = persistence(&["volumeClaim", "enabled"]);
    let is_embedded_database =
        store(&["database", "embedded"]) || !(embedded || deployed || store(&["database", "external"]));
    let is_stateful = embedded
        || templates.is_some_and(|templates| !templates.is_empty())
        || match claim.map_or(Some("auto"), Node::as_str) {
            Some("auto") => is_embedded_database,
            text => text == Some("true") || claim.and_then(Node::as_bool) == Some(true),
        };
    if is_stateful {
        let ports = std::iter::once(api()).chain(etcd().into_iter().filter(|_| embedded)).collect();
        services.push(Service { name: headless_service(release), is_headless: true, ports });
    }
    if deployed || embedded && is_on(&["controlPlane", "backingStore", "etcd", "embedded", "migrateFromDeployedEtcd"]) {
        let name = format!("{release}-etcd");
        services.push(Service { name: headless_service(&name), is_headless: true, ports: etcd().into() });
        services.push(Service { name, is_headless: false, ports: etcd().into() });
    }
    services
}

/// Returns the Service that reaches the API server.
#[must_use]
pub fn service(release: &str) -> &str {
    release
}

/// Returns the headless Service of a release. It has no cluster IP, so SSL passthrough cannot use it.
#[must_use]
pub fn headless_service(release: &str) -> String {
    format!("{release}-headless")
}

/// Returns the URL of the API server inside the host cluster. Its host is *not* on the certificate by default.
#[must_use]
pub fn in_cluster_host(release: &str, namespace: &str) -> String {
    format!("{release}.{namespace}.svc")
}

/// Returns the names by which the Service of a release is known inside the host cluster, in any namespace.
#[must_use]
pub fn service_hosts(release: &str, namespace: &str) -> [String; 3] {
    let host = in_cluster_host(release, namespace);
    [format!("{host}.cluster.local"), format!("{release}.{namespace}"), host]
}

/// Tells whether the API server's certificate names a host without being told to.
///
/// `R.N.svc` and `R.N.svc.cluster.local` are not among the names, nor is the host of an Ingress that the chart does not
/// render itself.
#[must_use]
pub fn is_default_san(host: &str, release: &str, namespace: &str) -> bool {
    const ALWAYS: [&str; 6] = [
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        "localhost",
        "127.0.0.1",
    ];
    ALWAYS.contains(&host) || host == release || host == format!("{release}.{namespace}")
}

/// Tells whether a name on a certificate covers a host: the same name, or a wildcard for exactly its first label.
#[must_use]
pub fn san_covers(san: &str, host: &str) -> bool {
    san.eq_ignore_ascii_case(host)
        || san.strip_prefix("*.").is_some_and(|parent| {
            host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(parent))
        })
}

/// What is wrong with an entry of `extraSANs`.
#[derive(Debug, PartialEq, Eq)]
pub struct SanFault {
    /// Why no client finds its host in it.
    pub reason: &'static str,
    /// The names that it was meant to be.
    pub meant: Vec<String>,
}

/// Says why an entry of `extraSANs` is no host name, no wildcard and no address.
///
/// vCluster copies what is no address into the certificate as it is (`pkg/server/cert/cert.go`, v0.36.1:339-347). Go compares
/// host names in any case, takes a wildcard for the whole first label only, and anything else for equal if it is equal
/// (`crypto/x509/verify.go`, `VerifyHostname`), which a host never is to something with a port.
#[must_use]
pub fn san_fault(entry: &str) -> Option<SanFault> {
    let is_templated = ["{{", "${", "$("].iter().any(|mark| entry.contains(mark));
    if is_templated || entry.parse::<IpAddr>().is_ok() {
        return None;
    }
    let (first, rest) = entry.split_once('.').unwrap_or((entry, ""));
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let reason = if !entry.is_ascii() {
        "it is not ASCII, so that no certificate can be made at all"
    } else if entry.contains(|c: char| c.is_ascii_whitespace() || c == ',') {
        "an entry is one name, without blanks"
    } else if entry.contains("://") {
        "it has a scheme"
    } else if entry.contains('@') {
        "it has a user"
    } else if entry.contains(['/', '?', '#']) {
        "it has a path"
    } else if entry.contains(['[', ']']) {
        "an IPv6 address stands without brackets"
    } else if entry.rsplit_once(':').is_some_and(|(_, port)| is_port(port)) {
        "it has a port"
    } else if entry.contains('*') && (first != "*" || rest.contains('*') || rest.is_empty()) {
        "a wildcard stands for the whole first label, in front of a domain"
    } else if entry.ends_with('.') {
        "it ends with a dot"
    } else if entry.contains(|c: char| !c.is_ascii_alphanumeric() && !"-_.*".contains(c)) {
        "it has a character that host names do not have"
    } else if entry.split('.').any(str::is_empty) {
        "it has an empty label"
    } else {
        return None;
    };
    let parts = entry.split(|c: char| c.is_whitespace() || c == ',').filter(|part| !part.is_empty());
    Some(SanFault { reason, meant: parts.map(meant_host).filter(|host| !host.is_empty()).collect() })
}

/// Returns the host in what somebody took for one.
fn meant_host(text: &str) -> String {
    let authority = names::authority(text);
    let rest = authority.rsplit_once('@').map_or(authority, |(_, rest)| rest);
    let host = match rest.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => rest.split(':').next().unwrap_or_default(),
    };
    host.trim_end_matches('.').to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_and_addresses_are_names_on_a_certificate() {
        for entry in ["a.b", "A.B", "a", "a_b.c", "*.a.b", "10.0.0.1", "::1", "fe80::1:2", "{{ .host }}", "${HOST}:1"] {
            assert_eq!(san_fault(entry), None, "{entry}");
        }
        for (entry, reason, meant) in [
            ("https://A.b:8443/x", "it has a scheme", "a.b"),
            ("a.b:443", "it has a port", "a.b"),
            ("10.0.0.1:443", "it has a port", "10.0.0.1"),
            ("a.b/c", "it has a path", "a.b"),
            ("10.0.0.0/8", "it has a path", "10.0.0.0"),
            ("u@a.b", "it has a user", "a.b"),
            ("[::1]", "an IPv6 address stands without brackets", "::1"),
            ("[::1]:8443", "an IPv6 address stands without brackets", "::1"),
            (" a.b", "an entry is one name, without blanks", "a.b"),
            ("a.b, c.d", "an entry is one name, without blanks", "a.b c.d"),
            ("a.b.", "it ends with a dot", "a.b"),
            ("a..b", "it has an empty label", "a..b"),
            ("*", "a wildcard stands for the whole first label, in front of a domain", "*"),
            ("a*.b", "a wildcard stands for the whole first label, in front of a domain", "a*.b"),
            ("a.*.b", "a wildcard stands for the whole first label, in front of a domain", "a.*.b"),
            ("a.b;c", "it has a character that host names do not have", "a.b;c"),
            ("é.b", "it is not ASCII, so that no certificate can be made at all", "é.b"),
        ] {
            let fault = san_fault(entry).unwrap();
            assert_eq!((fault.reason, fault.meant.join(" ").as_str()), (reason, meant), "{entry}");
        }
    }

    #[test]
    fn certificate_names() {
        assert!(is_default_san("r.n", "r", "n"));
        assert!(!is_default_san("r.n.svc", "r", "n"));
        assert!(san_covers("*.cnoe.localtest.me", "dev-vcluster.cnoe.localtest.me"));
        assert!(!san_covers("*.cnoe.localtest.me", "a.b.cnoe.localtest.me"));
        assert!(!san_covers("*.cnoe.localtest.me", "cnoe.localtest.me"));
    }
}
