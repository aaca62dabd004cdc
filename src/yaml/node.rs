//! The located tree.

use crate::source::{Located, Span, Spanned};

/// A value and the place where it was written.
#[derive(Clone, Debug)]
pub struct Node {
    /// What was written.
    pub value: Value,
    /// Where. Of a mapping or sequence: from its first to its last character.
    pub span: Span,
}

/// What a YAML node is once Kubernetes has read it: the JSON data model, integers kept exact.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`, and everything that YAML 1.1 reads as one (`yes`, `off`, …).
    Bool(bool),
    /// A whole number in the range of `i64` or `u64`.
    Integer(i128),
    /// Any other number; always finite.
    Float(f64),
    /// Text.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order in which they were written.
    Mapping(Mapping),
}

/// Keys and values in the order in which they were written. Keys are unique strings, as in JSON.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mapping {
    entries: Vec<Entry>,
}

/// One key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: Spanned<String>,
    /// Its value.
    pub value: Node,
}

/// Compares data; places do not count.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// Compares data; places do not count.
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key.value == other.key.value && self.value == other.value
    }
}

impl Located for Node {
    fn spans(&mut self, visit: &mut dyn FnMut(&mut Span)) {
        visit(&mut self.span);
        match &mut self.value {
            Value::Sequence(items) => items.spans(visit),
            Value::Mapping(mapping) => mapping.entries.spans(visit),
            _ => {}
        }
    }
}

impl Located for Entry {
    fn spans(&mut self, visit: &mut dyn FnMut(&mut Span)) {
        self.key.spans(visit);
        self.value.spans(visit);
    }
}

impl Node {
    /// Puts a value at a place.
    pub fn new(value: impl Into<Value>, span: &Span) -> Self {
        Self { value: value.into(), span: span.clone() }
    }

    /// Builds a mapping at a place. Keys stand at the place of their value.
    pub fn mapping<'a>(span: &Span, entries: impl IntoIterator<Item = (&'a str, Self)>) -> Self {
        let mut mapping = Mapping::default();
        for (key, value) in entries {
            mapping.insert(Spanned::new(key.to_owned(), value.span.clone()), value);
        }
        Self::new(mapping, span)
    }

    /// Returns the text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(text) = &self.value { Some(text) } else { None }
    }

    /// Returns a whole number that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        if let Value::Integer(number) = self.value { i64::try_from(number).ok() } else { None }
    }

    /// Returns a truth value.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(truth) = self.value { Some(truth) } else { None }
    }

    /// Returns the entries of a mapping.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&Mapping> {
        if let Value::Mapping(mapping) = &self.value { Some(mapping) } else { None }
    }

    /// Returns the items of a sequence.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Self]> {
        if let Value::Sequence(items) = &self.value { Some(items) } else { None }
    }

    /// Tells whether this is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    /// Tells whether Go leaves it out of what it writes, so that nobody can tell it from what is missing: empty, zero or false all
    /// the way down.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        match &self.value {
            Value::Null | Value::Bool(false) | Value::Integer(0) => true,
            Value::String(text) => text.is_empty(),
            Value::Sequence(items) => items.is_empty(),
            Value::Mapping(mapping) => mapping.iter().all(|entry| entry.value.is_zero()),
            Value::Bool(true) | Value::Integer(_) | Value::Float(_) => false,
        }
    }

    /// Returns the value of a key, if this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_mapping()?.get(key)
    }

    /// Follows keys downwards.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Returns the items of a sequence below this node; nothing if there is none.
    pub fn items_at(&self, path: &[&str]) -> impl Iterator<Item = &Self> {
        self.at(path).and_then(Self::as_sequence).unwrap_or_default().iter()
    }

    /// Lays another tree on this one: mappings merge, everything else is replaced, by `null` too.
    pub fn overlay(&mut self, over: Self) {
        match (&mut self.value, over) {
            (Value::Mapping(mapping), Self { value: Value::Mapping(changes), span }) => {
                for Entry { key, value } in changes {
                    match mapping.get_mut(&key.value) {
                        Some(old) => old.overlay(value),
                        None => mapping.insert(key, value),
                    }
                }
                self.span = span;
            }
            (_, over) => *self = over,
        }
    }

    /// Names the type with an article, for messages.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Integer(_) => "an integer",
            Value::Float(_) => "a number",
            Value::String(_) => "a string",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }
}

impl Mapping {
    /// Returns the value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Returns a key with its place, and its value.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key.value == key)
    }

    /// Returns the value of a key for changing it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|entry| entry.key.value == key).map(|entry| &mut entry.value)
    }

    /// Sets a key. One that is there already keeps its rank among the others.
    pub fn insert(&mut self, key: Spanned<String>, value: Node) {
        match self.entries.iter_mut().find(|entry| entry.key.value == key.value) {
            Some(entry) => *entry = Entry { key, value },
            None => self.entries.push(Entry { key, value }),
        }
    }

    /// Builds a mapping of entries whose keys the caller knows to be unique.
    pub(super) fn from_unique(entries: Vec<Entry>) -> Self {
        Self { entries }
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let index = self.entries.iter().position(|entry| entry.key.value == key)?;
        Some(self.entries.remove(index).value)
    }

    /// Walks through the entries in the order in which they were written.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.entries.iter()
    }

    /// Walks through the entries for changing them.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Entry> {
        self.entries.iter_mut()
    }

    /// Keeps the entries that the condition holds for.
    pub fn retain(&mut self, keep: impl FnMut(&Entry) -> bool) {
        self.entries.retain(keep);
    }

    /// Returns the number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Tells whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<'a> IntoIterator for &'a Mapping {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Mapping {
    type Item = Entry;
    type IntoIter = std::vec::IntoIter<Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'a> IntoIterator for &'a mut Mapping {
    type Item = &'a mut Entry;
    type IntoIter = std::slice::IterMut<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Integer(number.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<Vec<Node>> for Value {
    fn from(items: Vec<Node>) -> Self {
        Self::Sequence(items)
    }
}

impl From<Mapping> for Value {
    fn from(mapping: Mapping) -> Self {
        Self::Mapping(mapping)
    }
}
