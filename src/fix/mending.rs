//! Round after round, until nothing is left that can be mended.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fixed, Outcome, Refusal, fix};
use crate::diagnostic::{Changes, Diagnostic, Fix, Severity};
use crate::tree::Edits;

/// How often texts are judged anew at most. Few need more than two rounds.
const MAX_ROUNDS: usize = 100;

/// Texts that are being mended. Whoever uses it judges them, hands over the findings, and does so again while
/// [`Mending::round`] says that there is something new to judge.
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
    /// The errors that were there before.
    errors: BTreeMap<Name, usize>,
    files: BTreeMap<String, Step>,
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
    /// Makes what fixes of findings about the texts as they are now can be made together. Tells whether anything changed, so
    /// that the texts have to be judged again; if not, the fixes of the findings are worked out, and `Refused` says which
    /// were not made. What has made something worse is taken back.
    ///
    /// # Errors
    ///
    /// The fixes that are not made, when nothing is left to do.
    pub fn round(
        &mut self,
        findings: &mut [Diagnostic],
        read: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), Vec<Refused>> {
        if self.take_back(findings) {
            return Ok(());
        }
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
        if files.is_empty() {
            return Err(self.settle(findings, read));
        }
        self.last = Some(Round { errors: errors(findings), files });
        Ok(())
    }

    /// Takes back what the last round did to files in which something is wrong that was not before. Tells whether it did.
    fn take_back(&mut self, findings: &[Diagnostic]) -> bool {
        let Some(mut last) = self.last.take() else { return false };
        let now = errors(findings);
        let is_new = |(name, count): &(&Name, &usize)| last.errors.get(*name).is_none_or(|before| before < *count);
        let worse: BTreeSet<&str> = now.iter().filter(is_new).map(|((path, ..), _)| path.as_str()).collect();
        if worse.is_empty() {
            for path in last.files.keys() {
                if let Some(limit) = self.limits.get_mut(path) {
                    *limit *= 2;
                }
            }
            return false;
        }
        let is_known = last.files.keys().any(|path| worse.contains(path.as_str()));
        let (guilty, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
            last.files.into_iter().partition(|(path, _)| !is_known || worse.contains(path.as_str()));
        for (path, Step { before, made }) in guilty {
            self.fixed -= made.len();
            self.edits.insert(&path, &before);
            match made.len() {
                0 | 1 => self.refused.extend(made),
                count => drop(self.limits.insert(path, count / 2)),
            }
        }
        last.files = others;
        self.last = Some(Round { errors: last.errors, files: last.files });
        true
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
