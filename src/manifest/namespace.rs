//! Namespaces that refuse some pods.

use super::Object;
use crate::source::{Located, Span};
use crate::yaml::{Entry, Node};

/// A Namespace that says what pods it admits.
#[derive(Debug)]
pub struct GuardedNamespace {
    /// Its manifest, in [`ManifestSet::manifests`](super::ManifestSet::manifests).
    pub manifest: usize,
    /// Its labels for the admission of pods.
    pub labels: Box<[Entry]>,
}

/// The label that sets the level below which pods are refused (kubernetes/website, pod-security-admission.md).
pub const POD_SECURITY: &str = "pod-security.kubernetes.io/enforce";

impl GuardedNamespace {
    /// Reads a Namespace. Most admit all pods.
    pub(super) fn of(object: &Object<'_>) -> Option<Self> {
        let labels = pod_security(object.of_kind("", "Namespace")?.at(&["metadata", "labels"]));
        (!labels.is_empty()).then_some(Self { manifest: object.manifest, labels })
    }
}

/// Returns the labels that the admission of pods reads.
pub(super) fn pod_security(labels: Option<&Node>) -> Box<[Entry]> {
    let entries = labels.and_then(Node::as_mapping).into_iter().flatten();
    entries.filter(|entry| entry.key.starts_with("pod-security.kubernetes.io/")).cloned().collect()
}

/// Returns the level below which pods are refused, with its place.
#[must_use]
pub fn enforced(labels: &[Entry]) -> Option<&Node> {
    labels.iter().find(|entry| entry.key.value == POD_SECURITY).map(|entry| &entry.value)
}

located! {
    GuardedNamespace: labels;
}
