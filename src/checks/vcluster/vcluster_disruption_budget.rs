//! A budget counts the pods that stay or the pods that go.

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-disruption-budget",
        summary: "disruption budget with two limits for one control plane",
        severity: Severity::Error,
        effect: Effect::PodCrash,
        page: include_str!("vcluster_disruption_budget.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope) {
        let at = |key| virtual_cluster.value_entry(&["controlPlane", "advanced", "podDisruptionBudget", key]);
        let is_on = at("enabled").is_some_and(|enabled| enabled.value.as_bool() == Some(true));
        let (Some(min), Some(max)) = (at("minAvailable").filter(|_| is_on), at("maxUnavailable")) else { continue };
        let message = "`maxUnavailable` and `minAvailable` exclude each other: vCluster does not start";
        findings.push(
            Diagnostic::new(&CHECK.rule, &max.value.span, message)
                .related(&min.value.span, "`minAvailable` is set here")
                .help("leave one of them out"),
        );
    }
}
