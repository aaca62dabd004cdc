//! Objects that are large.

use super::Object;
use crate::source::{Located, Span};

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
        let span = &object.node.span;
        // As JSON it may be longer than as YAML, by its quotes and what its aliases stand for, but hardly by so much.
        if ((span.end() - span.start()) as usize) < ANNOTATIONS / 32 {
            return None;
        }
        let bytes = object.node.to_json().to_string().len();
        (bytes > ANNOTATIONS).then_some(Self { manifest: object.manifest, bytes })
    }
}

located! {
    LargeObject;
}
