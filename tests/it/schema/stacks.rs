//! Many valid objects of all kinds that people write, referring to each other, and judged as one tree: nobody may find an error.

use std::collections::BTreeMap;

use idpack::diagnostic::Severity;
use idpack::idpbuilder::Cluster;
use idpack::package::Reading;
use idpack::pipeline::{self, Settings, Versions, Watch};
use idpack::source::Source;
use idpack::tree::{Listing, RepoPath, Tree};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use super::valid::{autoscaler, bounds, job, policy, quota, workload};

/// How many objects are made.
const OBJECTS: usize = 10_000;
/// How many stacks of them are in one tree.
const STACKS: usize = 50;

/// Draws values, the same in every run.
struct Draw(TestRunner);

impl Draw {
    fn one<T>(&mut self, strategy: &impl Strategy<Value = T>) -> T {
        strategy.new_tree(&mut self.0).unwrap().current()
    }
}

fn object(api_version: &str, kind: &str, name: &str, rest: &Value) -> Value {
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}});
    object.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    object
}

/// Gives what a template of pods refers to the names of what there is, and notes the keys that it wants.
fn refer(template: &mut Value, keys: &mut BTreeMap<String, Value>) {
    let spec = &mut template["spec"];
    spec["serviceAccountName"] = "account".into();
    spec["imagePullSecrets"] = json!([{"name": "registry"}]);
    for volume in spec["volumes"].as_array_mut().unwrap() {
        if volume["configMap"].is_object() {
            volume["configMap"]["name"] = "settings".into();
            let items = volume["configMap"]["items"].as_array().into_iter().flatten();
            keys.extend(items.map(|item| (item["key"].as_str().unwrap().to_owned(), "x".into())));
        }
        if volume["secret"].is_object() {
            volume["secret"]["secretName"] = "registry".into();
        }
        if volume["persistentVolumeClaim"].is_object() {
            volume["persistentVolumeClaim"]["claimName"] = "data".into();
        }
    }
    if let Some(container) = spec["containers"].as_array_mut().and_then(|containers| containers.first_mut()) {
        container["ports"].as_array_mut().unwrap().push(json!({"name": "web", "containerPort": 8080}));
        container["readinessProbe"] = json!({"httpGet": {"port": "web"}});
        container["env"] = json!([
            {"name": "COLOR", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "color"}}},
            {"name": "USER", "valueFrom": {"secretKeyRef": {"name": "login", "key": "user"}}},
        ]);
    }
}

