//! Findings in the forms that people and machines read.

use crate::diagnostic::{Diagnostic, Severity};

pub mod human;

/// What a run has to say.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The findings, in the order in which they are shown.
    pub findings: &'a [Diagnostic],
    /// How much was looked at, so that nobody takes silence for evidence.
    pub coverage: Coverage,
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Files that were read.
    pub files: usize,
    /// YAML and JSON documents in them.
    pub documents: usize,
    /// Findings that a comment in the text suppressed.
    pub suppressed: usize,
    /// Findings that the baseline knows.
    pub known: usize,
}

impl Report<'_> {
    /// Counts the findings of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

/// The forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Human,
    /// GitHub
    Github,
}

impl Format {
    /// All.
    pub const ALL: [Self; 2] = [Self::Human, Self::Github];

    /// Name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Github => "github",
        }
    }
}

/// Writes.
///
/// # Errors
///
/// w
pub fn write(
    _: Format,
    report: &Report<'_>,
    _: &[&'static crate::diagnostic::Rule],
    out: &mut dyn std::io::Write,
) -> std::io::Result<()> {
    human::write(report, out)
}

/// G
pub mod github {
    /// G
    #[must_use]
    pub fn summary(_: &super::Report<'_>) -> String {
        String::new()
    }
}
