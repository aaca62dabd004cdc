//! What an object refers to by name, and what becomes of it without that.
//!
//! Facts about pods from kubernetes/kubernetes v1.34: `pkg/kubelet/kubelet_pods.go` (environment),
//! `pkg/kubelet/volumemanager/populator/desired_state_of_world_populator.go` (volumes) and the admission plugins
//! `serviceaccount`, `priority` and `runtimeclass`; about health from argoproj/argo-cd v3.1.7, `gitops-engine/pkg/health`.

use std::collections::BTreeSet;

use super::Object;
use super::text;
use crate::source::{Located, Span, Spanned};
use crate::yaml::Node;

/// Something by name that an object does not work without, or not quite.
#[derive(Debug)]
pub struct Need {
    /// What it is.
    pub kind: &'static Kind,
    /// Its namespace, if the object says so; else it is that of the object.
    pub namespace: Option<String>,
    /// Its name, where the object gives it.
    pub name: Spanned<String>,
    /// What becomes of the object without it.
    pub lack: Lack,
}

/// What becomes of an object without something that it needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lack {
    /// It never gets healthy.
    #[default]
    Unhealthy,
    /// It counts as healthy, and does not do what it is there for.
    Idle,
    /// It counts as healthy, and pods that it may have some day would not start.
    Dormant,
    /// It works, but for what that is there for.
    Partial,
}

/// A kind that others refer to.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// The API group, empty for the core group.
    pub group: &'static str,
    /// `kind`.
    pub name: &'static str,
    /// Whether its objects are in namespaces.
    pub is_namespaced: bool,
}

impl Kind {
    /// Finds the kind of an object, if others refer to it.
    #[must_use]
    pub fn of(group: &str, name: &str) -> Option<&'static Self> {
        REFERRED_TO.into_iter().chain(&SCALABLE).find(|kind| kind.name == name && kind.group == group)
    }

    const fn namespaced(group: &'static str, name: &'static str) -> Self {
        Self { group, name, is_namespaced: true }
    }

    const fn global(group: &'static str, name: &'static str) -> Self {
        Self { group, name, is_namespaced: false }
    }
}

/// `AppProject`, which Argo CD reads.
pub static APP_PROJECT: Kind = Kind::namespaced("argoproj.io", "AppProject");
static CLUSTER_ROLE: Kind = Kind::global("rbac.authorization.k8s.io", "ClusterRole");
/// `ConfigMap`.
pub(super) static CONFIG_MAP: Kind = Kind::namespaced("", "ConfigMap");
static PERSISTENT_VOLUME_CLAIM: Kind = Kind::namespaced("", "PersistentVolumeClaim");
static PRIORITY_CLASS: Kind = Kind::global("scheduling.k8s.io", "PriorityClass");
static ROLE: Kind = Kind::namespaced("rbac.authorization.k8s.io", "Role");
static RUNTIME_CLASS: Kind = Kind::global("node.k8s.io", "RuntimeClass");
/// `Secret`.
pub(super) static SECRET: Kind = Kind::namespaced("", "Secret");
/// `Service`.
pub static SERVICE: Kind = Kind::namespaced("", "Service");
/// `ServiceAccount`.
pub static SERVICE_ACCOUNT: Kind = Kind::namespaced("", "ServiceAccount");
static REFERRED_TO: [&Kind; 10] = [
    &APP_PROJECT,
    &CLUSTER_ROLE,
    &CONFIG_MAP,
    &PERSISTENT_VOLUME_CLAIM,
    &PRIORITY_CLASS,
    &ROLE,
    &RUNTIME_CLASS,
    &SECRET,
    &SERVICE,
    &SERVICE_ACCOUNT,
];
/// What a `HorizontalPodAutoscaler` scales.
static SCALABLE: [Kind; 3] = [
    Kind::namespaced("apps", "Deployment"),
    Kind::namespaced("apps", "ReplicaSet"),
    Kind::namespaced("apps", "StatefulSet"),
];

/// A `CustomResourceDefinition`, by what it defines.
#[derive(Debug)]
pub struct Definition {
    /// Its manifest, in [`super::ManifestSet::manifests`].
    pub manifest: usize,
    /// `spec.group`.
    pub group: String,
    /// `spec.names.kind`.
    pub kind: String,
    /// Whether the objects are in namespaces, by `spec.scope`; `None` if that is neither of its two words.
    pub is_namespaced: Option<bool>,
}

