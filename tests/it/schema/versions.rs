//! What each version of Kubernetes has, judged by its published definitions and by the types of k8s-openapi.

use std::collections::{BTreeMap, BTreeSet};

use idpack::diagnostic::{self, Diagnostic};
use idpack::schema::kubernetes::{self, NEWEST, OLDEST, Version};
use idpack::yaml::{self, Mapping, Node};
use k8s_openapi::api::{apps, batch, core, networking, rbac};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{documents, lines, mutate, shared};
use crate::oracle::{Sandbox, run, tool};

fn judge(version: Version, text: &str) -> Option<Vec<String>> {
    kubernetes::check(version, &documents("object.yaml", text)[0]).map(|findings| lines(&findings))
}

/// Judges an object of which only the kind matters.
fn judge_kind(version: Version, api_version: &str, kind: &str) -> Vec<String> {
    let text = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\n");
    let findings = kubernetes::check(version, &documents("object.yaml", &text)[0]).unwrap_or_default();
    let is_about_the_kind =
        |finding: &Diagnostic| finding.span.position().line < 3 && finding.span.position().column > 1;
    lines(&findings.into_iter().filter(is_about_the_kind).collect::<Vec<_>>())
}

#[test]
fn an_api_version_is_served_from_its_first_version_to_its_last() {
    let cases: &[(Version, &str, &str, &[&str])] = &[
        (
            (1, 37),
            "networking.k8s.io/v1beta1",
            "Ingress",
            &["1:13 Kubernetes 1.22 and later have no `Ingress` in `networking.k8s.io/v1beta1` = write `apiVersion: \
               networking.k8s.io/v1`; a backend is `service: {name: …, port: {number: …}}`, and each path needs `pathType`"],
        ),
        (
            (1, 25),
            "extensions/v1beta1",
            "Deployment",
            &[
                "1:13 Kubernetes 1.16 and later have no `Deployment` in `extensions/v1beta1` = write `apiVersion: apps/v1`; \
               `spec.selector` is required and fixed from then on",
            ],
        ),
        (
            (1, 25),
            "policy/v1beta1",
            "PodSecurityPolicy",
            &["1:13 Kubernetes 1.25 and later have no `PodSecurityPolicy` in `policy/v1beta1` = labels \
               `pod-security.kubernetes.io/enforce` on namespaces took its place"],
        ),
        (
            (1, 26),
            "autoscaling/v2beta2",
            "HorizontalPodAutoscaler",
            &["1:13 Kubernetes 1.26 and later have no `HorizontalPodAutoscaler` in `autoscaling/v2beta2` = write \
               `apiVersion: autoscaling/v2`"],
        ),
        (
            (1, 27),
            "storage.k8s.io/v1beta1",
            "CSIStorageCapacity",
            &["1:13 Kubernetes 1.27 and later have no `CSIStorageCapacity` in `storage.k8s.io/v1beta1` = write \
               `apiVersion: storage.k8s.io/v1`"],
        ),
        // What takes the place depends on the version too.
        (
            (1, 28),
            "flowcontrol.apiserver.k8s.io/v1beta1",
            "FlowSchema",
            &["1:13 Kubernetes 1.26 and later have no `FlowSchema` in `flowcontrol.apiserver.k8s.io/v1beta1` = write \
               `apiVersion: flowcontrol.apiserver.k8s.io/v1beta3`"],
        ),
        (
            (1, 30),
            "networking.k8s.io/v1",
            "ServiceCIDR",
            &[
                "1:13 `networking.k8s.io/v1` has `ServiceCIDR` from Kubernetes 1.33 on, not in 1.30 = write `apiVersion: \
               networking.k8s.io/v1alpha1`",
            ],
        ),
        (
            (1, 25),
            "admissionregistration.k8s.io/v1",
            "ValidatingAdmissionPolicy",
            &[
                "1:13 `admissionregistration.k8s.io/v1` has `ValidatingAdmissionPolicy` from Kubernetes 1.30 on, not in 1.25",
            ],
        ),
        ((1, 33), "networking.k8s.io/v1", "ServiceCIDR", &[]),
        // Versions that are not covered count as the nearest.
        ((1, 99), "networking.k8s.io/v1", "ServiceCIDR", &[]),
        (
            (1, 10),
            "networking.k8s.io/v1",
            "ServiceCIDR",
            &["1:13 `networking.k8s.io/v1` has `ServiceCIDR` from Kubernetes 1.33 on, not in 1.25"],
        ),
    ];
    for (version, api_version, kind, expected) in cases {
        assert_eq!(judge_kind(*version, api_version, kind), *expected, "{version:?} {api_version} {kind}");
    }
}

