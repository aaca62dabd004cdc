//! Where a fix is about, and what the text says there.

use std::ops::Range;
use std::sync::Arc;

use super::Refusal;
use crate::source::{Source, Span};
use crate::yaml::{self, BlockLines, Node, Value};

/// A text with what it says.
pub(super) struct Texts {
    pub(super) source: Arc<Source>,
    pub(super) documents: Vec<Node>,
    /// What is wrong with it as YAML.
    faults: Vec<(&'static str, String)>,
}

/// What is at a place of a text.
pub(super) struct Place<'a> {
    /// The ranks of the document and of the children that lead there.
    pub(super) path: Vec<usize>,
    pub(super) part: Part<'a>,
    /// What holds it; nothing for a document.
    pub(super) parent: Option<&'a Node>,
    /// Whether it stands between brackets.
    pub(super) in_flow: bool,
}

/// A part of a text that a fix can be about.
pub(super) enum Part<'a> {
    /// A key.
    Key(&'a Span),
    /// A value or an item.
    Value(&'a Node),
    /// Something in the text that a literal block holds.
    Inside(&'a Node, BlockLines),
}

/// What changes in what a text says, at the end of a path.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    Key(String),
    Value(Value),
    Remove,
}

impl Texts {
    pub(super) fn read(text: &str) -> Self {
        let source = Source::new("", text);
        let (documents, faults) = yaml::read(&source);
        let faults = faults.into_iter().map(|fault| (fault.rule.id, fault.message)).collect();
        Self { source, documents, faults }
    }

    pub(super) fn text(&self) -> &str {
        self.source.text()
    }

    /// Returns the value at the end of a path.
    pub(super) fn at(&self, path: &[usize]) -> Option<&Node> {
        let (document, way) = path.split_first()?;
        way.iter().try_fold(self.documents.get(*document)?, |node, rank| match &node.value {
            Value::Mapping(mapping) => mapping.iter().nth(*rank).map(|entry| &entry.value),
            Value::Sequence(items) => items.get(*rank),
            _ => None,
        })
    }

    /// Tells whether another text says what this one does after these changes, and nothing else is wrong with it.
    pub(super) fn becomes(&self, changes: Vec<(&[usize], Change)>, text: &str) -> bool {
        let mut expected = self.documents.clone();
        let mut changes = changes;
        // From the end on, so that the ranks of what is still to be changed stay.
        changes.sort_by(|a, b| b.0.cmp(a.0));
        let is_possible = changes.into_iter().all(|(path, change)| set(&mut expected, path, change).is_some());
        let new = Self::read(text);
        is_possible && new.documents == expected && new.faults == self.faults
    }

    /// Finds what begins at an offset and, in its first line, reads `written`.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotThere`] if there is nothing like that.
    pub(super) fn find(&self, offset: usize, written: &str) -> Result<Place<'_>, Refusal> {
        let mut search = Search { offset, written: first_line(written), path: Vec::new() };
        self.documents
            .iter()
            .enumerate()
            .find_map(|(rank, root)| search.at(rank, root, None, false))
            .ok_or(Refusal::NotThere)
    }
}

/// Returns the bytes that a span covers.
pub(super) fn range(span: &Span) -> Range<usize> {
    span.start() as usize..span.end() as usize
}

/// Tells whether a collection is written between brackets.
pub(super) fn is_flow(node: &Node) -> bool {
    node.span.text().starts_with(['{', '['])
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

struct Search<'t> {
    offset: usize,
    written: &'t str,
    path: Vec<usize>,
}

impl Search<'_> {
    fn is_here(&self, span: &Span) -> bool {
        span.start() as usize == self.offset && first_line(span.text()) == self.written
    }

    /// Looks at a child and below; trees are at most [`yaml::MAX_DEPTH`] deep.
    fn at<'a>(&mut self, rank: usize, node: &'a Node, parent: Option<&'a Node>, in_flow: bool) -> Option<Place<'a>> {
        self.path.push(rank);
        let found = self.in_node(node, parent, in_flow);
        if found.is_none() {
            self.path.pop();
        }
        found
    }

    fn place<'a>(&mut self, part: Part<'a>, parent: Option<&'a Node>, in_flow: bool) -> Place<'a> {
        Place { path: std::mem::take(&mut self.path), part, parent, in_flow }
    }

    fn in_node<'a>(&mut self, node: &'a Node, parent: Option<&'a Node>, in_flow: bool) -> Option<Place<'a>> {
        let span = &node.span;
        let is_around = (span.start() as usize..=span.end() as usize).contains(&self.offset);
        if !is_around {
            return None;
        }
        // What begins with an alias is written elsewhere.
        if span.text().starts_with('*') {
            return None;
        }
        let is_first_key =
            node.as_mapping().is_some_and(|mapping| mapping.iter().any(|entry| self.is_here(&entry.key.span)));
        if self.is_here(span) && !is_first_key {
            return Some(self.place(Part::Value(node), parent, in_flow));
        }
        let in_flow_below = in_flow || is_flow(node);
        match &node.value {
            Value::Mapping(mapping) => mapping.iter().enumerate().find_map(|(rank, entry)| {
                if self.is_here(&entry.key.span) {
                    self.path.push(rank);
                    return Some(self.place(Part::Key(&entry.key.span), Some(node), in_flow_below));
                }
                self.at(rank, &entry.value, Some(node), in_flow_below)
            }),
            Value::Sequence(items) => {
                items.iter().enumerate().find_map(|(rank, item)| self.at(rank, item, Some(node), in_flow_below))
            }
            Value::String(text) => {
                let lines = BlockLines::of(span, text)?;
                Some(self.place(Part::Inside(node, lines), parent, in_flow))
            }
            _ => None,
        }
    }
}

/// Makes a change at the end of a path.
fn set(documents: &mut [Node], path: &[usize], change: Change) -> Option<()> {
    let (last, way) = path.split_last()?;
    let Some((document, way)) = way.split_first() else {
        let Change::Value(value) = change else { return None };
        documents.get_mut(*last)?.value = value;
        return Some(());
    };
    let mut node = documents.get_mut(*document)?;
    for rank in way {
        node = match &mut node.value {
            Value::Mapping(mapping) => &mut mapping.iter_mut().nth(*rank)?.value,
            Value::Sequence(items) => items.get_mut(*rank)?,
            _ => return None,
        };
    }
    match (&mut node.value, change) {
        (Value::Mapping(mapping), Change::Key(key)) => mapping.iter_mut().nth(*last)?.key.value = key,
        (Value::Mapping(mapping), Change::Value(value)) => mapping.iter_mut().nth(*last)?.value.value = value,
        (Value::Mapping(mapping), Change::Remove) => {
            let mut rank = 0..;
            mapping.retain(|_| rank.next() != Some(*last));
        }
        (Value::Sequence(items), Change::Value(value)) => items.get_mut(*last)?.value = value,
        (Value::Sequence(items), Change::Remove) if *last < items.len() => drop(items.remove(*last)),
        _ => return None,
    }
    Some(())
}
