//! A Service selects pods.

use std::collections::BTreeSet;

use super::missed;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "service-selector",
        summary: "Service that selects no pods, and nearly does",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("service_selector.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let (mut idle, mut taken) = (Vec::new(), BTreeSet::new());
    for service in &scope.manifests.facts.services {
        let selected = scope.objects.selected(&service.selector);
        if selected.is_empty() {
            idle.push(service);
        }
        taken.extend(selected.iter().map(|workload| workload.manifest));
    }
    for service in idle {
        let manifest = scope.manifests.manifest_of(service);
        if let Some(miss) = missed(scope, manifest, &service.selector, &taken) {
            let (key, value) = (&miss.wrong.key, &**miss.wrong.value);
            let message = format!("{} selects no pods: none has the label `{key}: {value}`", manifest.label());
            findings.push(miss.report(&CHECK.rule, scope, message));
        }
    }
}
