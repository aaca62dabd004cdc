//! What the vCluster chart makes of a release, against what Helm rendered of it.
//!
//! The chart was rendered by Helm 4 as release `vcluster-dev-helm` in namespace `dev-vcluster`, in versions 0.26.0, 0.30.0, 0.33.4
//! and 0.36.1, which agree. The facts below were copied from that.

use idpack::checks;
use idpack::idpbuilder::Cluster;
use idpack::manifest::{self, ManifestSet, RouteKind};
use idpack::network::{Controller, Fit, Network};
use idpack::package::{Package, Reading};
use idpack::pipeline::Versions;
use idpack::source::Source;
use idpack::tree::{Listing, Part, RepoPath, Tree};
use idpack::vcluster;
use idpack::yaml;

const RELEASE: &str = "vcluster-dev-helm";
const SERVICE: &str = "vcluster-dev-helm https:443>8443 kubelet:10250>8443";
const HEADLESS: &str = "vcluster-dev-helm-headless headless https:443>8443";

/// Values, and the Services that were rendered with them.
const SERVICES: [(&str, &[&str]); 9] = [
    ("{}", &[SERVICE, HEADLESS]),
    ("{controlPlane: {ingress: {enabled: true, host: dev-vcluster.cnoe.localtest.me}}}", &[SERVICE, HEADLESS]),
    ("{controlPlane: {tlsRoute: {enabled: true, host: dev-vcluster.cnoe.localtest.me}}}", &[SERVICE, HEADLESS]),
    ("{controlPlane: {serviceMonitor: {enabled: true}}}", &[SERVICE, HEADLESS]),
    ("{policies: {resourceQuota: {enabled: true}}}", &[SERVICE, HEADLESS]),
    ("{controlPlane: {service: {spec: {type: LoadBalancer}}}}", &["vcluster-dev-helm https:443>8443", HEADLESS]),
    (
        "{controlPlane: {backingStore: {etcd: {deploy: {enabled: true}}}}}",
        &[
            SERVICE,
            "vcluster-dev-helm-etcd-headless headless etcd:2379>2379 peer:2380>2380",
            "vcluster-dev-helm-etcd etcd:2379>2379 peer:2380>2380",
        ],
    ),
    ("{controlPlane: {backingStore: {database: {external: {enabled: true}}}}}", &[SERVICE]),
    ("{controlPlane: {statefulSet: {persistence: {volumeClaim: {enabled: false}}}}}", &[SERVICE]),
];

#[test]
fn services_are_those_that_helm_renders() {
    for (values, expected) in SERVICES {
        let (values, findings) = yaml::read_one(&Source::new("values.yaml", values));
        assert!(findings.is_empty());
        let services = vcluster::services(RELEASE, values.as_ref());
        let described: Vec<_> = services
            .iter()
            .map(|service| {
                let port = |it: &vcluster::ServicePort| format!("{}:{}>{}", it.name, it.number, it.target.unwrap());
                let mut words = vec![service.name.clone()];
                words.extend(service.is_headless.then(|| "headless".to_owned()));
                words.extend(service.ports.iter().map(port));
                words.join(" ")
            })
            .collect();
        assert_eq!(described, expected);
    }
}

/// Traces the network of an Application with these values.
fn trace(control_plane: &str, judge: impl FnOnce(&Network<'_>)) {
    let text = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {RELEASE}, namespace: argocd}}\nspec:\n  project: \
         default\n  destination: {{server: https://kubernetes.default.svc, namespace: dev-vcluster}}\n  source:\n    repoURL: \
         https://charts.loft.sh\n    chart: vcluster\n    targetRevision: 0.36.1\n    helm: {{valuesObject: {{controlPlane: \
         {control_plane}}}}}\n"
    );
    let cluster = Cluster::default();
    let path = RepoPath::new("vcluster.yaml").unwrap();
    let part = Part { source: Source::new("vcluster.yaml", text.clone()), fault: None };
    let facts = manifest::read(&path, &part, &Versions::default().of(Some(&cluster)), checks::run_on);
    assert!(facts.findings.is_empty(), "{:?}", facts.findings);
    let manifests = ManifestSet::collect([facts]);
    let mut tree = Tree::default();
    tree.insert(path, Source::new("vcluster.yaml", text));
    let listing = Listing::of_tree(&tree);
    let package = Package::predict(&listing, &manifests, &cluster, Reading::Found);
    judge(&Network::trace(&manifests, &package));
}

#[test]
fn routes_are_those_that_helm_renders() {
    let host = "host: dev-vcluster.cnoe.localtest.me";
    let parents = "parentRefs: [{name: gw, namespace: gateway-system, sectionName: tls-passthrough}]";
    // The Ingress has the annotation for passthrough, the name of the release, and leads to the Service of that name.
    trace(&format!("{{ingress: {{enabled: true, {host}, spec: {{ingressClassName: nginx}}}}}}"), |network| {
        let [ingress] = network.exposures.as_slice() else { panic!("{:?}", network.exposures) };
        assert_eq!((ingress.object.kind, ingress.controller), (RouteKind::Ingress, Controller::IngressNginx));
        assert_eq!(ingress.class(), "nginx");
        assert!(ingress.passthrough.is_some());
        assert_eq!(ingress.namespace.unwrap().value, "dev-vcluster");
        let (route, target) = ingress.target().unwrap();
        assert_eq!(route.rule.hosts[0].value, "dev-vcluster.cnoe.localtest.me");
        assert_eq!(target.fit, Fit::Service);
    });
    trace(&format!("{{tlsRoute: {{enabled: true, {host}, {parents}}}}}"), |network| {
        let [route] = network.exposures.as_slice() else { panic!("{:?}", network.exposures) };
        assert_eq!((route.object.kind, route.controller), (RouteKind::TlsRoute, Controller::Gateway));
        assert_eq!(*route.object.attachments, ["gateway-system//gw/tls-passthrough/".to_owned()]);
        assert!(route.object.detached.is_none());
        assert_eq!(route.target().unwrap().0.rule.hosts[0].value, "dev-vcluster.cnoe.localtest.me");
    });
    // Nothing is rendered unless it is enabled, and then both are.
    trace(&format!("{{ingress: {{{host}}}}}"), |network| assert!(network.exposures.is_empty()));
    trace("{ingress: {enabled: true}, tlsRoute: {enabled: true}}", |network| {
        let hosts = network.exposures.iter().flat_map(|it| &it.object.rules).flat_map(|rule| &rule.hosts);
        assert_eq!(hosts.map(|host| host.value.as_str()).collect::<Vec<_>>(), ["my-host.com"; 2]);
    });
}
