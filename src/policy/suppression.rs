//! Comments that suppress a finding: `# idpack: ignore[check-id, check-id] reason`.
//!
//! Behind a value, the comment is for its own line; on a line of its own, for the next line that says something.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Effect, Rule, Severity, nearest};
use crate::source::{Located, Source, Span, Spanned};
use crate::yaml::{self, Node, Value};

/// The rules of this module.
pub static RULES: &[&Rule] = &[&INVALID, &UNUSED];

static INVALID: Rule = Rule {
    id: "suppression-invalid",
    summary: "comment that should suppress a finding and does not say which, or why",
    severity: Severity::Error,
    effect: Effect::Style,
    page: include_str!("suppression-invalid.md"),
};

static UNUSED: Rule = Rule {
    id: "suppression-unused",
    summary: "comment that suppresses nothing",
    severity: Severity::Warning,
    effect: Effect::Style,
    page: include_str!("suppression-unused.md"),
};

/// What such a comment begins with, after its `#`.
const MARKER: &str = "idpack: ignore";

/// One comment.
#[derive(Clone, Debug)]
pub struct Suppression {
    /// The comment.
    span: Span,
    /// The line that it is for, counted from 1.
    line: u32,
    checks: Vec<Name>,
    has_reason: bool,
}

/// A check that a comment names.
#[derive(Clone, Debug)]
struct Name {
    id: Spanned<String>,
    used: bool,
}

/// Finds the comments in a text.
#[must_use]
pub fn scan(source: &Arc<Source>) -> Vec<Suppression> {
    let found: Vec<usize> = source.text().match_indices(MARKER).map(|(at, _)| at).collect();
    if found.is_empty() {
        return Vec::new();
    }
    let mut texts = Vec::new();
    yaml::read(source).0.iter().for_each(|document| strings(document, &mut texts));
    let in_string = |at: &usize| texts.iter().any(|text| text.contains(at));
    found.into_iter().filter(|at| !in_string(at)).filter_map(|at| Suppression::at(source, at)).collect()
}

/// Collects where strings in quotes and block scalars stand: what looks like a comment there is none.
fn strings(node: &Node, found: &mut Vec<Range<usize>>) {
    let mut take = |span: &Span| {
        if span.text().starts_with(['"', '\'', '|', '>']) {
            found.push(span.start() as usize..span.end() as usize);
        }
    };
    match &node.value {
        Value::String(_) => take(&node.span),
        Value::Sequence(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Mapping(mapping) => {
            for entry in mapping {
                take(&entry.key.span);
            }
            mapping.iter().for_each(|entry| strings(&entry.value, found));
        }
        _ => {}
    }
}

impl Located for Suppression {
    fn spans(&mut self, visit: &mut dyn FnMut(&mut Span)) {
        visit(&mut self.span);
        self.checks.iter_mut().for_each(|name| name.id.spans(visit));
    }
}

impl Suppression {
    /// Returns the name of the file that it stands in.
    #[must_use]
    pub fn file(&self) -> &str {
        self.span.source().name()
    }

    fn at(source: &Arc<Source>, at: usize) -> Option<Self> {
        let text = source.text();
        let line_start = text[..at].rfind('\n').map_or(0, |index| index + 1);
        let before = text[line_start..at].trim_end_matches([' ', '\t']).strip_suffix('#')?;
        if !(before.is_empty() || before.ends_with([' ', '\t'])) {
            return None;
        }
        let line_end = text[at..].find('\n').map_or(text.len(), |length| at + length);
        let start = line_start + before.len();
        let span = Span::new(source, start, line_start + text[line_start..line_end].trim_end().len());
        let rest = &text[at + MARKER.len()..line_end];
        if rest.starts_with(|next: char| next.is_alphanumeric()) {
            return None;
        }
        let (names, reason) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((names, reason)) => (names, reason),
            None => ("", rest),
        };
        let first = at + MARKER.len() + 1;
        let checks = names.split(',').filter(|name| !name.trim().is_empty()).map(|name| {
            let start = first + (name.as_ptr().addr() - names.as_ptr().addr()) + name.len() - name.trim_start().len();
            let span = Span::new(source, start, start + name.trim().len());
            Name { id: Spanned::new(name.trim().to_owned(), span), used: false }
        });
        let is_alone = before.trim().is_empty();
        let target = if is_alone { next_content(text, line_end).unwrap_or(at) } else { at };
        Some(Self {
            line: source.position(u32::try_from(target).ok()?).line,
            checks: checks.collect(),
            has_reason: !reason.trim().is_empty(),
            span,
        })
    }

    /// Says what is wrong with the comment itself.
    pub(super) fn findings(&self, known: &[&str]) -> Vec<Diagnostic> {
        if self.checks.is_empty() {
            let message = "this comment names no check to ignore";
            let help = "write `# idpack: ignore[check-id] reason`, with the name that stands in brackets in a finding";
            return vec![Diagnostic::new(&INVALID, &self.span, message).help(help)];
        }
        let unused = self.checks.iter().filter(|name| !name.used).map(|name| {
            if !(known.is_empty() || known.contains(&name.id.as_str())) {
                let finding = Diagnostic::new(&INVALID, &name.id.span, format!("there is no check `{}`", name.id));
                return match nearest(&name.id, known.iter().copied()) {
                    Some(near) => finding.help(format!("did you mean `{near}`?")),
                    None => finding.help("`idpack checks` lists them"),
                };
            }
            let message = format!("nothing is found here that `{}` could be ignored for", name.id);
            Diagnostic::new(&UNUSED, &name.id.span, message).help("remove it")
        });
        let mut findings: Vec<_> = unused.collect();
        if !self.has_reason {
            let message = "this comment does not say why the finding is no fault";
            let help = "write the reason behind the bracket: whoever reads this next will want to know";
            findings.push(Diagnostic::new(&INVALID, &self.span, message).help(help));
        }
        findings
    }
}

