//! Round after round, until nothing is left that can be mended.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fixed, Outcome, Refusal, fix};
use crate::diagnostic::{Changes, Diagnostic, Fix, Severity};
use crate::tree::Edits;

/// How often texts are judged anew at most. Few need more than two rounds.
const MAX_ROUNDS: usize = 100;

/// Texts that are being mended. Whoever uses it judges them, hands over the findings, and does so again while
/// [`Mending::round`] returns nothing.
#[derive(Debug, Default)]
pub struct Mending {
    /// The texts as they are to be.
    pub edits: Edits,
    /// How many findings are mended.
    pub fixed: usize,
    rounds: usize,
    last: Option<Round>,
    refused: BTreeSet<Name>,
    /// How many fixes of a file are made at once, where all together made something worse.
    limits: BTreeMap<String, usize>,
}

/// What a finding is called from one round to the next: its file, its rule and its message.
type Name = (String, &'static str, String);

/// What the last round did.
#[derive(Debug)]
struct Round {
    /// The errors that were there before; nothing if a fault had ended the work, so that nobody knew the others.
    errors: Option<BTreeMap<Name, usize>>,
    files: BTreeMap<String, Step>,
}

/// What is wrong after a round, compared with before.
enum Comparison {
    Fine,
    /// Something came to light in these files, and can be mended, too.
    Hopeful(BTreeSet<String>),
    /// Something else is wrong in these files.
    Worse(BTreeSet<String>),
}

/// What the last round did to a file.
#[derive(Debug)]
struct Step {
    before: String,
    made: Vec<Name>,
}

/// A fix that is not made.
#[derive(Debug)]
pub struct Refused {
    /// The rank of its finding.
    pub finding: usize,
    /// Why.
    pub reason: Refusal,
}

/// Works out the fixes of findings for the files as they are; `read` returns their texts, if they can be changed. A finding
/// whose fix cannot be made has none any more.
pub fn work_out(findings: &mut [Diagnostic], read: &dyn Fn(&str) -> Option<String>) -> Vec<Refused> {
    Mending::default().settle(findings, read)
}

impl Mending {
    /// Makes what fixes of findings about the texts as they are now can be made together. Returns nothing as long as the texts
    /// have to be judged again. Then the fixes of the findings are worked out, and it returns those that are not made. What has
    /// made something worse is taken back. `is_complete` says that no fault ended the judgement.
    pub fn round(
        &mut self,
        findings: &mut [Diagnostic],
        is_complete: bool,
        read: &dyn Fn(&str) -> Option<String>,
    ) -> Option<Vec<Refused>> {
        let hopeful = match self.compare(findings, is_complete) {
            Comparison::Worse(worse) => {
                self.take_back(&worse);
                return None;
            }
            Comparison::Hopeful(worse) => Some(worse),
            Comparison::Fine => None,
        };
        self.rounds += 1;
        let mut files = BTreeMap::new();
        let plans = if self.rounds > MAX_ROUNDS { Vec::new() } else { self.plan(findings, read, &self.limits) };
        for Plan { path, before, ranks, becomes } in plans {
            let is_made = |outcome: &Outcome| matches!(outcome, Outcome::Made(_));
            let made = ranks.iter().zip(&becomes.outcomes).filter(|(_, outcome)| is_made(outcome));
            let made: Vec<Name> = made.filter_map(|(rank, _)| Some(name(findings.get(*rank)?))).collect();
            if becomes.text != before && !made.is_empty() {
                self.fixed += made.len();
                self.edits.insert(&path, &becomes.text);
                files.insert(path, Step { before, made });
            }
        }
        match (files.is_empty(), hopeful) {
            (true, Some(worse)) => self.take_back(&worse),
            (true, None) => return Some(self.settle(findings, read)),
            (false, hopeful) => self.remember(files, hopeful.is_some(), findings, is_complete),
        }
        None
    }

    /// Remembers what a round did, together with those before it whose result is still open.
    fn remember(
        &mut self,
        mut files: BTreeMap<String, Step>,
        is_open: bool,
        findings: &[Diagnostic],
        is_complete: bool,
    ) {
        let errors = match self.last.take().filter(|_| is_open) {
            Some(last) => {
                for (path, step) in last.files {
                    let made = files.remove(&path).map(|later| later.made).unwrap_or_default();
                    let made = step.made.into_iter().chain(made).collect();
                    files.insert(path, Step { before: step.before, made });
                }
                last.errors
            }
            None => is_complete.then(|| errors(findings)),
        };
        self.last = Some(Round { errors, files });
    }

    /// Compares what is wrong with what was wrong before the last round.
    fn compare(&mut self, findings: &[Diagnostic], is_complete: bool) -> Comparison {
        let Some(last) = &self.last else { return Comparison::Fine };
        let now = errors(findings);
        let is_new = |(name, count): &(&Name, &usize)| match &last.errors {
            Some(before) => before.get(*name).is_none_or(|before| before < *count),
            // Of what nobody looked at before, nothing is known.
            None => false,
        };
        let new: BTreeSet<&Name> = now.iter().filter(is_new).map(|(name, _)| name).collect();
        if new.is_empty() {
            // What a whole run finds is the measure from now on.
            for path in last.files.keys() {
                if let Some(limit) = self.limits.get_mut(path) {
                    *limit *= 2;
                }
            }
            self.last = None;
            return Comparison::Fine;
        }
        let can_be_mended = |it: &&Name| {
            let mut named = findings.iter().filter(|finding| name(finding) == **it);
            !self.refused.contains(*it) && named.all(|finding| finding.fix.is_some())
        };
        let worse = new.iter().map(|(path, ..)| path.clone()).collect();
        let is_hopeful = is_complete && new.iter().all(can_be_mended);
        if is_hopeful { Comparison::Hopeful(worse) } else { Comparison::Worse(worse) }
    }

    /// Takes back what was done to these files; if nothing was, to all.
    fn take_back(&mut self, worse: &BTreeSet<String>) {
        let Some(last) = self.last.take() else { return };
        let is_known = last.files.keys().any(|path| worse.contains(path));
        let (guilty, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
            last.files.into_iter().partition(|(path, _)| !is_known || worse.contains(path));
        for (path, Step { before, made }) in guilty {
            self.fixed -= made.len();
            self.edits.insert(&path, &before);
            match (made.len(), self.limits.get(&path)) {
                // With one after the other, the first is what the others follow from.
                (0 | 1, _) | (_, Some(1)) => self.refused.extend(made.into_iter().take(1)),
                (count, _) => drop(self.limits.insert(path, count / 2)),
            }
        }
        if !others.is_empty() {
            self.last = Some(Round { errors: last.errors, files: others });
        }
    }

    /// Works out what is left, for those who are told about it.
    fn settle(&self, findings: &mut [Diagnostic], read: &dyn Fn(&str) -> Option<String>) -> Vec<Refused> {
        let mut refused = Vec::new();
        let mut worked_out: BTreeMap<usize, Fix> = BTreeMap::new();
        for Plan { path, ranks, becomes, .. } in self.plan(findings, read, &BTreeMap::new()) {
            for (rank, outcome) in ranks.into_iter().zip(becomes.outcomes) {
                match outcome {
                    Outcome::Made(parts) | Outcome::Waits(parts) => {
                        worked_out.insert(rank, Fix::Changes(Changes { path: path.clone(), parts }));
                    }
                    Outcome::Refused(reason) => refused.push(Refused { finding: rank, reason }),
                }
            }
        }
        for (rank, finding) in findings.iter_mut().enumerate() {
            if finding.fix.is_some() {
                finding.fix = worked_out.remove(&rank).map(Box::new);
                let is_told = refused.iter().any(|it| it.finding == rank);
                if finding.fix.is_none() && !is_told {
                    let is_worse = self.refused.contains(&name(finding));
                    let reason = if is_worse { Refusal::Worse } else { Refusal::NotAFile };
                    refused.push(Refused { finding: rank, reason });
                }
            }
        }
        refused
    }

    /// Works out the fixes file by file, of each no more than its limit.
    fn plan(
        &self,
        findings: &[Diagnostic],
        read: &dyn Fn(&str) -> Option<String>,
        limits: &BTreeMap<String, usize>,
    ) -> Vec<Plan> {
        let mut by_file: BTreeMap<&str, Vec<(usize, &Fix)>> = BTreeMap::new();
        for (rank, finding) in findings.iter().enumerate() {
            let Some(fix) = finding.fix.as_deref().filter(|_| !self.refused.contains(&name(finding))) else { continue };
            if let Some(span) = fix.span().filter(|span| !span.source().is_generated()) {
                by_file.entry(span.source().name()).or_default().push((rank, fix));
            }
        }
        let plans = by_file.into_iter().filter_map(|(path, fixes)| {
            let before = self.edits.get(path).map(str::to_owned).or_else(|| read(path))?;
            let (mut ranks, mut fixes): (Vec<usize>, Vec<&Fix>) = fixes.into_iter().unzip();
            let mut becomes = fix(path, &before, &fixes);
            if let Some(limit) = limits.get(path) {
                let all = ranks.into_iter().zip(fixes).zip(&becomes.outcomes);
                let made = all.filter(|(_, outcome)| matches!(outcome, Outcome::Made(_))).map(|(fix, _)| fix);
                (ranks, fixes) = made.take((*limit).max(1)).unzip();
                becomes = fix(path, &before, &fixes);
            }
            Some(Plan { path: path.to_owned(), before, ranks, becomes })
        });
        plans.collect()
    }
}

/// What becomes of a file.
struct Plan {
    path: String,
    before: String,
    /// The findings that the outcomes are of.
    ranks: Vec<usize>,
    becomes: Fixed,
}

fn name(finding: &Diagnostic) -> Name {
    (finding.span.source().name().to_owned(), finding.rule.id, finding.message.clone())
}

/// Counts the errors.
fn errors(findings: &[Diagnostic]) -> BTreeMap<Name, usize> {
    let mut errors = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.severity == Severity::Error) {
        *errors.entry(name(finding)).or_default() += 1;
    }
    errors
}