impl Definition {
    pub(super) fn of(object: &Object<'_>) -> Option<Self> {
        let node = object.of_kind("apiextensions.k8s.io", "CustomResourceDefinition")?;
        let word = |path: &[&str]| Some(node.at(path)?.as_str()?.to_owned());
        Some(Self {
            manifest: object.manifest,
            group: word(&["spec", "group"])?,
            kind: word(&["spec", "names", "kind"])?,
            is_namespaced: match node.at(&["spec", "scope"]).and_then(Node::as_str) {
                Some("Namespaced") => Some(true),
                Some("Cluster") => Some(false),
                _ => None,
            },
        })
    }
}

/// Collects the needs of an object, each once.
#[derive(Default)]
struct Needs {
    found: Vec<Need>,
    seen: BTreeSet<(&'static Kind, Option<String>, String)>,
    /// What becomes of the object without what is added.
    lack: Lack,
}

/// Returns what an object needs.
pub(super) fn of(group: &str, kind: &str, node: &Node) -> Box<[Need]> {
    let mut needs = Needs::default();
    match (group, kind) {
        ("", "Pod") => needs.add_pod(node.get("spec")),
        ("apps", "Deployment" | "ReplicaSet" | "StatefulSet") => {
            if node.at(&["spec", "replicas"]).and_then(Node::as_i64) == Some(0) {
                needs.lack = Lack::Dormant;
            }
            needs.add_pod(node.at(&["spec", "template", "spec"]));
            if kind == "StatefulSet" {
                // Its pods have no names in DNS without it, and run all the same.
                needs.lack = Lack::Partial;
                needs.add(Some(&SERVICE), text(node, &["spec", "serviceName"]));
            }
        }
        ("apps", "DaemonSet") => {
            // Of these, Argo CD does not count the pods (`health_daemonset.go`).
            if node.at(&["spec", "updateStrategy", "type"]).and_then(Node::as_str) == Some("OnDelete") {
                needs.lack = Lack::Dormant;
            }
            needs.add_pod(node.at(&["spec", "template", "spec"]));
        }
        ("batch", "Job") => needs.add_pod(node.at(&["spec", "template", "spec"])),
        ("batch", "CronJob") => {
            needs.lack = Lack::Dormant;
            needs.add_pod(node.at(&["spec", "jobTemplate", "spec", "template", "spec"]));
        }
        // It gets degraded if what it scales is not there (`health_hpa.go`, `FailedGetScale`).
        ("autoscaling", "HorizontalPodAutoscaler") => {
            let target = |key| node.at(&["spec", "scaleTargetRef", key]).and_then(Node::as_str).unwrap_or_default();
            let is_apps = target("apiVersion").starts_with("apps/");
            let target = SCALABLE.iter().find(|it| is_apps && it.name == target("kind"));
            needs.add(target, text(node, &["spec", "scaleTargetRef", "name"]));
        }
        // It is not available without its Service (`health_apiservice.go`).
        ("apiregistration.k8s.io", "APIService") => {
            let namespace = text(node, &["spec", "service", "namespace"]);
            needs.add_elsewhere(&SERVICE, namespace, text(node, &["spec", "service", "name"]));
        }
        ("argoproj.io", "Application") => {
            // Argo CD brings this one itself (argo-cd v3.1.7, `server/server.go`).
            let project = text(node, &["spec", "project"]).filter(|project| project.value != "default");
            needs.add(Some(&APP_PROJECT), project);
        }
        ("networking.k8s.io", "Ingress") => {
            needs.lack = Lack::Idle;
            let paths = node.items_at(&["spec", "rules"]).flat_map(|rule| rule.items_at(&["http", "paths"]));
            for backend in paths.filter_map(|path| path.get("backend")).chain(node.at(&["spec", "defaultBackend"])) {
                needs.add(Some(&SERVICE), text(backend, &["service", "name"]));
            }
        }
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            needs.lack = Lack::Idle;
            let role = node.at(&["roleRef", "kind"]).and_then(Node::as_str);
            let role = [&ROLE, &CLUSTER_ROLE].into_iter().find(|kind| role == Some(kind.name));
            needs.add(role, text(node, &["roleRef", "name"]));
            needs.lack = Lack::Partial;
            let is_account = |it: &&Node| it.get("kind").and_then(Node::as_str) == Some("ServiceAccount");
            for subject in node.items_at(&["subjects"]).filter(is_account) {
                match (text(subject, &["namespace"]), text(subject, &["name"])) {
                    // It is in the namespace of the binding then (plugin/pkg/auth/authorizer/rbac/rbac.go).
                    (None, name) if kind == "RoleBinding" => needs.add(Some(&SERVICE_ACCOUNT), name),
                    (namespace, name) => needs.add_elsewhere(&SERVICE_ACCOUNT, namespace, name),
                }
            }
        }
        _ => {}
    }
    needs.found.into()
}

