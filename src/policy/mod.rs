//! Which findings count: levels that a user sets, comments that suppress one, a baseline of those that are known.

use std::collections::BTreeMap;

use crate::diagnostic::{self, Diagnostic, Effect, Rule, Severity};
use crate::yaml;

mod baseline;
mod suppression;

pub use baseline::{Baseline, Error as BaselineError};
pub use suppression::{RULES, Suppression, scan};

/// What a user thinks of each check.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    changed: BTreeMap<&'static str, Option<Severity>>,
    /// The checks that there are. Empty: any name may be one.
    known: Vec<&'static str>,
}

impl Levels {
    /// Leaves every check at its own level; only these exist.
    #[must_use]
    pub fn of(rules: &[&'static Rule]) -> Self {
        Self { changed: BTreeMap::new(), known: rules.iter().map(|rule| rule.id).collect() }
    }

    /// Gives a rule another severity, or switches it off.
    ///
    /// # Errors
    ///
    /// Refuses to change what idpack cannot go on after.
    pub fn set(&mut self, rule: &'static Rule, level: Option<Severity>) -> Result<(), String> {
        if rule.effect == Effect::NotGenerated || yaml::ends_reading(rule) {
            return Err(format!("`{}` always is an error: idpack cannot go on after it", rule.id));
        }
        self.changed.insert(rule.id, level);
        Ok(())
    }

    /// Applies the levels.
    fn apply(&self, findings: &mut Vec<Diagnostic>) {
        findings.retain_mut(|finding| match self.changed.get(finding.rule.id) {
            None => true,
            Some(None) => false,
            Some(Some(severity)) => {
                finding.severity = *severity;
                true
            }
        });
    }
}

/// What remains of the findings of a run.
#[derive(Debug, Default)]
pub struct Judged {
    /// Those that count.
    pub findings: Vec<Diagnostic>,
    /// How many a comment suppressed.
    pub suppressed: usize,
    /// How many the baseline knows.
    pub known: usize,
}

/// Puts findings into the form in which they are shown: at the place that a person wrote, in order, each once; without what
/// comments suppress and what the baseline knows, and with the levels that the user wants.
///
/// A suppression that matches nothing is a finding itself.
///
/// Nothing of this reaches what idpack cannot go on after, but that a baseline may know a file that cannot be read; nor, when the run is not `complete`, any fault that may have
/// ended it: silence about that would be silence about everything behind it.
#[must_use]
pub fn apply(
    findings: Vec<Diagnostic>,
    mut suppressions: Vec<Suppression>,
    complete: bool,
    levels: &Levels,
    baseline: Option<&Known<'_>>,
) -> Judged {
    let is_fatal = |finding: &Diagnostic| {
        let rule = finding.rule;
        rule.effect == Effect::NotGenerated
            || yaml::ends_reading(rule)
            || (!complete && rule.severity == Severity::Error)
    };
    let (fatal, mut findings): (Vec<_>, Vec<_>) = findings.into_iter().partition(is_fatal);
    let before = findings.len();
    suppression::apply(&mut suppressions, &mut findings);
    let suppressed = before - findings.len();
    if complete {
        findings.extend(suppressions.iter().flat_map(|suppression| suppression.findings(&levels.known)));
    }
    let mut findings: Vec<Diagnostic> = findings.into_iter().map(Diagnostic::at_origin).collect();
    levels.apply(&mut findings);
    // A baseline may know a file that cannot be read, and not what ended the work.
    let is_text = |finding: &Diagnostic| complete && yaml::ends_reading(finding.rule);
    let (texts, fatal): (Vec<_>, Vec<_>) = fatal.into_iter().map(Diagnostic::at_origin).partition(is_text);
    findings.extend(texts);
    diagnostic::sort(&mut findings);
    let before = findings.len();
    if let Some(known) = baseline {
        known.baseline.apply(&mut findings, known.place);
    }
    let known = before - findings.len();
    findings.extend(fatal);
    diagnostic::sort(&mut findings);
    Judged { findings, suppressed, known }
}

/// A baseline, and what it calls the files that findings call otherwise.
pub struct Known<'a> {
    /// The findings that are known.
    pub baseline: &'a Baseline,
    /// Turns the name that findings show into the one that the baseline has.
    pub place: &'a dyn Fn(&str) -> String,
}
