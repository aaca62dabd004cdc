use std::collections::BTreeSet;

use idpack::diagnostic::{Effect, Severity};
use idpack::idpbuilder::Cluster;
use idpack::package::Reading;
use idpack::pipeline::{self, Settings, Versions, Watch};
use idpack::schema::vcluster::{self, Version};
use idpack::source::Source;
use idpack::tree::{Listing, RepoPath, Tree};
use serde_json::Value;

use super::fields::{self, Table};
use super::{documents, files, lines, shared};

/// Judges values, in YAML, of a chart version.
fn judge(revision: &str, values: &str) -> Vec<String> {
    lines(&vcluster::check(revision, &documents("values.yaml", values)[0]))
}

fn name((major, minor, patch): Version) -> String {
    format!("{major}.{minor}.{patch}")
}

#[test]
fn the_values_are_those_of_the_charts() {
    let Some(directory) = shared("data") else { return };
    let known = std::fs::read_to_string(directory.join("vcluster-chart-capabilities.tsv")).unwrap();
    let known = known.lines().skip(1).map(|row| row.split('\t').next().unwrap());
    let released: Vec<_> = known.filter(|tag| !tag.contains("-rc")).map(str::to_owned).collect();
    assert_eq!(vcluster::versions().map(|version| format!("v{}", name(version))).collect::<Vec<_>>(), released);

    let mut recorded = fields::recorded(&std::fs::read_to_string(directory.join("vcluster-values.tsv")).unwrap());
    // The chart has a default for it (chart/values.yaml), so nobody has to write it.
    let exception = recorded.iter_mut().find(|row| row.path == "sync.toHost.namespaces").unwrap();
    assert!(exception.required.remove("enabled"));
    let mut ours = fields::ours("vcluster-values.fields");
    ours.retain(|row| row.until > (0, 20, 0));
    fields::assert_same(&ours, &recorded);
}

#[test]
fn every_key_exists_from_its_version_to_its_last() {
    let rows = fields::ours("vcluster-values.fields");
    let table = Table::new(&rows);
    let versions: Vec<Version> = vcluster::versions().collect();
    let oldest = versions[0];
    for version in &versions {
        assert_eq!(judge(&name(*version), "no-key-of-any-version: 1").len(), 1, "{version:?}");
    }
    let mut checked = 0;
    for (path, forms) in table.paths() {
        for form in forms {
            // As the form is when it comes, and as it is when it goes.
            let first = versions.iter().position(|version| form.is_in(*version));
            let last = versions.iter().rposition(|version| form.is_in(*version));
            let built_for = first.map_or((0, 19, 0), |first| versions[first]);
            let top = path.split(['.', '[']).next().unwrap();
            let mut values = serde_json::Map::new();
            values.insert(top.to_owned(), table.sample(top, path, built_for));
            let node = documents("values.json", &Value::Object(values).to_string()).remove(0);
            let bounds = [first, last, first.and_then(|it| it.checked_sub(1)), last.map(|it| it + 1)];
            let wanted: BTreeSet<_> = bounds.into_iter().flatten().chain([0, versions.len() - 1]).collect();
            for version in wanted.iter().filter_map(|index| versions.get(*index)) {
                let findings = vcluster::check(&name(*version), &node);
                let is_here = table.has(path, *version);
                assert!(findings.iter().all(|finding| finding.rule.effect == Effect::ComparisonError));
                if is_here && form.is_in(*version) {
                    assert!(findings.is_empty(), "{path} in {version:?}: {:?}", lines(&findings));
                } else if !is_here && !table.has_changed(path) {
                    let ending = format!(", not in {}", name(*version));
                    let is_named = |message: &str| message.contains(" vCluster ") && message.ends_with(&ending);
                    let found = findings.iter().any(|finding| is_named(&finding.message));
                    assert!(found, "{path} in {version:?}: {:?}", lines(&findings));
                }
                checked += 1;
            }
            let findings = vcluster::check("*", &node);
            assert_eq!(findings.is_empty(), form.until > oldest, "{path}: {:?}", lines(&findings));
        }
    }
    assert!(checked > 8000, "{checked}");
}

