//! Which pods something is for, by their labels.

use super::Object;
use crate::source::{Located, Span, Spanned};
use crate::yaml::Node;

/// A label that pods are selected by.
#[derive(Debug)]
pub struct Label {
    /// Its key.
    pub key: Box<str>,
    /// Its value.
    pub value: Spanned<Box<str>>,
}

/// A `PodDisruptionBudget` or `NetworkPolicy` that is for the pods with some labels.
#[derive(Debug)]
pub struct PodSelector {
    /// Its manifest, in [`super::ManifestSet::manifests`].
    pub manifest: usize,
    /// `matchLabels`.
    pub labels: Box<[Label]>,
}

impl PodSelector {
    /// Reads the selector of an object, if it is nothing but labels. An empty one selects everything.
    pub(super) fn of(object: &Object<'_>) -> Option<Self> {
        let budget = || object.of_kind("policy", "PodDisruptionBudget")?.at(&["spec", "selector"]);
        let policy = || object.of_kind("networking.k8s.io", "NetworkPolicy")?.at(&["spec", "podSelector"]);
        let selector = budget().or_else(policy)?;
        let labels = labels(selector.get("matchLabels")?);
        let is_more = selector.items_at(&["matchExpressions"]).next().is_some();
        (!is_more && !labels.is_empty()).then_some(Self { manifest: object.manifest, labels })
    }
}

/// Returns the labels of a selector; none at all if one of them is no label.
pub(super) fn labels(node: &Node) -> Box<[Label]> {
    let entries = node.as_mapping().into_iter().flatten();
    let labels = entries.map(|entry| {
        let value = Spanned::new(Box::from(entry.value.as_str()?), entry.value.span.clone());
        Some(Label { key: Box::from(entry.key.as_str()), value })
    });
    labels.collect::<Option<_>>().unwrap_or_default()
}

located! {
    Label: value;
    PodSelector: labels;
}
