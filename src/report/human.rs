//! Findings for people: the source with the place marked, related places, what to do.

use std::fmt::Write as _;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Source, Span};

/// Renders findings in the order given, with a line that counts them, coloured; whoever prints to something that is no
/// terminal strips that.
#[must_use]
pub fn render(findings: &[Diagnostic]) -> String {
    let renderer = Renderer::styled();
    let mut text = String::new();
    for finding in findings {
        let _ = writeln!(text, "{}\n", renderer.render(&groups(finding)));
    }
    if !findings.is_empty() {
        let _ = writeln!(text, "{}", summary(findings));
    }
    text
}

/// Counts findings in words: `2 errors, 1 warning`.
#[must_use]
pub fn summary(findings: &[Diagnostic]) -> String {
    let count = |severity: Severity| {
        let number = findings.iter().filter(|finding| finding.severity == severity).count();
        let plural = if number == 1 { "" } else { "s" };
        (number > 0).then(|| format!("{number} {}{plural}", severity.as_str()))
    };
    let counts: Vec<String> =
        [Severity::Error, Severity::Warning, Severity::Info].into_iter().filter_map(count).collect();
    counts.join(", ")
}

fn groups(finding: &Diagnostic) -> Vec<Group<'_>> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let group = level.primary_title(&finding.message).id(finding.rule.id);
    let mut snippets: Vec<(&Source, Snippet<'_, Annotation<'_>>)> = Vec::new();
    let related = finding.related.iter().map(|related| (&related.span, Some(related.message.as_str())));
    for (index, (span, label)) in [(&finding.span, None)].into_iter().chain(related).enumerate() {
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(range(span)).label(label);
        let source: &Source = span.source();
        let known = snippets.iter().position(|(other, _)| std::ptr::eq(*other, source));
        let snippet = match known {
            Some(index) => snippets.remove(index).1,
            None => Snippet::source(source.text()).path(source.name()),
        };
        snippets.insert(known.unwrap_or(snippets.len()), (source, snippet.annotation(annotation)));
    }
    let mut elements = snippets.into_iter().map(|(_, snippet)| snippet);
    let mut group = match elements.next() {
        Some(first) => group.element(first),
        None => Group::with_title(group),
    };
    group = group.elements(elements);
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(help));
    }
    vec![group]
}

/// Returns the part of a span that is worth marking: its first line, if it has several.
fn range(span: &Span) -> std::ops::Range<usize> {
    let length = span.text().lines().next().map_or(0, str::len);
    span.start() as usize..span.start() as usize + length
}
