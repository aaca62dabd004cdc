//! What a namespace may use (k8s.io/kubernetes `pkg/apis/core/validation/validation.go`).

use std::collections::{BTreeMap, BTreeSet};

use super::super::{names, wording};
use super::quantity::Amount;
use super::{Report, child, entries, items, resources};
use crate::yaml::{Entry, Node};

/// What a quota counts in whole numbers, beside resources of others.
const COUNTED: [&str; 9] = [
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
];

/// What a quota for some Pods only can be about.
const OF_PODS: [&str; 7] = ["cpu", "limits.cpu", "limits.memory", "memory", "pods", "requests.cpu", "requests.memory"];

/// What a quota can be about that is not of Pods, or not only.
const NOT_OF_PODS: [&str; 12] = [
    "configmaps",
    "ephemeral-storage",
    "limits.ephemeral-storage",
    "persistentvolumeclaims",
    "replicationcontrollers",
    "requests.ephemeral-storage",
    "requests.storage",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
];

/// The scopes of a quota that are told by a class; all others only exist or do not.
const SCOPES_BY_VALUE: [&str; 2] = ["PriorityClass", "VolumeAttributesClass"];

/// The other scopes of a quota.
const SCOPES: [&str; 5] = ["BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "Terminating"];

/// Scopes that cannot hold together.
const CONFLICTS: [(&str, &str); 2] = [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")];

/// Judges a `ResourceQuota`.
pub(super) fn resource_quota<'a>(report: &mut Report<'a>, object: &'a Node) {
    let Some(spec) = child(object, "spec") else { return };
    for Entry { key, value } in entries(spec, "hard") {
        let name = key.value.as_str();
        if let (Err(reason), Some(hard)) = (names::qualified_name(name), child(spec, "hard")) {
            report.key(hard, name, format!("names no resource: {reason}"));
            continue;
        }
        resources::not_negative(report, value);
        let is_counted = COUNTED.contains(&name) || resources::is_extended(name);
        if is_counted && Amount::of_resource(value).is_some_and(|amount| !amount.is_whole()) {
            report.value(value, format!("has to be a whole number, found {}", wording::value_text(value)));
        }
    }
    let mut seen = BTreeMap::new();
    for scope in items(spec, "scopes") {
        self::scope(report, spec, scope, &mut seen);
    }
    let mut seen = BTreeMap::new();
    for expression in child(spec, "scopeSelector").into_iter().flat_map(|it| items(it, "matchExpressions")) {
        let Some(scope) = child(expression, "scopeName") else { continue };
        self::scope(report, spec, scope, &mut seen);
        scope_operator(report, expression, scope.as_str().unwrap_or_default());
    }
}

/// Judges a scope, in the light of the others and of what the quota is about.
fn scope<'a>(report: &mut Report<'a>, spec: &'a Node, scope: &'a Node, seen: &mut BTreeMap<&'a str, &'a Node>) {
    let name = scope.as_str().unwrap_or_default();
    if !SCOPES.contains(&name) && !SCOPES_BY_VALUE.contains(&name) {
        let known = wording::one_of(SCOPES.iter().chain(&SCOPES_BY_VALUE[..1]).map(|it| format!("`{it}`")));
        report.value(scope, format!("has to be {known}, found {}", wording::value_text(scope)));
        return;
    }
    let is_beyond = |resource: &str| match name {
        "BestEffort" => resource != "pods" && (NOT_OF_PODS.contains(&resource) || OF_PODS.contains(&resource)),
        "VolumeAttributesClass" => false,
        _ => NOT_OF_PODS.contains(&resource),
    };
    if let Some(beyond) = entries(spec, "hard").find(|entry| is_beyond(&entry.key.value)) {
        let sentence = format!("is `{name}`, which does not go with a quota of `{}`", beyond.key.value);
        report.pair(scope, sentence, &beyond.value, "the quota");
        return;
    }
    for (one, other) in CONFLICTS {
        let conflict = if name == one { other } else { one };
        if (name == one || name == other)
            && let Some(first) = seen.get(conflict)
        {
            report.pair(scope, format!("is `{name}`, which conflicts with `{conflict}`"), first, "the other");
        }
    }
    seen.insert(name, scope);
}

fn scope_operator<'a>(report: &mut Report<'a>, expression: &'a Node, scope: &str) {
    let Some(operator) = child(expression, "operator") else { return };
    let values = items(expression, "values");
    match operator.as_str().unwrap_or_default() {
        text @ ("DoesNotExist" | "In" | "NotIn") if SCOPES.contains(&scope) => {
            report.value(operator, format!("has to be `Exists` for `{scope}`, found `{text}`"));
        }
        text @ ("In" | "NotIn") if values.is_empty() => match child(expression, "values") {
            Some(values) => report.value(values, format!("needs at least 1 item when `operator` is `{text}`")),
            None => report.missing(expression, "values", &format!(": `operator: {text}` needs it")),
        },
        "In" | "NotIn" => {}
        text @ ("DoesNotExist" | "Exists") => {
            if let (false, Some(values)) = (values.is_empty(), child(expression, "values")) {
                report.value(values, format!("may not be given when `operator` is `{text}`"));
            }
        }
        text => {
            let known = "`In`, `NotIn`, `Exists` or `DoesNotExist`";
            report.value(operator, format!("has to be {known}, found {}", wording::quoted(text)));
        }
    }
}

