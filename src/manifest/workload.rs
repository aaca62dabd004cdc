//! What makes pods, and what can be said about these by name: their labels, their ports, and the keys that they read.

use std::collections::BTreeSet;

use super::needs::{CONFIG_MAP, Kind, SECRET};
use super::{Object, text};
use crate::source::{Located, Span, Spanned};
use crate::yaml::Node;

/// Something that makes pods, or a pod.
#[derive(Debug)]
pub struct Workload {
    /// Its manifest, in [`super::ManifestSet::manifests`].
    pub manifest: usize,
    /// The labels of its pods.
    pub labels: Box<[(Box<str>, Box<str>)]>,
    /// The names of the ports of its containers.
    pub ports: Box<[Box<str>]>,
    /// The keys that its containers do not start without.
    pub keys: Box<[KeyUse]>,
}

/// A key of a `ConfigMap` or Secret that a container reads.
#[derive(Debug)]
pub struct KeyUse {
    /// Whose key it is.
    pub kind: &'static Kind,
    /// The name of that object.
    pub name: Box<str>,
    /// The key.
    pub key: Spanned<Box<str>>,
}

impl Workload {
    pub(super) fn of(object: &Object<'_>) -> Option<Self> {
        let template = match (object.group, object.kind) {
            ("", "Pod") => object.node,
            ("batch", "CronJob") => object.node.at(&["spec", "jobTemplate", "spec", "template"])?,
            _ => object.node.at(&["spec", "template"])?,
        };
        let spec = template.get("spec")?;
        spec.items_at(&["containers"]).next()?;
        let labels = template.at(&["metadata", "labels"]).and_then(Node::as_mapping).into_iter().flatten();
        let labels = labels.map(|label| {
            let value = label.value.as_str().unwrap_or_default();
            (Box::from(label.key.as_str()), Box::from(value))
        });
        let ports = containers(spec).flat_map(|container| container.items_at(&["ports"]));
        let ports: BTreeSet<&str> = ports.filter_map(|port| port.get("name")?.as_str()).collect();
        Some(Self {
            manifest: object.manifest,
            labels: labels.collect(),
            ports: ports.into_iter().map(Box::from).collect(),
            keys: keys(spec),
        })
    }

    /// Returns the value of a label of its pods.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|label| &*label.0 == key).map(|label| &*label.1)
    }
}

fn containers(spec: &Node) -> impl Iterator<Item = &Node> {
    spec.items_at(&["initContainers"]).chain(spec.items_at(&["containers"]))
}

/// Returns the keys that containers read, each once, unless they may be missing. Volumes that no container mounts are not set
/// up (kubernetes/kubernetes v1.34, `pkg/kubelet/volumemanager/populator/desired_state_of_world_populator.go`).
fn keys(spec: &Node) -> Box<[KeyUse]> {
    let (mut keys, mut seen) = (Vec::new(), BTreeSet::new());
    let mut add = |kind: &'static Kind, source: &Node, name: &str, item: &Node| {
        let is_optional = source.get("optional").and_then(Node::as_bool) == Some(true);
        if let (Some(name), Some(key), false) = (text(source, &[name]), text(item, &["key"]), is_optional)
            && seen.insert((kind, name.value.clone(), key.value.clone()))
        {
            keys.push(KeyUse { kind, name: name.value.into(), key: key.map(Box::from) });
        }
    };
    for variable in containers(spec).flat_map(|container| container.items_at(&["env"])) {
        let source = |key| variable.at(&["valueFrom", key]);
        for (kind, source) in [(&CONFIG_MAP, source("configMapKeyRef")), (&SECRET, source("secretKeyRef"))] {
            if let Some(source) = source {
                add(kind, source, "name", source);
            }
        }
    }
    let mounts = containers(spec).flat_map(|container| container.items_at(&["volumeMounts"]));
    let mounted: BTreeSet<&str> = mounts.filter_map(|mount| mount.get("name")?.as_str()).collect();
    let is_mounted = |volume: &&Node| volume.get("name").and_then(Node::as_str).is_some_and(|it| mounted.contains(it));
    for volume in spec.items_at(&["volumes"]).filter(is_mounted) {
        let projected = volume.items_at(&["projected", "sources"]).map(|source| (source, "name"));
        for (volume, secret) in projected.chain([(volume, "secretName")]) {
            for (kind, key, name) in [(&CONFIG_MAP, "configMap", "name"), (&SECRET, "secret", secret)] {
                let Some(source) = volume.get(key) else { continue };
                source.items_at(&["items"]).for_each(|item| add(kind, source, name, item));
            }
        }
    }
    keys.into()
}

located! {
    Workload: keys;
    KeyUse: key;
}

#[cfg(test)]
mod tests {
    use crate::manifest;

    #[test]
    fn keys_are_those_that_containers_wait_for() {
        let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n    metadata: {labels: {app: a}}\n    \
            spec:\n      volumes:\n      - {name: a, secret: {secretName: s, items: [{key: mounted, path: x}]}}\n      \
            - {name: b, configMap: {name: c, items: [{key: not-mounted, path: x}]}}\n      \
            - {name: c, projected: {sources: [{configMap: {name: c, items: [{key: projected, path: x}]}}]}}\n      \
            containers:\n      - name: a\n        ports: [{name: http, containerPort: 80}, {containerPort: 81}]\n        \
            volumeMounts: [{name: a}, {name: c}]\n        env:\n        \
            - {name: A, valueFrom: {secretKeyRef: {name: s, key: one}}}\n        \
            - {name: B, valueFrom: {secretKeyRef: {name: s, key: one}}}\n        \
            - {name: C, valueFrom: {configMapKeyRef: {name: c, key: maybe, optional: true}}}\n";
        let (set, _) = manifest::parse(&[("a.yaml", text)]);
        let workload = &set.facts.workloads[0];
        let keys: Vec<_> = workload.keys.iter().map(|it| format!("{} {} {}", it.kind.name, it.name, *it.key)).collect();
        assert_eq!(keys, ["Secret s one", "Secret s mounted", "ConfigMap c projected"]);
        assert_eq!((workload.label("app"), &*workload.ports), (Some("a"), &["http".into()][..]));
    }
}