#[test]
fn a_key_is_missed_in_the_versions_that_lack_it() {
    for (revision, values, expected) in [
        // Gone, and what took its place.
        (
            "0.36.1",
            "sleepMode: {enabled: true}",
            "1:1 `sleepMode` exists before vCluster 0.32.0 only, not in 0.36.1 = write `sleep.auto` for `autoSleep`, and \
             `sleep.auto.wakeup` for `autoWakeup`",
        ),
        (
            "0.32.0",
            "external: {platform: {project: a}}",
            "1:1 `external` exists before vCluster 0.32.0 only, not in 0.32.0 = write `platform` for what was in \
             `external.platform`",
        ),
        (
            "0.33.0",
            "controlPlane:\n  distro:\n    k3s: {enabled: true}\n",
            "3:5 `controlPlane.distro.k3s` exists before vCluster 0.33.0 only, not in 0.33.0 = use \
             `controlPlane.distro.k8s`; a virtual cluster that moves there cannot move back",
        ),
        (
            "0.31.0",
            "policies:\n  networkPolicy:\n    outgoingConnections: {platform: true}\n",
            "3:5 `policies.networkPolicy.outgoingConnections` exists before vCluster 0.31.0 only, not in 0.31.0 = write \
             `workload.publicEgress`",
        ),
        (
            "0.29.0",
            "experimental: {syncSettings: {targetNamespace: a}}",
            "1:31 `experimental.syncSettings.targetNamespace` exists before vCluster 0.29.0 only, not in 0.29.0 = install \
             the chart in that namespace: a virtual cluster syncs to its own",
        ),
        // Not there yet.
        (
            "0.31.3",
            "sleep: {auto: {schedule: a}}",
            "1:1 `sleep` exists from vCluster 0.32.0 on, not in 0.31.3 = write `sleepMode`, from vCluster 0.24.0 on",
        ),
        (
            "0.23.3",
            "exportKubeConfig:\n  additionalSecrets:\n  - {name: a}\n",
            "2:3 `exportKubeConfig.additionalSecrets` exists from vCluster 0.24.0 on, not in 0.23.3 = write \
             `exportKubeConfig.secret`, which takes one",
        ),
        (
            "0.33.4",
            "controlPlane: {tlsRoute: {}}",
            "1:16 `controlPlane.tlsRoute` exists from vCluster 0.34.0 on, not in 0.33.4",
        ),
        // In a patch version; in a group that several keys share.
        (
            "0.27.0",
            "privateNodes: {joinNode: {containerd: {registry: {auth: {}}}}}",
            "1:51 `privateNodes.joinNode.containerd.registry.auth` exists from vCluster 0.27.1 on, not in 0.27.0",
        ),
        (
            "0.20.6",
            "sync: {toHost: {services: {patches: []}}}",
            "1:28 `sync.toHost.services.patches` exists from vCluster 0.21.0 on, not in 0.20.6",
        ),
        // Before 0.20.
        (
            "0.36.1",
            "vcluster: {image: rancher/k3s}",
            "1:1 `vcluster` exists before vCluster 0.20.0 only, not in 0.36.1 = write `controlPlane.distro.k8s`",
        ),
        (
            "0.20.0",
            "sync: {ingresses: {enabled: true}}",
            "1:8 `sync.ingresses` exists before vCluster 0.20.0 only, not in 0.20.0 = write `sync.toHost.ingresses`",
        ),
        (
            "0.36.1",
            "telemetry: {disabled: true}",
            "1:13 `telemetry.disabled` exists before vCluster 0.20.0 only, not in 0.36.1 = write `enabled`, which says the \
             opposite",
        ),
        (
            "0.36.1",
            "isolation: {enabled: true}",
            "1:1 `isolation` exists before vCluster 0.20.0 only, not in 0.36.1 = write `policies`: `podSecurityStandard`, \
             `resourceQuota`, `limitRange`, `networkPolicy`",
        ),
    ] {
        assert_eq!(judge(revision, values), [expected], "{revision} {values}");
    }
}