/// Returns where the next line begins that is neither empty nor a comment; nothing at the end of the text.
fn next_content(text: &str, line_end: usize) -> Option<usize> {
    let mut start = line_end + 1;
    while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
        let line = rest.split('\n').next().unwrap_or_default();
        if !line.trim().is_empty() && !line.trim_start().starts_with('#') {
            return Some(start);
        }
        start += line.len() + 1;
    }
    None
}

/// Takes out the findings that comments suppress, by the line where they begin or the one that this was rendered from.
pub(super) fn apply(suppressions: &mut [Suppression], findings: &mut Vec<Diagnostic>) {
    let mut by_line: BTreeMap<(String, u32), Vec<usize>> = BTreeMap::new();
    for (rank, suppression) in suppressions.iter().enumerate() {
        let place = (suppression.span.source().name().to_owned(), suppression.line);
        by_line.entry(place).or_default().push(rank);
    }
    if by_line.is_empty() {
        return;
    }
    findings.retain(|finding| {
        let mut is_suppressed = false;
        for span in [Some(&finding.span), finding.span.origin()].into_iter().flatten() {
            let place = (span.source().name().to_owned(), span.position().line);
            for rank in by_line.get(&place).into_iter().flatten() {
                for name in suppressions[*rank].checks.iter_mut().filter(|name| name.id.value == finding.rule.id) {
                    name.used = true;
                    is_suppressed = true;
                }
            }
        }
        !is_suppressed
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{self, Levels};

    static SOME: Rule =
        Rule { id: "some-check", summary: "", severity: Severity::Error, effect: Effect::Style, page: "" };

    /// Finds something on each of these lines, and says what is left after the comments were heard.
    fn left(text: &str, lines: &[usize]) -> Vec<String> {
        let source = Source::new("a.yaml", text);
        let start = |line: usize| text.split_inclusive('\n').take(line - 1).map(str::len).sum();
        let findings =
            lines.iter().map(|line| Diagnostic::new(&SOME, &Span::new(&source, start(*line), start(*line)), ""));
        let judged = policy::apply(findings.collect(), scan(&source), true, &Levels::default(), None);
        judged.findings.iter().map(|it| format!("{} {}", it.rule.id, it.span.position().line)).collect()
    }

    #[test]
    fn a_comment_is_for_its_line_or_the_next() {
        assert_eq!(left("a: 1 # idpack: ignore[some-check] known\nb: 2\n", &[1, 2]), ["some-check 2"]);
        assert_eq!(left("# idpack: ignore[some-check] known\n\n# why\na: 1\nb: 2\n", &[4, 5]), ["some-check 5"]);
        assert_eq!(left("a: 1 #idpack: ignore[other, some-check] known\n", &[1]), ["suppression-unused 1"]);
        for text in ["a: 'x # idpack: ignore[some-check] y'\n", "a: |\n  # idpack: ignore[some-check] y\n"] {
            assert_eq!(left(text, &[1]), ["some-check 1"], "{text}");
        }
        assert_eq!(left("a: 1 # idpack: ignored by nobody\n", &[]), [""; 0]);
    }

    #[test]
    fn a_comment_that_does_nothing_is_a_finding() {
        assert_eq!(left("a: 1 # idpack: ignore[some-check] reason\n", &[]), ["suppression-unused 1"]);
        assert_eq!(left("a: 1 # idpack: ignore\n", &[]), ["suppression-invalid 1"]);
        assert_eq!(left("a: 1 # idpack: ignore[]  x\n", &[]), ["suppression-invalid 1"]);
        assert_eq!(left("a: 1 # idpack: ignore[some-check]\n", &[1]), ["suppression-invalid 1"]);
        assert_eq!(left("# idpack: ignore[some-check] end\n", &[]), ["suppression-unused 1"]);
    }
}
