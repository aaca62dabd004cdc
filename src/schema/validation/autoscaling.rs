//! Autoscalers (k8s.io/kubernetes `pkg/apis/autoscaling/validation/validation.go`).

use super::super::{names, wording};
use super::quantity::Amount;
use super::{Report, child, items, number_at, resources, text_or_empty};
use crate::yaml::Node;

/// The types of metrics, and where they stand.
const METRICS: [(&str, &str); 5] = [
    ("ContainerResource", "containerResource"),
    ("External", "external"),
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
];

/// Judges a `HorizontalPodAutoscaler` of any version.
pub(super) fn autoscaler<'a>(report: &mut Report<'a>, object: &'a Node) {
    let Some(spec) = child(object, "spec") else { return };
    if let Some(target) = child(spec, "scaleTargetRef") {
        scale_target(report, target);
    }
    let (min, max) = (number_at(spec, "minReplicas"), number_at(spec, "maxReplicas"));
    if let (Some(number), Some(max_number), Some(min), Some(max)) =
        (min, max, child(spec, "minReplicas"), child(spec, "maxReplicas"))
    {
        if number == 0 && max_number > 0 {
            // `HPAScaleToZero`
            report.value(min, "has to be at least 1, found `0`: scaling to zero is not enabled by default");
        } else if number > max_number {
            report.pair(min, format!("is {number}, more than the {max_number} of `maxReplicas`"), max, "`maxReplicas`");
        }
    }
    for metric in items(spec, "metrics") {
        self::metric(report, metric);
    }
    for direction in ["scaleDown", "scaleUp"] {
        let Some(rules) = child(spec, "behavior").and_then(|behavior| child(behavior, direction)) else { continue };
        if let Some(policies) = child(rules, "policies").filter(|it| it.as_sequence().is_some_and(<[Node]>::is_empty)) {
            report.value(policies, "needs at least 1 item, it has 0 items");
        }
        if let Some(tolerance) = child(rules, "tolerance") {
            resources::not_negative(report, tolerance);
        }
    }
}

fn scale_target<'a>(report: &mut Report<'a>, target: &'a Node) {
    for key in ["kind", "name"] {
        path_segment(report, target, key);
    }
    // The core has one kind that can be scaled. Before 1.36 the server looked away.
    if report.version < (1, 36) || text_or_empty(target, "kind") == "ReplicationController" {
        return;
    }
    let Some(api_version) = child(target, "apiVersion") else {
        report.missing(target, "apiVersion", ": it has to name a group, as in `apps/v1`");
        return;
    };
    let text = api_version.as_str().unwrap_or_default();
    if !text.split_once('/').is_some_and(|(group, version)| !group.is_empty() && !version.contains('/')) {
        report.value(
            api_version,
            format!("has to name a group and a version, as in `apps/v1`, found {}", wording::quoted(text)),
        );
    }
}

fn path_segment<'a>(report: &mut Report<'a>, node: &'a Node, key: &str) {
    let Some(name) = child(node, key) else { return };
    let text = name.as_str().unwrap_or_default();
    if let Err(reason) = names::path_segment(text) {
        match text {
            "" => report.value(name, "is empty"),
            _ => report.value(name, format!("cannot be {}: {reason}", wording::quoted(text))),
        }
    }
}

fn metric<'a>(report: &mut Report<'a>, metric: &'a Node) {
    let Some((kind, key)) = METRICS.iter().find(|(kind, _)| *kind == text_or_empty(metric, "type")) else { return };
    for (_, other) in METRICS.iter().filter(|(_, other)| other != key && child(metric, other).is_some()) {
        report.key(metric, other, format!("may not be given when `type` is `{kind}`"));
    }
    let Some(source) = child(metric, key) else { return };
    match *key {
        "containerResource" => {
            resource_name(report, source);
            if let Some(container) = child(source, "container")
                && let Err(reason) = names::label(container.as_str().unwrap_or_default())
            {
                let shown = wording::value_text(container);
                report.value(container, format!("cannot be {shown}: {reason}"));
            }
        }
        "resource" => {
            if let Some(name) = child(source, "name").filter(|name| name.as_str() == Some("")) {
                report.value(name, "is empty");
            }
        }
        "object" => {
            if let Some(described) = child(source, "describedObject") {
                path_segment(report, described, "kind");
                path_segment(report, described, "name");
            }
        }
        _ => {}
    }
    if let Some(identifier) = child(source, "metric") {
        path_segment(report, identifier, "name");
    }
    if let Some(target) = child(source, "target") {
        self::target(report, target, key);
    }
}

fn resource_name<'a>(report: &mut Report<'a>, source: &'a Node) {
    let Some(name) = child(source, "name") else { return };
    let text = name.as_str().unwrap_or_default();
    if let Err(reason) = resources::of_container(text) {
        match text {
            "" => report.value(name, "is empty"),
            _ => report.value(name, format!("cannot be {}: {reason}", wording::quoted(text))),
        }
    }
}

/// Judges what a metric is held against.
fn target<'a>(report: &mut Report<'a>, target: &'a Node, source: &str) {
    for key in ["averageValue", "value"] {
        if let Some(value) = child(target, key)
            && Amount::read(value).is_some_and(|amount| amount <= Amount::ZERO)
        {
            report.value(value, format!("has to be more than 0, found {}", wording::value_text(value)));
        }
    }
    let (average, value) = (child(target, "averageValue"), child(target, "value"));
    let share = child(target, "averageUtilization");
    if let Some(share) = share.filter(|share| share.as_i64().is_some_and(|share| share < 1)) {
        report.value(share, format!("has to be at least 1, found {}", wording::value_text(share)));
    }
    match (source, average, value, share) {
        ("containerResource" | "resource", Some(average), _, Some(share)) => {
            report.pair(average, "may not be given with `averageUtilization`", share, "`averageUtilization`");
        }
        ("containerResource" | "resource", None, _, None) => {
            report.value(target, "needs `averageUtilization` or `averageValue`");
        }
        ("external", Some(average), Some(value), _) => {
            report.pair(value, "may not be given with `averageValue`", average, "`averageValue`");
        }
        ("external" | "object", None, None, _) => report.value(target, "needs `averageValue` or `value`"),
        ("pods", None, ..) => report.value(target, "needs `averageValue`"),
        _ => {}
    }
}
