//! The names of resources and what containers ask of them (k8s.io/kubernetes `pkg/apis/core/validation/validation.go` and
//! `pkg/apis/core/helper/helpers.go`).

use std::collections::BTreeSet;

use super::super::{names, wording};
use super::quantity::Amount;
use super::{Report, child, entries, items, text_at, text_or_empty};
use crate::yaml::{Entry, Node};

/// What every container can have.
const OF_CONTAINERS: [&str; 3] = ["cpu", "ephemeral-storage", "memory"];

/// What quotas and ranges know of the resources without a domain.
const OF_NAMESPACES: [&str; 20] = [
    "configmaps",
    "cpu",
    "ephemeral-storage",
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "memory",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
    "requests.storage",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
    "storage",
];

/// What bytes can be counted in.
const BYTES: [&str; 13] = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

/// Checks the name of a resource that containers ask for.
///
/// # Errors
///
/// Says why it is none.
pub(super) fn of_container(name: &str) -> Result<(), String> {
    names::qualified_name(name)?;
    if !name.contains('/') {
        return if OF_CONTAINERS.contains(&name) || is_huge_page(name) {
            Ok(())
        } else {
            Err("a container has `cpu`, `memory`, `ephemeral-storage` and resources with a domain".to_owned())
        };
    }
    if !is_native(name) && !is_extended(name) {
        return Err("a resource with a domain does not begin with `requests.`".to_owned());
    }
    Ok(())
}

/// Checks the name of a resource of a `LimitRange` for anything but containers and Pods.
///
/// # Errors
///
/// Says why it is none.
pub(super) fn of_range(name: &str) -> Result<(), String> {
    names::qualified_name(name)?;
    let is_known = OF_NAMESPACES.contains(&name) || is_huge_page(name) || name.starts_with("requests.hugepages-");
    if name.contains('/') || is_known {
        return Ok(());
    }
    Err("there is no such resource; one of your own has a domain, as in `example.com/name`".to_owned())
}

/// Tells whether a resource belongs to Kubernetes itself.
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Tells whether a resource is one of somebody else that is counted in whole numbers.
pub(super) fn is_extended(name: &str) -> bool {
    !is_native(name) && !name.starts_with("requests.") && names::qualified_name(&format!("requests.{name}")).is_ok()
}

/// Tells whether a resource is memory in huge pages.
pub(super) fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// Tells whether more of a resource can be allowed than is asked for.
pub(super) fn can_be_overcommitted(name: &str) -> bool {
    is_native(name) && !is_huge_page(name)
}

/// Reports an amount below zero.
pub(super) fn not_negative<'a>(report: &mut Report<'a>, node: &'a Node) {
    if Amount::of_resource(node).is_some_and(|amount| amount < Amount::ZERO) {
        report.value(node, format!("has to be at least 0, found {}", wording::value_text(node)));
    }
}

/// Judges what a container asks for, or a Pod as a whole.
pub(super) fn requirements<'a>(report: &mut Report<'a>, resources: &'a Node, claims: &BTreeSet<&str>) {
    for list in ["limits", "requests"] {
        for entry in entries(resources, list) {
            amount(report, resources, list, entry);
        }
    }
    let limits = child(resources, "limits");
    for Entry { key, value } in entries(resources, "requests") {
        let name = key.value.as_str();
        let limit = limits.and_then(|limits| limits.get(name));
        let Some(limit) = limit else {
            if !can_be_overcommitted(name) && of_container(name).is_ok() {
                report
                    .value(value, "needs a limit: what is asked for and the limit have to be equal for this resource");
            }
            continue;
        };
        let (Some(asked), Some(allowed)) = (Amount::of_resource(value), Amount::of_resource(limit)) else { continue };
        if asked < Amount::ZERO || allowed < Amount::ZERO {
            continue;
        }
        let (shown, limit_shown) = (wording::value_text(value), wording::value_text(limit));
        if !can_be_overcommitted(name) && asked != allowed {
            report.pair(value, format!("has to equal the limit {limit_shown}, found {shown}"), limit, "the limit");
        } else if asked > allowed {
            report.pair(value, format!("asks for {shown}, which exceeds the limit {limit_shown}"), limit, "the limit");
        }
    }
    huge_pages(report, resources);
    // Before, the server dropped claims unless somebody had asked for them (`DynamicResourceAllocation`).
    if report.version < (1, 34) {
        return;
    }
    let mut seen = BTreeSet::new();
    for claim in items(resources, "claims") {
        let Some(name) = child(claim, "name") else { continue };
        let text = name.as_str().unwrap_or_default();
        if !claims.contains(text) {
            report.value(
                name,
                format!("names {}, which is not among the `resourceClaims` of the Pod", wording::quoted(text)),
            );
        } else if !seen.insert((text, text_or_empty(claim, "request"))) {
            report.value(name, format!("repeats the claim {}", wording::quoted(text)));
        }
    }
}

