//! Volumes of Pods (k8s.io/kubernetes `pkg/apis/core/validation/validation.go`).

use std::collections::BTreeSet;

use super::super::wording;
use super::containers::is_subscript;
use super::quantity::Amount;
use super::{Report, below, child, entries, items, resources, storage};
use crate::yaml::Node;

/// Fields that a volume can show, beside single labels and annotations.
const FIELDS: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

/// Judges a volume of a Pod.
pub(super) fn volume<'a>(report: &mut Report<'a>, volume: &'a Node) {
    let sources: Vec<_> =
        volume.as_mapping().into_iter().flatten().filter(|it| it.key.value != "name" && !it.value.is_null()).collect();
    if let [first, second, ..] = sources.as_slice() {
        let sentence = format!("is a second source of the volume beside `{}`", first.key.value);
        report.key(volume, &second.key.value, sentence);
        return;
    }
    for kind in ["configMap", "downwardAPI", "projected", "secret"] {
        let Some(source) = child(volume, kind) else { continue };
        if let Some(mode) = child(source, "defaultMode") {
            file_mode(report, mode);
        }
        for item in items(source, "items") {
            file(report, item, kind);
        }
        projected(report, source);
    }
    if let Some(path) = below(volume, &["hostPath", "path"])
        && has_backsteps(path.as_str().unwrap_or_default())
    {
        report.value(path, "may not have `..` in it");
    }
    if let Some(path) = below(volume, &["nfs", "path"])
        && path.as_str().is_some_and(|text| !text.is_empty() && !text.starts_with('/'))
    {
        report.value(path, format!("has to begin with `/`, found {}", wording::value_text(path)));
    }
    if let Some(limit) = below(volume, &["emptyDir", "sizeLimit"])
        && Amount::read(limit).is_some_and(|amount| amount < Amount::ZERO)
    {
        report.value(limit, format!("has to be at least 0, found {}", wording::value_text(limit)));
    }
    if let Some(template) = below(volume, &["ephemeral", "volumeClaimTemplate"]) {
        if let Some(spec) = child(template, "spec") {
            storage::claim_spec(report, spec);
        }
        for entry in entries(template, "metadata") {
            let key = entry.key.value.as_str();
            if let (Some(metadata), false) = (child(template, "metadata"), matches!(key, "labels" | "annotations"))
                && !is_zero(&entry.value)
            {
                report.key(metadata, key, "may not be given here, where only labels and annotations can be");
            }
        }
    } else if let Some(ephemeral) = child(volume, "ephemeral") {
        report.missing(ephemeral, "volumeClaimTemplate", "");
    }
}

/// Tells whether a value is what Go reads when nothing is there.
fn is_zero(node: &Node) -> bool {
    match &node.value {
        crate::yaml::Value::Null => true,
        crate::yaml::Value::String(text) => text.is_empty(),
        crate::yaml::Value::Sequence(items) => items.is_empty(),
        crate::yaml::Value::Mapping(mapping) => mapping.is_empty(),
        crate::yaml::Value::Integer(number) => *number == 0,
        _ => false,
    }
}

/// Judges the sources of a projected volume.
fn projected<'a>(report: &mut Report<'a>, projected: &'a Node) {
    let mut paths = BTreeSet::new();
    for source in items(projected, "sources") {
        let sources: Vec<_> = source.as_mapping().into_iter().flatten().filter(|it| !it.value.is_null()).collect();
        if let [first, second, ..] = sources.as_slice() {
            let sentence = format!("is a second source beside `{}`; each takes an item of the list", first.key.value);
            report.key(source, &second.key.value, sentence);
            continue;
        }
        for kind in ["configMap", "secret", "downwardAPI"] {
            for item in child(source, kind).into_iter().flat_map(|source| items(source, "items")) {
                file(report, item, kind);
                if let Some(path) = child(item, "path")
                    && path.as_str().is_some_and(|text| !text.is_empty() && !paths.insert(text))
                {
                    report.value(path, format!("repeats {} of the same volume", wording::value_text(path)));
                }
            }
        }
        if let Some(token) = child(source, "serviceAccountToken") {
            if let Some(path) = child(token, "path") {
                file_path(report, path);
            }
            if let Some(seconds) = child(token, "expirationSeconds")
                && seconds.as_i64().is_some_and(|seconds| !(600..=1 << 32).contains(&seconds))
            {
                let shown = wording::value_text(seconds);
                report.value(seconds, format!("has to be from 600 to {}, found {shown}", 1_i64 << 32));
            }
        }
    }
}

/// Judges a file of a volume: a key of a Secret or `ConfigMap`, or a field of the Pod.
fn file<'a>(report: &mut Report<'a>, item: &'a Node, kind: &str) {
    if let Some(path) = child(item, "path") {
        file_path(report, path);
    }
    if let Some(mode) = child(item, "mode") {
        file_mode(report, mode);
    }
    if kind != "downwardAPI" {
        return;
    }
    match (child(item, "fieldRef"), child(item, "resourceFieldRef")) {
        (Some(_), Some(second)) => report.value(second, "may not be given with `fieldRef`"),
        (Some(field), None) => {
            let Some(path) = child(field, "fieldPath") else { return };
            let text = path.as_str().unwrap_or_default();
            if !FIELDS.contains(&text) && !is_subscript(text) {
                report.value(path, format!("names no field that a file can have: {}", wording::quoted(text)));
            }
        }
        (None, Some(resource)) => {
            if child(resource, "containerName").is_none_or(|name| name.as_str() == Some("")) {
                report.missing(resource, "containerName", "");
            }
            resources::field_reference(report, resource);
        }
        (None, None) => report.value(item, "needs one of `fieldRef` and `resourceFieldRef`"),
    }
}

/// Judges the rights of a file.
fn file_mode<'a>(report: &mut Report<'a>, mode: &'a Node) {
    if mode.as_i64().is_some_and(|mode| !(0..=0o777).contains(&mode)) {
        let shown = wording::value_text(mode);
        report.value(mode, format!("has to be from 0 to 0777, which is 511, found {shown}"));
    }
}

/// Judges the path of a file within a volume.
fn file_path<'a>(report: &mut Report<'a>, path: &'a Node) {
    let text = path.as_str().unwrap_or_default();
    if text.starts_with("..") {
        report.value(path, format!("may not begin with `..`, found {}", wording::quoted(text)));
    } else {
        descending_path(report, path);
    }
}

/// Judges a path that may not leave the directory it is in.
pub(super) fn descending_path<'a>(report: &mut Report<'a>, path: &'a Node) {
    let text = path.as_str().unwrap_or_default();
    if text.starts_with('/') {
        report.value(path, format!("has to be a relative path, found {}", wording::quoted(text)));
    } else if has_backsteps(text) {
        report.value(path, "may not have `..` in it");
    }
}

/// Tells whether a path leads upwards somewhere.
pub(super) fn has_backsteps(path: &str) -> bool {
    path.split('/').any(|step| step == "..")
}

/// Tells whether a volume can be a block device.
pub(super) fn can_be_device(volume: &Node) -> bool {
    child(volume, "persistentVolumeClaim").or_else(|| child(volume, "ephemeral")).is_some()
}
