//! Who is anonymous is anybody.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "rbac-anonymous",
        summary: "role for anybody who reaches the API server",
        severity: Severity::Error,
        effect: Effect::Insecure,
        page: include_str!("rbac_anonymous.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

/// What Kubernetes itself gives to everybody, or says that it may be given to everybody.
const PUBLIC_ROLES: [&str; 4] =
    ["system:basic-user", "system:discovery", "system:public-info-viewer", "system:service-account-issuer-discovery"];
/// The namespace that everybody may read from.
const PUBLIC_NAMESPACE: &str = "kube-public";

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let of_kind = |kind| object.of_kind("rbac.authorization.k8s.io", kind);
    let Some(binding) = of_kind("ClusterRoleBinding").or_else(|| of_kind("RoleBinding")) else { return };
    let text = |path: &[&str]| binding.at(path).and_then(Node::as_str);
    let Some(role) = text(&["roleRef", "name"]) else { return };
    if PUBLIC_ROLES.contains(&role) || text(&["metadata", "namespace"]) == Some(PUBLIC_NAMESPACE) {
        return;
    }
    for subject in binding.items_at(&["subjects"]) {
        let Some(node) = subject.get("name") else { continue };
        let kind = subject.get("kind").and_then(Node::as_str).unwrap_or_default();
        let who = match (kind, node.as_str().unwrap_or_default()) {
            ("User", "system:anonymous") | ("Group", "system:unauthenticated") => "whoever reaches the API server",
            ("Group", "system:authenticated") if role == "cluster-admin" => "every user and every pod",
            ("Group", "system:serviceaccounts") if role == "cluster-admin" => "every pod",
            _ => continue,
        };
        let message = format!("{who} has the rights of `{role}`");
        let help = "name the users, groups or service accounts that need the role";
        findings.push(Diagnostic::new(&CHECK.rule, &node.span, message).help(help));
    }
}
