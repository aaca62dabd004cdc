//! How a change is written, so that nothing else changes.

use std::ops::Range;

use super::Refusal;
use super::place::{Change, Part, Place, Texts, is_flow, range};
use crate::diagnostic::Fix;
use crate::source::{Source, Span};
use crate::yaml::{self, Node, Value};

/// A change of a text.
#[derive(Debug)]
pub(super) struct Planned {
    /// What goes.
    pub(super) range: Range<usize>,
    /// What comes.
    pub(super) text: String,
    /// Where it changes what the text says.
    path: Vec<usize>,
    what: What,
}

#[derive(Debug)]
enum What {
    Change(Change),
    /// A change of the text that a literal block holds.
    Inside(Box<Planned>),
}

impl Planned {
    /// Tells whether another change cannot be made together with this one.
    pub(super) fn hinders(&self, other: &Self) -> bool {
        let is_apart = self.range.end < other.range.start || other.range.end < self.range.start;
        !is_apart
    }

    /// Tells whether another change is this one.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.range == other.range && self.text == other.text
    }
}

/// Works out how a fix is written at an offset.
pub(super) fn plan(texts: &Texts, offset: usize, fix: &Fix) -> Result<Planned, Refusal> {
    let span = fix.span().ok_or(Refusal::NotThere)?;
    let place = texts.find(offset, span.text())?;
    if let Part::Inside(node, lines) = &place.part {
        let text = node.as_str().ok_or(Refusal::NotThere)?;
        let offset = u32::try_from(offset).ok().and_then(|offset| lines.find(offset)).ok_or(Refusal::NotThere)?;
        let inner = plan(&Texts::read(text), offset, fix)?;
        let locate = |offset: usize| u32::try_from(offset).map(|offset| lines.locate(offset)).unwrap_or_default();
        let range = locate(inner.range.start)..locate(inner.range.end);
        return Ok(Planned { range, text: inner.text.clone(), path: place.path, what: What::Inside(Box::new(inner)) });
    }
    match fix {
        Fix::Text(_, text) => written(texts, place, text),
        Fix::Plain(_, text) => plain(place, text),
        Fix::Remove(_) => removed(texts, place),
        Fix::Changes(_) => Err(Refusal::NotThere),
    }
}

/// Returns the text after the changes, if it says what it said before but for these.
pub(super) fn apply(texts: &Texts, edits: &[&Planned]) -> Option<String> {
    let new = splice(texts.text(), edits.iter().map(|edit| (edit.range.clone(), edit.text.clone())));
    let mut changes: Vec<(&[usize], Change)> = Vec::new();
    let mut blocks: Vec<(&[usize], Vec<&Planned>)> = Vec::new();
    for edit in edits {
        match (&edit.what, blocks.iter_mut().find(|(path, _)| *path == edit.path)) {
            (What::Change(change), _) => changes.push((&edit.path, change.clone())),
            (What::Inside(inner), Some((_, others))) => others.push(inner),
            (What::Inside(inner), None) => blocks.push((&edit.path, vec![inner])),
        }
    }
    for (path, edits) in blocks {
        let text = apply(&Texts::read(texts.at(path)?.as_str()?), &edits)?;
        changes.push((path, Change::Value(Value::String(text))));
    }
    texts.becomes(changes, &new).then_some(new)
}

/// Puts texts in the place of ranges that do not overlap.
pub(super) fn splice(text: &str, edits: impl IntoIterator<Item = (Range<usize>, String)>) -> String {
    let mut edits: Vec<(Range<usize>, String)> = edits.into_iter().collect();
    edits.sort_by_key(|(range, _)| range.start);
    let (mut new, mut end) = (String::with_capacity(text.len() + 64), 0);
    for (range, replacement) in edits {
        new.push_str(text.get(end..range.start).unwrap_or_default());
        new.push_str(&replacement);
        end = range.end.max(end);
    }
    new.push_str(text.get(end..).unwrap_or_default());
    new
}

/// Writes a string in the place of a key or a scalar, in its quotes if it reads as the same there.
fn written(texts: &Texts, place: Place<'_>, text: &str) -> Result<Planned, Refusal> {
    let (span, change) = match place.part {
        Part::Key(span) => (span, Change::Key(text.to_owned())),
        Part::Value(node) => {
            if !is_lone_scalar(node) {
                return Err(Refusal::NotThere);
            }
            (&node.span, Change::Value(Value::String(text.to_owned())))
        }
        Part::Inside(..) => return Err(Refusal::NotThere),
    };
    let is_key = matches!(change, Change::Key(_));
    let reads = |candidate: &String| reads_as(candidate, text, is_key, place.in_flow);
    let new = candidates(texts, span, text).into_iter().find(reads).ok_or(Refusal::NotAlone)?;
    Ok(Planned { range: range(span), text: new, path: place.path, what: What::Change(change) })
}

