//! A budget or a policy is for some pods.

use std::collections::{BTreeMap, BTreeSet};

use super::missed;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "disruption-budget-selector",
        summary: "disruption budget or network policy for no pods, and nearly for some",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("disruption_budget_selector.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut idle = Vec::new();
    let mut taken: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for selector in &scope.manifests.facts.pod_selectors {
        let manifest = scope.manifests.manifest_of(selector);
        let selected = scope.objects.selected(&selector.labels);
        if selected.is_empty() {
            idle.push((manifest, selector));
        }
        taken.entry(&manifest.kind).or_default().extend(selected.iter().map(|workload| workload.manifest));
    }
    for (manifest, selector) in idle {
        let taken = taken.entry(&manifest.kind).or_default();
        if let Some(miss) = missed(scope, manifest, &selector.labels, taken) {
            let (key, value) = (&miss.wrong.key, &**miss.wrong.value);
            let message = format!("{} is for no pods: none has the label `{key}: {value}`", manifest.label());
            findings.push(miss.report(&CHECK.rule, scope, message));
        }
    }
}