#[test]
fn what_is_deprecated_still_works() {
    let cases: &[(Version, &str, &str, &[&str])] = &[
        ((1, 32), "v1", "Endpoints", &[]),
        (
            (1, 33),
            "v1",
            "Endpoints",
            &[
                "1:13 `Endpoints` in `v1` is deprecated since Kubernetes 1.33 = write `apiVersion: discovery.k8s.io/v1` and \
               `kind: EndpointSlice`",
            ],
        ),
        (
            (1, 31),
            "flowcontrol.apiserver.k8s.io/v1beta3",
            "FlowSchema",
            &[
                "1:13 `FlowSchema` in `flowcontrol.apiserver.k8s.io/v1beta3` is deprecated since Kubernetes 1.29, and gone from \
               1.32 on = write `apiVersion: flowcontrol.apiserver.k8s.io/v1`",
            ],
        ),
        // Of this one only the name is known.
        (
            (1, 31),
            "admissionregistration.k8s.io/v1alpha1",
            "ValidatingAdmissionPolicy",
            &[
                "1:13 `ValidatingAdmissionPolicy` in `admissionregistration.k8s.io/v1alpha1` is deprecated since Kubernetes \
               1.29, and gone from 1.32 on = write `apiVersion: admissionregistration.k8s.io/v1`",
            ],
        ),
    ];
    for (version, api_version, kind, expected) in cases {
        assert_eq!(judge_kind(*version, api_version, kind), *expected, "{version:?} {api_version} {kind}");
    }
    let cluster_cidr = "apiVersion: networking.k8s.io/v1alpha1\nkind: ClusterCIDR\nmetadata: {name: a}\n";
    assert_eq!(judge((1, 28), cluster_cidr), None);
    // A kind without a definition of its own is judged by that of its successor.
    let class = "apiVersion: storage.k8s.io/v1beta1\nkind: VolumeAttributesClass\nmetadata: {name: a}\n";
    let finding = "1:13 `VolumeAttributesClass` in `storage.k8s.io/v1beta1` is deprecated since Kubernetes 1.34, and gone \
                   from 1.37 on = write `apiVersion: storage.k8s.io/v1`";
    assert_eq!(judge((1, 36), &format!("{class}driverName: a\n")).unwrap(), [finding]);
    assert_eq!(
        judge((1, 33), &format!("{class}drivrName: a\n")).unwrap(),
        ["4:1 unknown key `drivrName` = did you mean `driverName`?"]
    );
}

#[test]
fn a_field_exists_from_its_first_version_to_its_last() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports: [{port: 1}]\n  \
                   trafficDistribution: PreferClose\n";
    assert_eq!(judge((1, 30), service).unwrap(), [""; 0]);
    assert_eq!(
        judge((1, 29), service).unwrap(),
        ["6:3 `spec.trafficDistribution` exists from Kubernetes 1.30 on, not in 1.29"]
    );
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\nspec:\n  accessModes: [ReadWriteOnce]\n  \
                 resources:\n    requests: {storage: 1Gi}\n    claims: []\n";
    assert_eq!(judge((1, 28), claim).unwrap(), [""; 0]);
    assert_eq!(
        judge((1, 25), claim).unwrap(),
        ["8:5 `spec.resources.claims` exists from Kubernetes 1.26 on, not in 1.25"]
    );
    assert_eq!(
        judge(NEWEST, claim).unwrap(),
        ["8:5 `spec.resources.claims` exists before Kubernetes 1.29 only, not in 1.37"]
    );
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: a\n    \
               resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}]\n  workloadRef: {name: a}\n";
    assert_eq!(judge((1, 35), pod).unwrap(), [""; 0]);
    assert_eq!(
        judge((1, 26), pod).unwrap(),
        [
            "8:5 `spec.containers[0].resizePolicy` exists from Kubernetes 1.27 on, not in 1.26",
            "9:3 `spec.workloadRef` exists from Kubernetes 1.35 on, not in 1.26",
        ]
    );
}

