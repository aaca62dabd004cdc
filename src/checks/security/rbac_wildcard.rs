//! A role that may do everything has no bounds.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "rbac-wildcard",
        summary: "role that may do everything with everything",
        severity: Severity::Warning,
        effect: Effect::Insecure,
        page: include_str!("rbac_wildcard.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let of_kind = |kind| object.of_kind("rbac.authorization.k8s.io", kind);
    let Some(role) = of_kind("ClusterRole").or_else(|| of_kind("Role")) else { return };
    let has_all = |rule: &&Node| {
        ["apiGroups", "resources", "verbs"]
            .iter()
            .all(|key| rule.items_at(&[key]).any(|item| item.as_str() == Some("*")))
    };
    let Some(wildcard) = role.items_at(&["rules"]).find(has_all).filter(|_| !is_known(role)) else { return };
    let name = role.at(&["metadata", "name"]).and_then(Node::as_str).unwrap_or_default();
    let reach = if object.kind == "Role" { "of its namespace" } else { "of the cluster" };
    let message = format!("{} `{name}` may do everything with every object {reach}", object.kind);
    let help = "name the groups, resources and verbs that are needed; `*` holds for those that come later, too";
    findings.push(Diagnostic::new(&CHECK.rule, &wildcard.span, message).help(help));
}

/// Tells whether a role belongs to a program that is known to need it: Argo CD, which applies whatever it is told to, and
/// Kubernetes itself.
fn is_known(role: &Node) -> bool {
    let label = |key| role.at(&["metadata", "labels", key]).and_then(Node::as_str);
    label("app.kubernetes.io/part-of") == Some("argocd") || label("kubernetes.io/bootstrapping").is_some()
}
