//! The form for scripts. Its keys and their meaning are a promise: a change that would break a reader raises [`VERSION`].
//! New keys do not. Lines and columns start at 1, columns count Unicode scalar values, the end is exclusive.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::{Report, changes};
use crate::diagnostic::{self, Changes, Diagnostic, Related, Severity};
use crate::source::Span;

/// The version of the form.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Output<'a> {
    version: u32,
    #[serde(serialize_with = "findings")]
    findings: &'a [Diagnostic],
    summary: Summary,
}

#[derive(Serialize)]
struct Finding<'a> {
    check: &'static str,
    /// `error`, `warning` or `info`.
    severity: &'static str,
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    effect: &'static str,
    help: Option<&'a str>,
    related: Vec<RelatedPlace<'a>>,
    /// What mends it, as `--fix` does. All changes of a file count from its text as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Fix<'a>>,
}

#[derive(Serialize)]
struct Fix<'a> {
    path: &'a str,
    changes: Vec<Change<'a>>,
}

/// A part of a text, and what takes its place.
#[derive(Serialize)]
struct Change<'a> {
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    text: &'a str,
}

#[derive(Serialize)]
struct Place<'a> {
    /// As on the command line: relative to where idpack ran, absolute, `-`, or `REVISION:path`.
    path: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct RelatedPlace<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    message: &'a str,
}

#[derive(Serialize)]
struct Summary {
    errors: usize,
    warnings: usize,
    infos: usize,
    files: usize,
    documents: usize,
    suppressed: usize,
    known: usize,
}

/// Writes the report, one finding after the other.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let summary = Summary {
        errors: report.count(Severity::Error),
        warnings: report.count(Severity::Warning),
        infos: report.count(Severity::Info),
        files: report.coverage.files,
        documents: report.coverage.documents,
        suppressed: report.coverage.suppressed,
        known: report.coverage.known,
    };
    serde_json::to_writer_pretty(&mut *out, &Output { version: VERSION, findings: report.findings, summary })?;
    writeln!(out)
}

fn findings<S: Serializer>(findings: &&[Diagnostic], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(findings.iter().map(Finding::new))
}

impl<'a> Finding<'a> {
    fn new(finding: &'a Diagnostic) -> Self {
        let related =
            |related: &'a Related| RelatedPlace { place: Place::new(&related.span), message: &related.message };
        Self {
            check: finding.rule.id,
            severity: finding.severity.as_str(),
            message: &finding.message,
            place: Place::new(&finding.span),
            effect: finding.rule.effect.as_str(),
            help: finding.help.as_deref(),
            related: finding.related.iter().map(related).collect(),
            fix: changes(finding).map(Fix::new),
        }
    }
}

impl<'a> Fix<'a> {
    fn new(changes: &'a Changes) -> Self {
        let change = |change: &'a diagnostic::Change| Change {
            line: change.start.line,
            column: change.start.column,
            end_line: change.end.line,
            end_column: change.end.column,
            text: &change.text,
        };
        Self { path: &changes.path, changes: changes.parts.iter().map(change).collect() }
    }
}

impl<'a> Place<'a> {
    fn new(span: &'a Span) -> Self {
        let (start, end) = (span.position(), span.end_position());
        Self {
            path: span.source().name(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}
