//! Printed strings in the text around them: each has to stay exactly one value.
//!
//! The engine puts [`START`] and [`END`] around every string it prints. A string that stands alone behind `key:` or `-` is
//! quoted here if YAML would read it as anything else; one inside other text is left as it is, and the result is read back to
//! see that it neither ended its scalar nor changed its type.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::has_errors;
use crate::source::{Origin, Source, Span};
use crate::yaml::{self, Node, Value};

/// Stands before a printed string.
pub(super) const START: char = '\u{E000}';
/// Stands behind a printed string.
pub(super) const END: char = '\u{E001}';

/// A rendered text without marks.
pub(super) struct Settled {
    pub(super) text: String,
    strings: Vec<Printed>,
    /// Pairs of offsets, in the marked and in this text, from which on both advance alike.
    moves: Vec<(usize, usize)>,
    /// Whether it has to be read back.
    uncertain: bool,
}

/// A string that a template printed.
struct Printed {
    range: Range<usize>,
    text: String,
    quoted: bool,
}

/// Takes the marks out and changes nothing else.
pub(super) fn strip(marked: &str) -> Settled {
    unmark(marked, |_, _, _| false)
}

/// Takes the marks out of YAML and quotes the strings that need it.
pub(super) fn settle(marked: &str) -> Settled {
    let settled = unmark(marked, |line, text, rest| stands_alone(line, rest) && yaml::scalar(text) != text);
    let is_quoted = |printed: &Printed| printed.quoted;
    if !settled.strings.iter().any(is_quoted) {
        return settled;
    }
    // Within a block scalar quotes would become part of the text: there the string is printed as it is.
    let source = Source::new("", settled.text.clone());
    if has_errors(&yaml::read(&source).1) {
        return settled;
    }
    let scalars = scalars(&source);
    let is_exact =
        |printed: &Printed| around(&scalars, &printed.range).is_some_and(|scalar| scalar.range() == printed.range);
    let mut exact = settled.strings.iter().map(is_exact);
    unmark(marked, |line, text, rest| {
        let whole = exact.next().unwrap_or(false);
        stands_alone(line, rest) && yaml::scalar(text) != text && whole
    })
}

fn unmark(marked: &str, mut quote: impl FnMut(&str, &str, &str) -> bool) -> Settled {
    let mut settled = Settled {
        text: String::with_capacity(marked.len()),
        strings: Vec::new(),
        moves: vec![(0, 0)],
        uncertain: false,
    };
    let mut rest = marked;
    while let Some((before, from_start)) = rest.split_once(START) {
        settled.text.push_str(before);
        rest = from_start;
        let Some((text, after)) = from_start.split_once(END) else { break };
        let start = settled.text.len();
        let line = &settled.text[settled.text.rfind('\n').map_or(0, |newline| newline + 1)..];
        let quoted = quote(line, text, after);
        settled.uncertain |= quoted || !(stands_alone(line, after) && yaml::scalar(text) == text);
        if quoted {
            settled.text.push_str(&yaml::scalar(text));
        } else {
            settled.text.push_str(text);
        }
        settled.strings.push(Printed { range: start..settled.text.len(), text: text.to_owned(), quoted });
        settled.moves.push((marked.len() - from_start.len(), start));
        settled.moves.push((marked.len() - after.len(), settled.text.len()));
        rest = after;
    }
    settled.text.push_str(rest);
    settled
}

/// Tells whether a string is a whole value: before it on its line there is nothing but `-` and a plain key with its colon,
/// behind it nothing.
fn stands_alone(line: &str, rest: &str) -> bool {
    let is_key = |key: &str| {
        !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c)) && !key.starts_with('-')
    };
    let mut before = line.trim_start_matches(' ');
    while let Some(item) = before.strip_prefix("- ") {
        before = item.trim_start_matches(' ');
    }
    let keyed = before.is_empty()
        || before.trim_end_matches(' ').strip_suffix(':').is_some_and(|key| before.ends_with(' ') && is_key(key));
    keyed && !line.trim().is_empty() && (rest.is_empty() || rest.starts_with('\n'))
}

impl Settled {
    /// Returns where an offset of the marked text is in this one.
    pub(super) fn position(&self, marked: usize) -> usize {
        let index = self.moves.partition_point(|(from, _)| *from <= marked).saturating_sub(1);
        let (from, to) = self.moves[index];
        let limit = self.moves.get(index + 1).map_or(self.text.len(), |(_, to)| *to);
        (to + (marked - from)).min(limit)
    }

