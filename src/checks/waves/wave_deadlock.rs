//! Nothing that a sync waits for needs what the sync applies later.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
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
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut inversions: Vec<_> = scope.package.inversions.iter().filter(|it| it.blocks).collect();
    inversions.sort_by_key(|it| Reverse(it.late_step));
    // What has to do with each other is one fault: the objects of each group, by its rank.
    let mut groups: Vec<Vec<&Inversion<'_>>> = Vec::new();
    let mut known: BTreeMap<usize, usize> = BTreeMap::new();
    for it in inversions {
        let objects = [it.early.index, it.late.index];
        let rank = objects.iter().find_map(|object| known.get(object).copied()).unwrap_or(groups.len());
        known.extend(objects.map(|object| (object, rank)));
        match groups.get_mut(rank) {
            Some(group) => group.push(it),
            None => groups.push(vec![it]),
        }
    }
    findings.extend(groups.iter().filter_map(|group| diagnose(group)));
}

fn diagnose(group: &[&Inversion<'_>]) -> Option<Diagnostic> {
    let (it, others) = group.split_first()?;
    let (early, late) = (it.early_step, it.late_step);
    let message = format!(
        "{} comes in {late}, and {} in {early} waits for it: the sync never gets there",
        it.needed_label(),
        it.user_label()
    );
    let help = match early.phase {
        phase if phase == late.phase => {
            format!("give both the same wave, `\"{}\"` or `\"{}\"`", early.wave, late.wave)
        }
        Phase::PreSync => format!(
            "apply it in `PreSync`, too: `argocd.argoproj.io/hook: PreSync`; or make {} a hook of `{}`",
            it.early.label(),
            late.phase.as_str()
        ),
        Phase::Sync | Phase::PostSync => "do not make it a hook".to_owned(),
    };
    // One object that comes before many things is the one that is misplaced.
    let is_early_alone = others.iter().any(|other| other.late.index != it.late.index)
        && others.iter().all(|other| other.early.index == it.early.index);
    let (at, other, place) = if is_early_alone {
        (it.early, it.late, format!("{} comes in {late}", it.late.label()))
    } else {
        (it.late, it.early, format!("{} is in {early}", it.early.label()))
    };
    let finding = Diagnostic::new(&CHECK.rule, at.wave_span(), message)
        .related(it.place, format!("{} needs it", it.user.label()))
        .related(other.wave_span(), place)
        .help(help);
    Some(others.iter().fold(finding, |finding, it| {
        finding.related(it.place, format!("{} in {} needs {}", it.user.label(), it.early_step, it.needed_label()))
    }))
}