impl Needs {
    fn add(&mut self, kind: Option<&'static Kind>, name: Option<Spanned<String>>) {
        if let Some((kind, name)) = kind.zip(name) {
            self.insert(kind, None, name);
        }
    }

    /// Adds what is in a namespace of its own, if that is known.
    fn add_elsewhere(
        &mut self,
        kind: &'static Kind,
        namespace: Option<Spanned<String>>,
        name: Option<Spanned<String>>,
    ) {
        if let Some((namespace, name)) = namespace.zip(name) {
            self.insert(kind, Some(namespace.value), name);
        }
    }

    fn insert(&mut self, kind: &'static Kind, namespace: Option<String>, name: Spanned<String>) {
        if self.seen.insert((kind, namespace.clone(), name.value.clone())) {
            self.found.push(Need { kind, namespace, name, lack: self.lack });
        }
    }

    /// Adds what is referred to like a source of environment variables or files, unless it may be missing.
    fn add_reference(&mut self, kind: &'static Kind, reference: Option<&Node>, key: &str) {
        let is_optional = |it: &&Node| it.get("optional").and_then(Node::as_bool) == Some(true);
        self.add(Some(kind), reference.filter(|it| !is_optional(it)).and_then(|it| text(it, &[key])));
    }

    /// Adds what the pods of a template do not start without. Images may be pulled without secrets, and volumes that no
    /// container mounts are not set up.
    fn add_pod(&mut self, spec: Option<&Node>) {
        let Some(spec) = spec else { return };
        let containers = || spec.items_at(&["initContainers"]).chain(spec.items_at(&["containers"]));
        let mounted: BTreeSet<&str> = containers()
            .flat_map(|container| container.items_at(&["volumeMounts"]))
            .filter_map(|mount| mount.get("name")?.as_str())
            .collect();
        let is_mounted =
            |volume: &&Node| volume.get("name").and_then(Node::as_str).is_some_and(|it| mounted.contains(it));
        for volume in spec.items_at(&["volumes"]).filter(is_mounted) {
            self.add_reference(&CONFIG_MAP, volume.get("configMap"), "name");
            self.add_reference(&SECRET, volume.get("secret"), "secretName");
            for source in volume.items_at(&["projected", "sources"]) {
                self.add_reference(&CONFIG_MAP, source.get("configMap"), "name");
                self.add_reference(&SECRET, source.get("secret"), "name");
            }
        }
        for container in containers() {
            for source in container.items_at(&["envFrom"]) {
                self.add_reference(&CONFIG_MAP, source.get("configMapRef"), "name");
                self.add_reference(&SECRET, source.get("secretRef"), "name");
            }
            for source in container.items_at(&["env"]).filter_map(|variable| variable.get("valueFrom")) {
                self.add_reference(&CONFIG_MAP, source.get("configMapKeyRef"), "name");
                self.add_reference(&SECRET, source.get("secretKeyRef"), "name");
            }
        }
        // The scheduler wants the claims of all volumes to exist, mounted or not.
        for volume in spec.items_at(&["volumes"]) {
            self.add(Some(&PERSISTENT_VOLUME_CLAIM), text(volume, &["persistentVolumeClaim", "claimName"]));
        }
        let account = text(spec, &["serviceAccountName"]).or_else(|| text(spec, &["serviceAccount"]));
        self.add(Some(&SERVICE_ACCOUNT), account.filter(|name| name.value != "default"));
        let priority = text(spec, &["priorityClassName"]).filter(|name| !name.value.starts_with("system-"));
        self.add(Some(&PRIORITY_CLASS), priority);
        self.add(Some(&RUNTIME_CLASS), text(spec, &["runtimeClassName"]));
        let lack = std::mem::replace(&mut self.lack, Lack::Partial);
        for secret in spec.items_at(&["imagePullSecrets"]) {
            self.add(Some(&SECRET), text(secret, &["name"]));
        }
        self.lack = lack;
    }
}

located! {
    Definition;
    Need: name;
}

#[cfg(test)]
mod tests {
    use super::Lack;
    use crate::manifest;

    /// Names what an object needs, `-` before what it is idle without, `~` before what its pods would need, and `+` before what
    /// it works without.
    fn needs(text: &str) -> Vec<String> {
        let (set, _) = manifest::parse(&[("a.yaml", text)]);
        let needs = set.manifests()[0].needs.iter();
        let mark = |lack| match lack {
            Lack::Unhealthy => "",
            Lack::Idle => "-",
            Lack::Dormant => "~",
            Lack::Partial => "+",
        };
        needs.map(|it| format!("{}{} {}", mark(it.lack), it.kind.name, it.name)).collect()
    }

