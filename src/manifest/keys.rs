//! The keys of `ConfigMap`s and Secrets.

use super::Object;
use crate::source::{Located, Span};
use crate::yaml::Node;

/// The keys of a `ConfigMap` or Secret. There may be many of these, and nothing of what they hold is kept.
#[derive(Debug)]
pub struct Keys {
    /// Its manifest, in [`super::ManifestSet::manifests`].
    pub manifest: usize,
    /// The keys, with a blank between them, which no key has in it; `None` if somebody else may add some.
    words: Option<Box<str>>,
}

/// The domains of labels and annotations that nobody takes for an order to fill or to copy an object.
const HARMLESS: [&str; 5] =
    ["app.kubernetes.io", "argocd.argoproj.io", "helm.sh", "kubectl.kubernetes.io", "kustomize.toolkit.fluxcd.io"];

impl Keys {
    pub(super) fn of(object: &Object<'_>) -> Option<Self> {
        let node = object.of_kind("", "ConfigMap").or_else(|| object.of_kind("", "Secret"))?;
        let keys =
            |part| node.get(part).and_then(Node::as_mapping).into_iter().flatten().map(|entry| entry.key.as_str());
        let words: Vec<&str> = ["data", "stringData", "binaryData"].into_iter().flat_map(keys).collect();
        let is_own = !is_filled(node) && !words.iter().any(|word| word.contains([' ', '{', '$']));
        Some(Self { manifest: object.manifest, words: is_own.then(|| words.join(" ").into()) })
    }

    /// Tells whether somebody else may fill it, or copy it to other namespaces.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.words.is_none()
    }

    /// Returns the keys; none if there are none yet, or others may come.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.words.iter().flat_map(|words| words.split(' ')).filter(|word| !word.is_empty())
    }
}

/// Tells whether somebody may be told to fill or to copy an object: Kubernetes by the type of a Secret, others by labels and
/// annotations.
fn is_filled(node: &Node) -> bool {
    let is_token = node.get("type").and_then(Node::as_str) == Some("kubernetes.io/service-account-token");
    let marks = ["annotations", "labels"].into_iter().filter_map(|key| node.at(&["metadata", key])?.as_mapping());
    let mut domains = marks.flatten().filter_map(|entry| Some(entry.key.split_once('/')?.0));
    is_token || domains.any(|domain| !HARMLESS.contains(&domain))
}

located! {
    Keys;
}

#[cfg(test)]
mod tests {
    use crate::manifest;

    fn keys(rest: &str) -> Option<String> {
        let text = format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n{rest}");
        let keys = manifest::parse(&[("s.yaml", &text)]).0.facts.keys.pop().unwrap();
        (!keys.is_open()).then(|| keys.iter().collect::<Vec<_>>().join(","))
    }

    #[test]
    fn keys_are_known_unless_others_add_some() {
        let data = "data: {a: eA==, b: }\nstringData: {c.d: x}\n";
        assert_eq!(keys(data).as_deref(), Some("a,b,c.d"));
        assert_eq!(keys("").as_deref(), Some(""));
        assert_eq!(
            keys(&format!("  labels: {{app.kubernetes.io/name: x, app: y}}\n{data}")).as_deref(),
            Some("a,b,c.d")
        );
        for rest in [
            format!("  annotations: {{replicator.v1.mittwald.de/replicate-from: a/b}}\n{data}"),
            format!("  labels: {{config.openshift.io/inject-trusted-cabundle: 'true'}}\n{data}"),
            format!("type: kubernetes.io/service-account-token\n{data}"),
            "data: {'${KEY}': eA==}\n".to_owned(),
        ] {
            assert_eq!(keys(&rest), None, "{rest}");
        }
    }
}
