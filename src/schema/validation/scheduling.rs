//! Where Pods run, and in which order (k8s.io/kubernetes `pkg/apis/core/validation/validation.go` and
//! `pkg/apis/scheduling/validation/validation.go`).

use std::collections::BTreeMap;

use super::super::{names, wording};
use super::pods::HIGHEST_PRIORITY;
use super::{Report, below, child, is_true, items, number_at, text_or_empty};
use crate::yaml::Node;

/// The classes that Kubernetes has itself, and their values.
const SYSTEM_CLASSES: [(&str, i64); 2] =
    [("system-cluster-critical", 2 * HIGHEST_PRIORITY), ("system-node-critical", 2 * HIGHEST_PRIORITY + 1000)];

/// Judges what a Pod says about nodes.
pub(super) fn of_pod<'a>(report: &mut Report<'a>, spec: &'a Node) {
    for toleration in items(spec, "tolerations") {
        self::toleration(report, toleration);
    }
    if let Some(affinity) = below(spec, &["affinity", "nodeAffinity"]) {
        node_affinity(report, affinity);
    }
    let mut spread = BTreeMap::new();
    for constraint in items(spec, "topologySpreadConstraints") {
        let policy = text_or_empty(constraint, "whenUnsatisfiable");
        if let Some(key) = child(constraint, "topologyKey")
            && let Some(first) = spread.insert((key.as_str().unwrap_or_default(), policy), key)
        {
            let shown = wording::value_text(key);
            report.pair(key, format!("repeats {shown} with the same `whenUnsatisfiable`"), first, "first here");
        }
        // Before, the server dropped the field unless somebody had asked for it (`MinDomainsInPodTopologySpread`).
        if let Some(domains) = child(constraint, "minDomains").filter(|_| report.version >= (1, 27)) {
            let number = domains.as_i64().unwrap_or(1);
            if number < 1 {
                report.value(domains, format!("has to be at least 1, found `{number}`"));
            } else if !matches!(policy, "DoNotSchedule" | "") {
                report.value(domains, "needs `whenUnsatisfiable` to be `DoNotSchedule`");
            }
        }
    }
    let mut gates = BTreeMap::new();
    for name in items(spec, "schedulingGates").iter().filter_map(|gate| child(gate, "name")) {
        if let Some(first) = gates.insert(name.as_str().unwrap_or_default(), name) {
            report.pair(name, format!("repeats {}", wording::value_text(name)), first, "first here");
        }
    }
    for key in ["nodeName", "priorityClassName", "runtimeClassName"] {
        let Some(name) = child(spec, key) else { continue };
        let text = name.as_str().unwrap_or_default();
        if let Err(reason) = names::subdomain(text)
            && (!text.is_empty() || key == "runtimeClassName")
        {
            report.value(name, format!("cannot be {}: {reason}", wording::quoted(text)));
        }
    }
}

fn toleration<'a>(report: &mut Report<'a>, toleration: &'a Node) {
    let operator = child(toleration, "operator");
    let name = operator.and_then(Node::as_str).unwrap_or_default();
    if text_or_empty(toleration, "key").is_empty() && name != "Exists" {
        match operator {
            Some(operator) => report.value(operator, "has to be `Exists` where no `key` is given"),
            None => report.missing(toleration, "operator", ": it has to be `Exists` where no `key` is given"),
        }
        return;
    }
    // Comparing is for those who asked for it (`TaintTolerationComparisonOperators`).
    if let Some(operator) = operator.filter(|_| matches!(name, "Gt" | "Lt")) {
        report
            .value(operator, format!("has to be `Equal` or `Exists`, found `{name}`, which is not enabled by default"));
    }
}

fn node_affinity<'a>(report: &mut Report<'a>, affinity: &'a Node) {
    const REQUIRED: [&str; 2] = ["requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"];
    let required = below(affinity, &REQUIRED);
    if let Some(terms) = required.filter(|terms| terms.as_sequence().is_some_and(<[Node]>::is_empty)) {
        report.value(terms, "needs at least 1 item, it has 0 items");
    }
    let required = required.and_then(Node::as_sequence).unwrap_or_default().iter();
    let preferred = items(affinity, "preferredDuringSchedulingIgnoredDuringExecution").iter();
    for term in required.chain(preferred.filter_map(|term| child(term, "preference"))) {
        for field in items(term, "matchFields") {
            if let Some(key) = child(field, "key").filter(|key| key.as_str() != Some("metadata.name")) {
                let shown = wording::value_text(key);
                report.value(
                    key,
                    format!("has to be `metadata.name`, the only field that nodes are chosen by, found {shown}"),
                );
            }
            if let Some(operator) = child(field, "operator").filter(|it| !matches!(it.as_str(), Some("In" | "NotIn"))) {
                report.value(operator, format!("has to be `In` or `NotIn`, found {}", wording::value_text(operator)));
            }
            if let Some(values) = child(field, "values").filter(|it| it.as_sequence().is_some_and(|it| it.len() != 1)) {
                report.value(values, "needs exactly one item: fields are compared with one value");
            }
        }
    }
}

/// Judges a `PriorityClass`.
pub(super) fn priority_class<'a>(report: &mut Report<'a>, class: &'a Node) {
    let (name, value) = (below(class, &["metadata", "name"]), number_at(class, "value"));
    let system = name.filter(|name| name.as_str().is_some_and(|name| name.starts_with("system-")));
    match (system, value, child(class, "value")) {
        (Some(name), ..) => {
            let known = SYSTEM_CLASSES.iter().any(|(known, known_value)| {
                name.as_str() == Some(known) && value == Some(*known_value) && !is_true(class, "globalDefault")
            });
            if !known {
                report.value(name, "begins with `system-`, which is for Kubernetes' own classes");
            }
        }
        (None, Some(number), Some(value)) if number > HIGHEST_PRIORITY => {
            report.value(value, format!("has to be at most {HIGHEST_PRIORITY}, found `{number}`"));
        }
        _ => {}
    }
}