#[test]
fn a_key_is_fine_in_the_versions_that_have_it() {
    for (revision, values) in [
        ("0.31.3", "sleepMode: {autoSleep: {exclude: {selector: {labels: {a: b}}}}}"),
        ("0.32.0", "sleep: {auto: {exclude: {selector: {labels: {a: b}}}}}"),
        ("0.20.6", "external: {anything: {at: all}}"),
        ("0.32.9", "controlPlane: {distro: {k3s: {enabled: true}}}"),
        ("0.20.5", "controlPlane: {backingStore: {etcd: {deploy: {headlessService: {enabled: true}}}}}"),
        ("0.21.1", "controlPlane: {backingStore: {etcd: {deploy: {headlessService: {enabled: true}}}}}"),
        ("0.26.5", "sync: {toHost: {pods: {rewriteHosts: {initContainer: {image: a}}}}}"),
        ("0.27.0", "sync: {toHost: {pods: {rewriteHosts: {initContainer: {image: {tag: a}}}}}}"),
        // What the chart has a default for does not have to be there.
        ("0.36.1", "sync: {toHost: {namespaces: {mappings: {byName: {a: b}}}}}"),
        ("0.36.1", "global: {any: [1]}\npro: true\n"),
        ("0.36.1", "controlPlane: {statefulSet: {persistence: {volumeClaim: {enabled: auto}}}}"),
        ("0.36.1", "controlPlane: {statefulSet: {persistence: {volumeClaim: {enabled: true}}}}"),
        ("0.36.1", "controlPlane: {proxy: {port: 8443.0}}"),
        ("0.36.1", "{}"),
    ] {
        assert_eq!(judge(revision, values), [""; 0], "{revision} {values}");
    }
    let empty = documents("values.yaml", "valuesObject:\n").remove(0);
    assert!(vcluster::check("0.36.1", empty.get("valuesObject").unwrap()).is_empty());
}

#[test]
fn values_are_judged_as_helm_does() {
    for (values, expected) in [
        (
            "controlPlane:\n  proxy:\n    extraSans: [a]\n",
            "3:5 unknown key `extraSans` in `controlPlane.proxy` = did you mean `extraSANs`?",
        ),
        ("exportKubeconfig: {}", "1:1 unknown key `exportKubeconfig` = did you mean `exportKubeConfig`?"),
        (
            "controlPlane: {proxy: {port: 8443.5}}",
            "1:30 `controlPlane.proxy.port` has to be an integer, found a number",
        ),
        (
            "sync: {toHost: {pods: {translateImage: {a: 1}}}}",
            "1:44 `sync.toHost.pods.translateImage.a` has to be a string, found an integer = put it in quotes: \"1\"",
        ),
        (
            "sync: {fromHost: {csiNodes: {enabled: 1}}}",
            "1:39 `sync.fromHost.csiNodes.enabled` has to be a boolean or a string, found an integer = put it in quotes: \
             \"1\"",
        ),
        (
            "sync: {toHost: {services: {patches: [{expression: a}]}}}",
            "1:39 `sync.toHost.services.patches[0].path` is missing",
        ),
        (
            "sync: {toHost: {customResources: {a.b: {patches: []}}}}",
            "1:35 `sync.toHost.customResources[\"a.b\"].enabled` is missing",
        ),
        ("controlPlane: x", "1:15 `controlPlane` has to be a mapping, found a string"),
        ("- controlPlane", "1:1 the document has to be a mapping, found a list"),
        // Null takes a default away, but no item of a list nor what has no default.
        (
            "sync: {toHost: {services: {patches: [{path: null}]}}}",
            "1:45 `sync.toHost.services.patches[0].path` has to be a string, found null = put it in quotes: \"null\"",
        ),
        ("{controlPlane: {proxy: null}, sync: , global: , foo: }", "1:49 unknown key `foo` = ALL"),
        (
            "controlPlane: {proxy: {extraSANs: [null]}}",
            "1:36 `controlPlane.proxy.extraSANs[0]` has to be a string, found null = put it in quotes: \"null\"",
        ),
    ] {
        let keys = judge("0.36.1", "zzzzzz: 1").remove(0);
        let (_, keys) = keys.split_once(" = ").unwrap();
        assert_eq!(judge("0.36.1", values), [expected.replace("ALL", keys)], "{values}");
    }
}