/// Judges a `LimitRange`.
pub(super) fn limit_range<'a>(report: &mut Report<'a>, object: &'a Node) {
    let Some(spec) = child(object, "spec") else { return };
    let mut types: BTreeMap<&str, &Node> = BTreeMap::new();
    for limit in items(spec, "limits") {
        let Some(kind) = child(limit, "type") else { continue };
        let name = kind.as_str().unwrap_or_default();
        if let Err(reason) = limit_type(name) {
            report.value(kind, format!("cannot be {}: {reason}", wording::quoted(name)));
            continue;
        }
        if let Some(first) = types.insert(name, kind) {
            report.pair(kind, format!("repeats `{name}`"), first, "first here");
        }
        self::limit(report, limit, name);
    }
}

fn limit_type(name: &str) -> Result<(), String> {
    names::qualified_name(name)?;
    if name.contains('/') || matches!(name, "Container" | "PersistentVolumeClaim" | "Pod") {
        return Ok(());
    }
    Err("the types are `Container`, `PersistentVolumeClaim` and `Pod`".to_owned())
}

/// Judges what a range says of one type.
fn limit<'a>(report: &mut Report<'a>, limit: &'a Node, kind: &str) {
    let is_name = if matches!(kind, "Container" | "Pod") { resources::of_container } else { resources::of_range };
    let mut named = BTreeSet::new();
    for list in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
        if kind == "Pod" && matches!(list, "default" | "defaultRequest") {
            if entries(limit, list).next().is_some() {
                report.key(limit, list, "may not be given when `type` is `Pod`");
            }
            continue;
        }
        for entry in entries(limit, list) {
            let name = entry.key.value.as_str();
            match (is_name(name), child(limit, list)) {
                (Err(reason), Some(list)) => report.key(list, name, format!("names no resource: {reason}")),
                _ => {
                    named.insert(name);
                }
            }
        }
    }
    let storage = |list| child(limit, list).and_then(|list| list.get("storage"));
    if kind == "PersistentVolumeClaim" && storage("min").or_else(|| storage("max")).is_none() {
        report.value(limit, "needs `storage` in `min` or `max` when `type` is `PersistentVolumeClaim`");
    }
    for name in named {
        bounds(report, limit, kind, name);
    }
}

/// Reports the first contradiction between what a range says of one resource. Limits and requests that a range of containers does
/// not name come from the others (`SetDefaults_LimitRangeItem`).
fn bounds<'a>(report: &mut Report<'a>, limit: &'a Node, kind: &str, name: &str) {
    let find = |list: &'static str| {
        let node = child(limit, list)?.get(name)?;
        Some((list, node, Amount::of_resource(node)?))
    };
    let (max, min, ratio) = (find("max"), find("min"), find("maxLimitRequestRatio"));
    let is_container = kind == "Container";
    let has = |list| child(limit, list).is_some_and(|list| list.get(name).is_some());
    let default = find("default").or(max.filter(|_| is_container && !has("default")));
    let request = find("defaultRequest").or(default.or(min).filter(|_| is_container && !has("defaultRequest")));
    for (low, high, at_low) in [
        (min, max, true),
        (min, request, false),
        (request, max, true),
        (request, default, true),
        (min, default, false),
        (default, max, true),
    ] {
        let (Some((low_list, low_node, low)), Some((high_list, high_node, high))) = (low, high) else { continue };
        if low <= high {
            continue;
        }
        let (shown_low, shown_high) = (wording::value_text(low_node), wording::value_text(high_node));
        if at_low {
            let sentence = format!("is {shown_low}, more than the {shown_high} of `{high_list}`");
            report.pair(low_node, sentence, high_node, high_list);
        } else {
            let sentence = format!("is {shown_high}, less than the {shown_low} of `{low_list}`");
            report.pair(high_node, sentence, low_node, low_list);
        }
        return;
    }
    if let (Some((_, default_node, default)), Some((_, node, request))) = (default, request)
        && default != request
        && !resources::can_be_overcommitted(name)
    {
        let shown = wording::value_text(node);
        report.pair(
            node,
            format!("has to equal `default` for this resource, found {shown}"),
            default_node,
            "`default`",
        );
    }
    let Some((_, node, ratio)) = ratio else { return };
    let shown = wording::value_text(node);
    if ratio < Amount::ONE {
        report.value(node, format!("has to be at least 1, found {shown}"));
    } else if let (Some((.., min)), Some((_, max_node, max))) = (min, max)
        && [ratio, min, max].iter().all(|amount| amount.fits())
        && ratio.as_f64() > max.ratio(min)
    {
        report.pair(node, format!("is {shown}, more than `max` is of `min`"), max_node, "`max`");
    }
}
