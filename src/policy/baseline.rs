//! The findings that were there when idpack was adopted, so that only new ones count.
//!
//! A finding is known by its check, its file and its message; lines may move. Several alike count as many as were there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;

/// The version of the form of the file.
const VERSION: u32 = 1;

/// Known findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline(BTreeMap<Known, usize>);

/// What a finding is known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Known {
    path: String,
    check: String,
    message: String,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    findings: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: String,
    check: String,
    message: String,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    count: usize,
}

fn one() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_one(count: &usize) -> bool {
    *count == 1
}

/// Why a file is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no JSON of this form.
    #[error("it is no baseline: {0}")]
    Form(#[from] serde_json::Error),
    /// A later idpack wrote it.
    #[error("its version is {0}, and this idpack knows version {VERSION}")]
    Version(u32),
}

impl Baseline {
    /// Takes findings as known; `place` turns the name that they show into one that stays the same wherever idpack runs.
    #[must_use]
    pub fn of(findings: &[Diagnostic], place: &dyn Fn(&str) -> String) -> Self {
        let mut known = BTreeMap::new();
        for finding in findings {
            *known.entry(Known::of(finding, place)).or_default() += 1;
        }
        Self(known)
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Says why it is no baseline.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let file: File = serde_json::from_str(text)?;
        if file.version != VERSION {
            return Err(Error::Version(file.version));
        }
        let mut known = BTreeMap::new();
        for Entry { path, check, message, count } in file.findings {
            *known.entry(Known { path, check, message }).or_default() += count;
        }
        Ok(Self(known))
    }

    /// Writes the file, one finding after the other in a stable order, so that a change of it can be reviewed.
    #[must_use]
    pub fn to_text(&self) -> String {
        let findings = self.0.iter().map(|(known, count)| {
            let Known { path, check, message } = known.clone();
            Entry { path, check, message, count: *count }
        });
        let file = File { version: VERSION, findings: findings.collect() };
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// Takes out the findings that are known.
    pub(super) fn apply(&self, findings: &mut Vec<Diagnostic>, place: &dyn Fn(&str) -> String) {
        let mut left = self.0.clone();
        findings.retain(|finding| match left.get_mut(&Known::of(finding, place)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
    }

    /// Returns how many findings it knows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.values().sum()
    }

    /// Tells whether it knows nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Known {
    fn of(finding: &Diagnostic, place: &dyn Fn(&str) -> String) -> Self {
        Self {
            path: place(finding.span.source().name()),
            check: finding.rule.id.to_owned(),
            message: finding.message.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Effect, Rule, Severity};
    use crate::source::{Source, Span};

    static RULE: Rule = Rule { id: "x", summary: "", severity: Severity::Error, effect: Effect::Style, page: "" };

    #[test]
    fn known_findings_do_not_count_wherever_they_moved() {
        let finding = |offset| Diagnostic::new(&RULE, &Span::new(&Source::new("a", "b\nc\nd\n"), offset, offset), "m");
        let baseline = Baseline::of(&[finding(0), finding(2)], &str::to_owned);
        let text = baseline.to_text();
        assert!(text.ends_with("\"count\": 2\n    }\n  ]\n}\n"), "{text}");
        assert_eq!(Baseline::parse(&text).unwrap(), baseline);
        let mut findings = vec![finding(4), finding(2), finding(0)];
        baseline.apply(&mut findings, &str::to_owned);
        assert_eq!(findings.len(), 1);
    }

    #[test]
    fn other_files_are_refused() {
        assert!(Baseline::parse("{}").is_err());
        let entry = "{\"path\": \"a\", \"check\": \"b\", \"message\": \"c\"}";
        let merged = Baseline::parse(&format!("{{\"version\": 1, \"findings\": [{entry}, {entry}]}}"));
        assert_eq!(merged.unwrap().len(), 2);
        assert!(matches!(Baseline::parse("{\"version\": 2, \"findings\": []}"), Err(Error::Version(2))));
    }
}
