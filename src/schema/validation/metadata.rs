//! Metadata (k8s.io/apimachinery `pkg/api/validation/objectmeta.go`). What one value says by itself has the schema.

use super::{Report, child, entries, is_true, items, text_at};

/// How large all annotations of an object may be together (`TotalAnnotationSizeLimitB`).
const ANNOTATIONS_LIMIT: usize = 256 * 1024;

/// Judges the metadata of the document.
pub(super) fn check(report: &mut Report<'_>) {
    let Some(metadata) = child(report.root, "metadata") else { return };
    let mut controller = None;
    for owner in items(metadata, "ownerReferences") {
        if let Some(api_version) = child(owner, "apiVersion") {
            let version = api_version.as_str().unwrap_or("v1");
            let names_version = match version.split_once('/') {
                Some((_, version)) => !version.is_empty() && !version.contains('/'),
                None => true,
            };
            if !names_version {
                report.value(api_version, format!("names no version of an API: `{version}`"));
            }
        }
        if text_at(owner, "kind") == Some("Event")
            && text_at(owner, "apiVersion") == Some("v1")
            && let Some(kind) = child(owner, "kind")
        {
            report.value(kind, "has to name a kind that can own objects, which `Event` cannot");
        }
        if !is_true(owner, "controller") {
            continue;
        }
        if let (Some(first), Some(second)) = (controller, child(owner, "controller")) {
            report.pair(second, "is `true` for a second owner, and only one can be the controller", first, "the first");
            break;
        }
        controller = child(owner, "controller");
    }
    let size: usize = entries(metadata, "annotations")
        .map(|entry| entry.key.value.len() + entry.value.as_str().map_or(0, str::len))
        .sum();
    if size > ANNOTATIONS_LIMIT
        && let Some(annotations) = child(metadata, "annotations")
    {
        report
            .value(annotations, format!("has {size} bytes, and an object may have {ANNOTATIONS_LIMIT} of annotations"));
    }
}
