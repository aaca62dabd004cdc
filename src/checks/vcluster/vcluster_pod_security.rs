//! Kubernetes has three pod security standards.

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity, nearest, only_near};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-pod-security",
        summary: "pod security standard that vCluster does not know",
        severity: Severity::Error,
        effect: Effect::PodCrash,
        page: include_str!("vcluster_pod_security.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// The standards that vCluster knows (`pkg/config/validation.go`).
const STANDARDS: [&str; 3] = ["privileged", "baseline", "restricted"];

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope) {
        let Some(node) = virtual_cluster.value(&["policies", "podSecurityStandard"]) else { continue };
        let Some(standard) = node.as_str().filter(|it| is_wrong(it)) else { continue };
        let help = match nearest(standard, STANDARDS) {
            Some(near) => format!("write `{near}`"),
            None => "write `privileged`, `baseline` or `restricted`".to_owned(),
        };
        let message = format!("`{standard}` is no pod security standard: vCluster does not start");
        let fix = only_near(standard, STANDARDS).map(|only| Fix::Text(node.span.clone(), only.to_owned()));
        findings.push(Diagnostic::new(&CHECK.rule, &node.span, message).help(help).fix_if(fix));
    }
}

/// Tells whether a text is no standard. An empty one stands for none, and nobody knows what a placeholder stands for.
fn is_wrong(text: &str) -> bool {
    !text.is_empty() && !text.contains("{{") && !STANDARDS.contains(&text)
}
