//! Findings for people: the source with the place marked, related places, what to do.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Report, changes, counted};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Source, Span};

/// How many causes of one check are shown with their lines. Of the others there is one line each: who has more begins with these.
const SHOWN: usize = 10;
/// How many get such a line.
const LISTED: usize = 100;
/// How many places of one cause are named.
const PLACES: usize = 5;
/// With more findings than this, they are counted by check in the end.
const MANY: usize = 20;
/// Places of one file that are at most this many bytes apart are shown together.
const NEAR: u32 = 2_000;

/// Findings that say the same about several places.
struct Cause<'a> {
    first: &'a Diagnostic,
    others: Vec<&'a Diagnostic>,
}

/// Writes findings in the order given, each cause once, with a line that counts them, coloured; whoever prints to something that
/// is no terminal strips that.
///
/// # Errors
///
/// Passes on what the writer reports.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let renderer = Renderer::styled();
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    let (full, listed): (Vec<_>, Vec<_>) = causes(report.findings).into_iter().partition(|cause| {
        let count = shown.entry(cause.first.rule.id).or_default();
        *count += 1;
        *count <= SHOWN
    });
    for cause in &full {
        writeln!(out, "{}\n", renderer.render(&[group(cause)]))?;
    }
    list(&listed, out)?;
    if report.findings.len() > MANY {
        count_by_check(report.findings, out)?;
    }
    let summary = summary(report);
    if summary.is_empty() { Ok(()) } else { writeln!(out, "{summary}") }
}

/// Puts findings together that differ in nothing but their place.
fn causes(findings: &[Diagnostic]) -> Vec<Cause<'_>> {
    let mut causes = Vec::new();
    let mut known = BTreeMap::new();
    for finding in findings {
        let key = (finding.rule.id, finding.severity, &finding.message, &finding.help);
        if let Some(rank) = known.get(&key) {
            let cause: &mut Cause<'_> = &mut causes[*rank];
            cause.others.push(finding);
        } else {
            known.insert(key, causes.len());
            causes.push(Cause { first: finding, others: Vec::new() });
        }
    }
    causes
}

/// Writes what is not shown with its lines: the first of each check on one line each.
fn list(causes: &[Cause<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut by_check: BTreeMap<&str, Vec<&Diagnostic>> = BTreeMap::new();
    for Cause { first, others } in causes {
        by_check.entry(first.rule.id).or_default().extend(std::iter::once(first).chain(others));
    }
    for (check, findings) in by_check {
        writeln!(out, "further findings of `{check}`:")?;
        for finding in findings.iter().take(LISTED) {
            writeln!(out, "  {}: {}: {}", finding.span, finding.severity.as_str(), finding.message)?;
        }
        match findings.len().saturating_sub(LISTED) {
            0 => {}
            more => writeln!(out, "  … and {more} more; `--format json` lists them all")?,
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Writes how often each check found something, the worst and most frequent first.
fn count_by_check(findings: &[Diagnostic], out: &mut dyn Write) -> io::Result<()> {
    let mut counts: BTreeMap<(&str, Severity), (usize, &str)> = BTreeMap::new();
    for finding in findings {
        counts.entry((finding.rule.id, finding.severity)).or_insert((0, finding.rule.summary)).0 += 1;
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by_key(|((_, severity), (count, _))| std::cmp::Reverse((*severity, *count)));
    let width = rows.iter().map(|((check, _), _)| check.len()).max().unwrap_or_default();
    writeln!(out, "by check; `idpack explain CHECK` says why, `idpack checks` how to tune them:")?;
    for ((check, severity), (count, summary)) in rows {
        writeln!(out, "  {count:5}  {:7}  {check:width$}  {summary}", severity.as_str())?;
    }
    writeln!(out)
}

/// Names the other places of a cause.
fn elsewhere(others: &[&Diagnostic]) -> String {
    let named: Vec<String> = others.iter().take(PLACES).map(|other| other.span.to_string()).collect();
    match others.len().saturating_sub(PLACES) {
        0 => format!("the same at {}", named.join(", ")),
        more => format!("the same at {} and {more} more places", named.join(", ")),
    }
}

/// Counts in words: `2 errors, 1 warning in 14 files, 20 documents`. Empty when nothing was found and nobody says what was
/// looked at.
fn summary(report: &Report<'_>) -> String {
    let summary = match (report.findings.is_empty(), report.coverage.files) {
        (true, 0) => String::new(),
        (false, 0) => report.counts(),
        _ => format!("{} in {}", report.counts(), report.coverage),
    };
    match report.fixable() {
        0 => summary,
        count => format!("{summary}\n{} with [*] can be mended by `--fix`", counted(count, "finding")),
    }
}

fn group<'a>(cause: &Cause<'a>) -> Group<'a> {
    let finding = cause.first;
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let mark = if changes(finding).is_some() { " [*]" } else { "" };
    let title = level.primary_title(format!("{}{mark}", finding.message)).id(finding.rule.id);
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
    let group = match &finding.help {
        Some(help) => group.element(Level::HELP.message(help)),
        None => group,
    };
    if cause.others.is_empty() { group } else { group.element(Level::NOTE.message(elsewhere(&cause.others))) }
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
