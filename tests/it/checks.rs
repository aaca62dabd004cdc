//! Every check does what its page says, and no more; none is forgotten.
//!
//! The examples of a page are its tests. A fenced `yaml` block is one example, with all its files:
//!
//! * `# idpbuilder create --protocol http` in the first line is the cluster that it is for (the default one otherwise);
//! * likewise `# idpack validate --as package` is who reads it;
//! * `# file: dev/apps/x.yaml` begins a file;
//! * `# error: [check-id]` (or `warning`, `info`) ends a line that a finding has to point at.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use idpack::checks::{self, CHECKS, Check};
use idpack::diagnostic::Diagnostic;
use idpack::idpbuilder::{Cluster, Protocol};
use idpack::package::Reading;
use idpack::pipeline::{self, Settings, Versions};
use idpack::policy::{self, Levels};
use idpack::source::Source;
use idpack::tree::{Listing, RepoPath, Tree};
use proptest::prelude::*;
use proptest::sample::Index;

const HEADINGS: [&str; 5] = ["What it checks", "Why it matters", "Fails", "Passes", "How to fix"];

/// Files, the cluster that they are for, and the lines that findings have to point at.
struct Example {
    cluster: Cluster,
    reading: Reading,
    files: Vec<(String, String)>,
    marks: BTreeSet<(String, u32, String)>,
}

impl Example {
    fn parse(block: &str) -> Self {
        let mut example =
            Self { cluster: Cluster::default(), reading: Reading::Found, files: Vec::new(), marks: BTreeSet::new() };
        for line in block.lines() {
            if let Some(flags) = line.strip_prefix("# idpbuilder create ") {
                example.cluster = cluster(flags);
            } else if let Some(reader) = line.strip_prefix("# idpack validate --as ") {
                example.reading = match reader {
                    "package" => Reading::Package,
                    "source" => Reading::Source,
                    _ => panic!("nobody reads as a {reader}"),
                };
            } else if let Some(path) = line.strip_prefix("# file: ") {
                example.files.push((path.to_owned(), String::new()));
            } else {
                let (path, text) = example.files.last_mut().unwrap_or_else(|| panic!("no file begins before {line:?}"));
                text.push_str(line);
                text.push('\n');
                let number = u32::try_from(text.lines().count()).unwrap();
                for severity in ["error", "warning", "info"] {
                    if let Some((_, mark)) = line.split_once(&format!("# {severity}: [")) {
                        let id = mark.strip_suffix(']').unwrap_or_else(|| panic!("the mark of {line:?} does not end"));
                        example.marks.insert((path.clone(), number, format!("{severity}[{id}]")));
                    }
                }
            }
        }
        example
    }

    /// Returns what is found, as marks would say it.
    fn findings(&self) -> BTreeSet<(String, u32, String)> {
        let as_mark = |it: Diagnostic| {
            let kind = format!("{}[{}]", it.severity.as_str(), it.rule.id);
            (it.span.source().name().to_owned(), it.span.position().line, kind)
        };
        check(&self.files, &self.cluster, self.reading).into_iter().map(as_mark).collect()
    }
}

fn cluster(flags: &str) -> Cluster {
    let mut cluster = Cluster::default();
    let mut words = flags.split_whitespace();
    while let Some(flag) = words.next() {
        let mut value = || words.next().unwrap_or_else(|| panic!("`{flag}` needs a value"));
        match flag {
            "--name" => value().clone_into(&mut cluster.name),
            "--host" => value().clone_into(&mut cluster.host),
            "--port" => cluster.port = value().parse().unwrap(),
            "--protocol" => cluster.protocol = if value() == "http" { Protocol::Http } else { Protocol::Https },
            "--use-path-routing" => cluster.path_routing = true,
            _ => panic!("an example cannot say `{flag}`"),
        }
    }
    cluster
}

fn tree(files: &[(String, String)]) -> Tree {
    let mut tree = Tree::default();
    for (path, text) in files {
        tree.insert(RepoPath::new(path).unwrap(), Source::new(path, text));
    }
    tree
}

/// Runs the whole way from files to findings.
fn check(files: &[(String, String)], cluster: &Cluster, reading: Reading) -> Vec<Diagnostic> {
    verdict(files, cluster, reading, false)
}

fn verdict(
    files: &[(String, String)],
    cluster: &Cluster,
    reading: Reading,
    cluster_is_assumed: bool,
) -> Vec<Diagnostic> {
    let target = Versions::default().of(Some(cluster));
    let settings = Settings { target: &target, cluster, cluster_is_assumed, reading };
    let verdict = pipeline::judge(&Listing::of_tree(&tree(files)), settings, &|| ());
    policy::apply(verdict.findings, verdict.suppressions, true, &Levels::default(), None).findings
}