    /// Returns the printed strings of a YAML file that are not exactly the data they were, each with the reason.
    pub(super) fn faults(&self, file: &Arc<Source>) -> Vec<(Range<usize>, String)> {
        if !self.uncertain {
            return Vec::new();
        }
        if has_errors(&yaml::read(file).1) {
            return self.culprits(file.text());
        }
        let scalars = scalars(file);
        let faulty = self.strings.iter().filter_map(|printed| {
            let reason = match around(&scalars, &printed.range) {
                None if is_comment(file.text(), &printed.range) => None,
                None => Some(format!("`{}` does not stay one value where it is printed", shorten(&printed.text))),
                Some(scalar) if printed.quoted && scalar.range() == printed.range => None,
                Some(scalar) => scalar.fault(&printed.text),
            };
            reason.map(|reason| (printed.range.clone(), reason))
        });
        faulty.collect()
    }

    /// Returns the printed strings without which a text could be read that cannot be. If it cannot be read without them either,
    /// that is what has to be said, and nothing is returned.
    fn culprits(&self, text: &str) -> Vec<(Range<usize>, String)> {
        let suspects: Vec<&Printed> =
            self.strings.iter().filter(|it| !it.quoted && yaml::scalar(&it.text) != it.text).collect();
        let mut harmless = text.to_owned();
        for suspect in suspects.iter().rev() {
            harmless.replace_range(suspect.range.clone(), "x");
        }
        if has_errors(&yaml::read(&Source::new("", harmless)).1) {
            return Vec::new();
        }
        let fault = |it: &&Printed| {
            (it.range.clone(), format!("`{}` does not stay one value where it is printed", shorten(&it.text)))
        };
        suspects.iter().map(fault).collect()
    }
}

/// Tells whether a printed string is part of a comment that begins its line.
fn is_comment(text: &str, range: &Range<usize>) -> bool {
    let line = text[..range.start].rfind('\n').map_or(0, |newline| newline + 1);
    text[line..range.start].trim_start().starts_with('#') && !text[range.clone()].contains(['\n', '\r'])
}

/// A key or scalar value of a text.
struct Scalar {
    start: usize,
    end: usize,
    /// The string it is read as; `None` if it is something else.
    string: Option<String>,
    is_block: bool,
    type_name: &'static str,
}

impl Scalar {
    fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Says how a printed string that lies within this scalar got lost.
    fn fault(&self, text: &str) -> Option<String> {
        match &self.string {
            None => Some(format!("the string `{}` would be read as {}", shorten(text), self.type_name)),
            Some(_) if self.is_block => None,
            Some(string) if string.contains(text) => None,
            Some(string) => Some(format!("`{}` would be read as `{}`", shorten(text), shorten(string))),
        }
    }
}

fn scalars(source: &Arc<Source>) -> Vec<Scalar> {
    fn collect(node: &Node, scalars: &mut Vec<Scalar>) {
        let scalar = |span: &Span, string: Option<String>| Scalar {
            start: span.start() as usize,
            end: span.end() as usize,
            string,
            is_block: span.text().starts_with(['|', '>']),
            type_name: node.type_name(),
        };
        match &node.value {
            Value::Mapping(mapping) => {
                for entry in mapping {
                    let plain = entry.key.span.text();
                    let is_string = plain.starts_with(['"', '\'']) || matches!(yaml::resolve(plain), Value::String(_));
                    scalars.push(scalar(&entry.key.span, is_string.then(|| entry.key.value.clone())));
                    collect(&entry.value, scalars);
                }
            }
            Value::Sequence(items) => items.iter().for_each(|item| collect(item, scalars)),
            _ => scalars.push(scalar(&node.span, node.as_str().map(str::to_owned))),
        }
    }
    let mut scalars = Vec::new();
    yaml::read(source).0.iter().for_each(|document| collect(document, &mut scalars));
    scalars.sort_by_key(|scalar| scalar.start);
    scalars
}

/// Returns the scalar that a range lies within; scalars do not overlap.
fn around<'a>(scalars: &'a [Scalar], range: &Range<usize>) -> Option<&'a Scalar> {
    let before = scalars.partition_point(|scalar| scalar.start <= range.start);
    scalars[..before].last().filter(|scalar| range.end <= scalar.end)
}

/// Adds an origin for each line of verbatim template text, so that a finding leads to the line.
pub(super) fn line_origins(text: &str, start: usize, template: &Span, origins: &mut Vec<Origin>) {
    let (mut output, mut written) = (start, template.start() as usize);
    for line in text.split_inclusive('\n') {
        let span = Span::new(template.source(), written, written + line.trim_end().len());
        origins.push(origin(output..output + line.len(), span));
        output += line.len();
        written += line.len();
    }
}

/// Puts an origin together.
pub(super) fn origin(range: Range<usize>, span: Span) -> Origin {
    let offset = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Origin { start: offset(range.start), end: offset(range.end), span }
}

/// Writes a string in quotes, whether it needs them or not.
pub(super) fn quoted(text: &str) -> String {
    match yaml::scalar(text) {
        scalar if scalar.starts_with(['"', '\'']) => scalar.into_owned(),
        _ => serde_json::Value::from(text).to_string(),
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((index, _)) => format!("{}…", &text[..index]).escape_debug().to_string(),
        None => text.escape_debug().to_string(),
    }
}
