//! What is needed comes before what needs it, even where nothing waits.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::package::{Creator, PackagedApplication};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "wave-order",
        summary: "object in an earlier wave than what it needs",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("wave_order.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let inversions = &scope.package.inversions;
    // `wave-deadlock` has told of these.
    let blocked: BTreeSet<_> =
        inversions.iter().filter(|it| it.blocks).map(|it| (it.early.index, it.late.index)).collect();
    // What comes too early is one fault, however much comes after it.
    let mut found: BTreeMap<usize, Diagnostic> = BTreeMap::new();
    for it in inversions.iter().filter(|it| !blocked.contains(&(it.early.index, it.late.index))) {
        let late = it.late_step;
        let related = format!("{} comes in {late}", it.needed_label());
        if let Some(finding) = found.remove(&it.early.index) {
            found.insert(it.early.index, finding.related(it.late.wave_span(), related));
            continue;
        }
        let message =
            format!("{} comes in {}, before {}, which it needs", it.user_label(), it.early_step, it.needed_label());
        let help = if it.early_step.phase == late.phase {
            format!("give it a wave of at least {0}, as in `\"{0}\"`", late.wave)
        } else {
            format!("apply {} in the phase of {}", it.late.label(), it.early.label())
        };
        let finding = Diagnostic::new(&CHECK.rule, it.early.wave_span(), message)
            .related(it.late.wave_span(), related)
            .help(help);
        found.insert(it.early.index, finding);
    }
    findings.extend(found.into_values());
    findings.extend(scope.package.applications.iter().filter_map(|it| into_virtual_cluster(scope, it)));
}

/// Reports an Application that deploys into a virtual cluster and does not come after it.
fn into_virtual_cluster(scope: &Scope<'_>, it: &PackagedApplication<'_>) -> Option<Diagnostic> {
    let virtual_cluster = scope.network.destination_of(it)?.application;
    let has_parent = matches!(it.creator, Creator::Parent(_)) && it.creator == virtual_cluster.creator;
    let (early, late) = (it.manifest, virtual_cluster.manifest);
    let both = [early, late];
    // Without any wave nobody asked for an order.
    let is_ordered = both.iter().any(|it| it.wave().is_some())
        && both.iter().all(|it| scope.package.is_exact(it) && scope.manifests.knows_wave(it));
    let (early_step, late_step) = early.step().zip(late.step())?;
    if !has_parent || !is_ordered || early_step > late_step || early.index == late.index {
        return None;
    }
    let message = format!(
        "{} comes in {early_step}, not after the virtual cluster that it deploys into, which comes in {late_step}",
        early.label()
    );
    let wave = late_step.wave;
    let help = format!("give it a wave greater than {wave}, as in `\"{}\"`", wave.saturating_add(5));
    Some(Diagnostic::new(&CHECK.rule, early.wave_span(), message).related(late.wave_span(), late.label()).help(help))
}
