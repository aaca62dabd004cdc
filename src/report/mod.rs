//! Findings in the forms that people and machines read.

use std::fmt;
use std::io::{self, Write};

use crate::diagnostic::{Changes, Diagnostic, Fix, Rule, Severity};

mod fingerprint;
pub mod github;
pub mod human;
mod json;
mod junit;
pub mod prediction;
mod sarif;

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

/// A form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Colours and source lines, for a terminal.
    Human,
    /// idpack's own, with a version; what scripts should read.
    Json,
    /// SARIF 2.1.0, for GitHub code scanning and editors.
    Sarif,
    /// `JUnit` XML, for GitLab, Jenkins and others that show tests.
    Junit,
    /// Workflow commands, which GitHub Actions shows beside the lines of a pull request.
    Github,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Human, Self::Json, Self::Sarif, Self::Junit, Self::Github];

    /// Returns the name that people type.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Github => "github",
        }
    }
}

/// Writes a report in many small pieces. `rules` are all rules that the run could have found broken. Only [`Format::Human`] has
/// colours.
///
/// # Errors
///
/// Passes on what `out` says.
pub fn write(format: Format, report: &Report<'_>, rules: &[&'static Rule], out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, out),
        Format::Json => json::write(report, out),
        Format::Sarif => sarif::write(report, rules, out),
        Format::Junit => junit::write(report, out),
        Format::Github => github::write(report, out),
    }
}

impl Report<'_> {
    /// Counts the findings of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Counts the findings that can be mended for certain, in the files as they are.
    #[must_use]
    pub fn fixable(&self) -> usize {
        self.findings.iter().filter(|finding| changes(finding).is_some()).count()
    }

    /// Counts the findings in words: `2 errors, 1 info`, or `no findings`.
    #[must_use]
    pub fn counts(&self) -> String {
        let counts = [Severity::Error, Severity::Warning, Severity::Info].map(|severity| {
            let count = self.count(severity);
            (count > 0).then(|| counted(count, severity.as_str()))
        });
        let counts: Vec<String> = counts.into_iter().flatten().collect();
        if counts.is_empty() { "no findings".to_owned() } else { counts.join(", ") }
    }
}

impl fmt::Display for Coverage {
    /// Writes `3 files, 12 documents`, and what was left out of the findings, if anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", counted(self.files, "file"), counted(self.documents, "document"))?;
        if self.suppressed > 0 {
            write!(f, ", {} suppressed", counted(self.suppressed, "finding"))?;
        }
        if self.known > 0 {
            write!(f, ", {} known to the baseline", counted(self.known, "finding"))?;
        }
        Ok(())
    }
}

/// Counts things: "1 file", "2 files".
#[must_use]
pub fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// Returns what mends a finding, if that has been worked out.
fn changes(finding: &Diagnostic) -> Option<&Changes> {
    match finding.fix.as_deref() {
        Some(Fix::Changes(changes)) => Some(changes),
        _ => None,
    }
}

/// Returns what is wrong and, on a line of its own, what to do about it.
fn message_with_help(finding: &Diagnostic) -> String {
    match &finding.help {
        Some(help) => format!("{}\nhelp: {help}", finding.message),
        None => finding.message.clone(),
    }
}

/// Returns everything that a form without places of its own can say: the message, the help, a line for each related place.
fn full_message(finding: &Diagnostic) -> String {
    let related = finding.related.iter().map(|related| format!("\n{}: {}", related.span, related.message));
    std::iter::once(message_with_help(finding)).chain(related).collect()
}