/// Writes something that needs no quotes, in the place of a scalar.
fn plain(place: Place<'_>, text: &str) -> Result<Planned, Refusal> {
    let Part::Value(node) = place.part else { return Err(Refusal::NotThere) };
    if !is_lone_scalar(node) {
        return Err(Refusal::NotThere);
    }
    let what = What::Change(Change::Value(yaml::resolve(text)));
    Ok(Planned { range: range(&node.span), text: text.to_owned(), path: place.path, what })
}

/// Tells whether a value is written, is no collection, and holds no other values.
fn is_lone_scalar(node: &Node) -> bool {
    let is_collection = matches!(node.value, Value::Mapping(_) | Value::Sequence(_));
    !is_collection && !node.span.text().is_empty() && !node.as_str().is_some_and(is_document)
}

/// Tells whether a string is YAML of its own, as chart values are: then a place in it is not the place of all of it.
fn is_document(text: &str) -> bool {
    text.contains(['\n', ':']) && {
        let (documents, _) = yaml::read(&Source::new("", text));
        documents.iter().any(|root| matches!(root.value, Value::Mapping(_) | Value::Sequence(_)))
    }
}

/// Returns the ways to write a string in the place of another, the most alike first.
fn candidates(texts: &Texts, span: &Span, text: &str) -> Vec<String> {
    let double = yaml::double_quoted(text);
    let single = yaml::single_quoted(text);
    let written = span.text();
    let is_json = texts.text().trim_start_matches(['\u{FEFF}', ' ', '\t', '\n', '\r']).starts_with(['{', '[']);
    let quoted = if is_json || !prefers_single(texts.text()) {
        [Some(double.clone()), single.clone()]
    } else {
        [single.clone(), Some(double.clone())]
    };
    let quoted = quoted.into_iter().flatten();
    match written.chars().next() {
        Some('\'') => single.into_iter().chain([double]).collect(),
        Some('"') => vec![double],
        Some('|') => block(written, text).into_iter().chain(plain_or_quoted(text)).chain(quoted).collect(),
        _ => plain_or_quoted(text).into_iter().chain(quoted).collect(),
    }
}

/// Returns a string without quotes, if it needs none in block style.
fn plain_or_quoted(text: &str) -> Option<String> {
    let scalar = yaml::scalar(text);
    (scalar == text).then(|| scalar.into_owned())
}

/// Tells whether a text has more values in single quotes than in double ones.
fn prefers_single(text: &str) -> bool {
    let count = |quote: &str| {
        let marks = [": ", "- "].map(|before| text.matches(&format!("{before}{quote}")).count());
        marks.iter().sum::<usize>()
    };
    count("'") > count("\"")
}

/// Writes a string as a literal block that begins like another one.
fn block(written: &str, text: &str) -> Option<String> {
    let (header, body) = written.split_once('\n')?;
    let line = body.lines().find(|line| !line.trim().is_empty())?;
    let indentation = &line[..line.len() - line.trim_start_matches(' ').len()];
    let line_break = if header.ends_with('\r') { "\r\n" } else { "\n" };
    let lines = text.trim_end_matches('\n').split('\n').map(|line| format!("{indentation}{line}"));
    Some(format!("{header}\n{}", lines.collect::<Vec<_>>().join(line_break)))
}

/// Tells whether a scalar reads as a string, as a key or a value, in block style or between brackets.
fn reads_as(written: &str, text: &str, is_key: bool, in_flow: bool) -> bool {
    let entry = if is_key { format!("{written}: x") } else { format!("x: {written}") };
    let document = if in_flow { format!("{{{entry}}}\n") } else { format!("{entry}\n") };
    let (documents, faults) = yaml::read(&Source::new("", document));
    let [Node { value: Value::Mapping(mapping), .. }] = documents.as_slice() else { return false };
    let mut entries =
        mapping.iter().map(|entry| if is_key { Some(entry.key.value.as_str()) } else { entry.value.as_str() });
    faults.is_empty() && entries.next() == Some(Some(text)) && entries.next().is_none()
}

