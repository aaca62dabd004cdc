//! Roles (k8s.io/kubernetes `pkg/apis/rbac/validation/validation.go`).

use super::{Report, child, items, text_at};
use crate::yaml::Node;

/// Judges a `ClusterRole`.
pub(super) fn cluster_role<'a>(report: &mut Report<'a>, role: &'a Node) {
    for rule in items(role, "rules") {
        let Some(urls) = child(rule, "nonResourceURLs").filter(|_| !items(rule, "nonResourceURLs").is_empty()) else {
            continue;
        };
        for key in ["apiGroups", "resources", "resourceNames"] {
            if let Some(other) = child(rule, key).filter(|_| !items(rule, key).is_empty()) {
                report.pair(other, "may not be given with `nonResourceURLs`; write two rules", urls, "the URLs");
                break;
            }
        }
    }
    if let Some(aggregation) = child(role, "aggregationRule")
        && items(aggregation, "clusterRoleSelectors").is_empty()
    {
        match child(aggregation, "clusterRoleSelectors") {
            Some(selectors) => report.value(selectors, "needs at least 1 item, it has 0 items"),
            None => report.missing(aggregation, "clusterRoleSelectors", ""),
        }
    }
}

/// Judges a `ClusterRoleBinding`, which has no namespace that its subjects could be in.
pub(super) fn cluster_role_binding<'a>(report: &mut Report<'a>, binding: &'a Node) {
    for subject in items(binding, "subjects") {
        let is_account = text_at(subject, "kind") == Some("ServiceAccount");
        if is_account && text_at(subject, "namespace").is_none_or(str::is_empty) {
            match child(subject, "namespace") {
                Some(namespace) => report.value(namespace, "is empty"),
                None => report.missing(subject, "namespace", ": a `ServiceAccount` has one"),
            }
        }
    }
}