#[test]
fn the_name_of_a_service_begins_with_a_letter_before_1_36() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: 1a}\nspec:\n  ports: [{port: 1}]\n";
    assert_eq!(judge((1, 36), service).unwrap(), [""; 0]);
    let expected = ["3:18 `metadata.name` cannot be `1a`: it has to begin with a letter"];
    assert_eq!(judge((1, 35), service).unwrap(), expected);
}

/// Replaces one part of a Deployment that is in order.
fn deployment(part: &str, replacement: &str) -> Vec<String> {
    let text = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      containers:
      - name: a
        image: a
        ports: [{name: http, containerPort: 80}]
        livenessProbe: {httpGet: {port: http}}
";
    assert_eq!(text.matches(part).count(), 1, "{part}");
    judge(NEWEST, &text.replace(part, replacement)).unwrap()
}

#[test]
fn a_pod_template_is_judged_as_the_api_server_does() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("image: a", "image: ''", &["11:16 `spec.template.spec.containers[0].image` is empty"]),
        (
            "containerPort: 80",
            "containerPort: 70000",
            &["12:45 `spec.template.spec.containers[0].ports[0].containerPort` has to be at most 65535, found `70000`"],
        ),
        (
            "port: http",
            "port: '80'",
            &[
                "13:41 `spec.template.spec.containers[0].livenessProbe.httpGet.port` cannot be `80`: the name of a port has a \
               letter; write the number without quotes",
            ],
        ),
        (
            "{httpGet: {port: http}}",
            "{periodSeconds: 5}",
            &[
                "13:9 `spec.template.spec.containers[0].livenessProbe` needs one of `exec`, `grpc`, `httpGet` and `tcpSocket`, \
               and only one",
            ],
        ),
        (
            "      containers:",
            "      restartPolicy: Never\n      containers:",
            &["9:22 `spec.template.spec.restartPolicy` has to be `Always`, found `Never`"],
        ),
        (
            "        image: a",
            "        image: a\n        env: [{name: A=B, value: a}]",
            &[
                "12:22 `spec.template.spec.containers[0].env[0].name` may have only printable ASCII characters, and no `=`",
            ],
        ),
        (
            "        image: a",
            "        image: a\n        resources: {limits: {cpus: 1}}",
            &[
                "12:30 `cpus` cannot be a key of `spec.template.spec.containers[0].resources.limits`: it has to match the \
               pattern `^(cpu|memory|ephemeral-storage|hugepages-.+|[^/]+/.+)$`, found `cpus`",
            ],
        ),
        // Null stands for absence.
        ("{httpGet: {port: http}}", "null", &[]),
        (
            "        image: a",
            "        image: a\n        securityContext: null\n        env: [{name: A, valueFrom: null}]",
            &[],
        ),
        (
            "[{name: http, containerPort: 80}]",
            "[{name: null, containerPort: 80}, {name: null, containerPort: 81}]",
            &[],
        ),
    ];
    for (part, replacement, expected) in cases {
        assert_eq!(deployment(part, replacement), *expected, "{replacement}");
    }
}

#[test]
fn the_backend_that_is_null_is_none() {
    let ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  rules: [{host: a.b}]\n  \
                   defaultBackend: null\n";
    assert_eq!(judge(NEWEST, ingress).unwrap(), [""; 0]);
}

#[test]
fn an_api_version_that_is_typed_wrong_is_explained() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("'v1 '", "Pod", &["1:13 `v1 ` has a blank beside it = write `apiVersion: v1`"]),
        ("V1", "Pod", &["1:13 `V1` is written in lower case = write `apiVersion: v1`"]),
        ("apps/V1", "Deployment", &["1:13 `apps/V1` is written in lower case = write `apiVersion: apps/v1`"]),
        (
            "extension/v1",
            "Deployment",
            &["1:13 Kubernetes has no API group `extension` with a kind `Deployment` = write `apiVersion: apps/v1`"],
        ),
        (
            "networking.k8s.oi/v1",
            "Ingress",
            &["1:13 Kubernetes has no API group `networking.k8s.oi` with a kind `Ingress` = write `apiVersion: \
               networking.k8s.io/v1`"],
        ),
        (
            "batch/v3",
            "CronJob",
            &["1:13 `batch/v3` has no kind `CronJob` in Kubernetes 1.37 = write `apiVersion: batch/v1`"],
        ),
        // These may be the groups of custom resources, or no business of Kubernetes.
        ("networking.k8s.aws/v1", "Ingress", &[]),
        ("crd.projectcalico.org/v1", "NetworkPolicy", &[]),
        ("skaffold/v4beta6", "Config", &[]),
    ];
    for (api_version, kind, expected) in cases {
        assert_eq!(judge_kind(NEWEST, api_version, kind), *expected, "{api_version} {kind}");
    }
}

