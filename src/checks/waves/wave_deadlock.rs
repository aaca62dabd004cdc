//! Nothing that a sync waits for needs what the sync applies later.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::checks::{Check, Scope};
use crate::diagnostic::{Diagnostic, Effect, Related, Rule, Severity};
use crate::manifest::Phase;
use crate::package::Inversion;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "wave-deadlock",
        summary: "wave that a sync never comes to, because it waits for what is in it",
        severity: Severity::Error,
        effect: Effect::SyncBlocked,
        page: include_str!("wave_deadlock.md"),
    },
    since: "0.1.0",
    run,
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut inversions: Vec<_> = scope.package.inversions.iter().filter(|it| it.blocks).collect();
    inversions.sort_by_key(|it| Reverse(it.late_step));
    // What has to do with each other is one fault: the objects of each finding, by its rank.
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut known: BTreeMap<usize, usize> = BTreeMap::new();
    for it in inversions {
        let objects = [it.early.index, it.late.index];
        let rank = objects.iter().find_map(|object| known.get(object).copied()).unwrap_or(found.len());
        known.extend(objects.map(|object| (object, rank)));
        match found.get_mut(rank) {
            Some(finding) => {
                let message = format!("{} in {} needs {}", it.user.label(), it.early_step, it.needed_label());
                finding.related.push(Related { span: it.place.clone(), message });
            }
            None => found.push(diagnose(it)),
        }
    }
    findings.append(&mut found);
}

fn diagnose(it: &Inversion<'_>) -> Diagnostic {
    let (early, late) = (it.early_step, it.late_step);
    let message = format!(
        "{} comes in {late}, and {} in {early} waits for it: the sync never gets there",
        it.needed_label(),
        it.user_label()
    );
    let help = match early.phase {
        phase if phase == late.phase => {
            format!("give both the same wave: `\"{}\"` here, or `\"{}\"` there", early.wave, late.wave)
        }
        Phase::PreSync => format!(
            "apply it in `PreSync`, too: `argocd.argoproj.io/hook: PreSync`; or make {} a hook of `{}`",
            it.early.label(),
            late.phase.as_str()
        ),
        Phase::Sync | Phase::PostSync => "do not make it a hook".to_owned(),
    };
    Diagnostic::new(&CHECK.rule, it.late.wave_span(), message)
        .related(it.place, format!("{} needs it", it.user.label()))
        .related(it.early.wave_span(), format!("{} is in {early}", it.early.label()))
        .help(help)
}
