//! The chart wants to know which Secrets the kubeconfigs go to, and says so in one way.

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::network::VirtualCluster;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "kubeconfig-secret-conflict",
        summary: "Secrets for kubeconfigs that the vCluster chart refuses",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("kubeconfig_secret_conflict.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope) {
        let Some(list) = virtual_cluster.value_entry(&["exportKubeConfig", "additionalSecrets"]) else { continue };
        let entries = list.value.as_sequence().unwrap_or_default();
        if let Some(secret) = secret(virtual_cluster).filter(|_| !entries.is_empty()) {
            let message = "`exportKubeConfig.secret` and `exportKubeConfig.additionalSecrets` exclude each other";
            findings.push(
                Diagnostic::new(&CHECK.rule, &list.key.span, message)
                    .related(&secret.span, "the other one is set here")
                    .help("make the one Secret an entry of `additionalSecrets`, and leave `secret` out"),
            );
        }
        for entry in entries.iter().filter(|entry| !names_secret(entry)) {
            let message = "this additional Secret has neither a `name` nor a `namespace`";
            findings.push(
                Diagnostic::new(&CHECK.rule, &entry.span, message)
                    .help(format!("give it a name, say `name: vc-{}-external`", virtual_cluster.release)),
            );
        }
    }
}

/// Returns `exportKubeConfig.secret` if it names a Secret.
pub(super) fn secret<'a>(virtual_cluster: &VirtualCluster<'a>) -> Option<&'a Node> {
    virtual_cluster.value(&["exportKubeConfig", "secret"]).filter(|secret| names_secret(secret))
}

/// Tells whether a reference has a name or a namespace, as `chart/templates/_exportKubeConfig.tpl` does.
fn names_secret(reference: &Node) -> bool {
    let is_set = |key| reference.get(key).and_then(Node::as_str).is_some_and(|text| !text.trim().is_empty());
    is_set("name") || is_set("namespace")
}
