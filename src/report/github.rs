//! Workflow commands, which GitHub Actions turns into annotations, and a summary of a job in Markdown.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::{Report, counted, full_message};
use crate::diagnostic::{Diagnostic, Severity};

/// Rows of the summary. GitHub shows nothing of a summary above 1 MiB; with [`CELL`] it stays below.
const ROWS: usize = 100;

/// Characters of a cell of the summary.
const CELL: usize = 500;

/// Writes a command for each finding, then a line for the log that counts them.
///
/// GitHub shows the first ten errors, warnings and notices of a step each; the log and [`summary`] have more.
///
/// # Errors
///
/// Passes on what `out` says.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        writeln!(out, "{}", command(finding))?;
    }
    writeln!(out, "{} in {}", report.counts(), report.coverage)
}

/// Returns the command that annotates the place of a finding.
fn command(finding: &Diagnostic) -> String {
    let (start, end) = (finding.span.position(), finding.span.end_position());
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    // GitHub refuses columns when the lines differ, and shows the annotation below the last line: a line break ends its own.
    let columns =
        if start.line == end.line { format!(",col={},endColumn={}", start.column, end.column) } else { String::new() };
    let last = if end.column == 1 { end.line.saturating_sub(1).max(start.line) } else { end.line };
    format!(
        "::{level} file={},line={},endLine={}{columns},title={}::{}",
        property(finding.span.source().name()),
        start.line,
        last,
        property(finding.rule.id),
        data(&full_message(finding))
    )
}

/// Escapes the message of a command. Source: actions/toolkit, npm `@actions/core` 1.11.1, `lib/command.js`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a command. Source: as for [`data`].
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Returns the report as Markdown for the file that `GITHUB_STEP_SUMMARY` names: counts, and the first findings of the worst
/// severity. No text of a finding can become markup.
#[must_use]
pub fn summary(report: &Report<'_>) -> String {
    let mut text = format!("### idpack: {}\n\n{}\n", report.counts(), report.coverage);
    if report.findings.is_empty() {
        return text;
    }
    let mut findings: Vec<&Diagnostic> = report.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    text.push_str("\n| Severity | Check | Place | Message |\n| --- | --- | --- | --- |\n");
    for finding in findings.iter().take(ROWS) {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            finding.severity.as_str(),
            cell(finding.rule.id),
            cell(&finding.span.to_string()),
            cell(&finding.message)
        );
    }
    if let Some(rest) = findings.len().checked_sub(ROWS).filter(|rest| *rest > 0) {
        let _ = writeln!(text, "\n{} more in the log", counted(rest, "finding"));
    }
    text
}

/// Returns text as the content of a cell: on one line, without anything that Markdown, GitHub's additions to it or HTML would
/// see. What stands between backticks becomes code.
fn cell(text: &str) -> String {
    let text = shortened(text).replace("\r\n", "\n");
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escaped(&text);
    }
    let code = |(index, part): (usize, &&str)| match index % 2 {
        0 => escaped(part),
        _ => format!("<code>{}</code>", escaped(part)),
    };
    parts.iter().enumerate().map(code).collect()
}

fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(CELL) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// Escapes every ASCII character that is not plainly part of a word or sentence. A character reference is text to Markdown, in
/// a cell as elsewhere (`CommonMark` 0.31, 2.5; GFM 0.29, 4.10).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' => escaped.push_str("<br>"),
            '\t' => escaped.push(' '),
            '\0'..='\u{1F}' | '\u{7F}' => escaped.push('\u{FFFD}'),
            ' ' | '.' | ',' | '-' | '/' | '0'..='9' | 'A'..='Z' | 'a'..='z' | '\u{80}'.. => escaped.push(character),
            _ => {
                let _ = write!(escaped, "&#{};", u32::from(character));
            }
        }
    }
    escaped
}
