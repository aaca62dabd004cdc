//! One repository in which everything is right, and what single faults in it lead to.

use std::collections::BTreeSet;

use idpack::diagnostic::{Diagnostic, Severity};
use idpack::idpbuilder::Cluster;
use idpack::package::Reading;
use idpack::pipeline::{self, Settings, Versions, Watch};
use idpack::policy::{self, Levels};
use idpack::source::Source;
use idpack::tree::{Listing, RepoPath, Tree};
use proptest::prelude::*;
use proptest::sample::Index;

/// Takes a text apart at its lines `# file: PATH`.
fn files(text: &str) -> Vec<(String, String)> {
    let files = text.split("# file: ").skip(1).map(|file| file.split_once('\n').unwrap());
    files.map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}

/// Runs the whole way from files to findings.
fn check(files: &[(String, String)]) -> Vec<Diagnostic> {
    verdict(files, false)
}

fn verdict(files: &[(String, String)], cluster_is_assumed: bool) -> Vec<Diagnostic> {
    let mut tree = Tree::default();
    for (path, text) in files {
        tree.insert(RepoPath::new(path).unwrap(), Source::new(path, text));
    }
    let cluster = Cluster::default();
    let target = Versions::default().of(Some(&cluster));
    let settings = Settings { target: &target, cluster: &cluster, cluster_is_assumed, reading: Reading::Found };
    let verdict = pipeline::judge(&Listing::of_tree(&tree), settings, Watch::default());
    policy::apply(verdict.findings, verdict.suppressions, true, &Levels::default(), None).findings
}

