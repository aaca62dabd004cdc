//! What the vCluster chart makes of a release: Services, ports, names on the certificate.
//!
//! Facts from loft-sh/vcluster, chart and `pkg/server/cert/cert.go`, the same from v0.20.0 to v0.36.1 unless noted.

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
/// The port that the API server listens on in the pod.
pub const POD_PORT: u16 = 8443;
/// The longest release name that works: the `StatefulSet` controller adds an 11 character suffix to a label value, and
/// label values end at 63 (kubernetes/kubernetes#64023).
pub const MAX_RELEASE_NAME: usize = 52;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificate_names() {
        assert!(is_default_san("r.n", "r", "n"));
        assert!(!is_default_san("r.n.svc", "r", "n"));
        assert!(san_covers("*.cnoe.localtest.me", "dev-vcluster.cnoe.localtest.me"));
        assert!(!san_covers("*.cnoe.localtest.me", "a.b.cnoe.localtest.me"));
        assert!(!san_covers("*.cnoe.localtest.me", "cnoe.localtest.me"));
    }
}