    #[test]
    fn pods_need_what_they_do_not_start_without() {
        let spec = "{serviceAccountName: sa, priorityClassName: p, runtimeClassName: r, \
            volumes: [{name: a, configMap: {name: mounted}}, {name: b, secret: {secretName: not-mounted}}, \
            {name: c, secret: {secretName: optional, optional: true}}, {name: d, persistentVolumeClaim: {claimName: claim}}, \
            {name: e, projected: {sources: [{configMap: {name: projected}}]}}], \
            initContainers: [{name: i, envFrom: [{secretRef: {name: all}}], volumeMounts: [{name: c}]}], \
            containers: [{name: c, volumeMounts: [{name: a}, {name: e}], env: [{name: X, valueFrom: {secretKeyRef: {name: one, key: k}}}, \
            {name: Y, valueFrom: {secretKeyRef: {name: one, key: l}}}, \
            {name: Z, valueFrom: {configMapKeyRef: {name: maybe, key: k, optional: true}}}]}]}";
        let expected = [
            "ConfigMap mounted",
            "ConfigMap projected",
            "Secret all",
            "Secret one",
            "PersistentVolumeClaim claim",
            "ServiceAccount sa",
            "PriorityClass p",
            "RuntimeClass r",
        ];
        assert_eq!(needs(&format!("apiVersion: v1\nkind: Pod\nspec: {spec}\n")), expected);
        for (kind, rest) in [
            ("batch/v1\nkind: Job", ""),
            ("apps/v1\nkind: Deployment", ""),
            ("apps/v1\nkind: StatefulSet", "replicas: 3, "),
            ("apps/v1\nkind: DaemonSet", ""),
        ] {
            let text = format!("apiVersion: {kind}\nspec: {{{rest}template: {{spec: {spec}}}}}\n");
            assert_eq!(needs(&text), expected, "{kind}");
        }
        for text in [
            format!(
                "apiVersion: batch/v1\nkind: CronJob\nspec: {{jobTemplate: {{spec: {{template: {{spec: {spec}}}}}}}}}\n"
            ),
            format!("apiVersion: apps/v1\nkind: Deployment\nspec: {{replicas: 0, template: {{spec: {spec}}}}}\n"),
            format!(
                "apiVersion: apps/v1\nkind: DaemonSet\n\
                 spec: {{updateStrategy: {{type: OnDelete}}, template: {{spec: {spec}}}}}\n"
            ),
        ] {
            assert_eq!(needs(&text), expected.map(|it| format!("~{it}")), "{text}");
        }
        assert!(needs("apiVersion: v1\nkind: Pod\nspec: {serviceAccountName: default, containers: []}\n").is_empty());
    }

    #[test]
    fn other_objects_need_what_they_name() {
        for (text, expected) in [
            (
                "apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec: {defaultBackend: {service: {name: all}}, \
                 rules: [{http: {paths: [{backend: {service: {name: web}}}]}}]}\n",
                &["-Service web", "-Service all"][..],
            ),
            (
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nroleRef: {kind: Role, name: r}\n",
                &["-Role r"],
            ),
            (
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nroleRef: {kind: ClusterRole, name: r}\n",
                &["-ClusterRole r"],
            ),
            (
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nroleRef: {kind: Role, name: r}\n\
                 subjects: [{kind: ServiceAccount, name: a}, {kind: ServiceAccount, name: a, namespace: b}, {kind: User, name: u}]\n",
                &["-Role r", "+ServiceAccount a", "+ServiceAccount a"],
            ),
            (
                "apiVersion: apps/v1\nkind: StatefulSet\n\
                 spec: {serviceName: s, template: {spec: {imagePullSecrets: [{name: p}]}}}\n",
                &["+Secret p", "+Service s"],
            ),
            (
                "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n\
                 spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}\n",
                &["Deployment web"],
            ),
            (
                "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n\
                 spec: {scaleTargetRef: {apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: web}}\n",
                &[],
            ),
            (
                "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nspec: {service: {name: s, namespace: ns}}\n",
                &["Service s"],
            ),
            ("apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nspec: {group: g}\n", &[]),
            ("apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {project: p}\n", &["AppProject p"]),
            ("apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {project: default}\n", &[]),
            ("apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n", &[]),
        ] {
            assert_eq!(needs(text), expected, "{text}");
        }
    }
}