/// Takes an entry or an item out, with the lines that are its own.
fn removed(texts: &Texts, place: Place<'_>) -> Result<Planned, Refusal> {
    let parent = place.parent.ok_or(Refusal::NotThere)?;
    if matches!(place.part, Part::Value(node) if node.as_str().is_some_and(is_document)) {
        return Err(Refusal::NotThere);
    }
    let rank = *place.path.last().ok_or(Refusal::NotThere)?;
    let text = texts.text();
    let children = children(text, parent)?;
    let own = children.get(rank).cloned().flatten().ok_or(Refusal::Alias)?;
    let mut others: Vec<Range<usize>> =
        children.into_iter().enumerate().filter(|(it, _)| *it != rank).filter_map(|(_, it)| it).collect();
    others.sort_by_key(|it| it.start);
    let before = others.iter().rev().find(|it| it.end <= own.start);
    let after = others.iter().find(|it| it.start >= own.end);
    let (range, new) = if is_flow(parent) {
        (in_flow(text, parent, &own, before, after)?, String::new())
    } else {
        in_block(text, parent, &own, before, after)?
    };
    Ok(Planned { range, text: new, path: place.path, what: What::Change(Change::Remove) })
}

/// Returns what is written of each child of a collection, from the key or the dash on; nothing of what was taken over from an anchor.
fn children(text: &str, parent: &Node) -> Result<Vec<Option<Range<usize>>>, Refusal> {
    let around = range(&parent.span);
    let own = |range: Range<usize>| (around.start <= range.start && range.end <= around.end).then_some(range);
    match &parent.value {
        Value::Mapping(mapping) => Ok(mapping
            .iter()
            .map(|entry| {
                let (key, value) = (range(&entry.key.span), range(&entry.value.span));
                // A value that is not there ends behind the colon, which belongs to the entry.
                let colon = text.get(key.end..).and_then(|rest| rest.find(':')).map_or(key.end, |at| key.end + at + 1);
                own(key.start..value.end.max(colon)).filter(|_| value.start >= key.end)
            })
            .collect()),
        Value::Sequence(items) if is_flow(parent) => Ok(items.iter().map(|item| own(range(&item.span))).collect()),
        Value::Sequence(items) => items
            .iter()
            .map(|item| {
                let item = range(&item.span);
                let dash = text[..item.start].trim_end();
                if dash.ends_with('-') { Ok(own(dash.len() - 1..item.end)) } else { Err(Refusal::Comment) }
            })
            .collect(),
        _ => Err(Refusal::NotThere),
    }
}

/// Takes a child out of brackets, with the comma on its side.
fn in_flow(
    text: &str,
    parent: &Node,
    own: &Range<usize>,
    before: Option<&Range<usize>>,
    after: Option<&Range<usize>>,
) -> Result<Range<usize>, Refusal> {
    let around = range(&parent.span);
    let range = match (before, after) {
        (_, Some(after)) => own.start..after.start,
        (Some(before), None) => before.end..own.end,
        (None, None) => around.start + 1..around.end.saturating_sub(1),
    };
    let rest = [range.start..own.start, own.end..range.end];
    let is_bare =
        |part: Range<usize>| text.get(part).is_some_and(|part| part.chars().all(|it| it == ',' || it.is_whitespace()));
    if rest.into_iter().all(is_bare) { Ok(range) } else { Err(Refusal::Comment) }
}

/// Takes a child out of a collection in block style.
fn in_block(
    text: &str,
    parent: &Node,
    own: &Range<usize>,
    before: Option<&Range<usize>>,
    after: Option<&Range<usize>>,
) -> Result<(Range<usize>, String), Refusal> {
    let line_start = text[..own.start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[own.end..].find('\n').map_or(text.len(), |at| own.end + at + 1);
    let rest = text[own.end..line_end].trim();
    if !(rest.is_empty() || rest.starts_with('#')) {
        return Err(Refusal::NotAlone);
    }
    let is_bare = |part: Range<usize>| text.get(part).is_some_and(|part| part.trim().is_empty());
    let is_alone = before.is_none() && after.is_none();
    if is_alone {
        // What is left is an empty collection, behind the key or the dash that leads to it.
        let head = text[..own.start].trim_end().len();
        if !text[..head].ends_with([':', '-']) || !rest.is_empty() {
            return Err(Refusal::Comment);
        }
        let empty = if matches!(parent.value, Value::Sequence(_)) { " []" } else { " {}" };
        return Ok((head..own.end, empty.to_owned()));
    }
    if is_bare(line_start..own.start) {
        // A file whose last line does not end keeps that.
        let is_last = line_end == text.len() && !text.ends_with('\n');
        let start = match text[..line_start].strip_suffix('\n') {
            Some(above) if is_last => above.trim_end_matches('\r').len(),
            _ => line_start,
        };
        return Ok((start..line_end, String::new()));
    }
    match after {
        Some(after) if is_bare(own.end..after.start) => Ok((own.start..after.start, String::new())),
        Some(_) => Err(Refusal::Comment),
        None => Err(Refusal::NotAlone),
    }
}
