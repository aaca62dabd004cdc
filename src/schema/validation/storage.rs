//! Claims, volumes and their classes (k8s.io/kubernetes `pkg/apis/core/validation/validation.go` and
//! `pkg/apis/storage/validation/validation.go`).

use std::collections::BTreeMap;

use super::super::{names, wording};
use super::quantity::Amount;
use super::{Report, below, child, entries, items};
use crate::yaml::Node;

/// How large the parameters of a class may be together.
const PARAMETERS_LIMIT: usize = 256 * 1024;

/// The keys of a `PersistentVolume` that are not its source.
const BESIDE_SOURCE: [&str; 9] = [
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
];

/// Judges a `PersistentVolumeClaim`.
pub(super) fn claim<'a>(report: &mut Report<'a>, claim: &'a Node) {
    if let Some(spec) = child(claim, "spec") {
        claim_spec(report, spec);
    }
}

/// Judges what is claimed.
pub(super) fn claim_spec<'a>(report: &mut Report<'a>, spec: &'a Node) {
    access_modes(report, spec);
    if let Some(requests) = below(spec, &["resources", "requests"])
        && let Some(storage) = requests.get("storage")
    {
        positive(report, storage);
    }
    class_name(report, spec);
}

fn access_modes<'a>(report: &mut Report<'a>, spec: &'a Node) {
    let modes = items(spec, "accessModes");
    if let Some(alone) = modes.iter().find(|mode| mode.as_str() == Some("ReadWriteOncePod"))
        && modes.len() > 1
    {
        report.value(alone, "may not be `ReadWriteOncePod` beside other modes");
    }
}

fn class_name<'a>(report: &mut Report<'a>, spec: &'a Node) {
    let Some(class) = child(spec, "storageClassName") else { return };
    let text = class.as_str().unwrap_or_default();
    if let Err(reason) = names::subdomain(text)
        && !text.is_empty()
    {
        report.value(class, format!("cannot be {}: {reason}", wording::quoted(text)));
    }
}

/// Reports an amount that is not above zero.
fn positive<'a>(report: &mut Report<'a>, node: &'a Node) {
    if Amount::of_resource(node).is_some_and(|amount| amount <= Amount::ZERO) {
        report.value(node, format!("has to be more than 0, found {}", wording::value_text(node)));
    }
}

/// Judges a `PersistentVolume`.
pub(super) fn volume<'a>(report: &mut Report<'a>, volume: &'a Node) {
    let Some(spec) = child(volume, "spec") else { return };
    access_modes(report, spec);
    class_name(report, spec);
    match below(spec, &["capacity", "storage"]) {
        Some(storage) => positive(report, storage),
        None => report.missing(child(spec, "capacity").unwrap_or(spec), "storage", ""),
    }
    let is_source = |key: &str| !BESIDE_SOURCE.contains(&key);
    let mut sources =
        spec.as_mapping().into_iter().flatten().filter(|it| is_source(&it.key.value) && !it.value.is_null());
    match (sources.next(), sources.next()) {
        (Some(first), Some(second)) => {
            let sentence = format!("is a second source of the volume beside `{}`", first.key.value);
            report.key(spec, &second.key.value, sentence);
        }
        (None, _) => report.value(spec, "says nowhere where the volume is, as in `hostPath`, `nfs` or `csi`"),
        _ => {}
    }
    if let Some(local) = child(spec, "local").filter(|_| below(spec, &["nodeAffinity", "required"]).is_none()) {
        report.value(local, "needs `nodeAffinity` beside it, to say on which node it is");
    }
}

/// Judges a `StorageClass`.
pub(super) fn class<'a>(report: &mut Report<'a>, class: &'a Node) {
    if let Some(provisioner) = child(class, "provisioner") {
        let text = provisioner.as_str().unwrap_or_default();
        if let Err(reason) = names::qualified_name(&text.to_lowercase()) {
            report.value(provisioner, format!("cannot be {}: {reason}", wording::quoted(text)));
        }
    }
    if let Some(parameters) = child(class, "parameters") {
        if parameters.get("").is_some() {
            report.key(parameters, "", "has an empty key");
        }
        let size: usize = entries(class, "parameters")
            .map(|entry| entry.key.value.len() + entry.value.as_str().map_or(0, str::len))
            .sum();
        if size > PARAMETERS_LIMIT {
            report.value(parameters, format!("has {size} bytes, and {PARAMETERS_LIMIT} are allowed"));
        } else if parameters.as_mapping().is_some_and(|parameters| parameters.len() > 512) {
            report.value(parameters, "may have at most 512 keys");
        }
    }
    for term in items(class, "allowedTopologies") {
        let expressions = items(term, "matchLabelExpressions");
        if expressions.is_empty() {
            report.value(child(term, "matchLabelExpressions").unwrap_or(term), "needs at least 1 item, it has 0 items");
        }
        let mut keys = BTreeMap::new();
        for expression in expressions {
            topology(report, expression, &mut keys);
        }
    }
}

/// Judges one label of the nodes that a class is for.
fn topology<'a>(report: &mut Report<'a>, expression: &'a Node, keys: &mut BTreeMap<&'a str, &'a Node>) {
    if let Some(key) = child(expression, "key") {
        let text = key.as_str().unwrap_or_default();
        if let Err(reason) = names::qualified_name(text) {
            report.value(key, format!("cannot be {}: {reason}", wording::quoted(text)));
        } else if let Some(first) = keys.insert(text, key) {
            report.pair(key, format!("repeats {}", wording::quoted(text)), first, "first here");
        }
    }
    match items(expression, "values") {
        [] => match child(expression, "values") {
            Some(values) => report.value(values, "needs at least 1 item, it has 0 items"),
            None => report.missing(expression, "values", ""),
        },
        values => {
            let mut seen = BTreeMap::new();
            for value in values {
                if let Some(first) = seen.insert(value.as_str().unwrap_or_default(), value) {
                    report.pair(value, format!("repeats {}", wording::value_text(value)), first, "first here");
                }
            }
        }
    }
}
