//! From Argo CD 3.4 on, a child with missing resources counts as healthy.

use std::collections::BTreeMap;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::package::Creator;
use crate::schema::argocd;

/// The first version that does not wait (argoproj/argo-cd#25962).
const FIRST: argocd::Version = (3, 4);

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "argocd-wave-regression",
        summary: "waves of child Applications that Argo CD 3.4 and later may not wait for",
        severity: Severity::Info,
        effect: Effect::SilentlyIgnored,
        page: include_str!("argocd_wave_regression.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let Some((major, minor)) = scope.argocd.filter(|version| *version >= FIRST) else { return };
    // Without a health nobody waits for an Application anyway.
    let Some(health) = scope.package.application_health else { return };
    let mut parents: BTreeMap<usize, Vec<_>> = BTreeMap::new();
    for child in &scope.package.applications {
        if let (Creator::Parent(parent), Some(step)) = (child.creator, child.manifest.step()) {
            parents.entry(parent).or_default().push(step);
        }
    }
    let gated = parents.into_iter().filter(|(_, steps)| steps.iter().any(|step| *step != steps[0]));
    for (parent, _) in gated {
        let parent = scope.package.applications[parent].manifest;
        let message = format!(
            "{} may go on before its children are there: for Argo CD {major}.{minor}, one with missing resources is healthy",
            parent.label()
        );
        findings.push(
            Diagnostic::new(&CHECK.rule, parent.name_span(), message)
                .related(health.name_span(), "the health of Applications")
                .help("let the health check wait until `status.sync.status` is `Synced`, or use Argo CD 3.3"),
        );
    }
}