/// Makes the objects of one namespace.
fn stack(draw: &mut Draw, namespace: &str) -> Vec<Value> {
    let mut keys = BTreeMap::from([("color".to_owned(), "blue".into())]);
    let mut objects = Vec::new();
    for (name, kinds) in [("web", &["Deployment"]), ("database", &["StatefulSet"]), ("agent", &["DaemonSet"])] {
        let mut workload = draw.one(&workload(kinds));
        workload["metadata"]["name"] = name.into();
        if workload["kind"] == "StatefulSet" {
            workload["spec"]["serviceName"] = name.into();
        }
        refer(&mut workload["spec"]["template"], &mut keys);
        let labels = workload["spec"]["selector"]["matchLabels"].clone();
        let selector = json!({"matchLabels": labels});
        let ports = json!([{"name": "web", "port": 80, "targetPort": "web"}]);
        objects.push(object("v1", "Service", name, &json!({"spec": {"selector": labels, "ports": ports}})));
        let budget = json!({"spec": {"maxUnavailable": 1, "selector": selector}});
        objects.push(object("policy/v1", "PodDisruptionBudget", name, &budget));
        let allowed = json!({"spec": {"podSelector": selector, "ingress": [{"ports": [{"port": "web"}]}]}});
        objects.push(object("networking.k8s.io/v1", "NetworkPolicy", name, &allowed));
        objects.push(workload);
    }
    for kind in ["Job", "CronJob"] {
        let mut job = std::iter::repeat_with(|| draw.one(&job())).find(|it| it["kind"] == kind).unwrap();
        job["metadata"]["name"] = kind.to_lowercase().into();
        let spec = if kind == "Job" { &mut job["spec"] } else { &mut job["spec"]["jobTemplate"]["spec"] };
        refer(&mut spec["template"], &mut keys);
        objects.push(job);
    }
    let mut autoscaler = draw.one(&autoscaler());
    autoscaler["spec"]["scaleTargetRef"]["name"] = "web".into();
    objects.extend([autoscaler, draw.one(&bounds()), draw.one(&quota()), draw.one(&policy())]);
    let host = format!("{namespace}.example.com");
    let backend = |port: Value| json!({"service": {"name": "web", "port": port}});
    let paths = json!([
        {"path": "/", "pathType": "Prefix", "backend": backend(json!({"number": 80}))},
        {"path": "/web", "pathType": "Exact", "backend": backend(json!({"name": "web"}))},
    ]);
    let ingress = json!({"spec": {"ingressClassName": "nginx", "rules": [{"host": host, "http": {"paths": paths}}]}});
    let role = |kind: &str| json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": "reader"});
    let rules = json!({"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]});
    let rbac = "rbac.authorization.k8s.io/v1";
    let subjects = json!([{"kind": "ServiceAccount", "name": "account"}]);
    let claim = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
    objects.extend([
        object("v1", "ServiceAccount", "account", &json!({})),
        object("v1", "ConfigMap", "settings", &json!({"data": keys})),
        object("v1", "Secret", "login", &json!({"stringData": {"user": "web"}})),
        object("v1", "Secret", "registry", &json!({"stringData": {"login": "web"}})),
        object("v1", "PersistentVolumeClaim", "data", &json!({"spec": claim})),
        object("networking.k8s.io/v1", "Ingress", "web", &ingress),
        object(rbac, "Role", "reader", &rules),
        object(rbac, "RoleBinding", "reader", &json!({"roleRef": role("Role"), "subjects": subjects})),
    ]);
    for object in &mut objects {
        object["metadata"]["namespace"] = namespace.into();
    }
    let rules = json!({"rules": [{"nonResourceURLs": ["/healthz"], "verbs": ["get"]}]});
    let subjects = json!([{"kind": "ServiceAccount", "name": "account", "namespace": namespace}]);
    let mut binding =
        object(rbac, "ClusterRoleBinding", namespace, &json!({"roleRef": role("ClusterRole"), "subjects": subjects}));
    binding["roleRef"]["name"] = namespace.into();
    let global =
        [object("v1", "Namespace", namespace, &json!({})), object(rbac, "ClusterRole", namespace, &rules), binding];
    objects.into_iter().chain(global).collect()
}

#[test]
fn what_fits_together_has_no_error() {
    let seed = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut draw = Draw(TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, seed));
    let (cluster, target) = (Cluster::default(), Versions::default().of(None));
    let mut made = 0;
    while made < OBJECTS {
        let mut tree = Tree::default();
        let mut add = |path: String, text: String| {
            tree.insert(RepoPath::new(path.as_str()).unwrap(), Source::new(path, text));
        };
        for number in 0..STACKS {
            let namespace = format!("stack-{number}");
            let objects = stack(&mut draw, &namespace);
            made += objects.len();
            let documents: Vec<_> = objects.iter().map(ToString::to_string).collect();
            add(format!("{namespace}/objects.yaml"), documents.join("\n---\n"));
            // Every other one is for an Application.
            if number % 2 == 0 {
                let spec = json!({
                    "project": "default",
                    "destination": {"server": "https://kubernetes.default.svc", "namespace": namespace},
                    "source": {"repoURL": "https://example.com/stacks.git", "path": namespace, "targetRevision": "main"},
                });
                let mut application = object("argoproj.io/v1alpha1", "Application", &namespace, &json!({"spec": spec}));
                application["metadata"]["namespace"] = "argocd".into();
                add(format!("applications/{namespace}.yaml"), application.to_string());
            }
        }
        let settings =
            Settings { target: &target, cluster: &cluster, cluster_is_assumed: true, reading: Reading::Found };
        let found = pipeline::judge(&Listing::of_tree(&tree), settings, Watch::default()).findings;
        let errors: Vec<_> = found.iter().filter(|finding| finding.severity == Severity::Error).collect();
        let shown: Vec<_> =
            errors.iter().take(5).map(|finding| format!("{finding}\n{}", finding.span.text())).collect();
        assert!(errors.is_empty(), "{} errors, such as\n{}", errors.len(), shown.join("\n"));
    }
}
