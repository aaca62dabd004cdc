//! What a parent waits for is synced without anybody asking.

use std::collections::BTreeMap;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::package::Creator;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "wave-child-not-automated",
        summary: "child that its parent waits for, and that nobody syncs",
        severity: Severity::Error,
        effect: Effect::SyncBlocked,
        page: include_str!("wave_child_not_automated.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    // Without a health nobody waits for an Application.
    if scope.package.application_health.is_none() {
        return;
    }
    // Who has to sync the parent by hand can sync its children by hand, too.
    let children = scope.package.applications.iter().filter_map(|child| match child.creator {
        Creator::Parent(parent) if scope.package.applications[parent].application.sync.is_automated => {
            Some((parent, child))
        }
        _ => None,
    });
    let steps: Vec<_> = children.filter_map(|(parent, child)| Some((parent, child.manifest.step()?, child))).collect();
    let mut last = BTreeMap::new();
    for (parent, step, child) in &steps {
        let last = last.entry(*parent).or_insert((*step, *child));
        if *step > last.0 {
            *last = (*step, *child);
        }
    }
    for (parent, step, child) in steps {
        let (end, other) = last[&parent];
        let creator = scope.package.applications[parent].manifest;
        let is_known = !child.manifest.is_same_object(creator)
            && scope.package.is_exact(child.manifest)
            && scope.manifests.knows_wave(child.manifest);
        if child.application.sync.is_automated || step >= end || !is_known {
            continue;
        }
        let message = format!(
            "{} waits in {step} until {} is healthy, and nobody syncs that one: it never comes to {end}",
            creator.label(),
            child.manifest.label()
        );
        let span = child.application.sync.span.as_ref().unwrap_or(child.manifest.name_span());
        findings.push(
            Diagnostic::new(&CHECK.rule, span, message)
                .related(creator.name_span(), creator.label())
                .related(other.manifest.wave_span(), format!("{} is in {end}", other.manifest.label()))
                .help("write `automated: {}` below `spec.syncPolicy` of the child"),
        );
    }
}