fn minors() -> impl Iterator<Item = Version> {
    (OLDEST.1..=NEWEST.1).map(|minor| (1, minor))
}

/// Writes for each version the kinds, and the fields of each definition, of an installed `kubernetes-validate`.
const DUMP: &str = "\
import json, pathlib, kubernetes_validate
schemas = pathlib.Path(kubernetes_validate.__file__).parent / 'kubernetes-json-schema'
dump = {}
for directory in schemas.glob('v*-local'):
    definitions = json.loads((directory / '_definitions.json').read_text())['$defs']
    kinds = [
        ['/'.join(filter(None, [it['group'], it['version']])), it['kind']]
        for name, definition in definitions.items()
        for it in definition.get('x-kubernetes-group-version-kind', [])
        if it['kind'] == name.rsplit('.')[-1]
    ]
    fields = {name: sorted(definition.get('properties', {})) for name, definition in definitions.items()}
    dump[directory.name.split('.')[1]] = {'kinds': kinds, 'fields': fields}
print(json.dumps(dump))
";

/// Kinds that are never in a manifest.
const TRANSPORT: [&str; 3] = ["DeleteOptions", "Status", "WatchEvent"];

#[test]
fn kubernetes_validate_knows_the_same_kinds_and_fields_in_each_version() {
    let Some(python) = tool("python with kubernetes-validate", "IDPACK_KUBERNETES_VALIDATE") else { return };
    let sandbox = Sandbox::new();
    sandbox.write("dump.py", DUMP);
    let dump: Value = serde_json::from_str(&run(sandbox.command(&python).arg("dump.py"))).unwrap();
    let versions: Vec<_> = minors().map(|(_, minor)| &dump[minor.to_string()]).collect();

    let strings = |value: &Value| value.as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect();
    let mut kinds: BTreeMap<(String, String), BTreeSet<u32>> = BTreeMap::new();
    for ((_, minor), version) in minors().zip(&versions) {
        for kind in version["kinds"].as_array().unwrap() {
            let (api_version, kind) = (kind[0].as_str().unwrap().to_owned(), kind[1].as_str().unwrap().to_owned());
            if !kind.ends_with("List") && !kind.starts_with("API") && !TRANSPORT.contains(&kind.as_str()) {
                kinds.entry((api_version, kind)).or_default().insert(minor);
            }
        }
    }
    assert!(kinds.len() > 140, "{}", kinds.len());
    for ((api_version, kind), served) in &kinds {
        // Of kinds that were always there the ends suffice.
        let is_constant = served.len() == minors().count();
        for version in minors().filter(|version| !is_constant || [OLDEST, NEWEST].contains(version)) {
            let findings = judge_kind(version, api_version, kind);
            let is_refused = findings.iter().any(|finding| !finding.contains("is deprecated"));
            assert_eq!(is_refused, !served.contains(&version.1), "{api_version} {kind} {version:?}: {findings:?}");
        }
    }

    let embedded = include_str!("../../../src/schema/kubernetes.definitions").lines();
    let names = embedded.filter(|line| line.ends_with('}')).map(|line| line.split_once(' ').unwrap().0);
    let mut table = field_table();
    for name in names {
        let fields: Vec<Option<BTreeSet<String>>> =
            versions.iter().map(|version| version["fields"].get(name).map(strings)).collect();
        let all: BTreeSet<&String> = fields.iter().flatten().flatten().collect();
        for field in all {
            let known = table.remove(&(name.to_owned(), field.clone())).unwrap_or_default();
            for (version, fields) in minors().zip(&fields) {
                let Some(fields) = fields else { continue };
                let (since, until) = (known.0.unwrap_or(OLDEST), known.1.unwrap_or((1, u32::MAX)));
                let is_there = since <= version && version < until;
                assert_eq!(is_there, fields.contains(field), "{name} {field} {version:?}");
            }
        }
    }
    // These definitions took the place of others that did, or did not, have the field.
    let rest: Vec<_> = table.into_keys().map(|(name, field)| format!("{name} {field}")).collect();
    assert_eq!(rest, ["io.k8s.api.core.v1.VolumeResourceRequirements claims"]);
}