/// Returns the text below a heading of a page.
fn section<'a>(check: &'a Check, heading: &str) -> &'a str {
    let (_, rest) = check.rule.page.split_once(&format!("\n## {heading}\n")).unwrap_or_default();
    rest.split("\n## ").next().unwrap_or_default()
}

fn examples(check: &Check, heading: &str) -> Vec<Example> {
    section(check, heading)
        .split("```yaml\n")
        .skip(1)
        .map(|block| Example::parse(block.split("```").next().unwrap_or_default()))
        .collect()
}

#[test]
fn failing_examples_fire_exactly_the_marked_lines() {
    for check in CHECKS {
        let examples = examples(check, "Fails");
        assert!(!examples.is_empty(), "{} has no failing example", check.rule.id);
        for (number, example) in (1..).zip(&examples) {
            let own = format!("{}[{}]", check.rule.severity.as_str(), check.rule.id);
            assert!(!example.marks.is_empty(), "failing example {number} of {} has no mark", check.rule.id);
            assert!(
                example.marks.iter().all(|(_, _, mark)| *mark == own),
                "example {number} of {} marks something else",
                check.rule.id
            );
            assert_eq!(example.findings(), example.marks, "failing example {number} of {}", check.rule.id);
        }
    }
}

#[test]
fn passing_examples_fire_nothing() {
    for check in CHECKS {
        let examples = examples(check, "Passes");
        assert!(!examples.is_empty(), "{} has no passing example", check.rule.id);
        for (number, example) in (1..).zip(&examples) {
            assert_eq!(example.findings(), BTreeSet::new(), "passing example {number} of {}", check.rule.id);
        }
    }
}

#[test]
fn every_file_is_registered_under_its_id() {
    let mut stems = BTreeSet::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/checks")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if !matches!(stem.as_str(), "mod" | "README") {
            stems.insert((stem, path.extension().unwrap().to_str().unwrap().to_owned()));
        }
    }
    let registered = CHECKS.iter().map(|check| check.rule.id.replace('-', "_"));
    let expected: BTreeSet<_> =
        registered.flat_map(|stem| [(stem.clone(), "md".to_owned()), (stem, "rs".to_owned())]).collect();
    assert_eq!(stems, expected);
}