#[test]
fn a_version_counts_as_the_nearest_that_is_known() {
    let hosts = "controlPlane: {statefulSet: {hostAliases: []}}";
    let gone = "controlPlane: {distro: {k3s: {}}}";
    for (revision, has_hosts, has_k3s) in [
        ("v0.31.3", false, true),
        ("0.31.99", false, true),
        ("0.32.0", true, true),
        ("v0.32.0-rc.1", true, true),
        ("0.33.0+build", true, false),
        ("0.36.1", true, false),
        ("0.37.0-alpha.0", true, false),
        ("1.0.0", true, false),
        ("99999999999999999999.0.0", true, false),
        // Of these nobody knows anything.
        ("0.19.10", true, true),
        ("0.0.0", true, true),
        // Nobody knows which one these choose.
        ("", true, true),
        ("*", true, true),
        ("0.3x", true, true),
        ("0.33", true, true),
        ("0.33.x", true, true),
        ("~0.33.0", true, true),
        (">=0.33.0 <0.34.0", true, true),
        ("0.33.0.1", true, true),
        ("HEAD", true, true),
    ] {
        assert_eq!(judge(revision, hosts).is_empty(), has_hosts, "{revision}");
        assert_eq!(judge(revision, gone).is_empty(), has_k3s, "{revision}");
    }
    // A message names the version that was asked.
    assert_eq!(
        judge("1.0.0", gone)[0].split(" = ").next().unwrap(),
        "1:25 `controlPlane.distro.k3s` exists before vCluster 0.33.0 only, not in 0.36.1"
    );
}

#[test]
fn what_no_version_accepts_is_found_in_a_range() {
    assert_eq!(
        judge(">=0.30.0", "syncer: {}\ncontrolPlane: {proxyy: 1}\n"),
        [
            "1:1 `syncer` exists before vCluster 0.20.0 only = write `controlPlane.statefulSet`; of `extraArgs`, `--tls-san` \
             is `controlPlane.proxy.extraSANs`, and `--out-kube-config-server` is `exportKubeConfig.server`",
            "2:16 unknown key `proxyy` in `controlPlane` = did you mean `proxy`?",
        ]
    );
    // Keys that have had two forms.
    for values in [
        "privateNodes: {autoNodes: {dynamic: []}}",
        "privateNodes: {autoNodes: [{provider: a}]}",
        "integrations: {netris: {connector: a}}",
        "sync: {toHost: {pods: {rewriteHosts: {initContainer: {image: a}}}}}",
        "sync: {toHost: {pods: {rewriteHosts: {initContainer: {image: {tag: a}}}}}}",
    ] {
        assert_eq!(judge("*", values), [""; 0], "{values}");
    }
    assert_eq!(judge("*", "privateNodes: {autoNodes: [{}]}"), ["1:28 `privateNodes.autoNodes[0].provider` is missing"]);
}

/// What Helm 4.1.4 said of these files with the chart 0.36.1; where only vCluster itself refuses, the schema finds nothing.
#[test]
fn the_corpus_is_judged_as_helm_did() {
    let Some(directory) = shared("corpus/vcluster-values") else { return };
    for file in files(&directory) {
        let name = file.file_name().unwrap().to_str().unwrap();
        let expected = match name.split('-').next().unwrap() {
            "03" => vec!["1:16 unknown key `proxyy` in `controlPlane` = did you mean `proxy`?"],
            "04" => vec![
                "1:35 `controlPlane.proxy.extraSANs` has to be a list, found a string = write it as an item of a list: \
                 `- dev.example`",
            ],
            "09" => vec![
                "1:25 `controlPlane.distro.k3s` exists before vCluster 0.33.0 only, not in 0.36.1 = use \
                 `controlPlane.distro.k8s`; a virtual cluster that moves there cannot move back",
            ],
            "17" => vec![
                "1:38 `sync.toHost.ingresses.enabled` has to be a boolean, found a string = remove the quotes: false",
            ],
            "18" => {
                vec!["1:30 `controlPlane.proxy.port` has to be an integer, found a string = remove the quotes: 8443"]
            }
            _ => Vec::new(),
        };
        assert_eq!(judge("0.36.1", &std::fs::read_to_string(&file).unwrap()), expected, "{name}");
    }
}