/// Reads the first version and the first one without it again of each field of the table.
fn field_table() -> BTreeMap<(String, String), (Option<Version>, Option<Version>)> {
    let mut table = BTreeMap::new();
    let mut owner = "";
    for line in include_str!("../../../src/schema/kubernetes.versions").lines() {
        match line.strip_prefix("  ") {
            None => owner = line,
            Some(entry) if owner.starts_with("io.k8s.") => {
                let words: Vec<_> = entry.split(' ').collect();
                let after = |keyword| {
                    let at = words.iter().position(|word| *word == keyword)?;
                    Some((1, words[at + 1].strip_prefix("1.").unwrap().parse().unwrap()))
                };
                let history = (after("since"), after("until"));
                for name in words.iter().take_while(|word| !["since", "until"].contains(word)) {
                    table.insert((owner.to_owned(), (*name).to_owned()), history);
                }
            }
            Some(_) => {}
        }
    }
    table
}

/// Objects whose fate depends on the version.
const AGEING: &str = "
{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: a}]}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: a, resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: a, lifecycle: {preStop: {sleep: {seconds: 1}}}}], securityContext: {appArmorProfile: {type: RuntimeDefault}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: a, lifecycel: {}}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 1}], trafficDistribution: PreferClose}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a}, spec: {serviceName: a, ordinals: {start: 1}, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: a}]}}}}
---
{apiVersion: batch/v1, kind: Job, metadata: {name: a}, spec: {completionMode: Indexed, completions: 1, successPolicy: {rules: [{succeededCount: 1}]}, template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a}, spec: {podSelector: {}}, status: {}}
---
{apiVersion: autoscaling/v2beta2, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: {maxReplicas: 1, scaleTargetRef: {kind: Deployment, name: a, apiVersion: apps/v1}}}
---
{apiVersion: networking.k8s.io/v1beta1, kind: IPAddress, metadata: {name: 10.0.0.1}, spec: {parentRef: {resource: services, name: a}}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {accessModes: [ReadWriteOnce], resources: {claims: [], requests: {storage: 1Gi}}, dataSourceRef: {kind: A, name: a, namespace: b}}}
---
{apiVersion: policy/v1beta1, kind: PodDisruptionBudget, metadata: {name: a}, spec: {}}
---
{apiVersion: storage.k8s.io/v1, kind: VolumeAttributesClass, metadata: {name: a}, driverName: a}
";

/// Judges every document of a file in every version; a kind that is not there counts as refused.
const JUDGE: &str = "\
import functools, json, kubernetes_validate.utils as it
it.schema_contents = functools.lru_cache(None)(it.schema_contents)
def verdict(document, version):
    try:
        it.validate(document, version, strict=True)
        return True
    except (it.ValidationError, it.SchemaNotFoundError):
        return False
documents = json.load(open('objects.json'))
print(json.dumps([[verdict(document, f'1.{minor}') for minor in range(25, 38)] for document in documents]))
";

#[test]
fn kubernetes_validate_agrees_about_objects_that_age() {
    let Some(python) = tool("python with kubernetes-validate", "IDPACK_KUBERNETES_VALIDATE") else { return };
    let sandbox = Sandbox::new();
    let objects = documents("objects.yaml", AGEING);
    sandbox.write("objects.json", &Value::Array(objects.iter().map(Node::to_json).collect()).to_string());
    sandbox.write("judge.py", JUDGE);
    let verdicts: Vec<Vec<bool>> =
        serde_json::from_str(&run(sandbox.command(&python).arg("judge.py"))).expect("lists of verdicts");
    assert_eq!(verdicts.len(), objects.len());
    for (object, verdicts) in objects.iter().zip(verdicts) {
        let ours: Vec<bool> = minors().map(|version| !refuses(version, object)).collect();
        assert_eq!(ours, verdicts, "{}", object.to_json());
    }
}

