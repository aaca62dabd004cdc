//! Which findings count: levels that a user sets, comments that suppress one, a baseline of those that are known.

use std::collections::BTreeMap;

use crate::diagnostic::{self, Diagnostic, Effect, Rule, Severity};

mod baseline;
mod suppression;

pub use baseline::{Baseline, Error as BaselineError};
pub use suppression::{RULES, Suppression, scan};

/// What a user thinks of each check.
#[derive(Clone, Debug, Default)]
pub struct Levels(BTreeMap<&'static str, Option<Severity>>);

impl Levels {
    /// Gives a rule another severity, or switches it off.
    ///
    /// # Errors
    ///
    /// Refuses to change what idpack cannot go on after.
    pub fn set(&mut self, rule: &'static Rule, level: Option<Severity>) -> Result<(), String> {
        if rule.effect == Effect::NotGenerated {
            return Err(format!("`{}` always is an error: idpack cannot go on after it", rule.id));
        }
        self.0.insert(rule.id, level);
        Ok(())
    }

    /// Applies the levels.
    fn apply(&self, findings: &mut Vec<Diagnostic>) {
        findings.retain_mut(|finding| match self.0.get(finding.rule.id) {
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
#[must_use]
pub fn apply(
    mut findings: Vec<Diagnostic>,
    mut suppressions: Vec<Suppression>,
    levels: &Levels,
    baseline: Option<&Baseline>,
) -> Judged {
    let before = findings.len();
    suppression::apply(&mut suppressions, &mut findings);
    let suppressed = before - findings.len();
    findings.extend(suppressions.iter().flat_map(Suppression::findings));
    let mut findings: Vec<Diagnostic> = findings.into_iter().map(Diagnostic::at_origin).collect();
    levels.apply(&mut findings);
    diagnostic::sort(&mut findings);
    let before = findings.len();
    if let Some(baseline) = baseline {
        baseline.apply(&mut findings);
    }
    Judged { suppressed, known: before - findings.len(), findings }
}