/// Returns the checks that find errors when an Application gives these values to the chart.
fn errors(values: &str) -> BTreeSet<&'static str> {
    let values = documents("values.yaml", values).remove(0).to_json();
    let application = serde_json::json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "vcluster-dev-helm", "namespace": "argocd"},
        "spec": {
            "project": "default",
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "dev-vcluster"},
            "source": {
                "repoURL": "https://charts.loft.sh",
                "chart": "vcluster",
                "targetRevision": "0.36.1",
                "helm": {"valuesObject": values},
            },
        },
    });
    let mut tree = Tree::default();
    tree.insert(RepoPath::new("vcluster.yaml").unwrap(), Source::new("vcluster.yaml", application.to_string()));
    let (cluster, target) = (Cluster::default(), Versions::default().of(None));
    let settings = Settings { target: &target, cluster: &cluster, cluster_is_assumed: true, reading: Reading::Found };
    let found = pipeline::judge(&Listing::of_tree(&tree), settings, Watch::default()).findings;
    found.iter().filter(|finding| finding.severity == Severity::Error).map(|finding| finding.rule.id).collect()
}

/// The files of the corpus with values that do not work, and the check that says so. Helm or the validation of vCluster 0.36.1
/// refuses each of them, but for those that pass both and are broken all the same.
const BROKEN_VALUES: [(&str, &str); 13] = [
    ("01-server-noproto.yaml", "kubeconfig-server-invalid"),
    ("02-server-ftp.yaml", "kubeconfig-server-invalid"),
    ("03-unknown-key.yaml", "vcluster-values"),
    ("04-san-string.yaml", "vcluster-values"),
    ("06-secret-and-additional.yaml", "kubeconfig-secret-conflict"),
    ("07-ha-embedded-db.yaml", "vcluster-replicas"),
    ("08-pss-bad.yaml", "vcluster-pod-security"),
    ("09-distro-k3s.yaml", "vcluster-values"),
    ("10-mapping-bad.yaml", "vcluster-sync-mappings"),
    ("12-both-prio.yaml", "vcluster-sync-both-ways"),
    ("13-sched-nonodes.yaml", "vcluster-scheduler-nodes"),
    ("17-bool-string.yaml", "vcluster-values"),
    ("18-type-mismatch.yaml", "vcluster-values"),
];

/// Those that pass both.
const BROKEN_ALL_THE_SAME: [(&str, &str); 2] =
    [("05-san-bad-host.yaml", "san-invalid"), ("14-proxy-port.yaml", "vcluster-api-port")];

#[test]
fn the_corpus_is_judged_as_helm_and_vcluster_did() {
    let Some(directory) = shared("corpus/vcluster-values") else { return };
    let verdicts = std::fs::read_to_string(directory.join("verdicts.tsv")).unwrap();
    let mut judged = 0;
    for row in verdicts.lines().skip(1) {
        let columns: Vec<_> = row.split('\t').collect();
        let file = columns[0];
        let is_refused = columns[1..3].contains(&"reject");
        assert_eq!(BROKEN_VALUES.iter().any(|(name, _)| *name == file), is_refused, "{file}");
        let expected = BROKEN_VALUES.iter().chain(&BROKEN_ALL_THE_SAME).filter(|(name, _)| *name == file);
        let found = errors(&std::fs::read_to_string(directory.join(file)).unwrap());
        assert_eq!(found, expected.map(|(_, check)| *check).collect(), "{file}");
        judged += 1;
    }
    assert_eq!(judged, 19);
}