/// Tells whether an object is refused, by us.
fn refuses(version: Version, object: &Node) -> bool {
    diagnostic::has_errors(&kubernetes::check(version, object).unwrap_or_default())
}

/// Reads an object as the type of k8s-openapi for its kind. The types know less than the schemas, but nobody of this project
/// wrote them.
fn read_as_type(node: &Node) -> Result<(), yaml::Error> {
    let text = |key| node.get(key).and_then(Node::as_str).unwrap_or_default();
    let read: fn(&Node) -> Result<(), yaml::Error> = match (text("apiVersion"), text("kind")) {
        ("apps/v1", "Deployment") => typed::<apps::v1::Deployment>,
        ("apps/v1", "StatefulSet") => typed::<apps::v1::StatefulSet>,
        ("batch/v1", "CronJob") => typed::<batch::v1::CronJob>,
        ("batch/v1", "Job") => typed::<batch::v1::Job>,
        ("networking.k8s.io/v1", "Ingress") => typed::<networking::v1::Ingress>,
        ("networking.k8s.io/v1", "NetworkPolicy") => typed::<networking::v1::NetworkPolicy>,
        ("rbac.authorization.k8s.io/v1", "Role") => typed::<rbac::v1::Role>,
        ("rbac.authorization.k8s.io/v1", "RoleBinding") => typed::<rbac::v1::RoleBinding>,
        ("v1", "ConfigMap") => typed::<core::v1::ConfigMap>,
        ("v1", "Namespace") => typed::<core::v1::Namespace>,
        ("v1", "Pod") => typed::<core::v1::Pod>,
        ("v1", "Secret") => typed::<core::v1::Secret>,
        ("v1", "Service") => typed::<core::v1::Service>,
        ("v1", "ServiceAccount") => typed::<core::v1::ServiceAccount>,
        _ => return Ok(()),
    };
    read(&without_leniency(node))
}

/// Reads an object as a type and forgets it.
fn typed<T: DeserializeOwned>(node: &Node) -> Result<(), yaml::Error> {
    yaml::from_node::<T>(node).map(drop)
}

/// Leaves out what Go accepts and k8s-openapi does not: null in maps and lists, line breaks in base64, claim templates that
/// say they are of another kind.
fn without_leniency(node: &Node) -> Node {
    let value = match &node.value {
        yaml::Value::Mapping(mapping) => {
            let mut kept = Mapping::default();
            for entry in mapping {
                let is_lenient = ["binaryData", "data", "volumeClaimTemplates"].contains(&entry.key.as_str());
                if !is_lenient && !entry.value.is_null() {
                    kept.insert(entry.key.clone(), without_leniency(&entry.value));
                }
            }
            kept.into()
        }
        yaml::Value::Sequence(items) => {
            items.iter().filter(|item| !item.is_null()).map(without_leniency).collect::<Vec<_>>().into()
        }
        scalar => scalar.clone(),
    };
    Node { value, span: node.span.clone() }
}

#[test]
fn the_types_of_k8s_openapi_can_read_what_passes() {
    for object in documents("objects.yaml", AGEING) {
        if !refuses(NEWEST, &object) {
            read_as_type(&object).unwrap();
        }
    }
    let Some(directory) = shared("corpus/recorded") else { return };
    let mut read = 0;
    for line in std::fs::read_to_string(directory.join("mutations.jsonl")).unwrap().lines() {
        let mutation: Value = serde_json::from_str(line).unwrap();
        let base = mutation["base"].as_str().unwrap();
        let file = directory.join(format!("bases/{base}.yaml"));
        let mut document = documents(base, &std::fs::read_to_string(file).unwrap())[0].to_json();
        mutate(&mut document, &mutation);
        let node = documents("mutation.json", &document.to_string()).remove(0);
        if kubernetes::check(NEWEST, &node).is_some_and(|findings| findings.is_empty()) {
            let verdict = read_as_type(&node).map_err(|error| format!("{}: {}", error.span, error.message));
            assert_eq!(verdict, Ok(()), "{document}");
            read += 1;
        }
    }
    assert!(read > 1000, "{read}");
}
