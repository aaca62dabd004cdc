//! Findings for people: the source with the place marked, related places, what to do.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::Report;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Source, Span};

/// How many findings of one check are shown; who has more mends the cause first.
const SHOWN: usize = 100;
/// Places of one file that are at most this many bytes apart are shown together.
const NEAR: u32 = 2_000;

/// Writes findings in the order given, with a line that counts them, coloured; whoever prints to something that is no
/// terminal strips that.
///
/// # Errors
///
/// Passes on what the writer reports.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let renderer = Renderer::styled();
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in report.findings {
        let count = shown.entry(finding.rule.id).or_default();
        *count += 1;
        if *count <= SHOWN {
            writeln!(out, "{}\n", renderer.render(&[group(finding)]))?;
        }
    }
    for (check, count) in shown.iter().filter(|(_, count)| **count > SHOWN) {
        writeln!(out, "… and {} more of `{check}`; `--format json` lists them all\n", count - SHOWN)?;
    }
    let summary = summary(report);
    if summary.is_empty() { Ok(()) } else { writeln!(out, "{summary}") }
}

/// Counts in words: `2 errors, 1 warning in 14 files, 20 documents`. Empty when nothing was found and nobody says what was
/// looked at.
fn summary(report: &Report<'_>) -> String {
    match (report.findings.is_empty(), report.coverage.files) {
        (true, 0) => String::new(),
        (false, 0) => report.counts(),
        _ => format!("{} in {}", report.counts(), report.coverage),
    }
}

fn group(finding: &Diagnostic) -> Group<'_> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let title = level.primary_title(&finding.message).id(finding.rule.id);
    let related = finding.related.iter().map(|related| Mark { span: &related.span, label: Some(&related.message) });
    let marks = std::iter::once(Mark { span: &finding.span, label: None }).chain(related);
    let mut windows: Vec<Window<'_>> = Vec::new();
    for mark in marks {
        if windows.iter_mut().find_map(|window| window.with(&mark)).is_none() {
            windows.push(Window::of(&mark));
        }
    }
    let mut elements = windows.into_iter().enumerate().filter_map(|(rank, window)| window.snippet(rank == 0));
    let mut group = match elements.next() {
        Some(first) => title.element(first),
        None => Group::with_title(title),
    };
    group = group.elements(elements);
    match &finding.help {
        Some(help) => group.element(Level::HELP.message(help)),
        None => group,
    }
}

/// A place to show, with a word on it.
struct Mark<'a> {
    span: &'a Span,
    label: Option<&'a str>,
}

/// Places of one source that are shown together.
struct Window<'a> {
    source: &'a Source,
    range: Range<u32>,
    marks: Vec<(Range<u32>, Option<&'a str>)>,
}

impl<'a> Window<'a> {
    fn of(mark: &Mark<'a>) -> Self {
        let range = range(mark.span);
        Self { source: mark.span.source(), range: range.clone(), marks: vec![(range, mark.label)] }
    }

    /// Takes another place in, if it is near and no line between them is unknown.
    fn with(&mut self, mark: &Mark<'a>) -> Option<()> {
        if !std::ptr::eq(self.source, Arc::as_ptr(mark.span.source())) {
            return None;
        }
        let range = range(mark.span);
        let both = self.range.start.min(range.start)..self.range.end.max(range.end);
        if both.end - both.start > NEAR {
            return None;
        }
        self.source.excerpt(both.start, both.end)?;
        self.range = both;
        self.marks.push((range, mark.label));
        Some(())
    }

    /// Returns it as a snippet; of the window with the primary place, the first mark is that.
    fn snippet(self, has_primary: bool) -> Option<Snippet<'a, Annotation<'a>>> {
        let (text, start, line) = self.source.excerpt(self.range.start, self.range.end)?;
        let snippet = Snippet::source(text).path(self.source.name()).line_start(line as usize);
        let marks = self.marks.into_iter().enumerate().map(|(rank, (range, label))| {
            let kind = if has_primary && rank == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            kind.span((range.start - start) as usize..(range.end - start) as usize).label(label)
        });
        Some(snippet.annotations(marks))
    }
}

/// Returns the part of a span that is worth marking: its first line, if it has several.
fn range(span: &Span) -> Range<u32> {
    let first = span.clone().first_line();
    first.start()..first.end()
}