/// What an environment looks like when everything is right.
const REPOSITORY: &str = r#"# file: dev.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: dev, namespace: argocd}
spec:
  project: default
  destination: {server: https://kubernetes.default.svc, namespace: argocd}
  source: {repoURL: cnoe://dev, path: apps, targetRevision: HEAD}
# file: dev/apps/kustomization.yaml
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [vcluster.yaml, ingress.yaml]
# file: dev/apps/vcluster.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: vcluster-dev-helm
  namespace: argocd
  annotations: {argocd.argoproj.io/sync-wave: "10"}
spec:
  project: default
  destination: {server: https://kubernetes.default.svc, namespace: dev-vcluster}
  source:
    repoURL: https://charts.loft.sh
    chart: vcluster
    targetRevision: 0.36.1
    helm:
      valuesObject:
        controlPlane:
          proxy:
            extraSANs: [dev-vcluster.cnoe.localtest.me, vcluster-dev-helm.dev-vcluster.svc]
        exportKubeConfig:
          server: https://dev-vcluster.cnoe.localtest.me:8443
          additionalSecrets:
          - {name: in-cluster, server: "https://vcluster-dev-helm.dev-vcluster.svc:443"}
# file: dev/apps/ingress.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: vcluster-dev-ingress
  namespace: argocd
  annotations: {argocd.argoproj.io/sync-wave: "15"}
spec:
  project: default
  destination: {server: https://kubernetes.default.svc, namespace: dev-vcluster}
  source:
    repoURL: https://gitea.cnoe.localtest.me:8443/giteaAdmin/idpbuilder-localdev-dev-dev.git
    path: vcluster-dev-ingress
    targetRevision: HEAD
# file: dev/vcluster-dev-ingress/kustomization.yaml
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [exposure.yaml]
# file: dev/vcluster-dev-ingress/exposure.yaml
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: dev-vcluster
  annotations:
    nginx.ingress.kubernetes.io/backend-protocol: HTTPS
    nginx.ingress.kubernetes.io/ssl-passthrough: "true"
    nginx.ingress.kubernetes.io/ssl-redirect: "true"
spec:
  ingressClassName: nginx
  rules:
  - host: dev-vcluster.cnoe.localtest.me
    http:
      paths:
      - path: /
        pathType: ImplementationSpecific
        backend: {service: {name: vcluster-dev-helm, port: {number: 443}}}
# file: cluster/argocd-cm.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-cm
  labels: {app.kubernetes.io/name: argocd-cm, app.kubernetes.io/part-of: argocd}
data:
  accounts.developer: apiKey, login
  application.resourceTrackingMethod: annotation
  resource.customizations.health.argoproj.io_Application: |
    return obj.status ~= nil and obj.status.health or {status = "Progressing"}
  resource.customizations.ignoreResourceUpdates.ConfigMap: "jsonPointers: [/status]"
  resource.customizations.ignoreResourceUpdates.Endpoints: "jsonPointers: [/status]"
  resource.customizations.ignoreResourceUpdates.all: "jsonPointers: [/status]"
  resource.customizations.ignoreResourceUpdates.apps_ReplicaSet: "jsonPointers: [/status]"
  resource.customizations.ignoreResourceUpdates.argoproj.io_Application: "jsonPointers: [/status]"
  resource.customizations.ignoreResourceUpdates.argoproj.io_Rollout: "jsonPointers: [/status]"
  resource.customizations.ignoreResourceUpdates.autoscaling_HorizontalPodAutoscaler: "jsonPointers: [/status]"
  resource.customizations.ignoreResourceUpdates.discovery.k8s.io_EndpointSlice: "jsonPointers: [/status]"
  resource.exclusions: "[]"
  timeout.reconciliation: 60s
# file: cluster/kind.yaml
apiVersion: kind.x-k8s.io/v1alpha4
kind: Cluster
nodes:
- role: control-plane
  extraPortMappings:
  - {containerPort: 443, hostPort: 8443, protocol: TCP}
"#;

/// What to replace in it by what, and the checks that have something to say then.
const FAULTS: &[(&str, &str, &[&str])] = &[
    // Nothing is wrong, though it is written differently.
    ("", "", &[]),
    ("pathType: ImplementationSpecific", "pathType: Prefix", &[]),
    ("{number: 443}", "{name: https}", &[]),
    ("  ingressClassName: nginx\n", "", &[]),
    ("  name: dev-vcluster\n", "  name: dev-vcluster\n  namespace: dev-vcluster\n", &[]),
    (
        "{server: https://kubernetes.default.svc, namespace: dev-vcluster}\n  source:\n    repoURL: https://gitea",
        "{name: in-cluster, namespace: dev-vcluster}\n  source:\n    repoURL: https://gitea",
        &[],
    ),
    ("extraSANs: [dev-vcluster.cnoe", "extraSANs: [DEV-vcluster.cnoe", &[]),
    ("extraSANs: [dev-vcluster.cnoe", "extraSANs: [\"*.cnoe.localtest.me\", dev-vcluster.cnoe", &[]),
    ("extraSANs: [dev-vcluster.cnoe", "extraSANs: [\"*.cnoe.localtest.me\", former.cnoe", &["san-unused"]),
    ("vcluster-dev-helm.dev-vcluster.svc:443", "vcluster-dev-helm.dev-vcluster:443", &[]),
    ("hostPort: 8443", "hostPort: 8443, listenAddress: 127.0.0.1", &[]),
    ("sync-wave: \"15\"", "sync-wave: \"+11\"", &[]),
    // Names.
    (
        "extraSANs: [dev-vcluster.cnoe.localtest.me, ",
        "extraSANs: [",
        &["kubeconfig-server-not-in-sans", "san-missing-host"],
    ),
    (
        "extraSANs: [dev-vcluster.cnoe.localtest.me, ",
        "extraSANs: [\"https://dev-vcluster.cnoe.localtest.me\", ",
        &["san-invalid"],
    ),
    (", vcluster-dev-helm.dev-vcluster.svc]", "]", &["kubeconfig-server-not-in-sans"]),
    ("  - host: dev-vcluster", "  - host: vcluster-dev", &["san-missing-host"]),
    ("  - host: dev-vcluster.cnoe.localtest.me", "  - host: \"*.cnoe.localtest.me\"", &["ingress-host-not-exact"]),
    ("  name: vcluster-dev-helm\n", "  name: vcluster-dev\n", &["ingress-backend-unknown"]),
    ("name: vcluster-dev-helm, port", "name: vcluster-dev, port", &["ingress-backend-unknown"]),
    ("name: vcluster-dev-helm, port", "name: vcluster-dev-helm-headless, port", &["ingress-backend-headless"]),
    ("    helm:\n", "    helm:\n      releaseName: vcluster\n", &["ingress-backend-unknown"]),
    ("    helm:\n", "    helm:\n      namespace: elsewhere\n", &["release-namespace"]),
    ("    helm:\n", "    helm:\n      namespace: default\n", &["ingress-namespace-mismatch"]),
    ("  name: dev-vcluster\n", "  name: dev-vcluster\n  namespace: default\n", &["ingress-namespace-mismatch"]),
    ("resources: [exposure.yaml]", "namespace: default\nresources: [exposure.yaml]", &["ingress-namespace-mismatch"]),
    (
        "namespace: dev-vcluster}\n  source:\n    repoURL: https://gitea",
        "namespace: dev}\n  source:\n    repoURL: https://gitea",
        &["ingress-namespace-mismatch"],
    ),
    (
        "{server: https://kubernetes.default.svc, namespace: dev-vcluster}\n  source:\n    repoURL: https://gitea",
        "{name: remote, namespace: dev-vcluster}\n  source:\n    repoURL: https://gitea",
        &["ingress-namespace-mismatch"],
    ),
    // Ports.
    ("{number: 443}", "{number: 8443}", &["ingress-backend-port"]),
    ("{number: 443}", "{number: 10250}", &["ingress-backend-port"]),
    (
        "server: https://dev-vcluster.cnoe.localtest.me:8443",
        "server: https://dev-vcluster.cnoe.localtest.me:443",
        &["kubeconfig-port-mismatch"],
    ),
    (
        "server: https://dev-vcluster.cnoe.localtest.me:8443",
        "server: https://dev-vcluster.cnoe.localtest.me",
        &["kubeconfig-server-invalid"],
    ),
    (
        "server: https://dev-vcluster.cnoe.localtest.me:8443",
        "server: http://dev-vcluster.cnoe.localtest.me:8443",
        &["kubeconfig-server-invalid"],
    ),
    (
        "server: https://dev-vcluster.cnoe.localtest.me:8443",
        "server: https://vcluster-dev-helm.dev-vcluster.svc:443",
        &["kubeconfig-port-not-forwarded"],
    ),
    (
        "vcluster-dev-helm.dev-vcluster.svc:443",
        "vcluster-dev-helm.dev-vcluster.svc:6443",
        &["kubeconfig-port-mismatch"],
    ),
    ("containerPort: 443", "containerPort: 80", &["kind-port-mapping"]),
    ("hostPort: 8443", "hostPort: 443", &["kind-port-mapping"]),
    // Kubeconfigs and clusters.
    ("dev-vcluster.svc:443\"}", "dev-vcluster.svc:443\", insecure: true}", &["kubeconfig-insecure"]),
    ("{name: in-cluster, server", "{name: in-cluster, namespace: argocd, server", &["kubeconfig-secret-rbac"]),
    ("{name: in-cluster, server", "{name: vc-vcluster-dev-helm, server", &["kubeconfig-secret-reserved"]),
    (
        "{server: https://kubernetes.default.svc, namespace: dev-vcluster}\n  source:\n    repoURL: https://charts",
        "{name: remote, namespace: dev-vcluster}\n  source:\n    repoURL: https://charts",
        &["ingress-namespace-mismatch"],
    ),
    // What ingress-nginx makes of it.
    ("    nginx.ingress.kubernetes.io/ssl-passthrough: \"true\"\n", "", &["ssl-passthrough-missing"]),
    ("ssl-passthrough: \"true\"", "ssl-passthrough: \"false\"", &["ssl-passthrough-missing"]),
    ("ssl-passthrough: \"true\"", "ssl-passthrough: true", &["kubernetes-schema"]),
    ("      - path: /\n", "      - path: /api\n", &["ingress-path"]),
    ("pathType: ImplementationSpecific", "pathType: Exact", &["ingress-path"]),
    ("ingressClassName: nginx", "ingressClassName: traefik", &["ingress-class"]),
    ("    nginx.ingress.kubernetes.io/backend-protocol: HTTPS\n", "", &["passthrough-without-https"]),
    (
        "spec:\n  ingressClassName",
        "spec:\n  tls: [{secretName: x}]\n  ingressClassName",
        &["passthrough-ignored-setting"],
    ),
    ("      - path: /\n", "      - path: api\n", &["kubernetes-schema"]),
    // What the chart exposes as well.
    (
        "          proxy:\n",
        "          ingress: {enabled: true, host: dev-vcluster.cnoe.localtest.me}\n          proxy:\n",
        &["ingress-host-duplicate"],
    ),
    ("          proxy:\n", "          ingress: {enabled: true}\n          proxy:\n", &["placeholder-host"]),
    (
        "        controlPlane:\n",
        "        sync: {toHost: {ingresses: {enabled: true}}}\n        controlPlane:\n",
        &["ingress-sync-shared"],
    ),
    // Orders.
    ("sync-wave: \"15\"", "sync-wave: \"10\"", &["exposure-before-vcluster"]),
    ("sync-wave: \"15\"", "sync-wave: \"5\"", &["exposure-before-vcluster"]),
    ("sync-wave: \"15\"", "sync-wave: \"99999999999999999999\"", &["sync-wave-not-integer"]),
    ("sync-wave: \"15\"", "sync-wave: 15", &["application-schema"]),
    ("sync-wave: \"15\"", "sync-waves: \"15\"", &["sync-wave-key"]),
    (
        "annotations: {argocd.argoproj.io/sync-wave: \"15\"",
        "labels: {argocd.argoproj.io/sync-wave: \"15\"",
        &["sync-wave-key"],
    ),
    (
        "metadata: {name: dev, namespace: argocd}",
        "metadata: {name: dev, namespace: argocd, annotations: {argocd.argoproj.io/sync-wave: \"1\"}}",
        &["wave-without-parent"],
    ),
    (
        "  resource.customizations.health.argoproj.io_Application:",
        "  resource.customizations.health.argoproj.io_Applications:",
        &["argocd-cm-health-key"],
    ),
    ("  timeout.reconciliation: 60s\n", "", &["argocd-cm-incomplete"]),
    ("  name: argocd-cm\n", "  name: argocd-cm\n  namespace: argocd\n", &["argocd-cm-incomplete"]),
    ("app.kubernetes.io/part-of: argocd}", "app.kubernetes.io/part-of: argo-cd}", &["argocd-cm-incomplete"]),
    ("metadata: {name: dev, namespace: argocd}", "metadata: {name: dev}", &["application-namespace"]),
    ("metadata: {name: dev, namespace: argocd}", "metadata: {name: dev, namespace: dev}", &["application-namespace"]),
    // Text.
    ("kind: ConfigMap", "knd: ConfigMap", &["incomplete-manifest", "wave-without-health"]),
    ("kind: Ingress", "kind: Ingres", &["kubernetes-schema"]),
];

#[test]
fn a_single_fault_leads_to_its_own_finding_only() {
    for (old, new, expected) in FAULTS {
        assert!(REPOSITORY.contains(old), "{old}");
        let found = check(&files(&REPOSITORY.replacen(old, new, 1)));
        let ids: BTreeSet<_> = found.iter().map(|finding| finding.rule.id).collect();
        assert_eq!(ids, expected.iter().copied().collect(), "{old:?} -> {new:?}: {found:#?}");
    }
}

#[test]
fn the_flat_layout_with_the_url_inside_the_cluster_works_with_two_warnings() {
    let flat = r#"# file: vcluster-dev.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: vcluster-dev-helm
  namespace: argocd
  annotations: {argocd.argoproj.io/sync-wave: "10"}
spec:
  project: default
  destination: {server: https://kubernetes.default.svc, namespace: dev-vcluster}
  source:
    repoURL: https://charts.loft.sh
    chart: vcluster
    targetRevision: 0.26.0
    helm:
      values: |
        controlPlane:
          proxy:
            extraSANs:
            - vcluster-dev-helm.dev-vcluster.svc
            - dev-vcluster.cnoe.localtest.me
        exportKubeConfig:
          server: https://vcluster-dev-helm.dev-vcluster.svc:443
# file: vcluster-dev-ingress.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: vcluster-dev-ingress
  namespace: argocd
  annotations: {argocd.argoproj.io/sync-wave: "15"}
spec:
  project: default
  destination: {server: https://kubernetes.default.svc, namespace: dev-vcluster}
  source: {repoURL: cnoe://vcluster-dev-ingress/manifests, path: ., targetRevision: HEAD}
"#;
    let (_, exposure) = REPOSITORY.split_once("# file: dev/vcluster-dev-ingress/exposure.yaml\n").unwrap();
    let (exposure, _) = exposure.split_once("# file: ").unwrap();
    let manifests = "# file: vcluster-dev-ingress/manifests/kustomization.yaml\nresources: [ingress.yaml]\n";
    let found =
        check(&files(&format!("{flat}{manifests}# file: vcluster-dev-ingress/manifests/ingress.yaml\n{exposure}")));
    let places: Vec<_> =
        found.iter().map(|it| (it.span.source().name(), it.span.position().line, it.rule.id, it.severity)).collect();
    let expected = [
        ("vcluster-dev-ingress.yaml", 6, "wave-without-parent", Severity::Warning),
        ("vcluster-dev.yaml", 22, "kubeconfig-port-not-forwarded", Severity::Warning),
    ];
    assert_eq!(places, expected);
}

#[test]
fn what_a_kustomization_changes_is_not_judged() {
    let wrong = REPOSITORY.replacen("name: vcluster-dev-helm, port", "name: to-be-patched, port", 1);
    let patched =
        wrong.replacen("resources: [exposure.yaml]", "resources: [exposure.yaml]\npatches: [{path: patch.yaml}]", 1);
    assert_eq!(check(&files(&patched)).iter().map(|it| it.rule.id).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn assumed_facts_are_called_so() {
    let files = files(&REPOSITORY.replacen("hostPort: 8443", "hostPort: 443", 1));
    let say = |assumed| verdict(&files, assumed).remove(0).help.unwrap();
    assert_eq!(say(false), "write `hostPort: 8443`");
    assert_eq!(say(true), "write `hostPort: 8443` (idpbuilder's defaults are assumed for this cluster)");
}

/// Something that happens to a text in an editor.
#[derive(Clone, Debug)]
enum Edit {
    Remove(Index),
    Double(Index),
    Swap(Index, Index),
    Insert(Index, String),
    Truncate(Index),
    Rename(Index, String),
}

impl Edit {
    fn apply(&self, text: &str) -> String {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        if lines.is_empty() {
            return String::new();
        }
        match self {
            Self::Remove(at) => drop(lines.remove(at.index(lines.len()))),
            Self::Double(at) => {
                let at = at.index(lines.len());
                lines.insert(at, lines[at].clone());
            }
            Self::Swap(a, b) => {
                let len = lines.len();
                lines.swap(a.index(len), b.index(len));
            }
            Self::Insert(at, word) => {
                let line = at.get_mut(&mut lines);
                let boundaries: Vec<_> = line.char_indices().map(|(offset, _)| offset).chain([line.len()]).collect();
                line.insert_str(*at.get(&boundaries), word);
            }
            Self::Truncate(at) => lines.truncate(at.index(lines.len())),
            Self::Rename(at, value) => {
                let line = at.get_mut(&mut lines);
                if let Some((key, _)) = line.split_once(": ") {
                    *line = format!("{key}: {value}");
                }
            }
        }
        lines.join("\n") + "\n"
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    let word = prop_oneof![
        "[ -~]{0,3}",
        "\\PC{0,2}",
        prop::sample::select(vec![
            "null",
            "{}",
            "[]",
            "cnoe://",
            "cnoe://..",
            ".",
            "..",
            "*",
            "10",
            "-headless",
            "&a",
            "*a",
            "|",
            "---"
        ])
        .prop_map(str::to_owned),
    ];
    let at = any::<Index>;
    prop_oneof![
        at().prop_map(Edit::Remove),
        at().prop_map(Edit::Double),
        (at(), at()).prop_map(|(a, b)| Edit::Swap(a, b)),
        (at(), word.clone()).prop_map(|(at, word)| Edit::Insert(at, word)),
        at().prop_map(Edit::Truncate),
        (at(), word).prop_map(|(at, word)| Edit::Rename(at, word)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is done to a repository, it is judged, twice in the same way, and findings point into its files.
    #[test]
    fn broken_repositories_are_judged_all_the_same(edits in prop::collection::vec((any::<Index>(), edit()), 1..12)) {
        let mut files = files(REPOSITORY);
        for (file, edit) in &edits {
            let (_, text) = file.get_mut(&mut files);
            *text = edit.apply(text);
        }
        let found = check(&files);
        for finding in &found {
            let name = finding.span.source().name();
            let text = files.iter().find(|(path, _)| path == name).map(|(_, text)| text.len());
            prop_assert!(text.is_some_and(|len| finding.span.end() as usize <= len), "{finding}");
        }
        let again = check(&files);
        prop_assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), again.iter().map(ToString::to_string).collect::<Vec<_>>());
    }
}
