//! Objects that are large.

use super::Object;
use crate::source::{Located, Span};
use crate::yaml::{Node, Value};

/// An object that does not fit into an annotation.
#[derive(Debug)]
pub struct LargeObject {
    /// Its manifest, in [`ManifestSet::manifests`](super::ManifestSet::manifests).
    pub manifest: usize,
    /// Its length as JSON, in bytes.
    pub bytes: usize,
}

/// What all annotations of an object may have together, in bytes (k8s.io/apimachinery v0.33.1,
/// `pkg/api/validation/objectmeta.go`, `TotalAnnotationSizeLimitB`).
pub(super) const ANNOTATIONS: usize = 256 * 1024;

impl LargeObject {
    pub(super) fn of(object: &Object<'_>) -> Option<Self> {
        // Quotes and escapes come on top of that.
        if length(object.node) < ANNOTATIONS / 4 {
            return None;
        }
        let bytes = object.node.to_json().to_string().len();
        (bytes > ANNOTATIONS).then_some(Self { manifest: object.manifest, bytes })
    }
}

/// Counts the bytes of the texts in a node; its aliases count as what they stand for.
fn length(node: &Node) -> usize {
    match &node.value {
        Value::String(text) => text.len(),
        Value::Sequence(items) => items.iter().map(length).sum(),
        Value::Mapping(mapping) => mapping.iter().map(|entry| entry.key.len() + length(&entry.value)).sum(),
        _ => 1,
    }
}

located! {
    LargeObject;
}