#[test]
fn ids_are_sorted_and_unique() {
    let ids: Vec<_> = checks::rules().map(|rule| rule.id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
}

#[test]
fn summaries_are_one_short_fragment() {
    for rule in checks::rules() {
        assert!(!rule.summary.ends_with('.') && !rule.summary.contains('\n'), "{}", rule.id);
        assert!((20..=100).contains(&rule.summary.len()), "{}", rule.id);
    }
}

#[test]
fn pages_are_complete() {
    for check in CHECKS {
        let id = check.rule.id;
        let headings: Vec<_> = check.rule.page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(headings, HEADINGS, "{id}");
        assert!(check.rule.page.starts_with(&format!("# {id}\n")), "{id}");
        for heading in HEADINGS {
            assert!(section(check, heading).trim().len() > 15, "{id}: nothing below {heading}");
        }
        let why = section(check, "Why it matters");
        assert!(why.contains("\nSource: ") || id == "unknown-kind", "{id} does not say where it is from");
        for line in check.rule.page.lines() {
            assert!(line.chars().count() <= 120, "{id}: {line}");
        }
    }
}

#[test]
fn the_index_is_current() {
    let mut index = String::from(
        "# Checks\n\n\
         What idpack looks for in manifests that belong together. Each check has a page, which `idpack explain` shows and the\n\
         tests execute. This index is generated: `SNAPSHOTS=overwrite cargo test index` writes it.\n\n\
         | check | severity | effect | finds |\n| --- | --- | --- | --- |\n",
    );
    for check in CHECKS {
        let rule = &check.rule;
        let file = rule.id.replace('-', "_");
        let (id, severity, effect) = (rule.id, rule.severity.as_str(), rule.effect.as_str());
        writeln!(index, "| [{id}]({file}.md) | {severity} | {effect} | {} |", rule.summary).unwrap();
    }
    snapbox::assert_data_eq!(index, snapbox::file!["../../src/checks/README.md"].raw());
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
metadata: {name: argocd-cm}
data:
  resource.customizations.health.argoproj.io_Application: |
    return obj.status ~= nil and obj.status.health or {status = "Progressing"}
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
    ("extraSANs: [dev-vcluster.cnoe", "extraSANs: [\"*.cnoe.localtest.me\", former.cnoe", &[]),
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
        &["kubeconfig-server-not-in-sans", "san-missing-host"],
    ),
    (", vcluster-dev-helm.dev-vcluster.svc]", "]", &["kubeconfig-server-not-in-sans"]),
    ("  - host: dev-vcluster", "  - host: vcluster-dev", &["san-missing-host"]),
    ("  - host: dev-vcluster.cnoe.localtest.me", "  - host: \"*.cnoe.localtest.me\"", &["ingress-host-not-exact"]),
    ("  name: vcluster-dev-helm\n", "  name: vcluster-dev\n", &["ingress-backend-unknown"]),
    ("name: vcluster-dev-helm, port", "name: vcluster-dev, port", &["ingress-backend-unknown"]),
    ("name: vcluster-dev-helm, port", "name: vcluster-dev-helm-headless, port", &["ingress-backend-headless"]),
    ("    helm:\n", "    helm:\n      releaseName: vcluster\n", &["ingress-backend-unknown"]),
    ("    helm:\n", "    helm:\n      namespace: elsewhere\n", &["ingress-namespace-mismatch"]),
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
    ("containerPort: 443", "containerPort: 80", &["kind-port-mapping"]),
    ("hostPort: 8443", "hostPort: 443", &["kind-port-mapping"]),
    // What ingress-nginx makes of it.
    ("    nginx.ingress.kubernetes.io/ssl-passthrough: \"true\"\n", "", &["ssl-passthrough-missing"]),
    ("ssl-passthrough: \"true\"", "ssl-passthrough: \"false\"", &["ssl-passthrough-missing"]),
    ("ssl-passthrough: \"true\"", "ssl-passthrough: true", &["kubernetes-schema"]),
    ("      - path: /\n", "      - path: /api\n", &["ingress-path"]),
    ("pathType: ImplementationSpecific", "pathType: Exact", &["ingress-path"]),
    ("ingressClassName: nginx", "ingressClassName: traefik", &["ingress-class"]),
    // Orders.
    ("sync-wave: \"15\"", "sync-wave: \"10\"", &["exposure-before-vcluster"]),
    ("sync-wave: \"15\"", "sync-wave: \"5\"", &["exposure-before-vcluster"]),
    (
        "sync-wave: \"15\"",
        "sync-wave: \"99999999999999999999\"",
        &["exposure-before-vcluster", "sync-wave-not-integer"],
    ),
    ("sync-wave: \"15\"", "sync-wave: 15", &["application-schema"]),
    (
        "metadata: {name: dev, namespace: argocd}",
        "metadata: {name: dev, namespace: argocd, annotations: {argocd.argoproj.io/sync-wave: \"1\"}}",
        &["wave-without-parent"],
    ),
    (
        "  resource.customizations.health.argoproj.io_Application:",
        "  resource.customizations.health.argoproj.io_Applications:",
        &["wave-without-health"],
    ),
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
        let example = Example::parse(&REPOSITORY.replacen(old, new, 1));
        let found = check(&example.files, &example.cluster, Reading::Found);
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
    let example = Example::parse(&format!("{flat}# file: vcluster-dev-ingress/manifests/ingress.yaml\n{exposure}"));
    let expected = [
        ("vcluster-dev-ingress.yaml".to_owned(), 6, "warning[wave-without-parent]".to_owned()),
        ("vcluster-dev.yaml".to_owned(), 22, "warning[kubeconfig-port-not-forwarded]".to_owned()),
    ];
    assert_eq!(example.findings(), BTreeSet::from(expected));
}

#[test]
fn what_a_kustomization_changes_is_not_judged() {
    let wrong = REPOSITORY.replacen("name: vcluster-dev-helm, port", "name: to-be-patched, port", 1);
    let patched =
        wrong.replacen("resources: [exposure.yaml]", "resources: [exposure.yaml]\npatches: [{path: patch.yaml}]", 1);
    let example = Example::parse(&patched);
    assert_eq!(
        check(&example.files, &example.cluster, Reading::Found).iter().map(|it| it.rule.id).collect::<Vec<_>>(),
        Vec::<&str>::new()
    );
}

#[test]
fn assumed_facts_are_called_so() {
    let example = Example::parse(&REPOSITORY.replacen("hostPort: 8443", "hostPort: 443", 1));
    let say = |assumed| verdict(&example.files, &example.cluster, Reading::Found, assumed).remove(0).help.unwrap();
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
        let mut example = Example::parse(REPOSITORY);
        for (file, edit) in &edits {
            let (_, text) = file.get_mut(&mut example.files);
            *text = edit.apply(text);
        }
        let found = check(&example.files, &example.cluster, Reading::Found);
        for finding in &found {
            let name = finding.span.source().name();
            let text = example.files.iter().find(|(path, _)| path == name).map(|(_, text)| text.len());
            prop_assert!(text.is_some_and(|len| finding.span.end() as usize <= len), "{finding}");
        }
        let again = check(&example.files, &example.cluster, Reading::Found);
        prop_assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), again.iter().map(ToString::to_string).collect::<Vec<_>>());
    }
}