/// Judges the name and the amount of one resource.
fn amount<'a>(report: &mut Report<'a>, resources: &'a Node, list: &str, entry: &'a Entry) {
    let (name, value) = (entry.key.value.as_str(), &entry.value);
    if let Err(reason) = of_container(name) {
        if let Some(list) = child(resources, list) {
            report.key(list, name, format!("names no resource: {reason}"));
        }
        return;
    }
    not_negative(report, value);
    let Some(amount) = Amount::of_resource(value) else { return };
    let shown = wording::value_text(value);
    if is_extended(name) && !amount.is_whole() {
        report.value(value, format!("has to be a whole number, found {shown}"));
    }
    if let Some(size) = name.strip_prefix("hugepages-") {
        let page = Amount::parse(size);
        if !page.is_some_and(|page| amount.is_multiple_of(page)) {
            report.value(value, format!("has to be a multiple of the size of a page, {size}, found {shown}"));
        }
    }
}

/// Reports huge pages without anything else.
fn huge_pages<'a>(report: &mut Report<'a>, resources: &'a Node) {
    let all = || ["limits", "requests"].into_iter().flat_map(|list| entries(resources, list));
    let has_others = all().any(|entry| matches!(entry.key.value.as_str(), "cpu" | "memory"));
    if let Some(entry) = all().find(|entry| is_huge_page(&entry.key.value) && !has_others) {
        report.value(&entry.value, "needs `cpu` or `memory` beside it");
    }
}

/// Judges a reference to a resource of a container, in an environment variable or a volume.
pub(super) fn field_reference<'a>(report: &mut Report<'a>, reference: &'a Node) {
    let Some(resource) = child(reference, "resource") else { return };
    let name = resource.as_str().unwrap_or_default();
    let kind = name.strip_prefix("limits.").or_else(|| name.strip_prefix("requests.")).unwrap_or_default();
    let units: &[&str] = match kind {
        "cpu" => &["1m", "1"],
        "memory" | "ephemeral-storage" => &BYTES,
        _ if is_huge_page(kind) => &BYTES,
        _ => {
            let help = "`limits.cpu`, `limits.memory`, `limits.ephemeral-storage` or the same of `requests`";
            report.value(resource, format!("has to be {help}, found {}", wording::value_text(resource)));
            return;
        }
    };
    let Some(divisor) = child(reference, "divisor") else { return };
    let written = text_at(reference, "divisor")
        .map_or_else(|| divisor.to_json().to_string(), |text| text.trim_matches(' ').to_owned());
    if Amount::read(divisor).is_some_and(|amount| amount != Amount::ZERO) && !units.contains(&written.as_str()) {
        let units = wording::one_of(units.iter().map(|unit| format!("`{unit}`")));
        report.value(
            divisor,
            format!("has to be {units} for {}, found {}", wording::quoted(name), wording::value_text(divisor)),
        );
    }
}
