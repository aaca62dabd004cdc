//! From text to trees: a loader over the events of `granit-parser`.
//!
//! The parser speaks YAML 1.2 and lives with a great deal; the loader gives its events the meaning that Go's reader gives
//! them, and refuses what that reader refuses. It keeps its own stack, so no input can exhaust the machine's.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StrInput, StructureStyle, Tag};

use super::dialect::{self, Misread};
use super::node::{Entry, Mapping, Node, Value};
use super::scalar;
use super::syntax;
use super::{DOCUMENT_LOST, DUPLICATE_KEY, LIMITS, SEPARATOR, SYNTAX, VALUE};
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span, Spanned};

/// The longest text that is read, in bytes. The largest manifests in use, bundles of resource definitions, have some 5 MiB.
pub const MAX_BYTES: usize = 32 << 20;
/// How many collections may be nested. It keeps every recursion over a tree far away from the end of the stack.
pub const MAX_DEPTH: usize = 256;
/// How many keys, scalars, lists and mappings one text may have.
pub const MAX_NODES: usize = 2_000_000;
/// How much data anchors and aliases of one text may add, in bytes of text plus 32 for each node.
pub const MAX_ALIASED: usize = 16 << 20;

/// How many findings one text may have; reading stops there.
pub const MAX_FINDINGS: usize = 100;

/// Reads every document of a text, as Kubernetes finds them.
///
/// Documents that cannot be read are left out of the first and explained in the second; so are documents that Kubernetes
/// never sees. Documents without any content (only comments, say) count for nothing.
#[must_use]
pub fn read(source: &Arc<Source>) -> (Vec<Node>, Vec<Diagnostic>) {
    let mut loader = Loader::new(source);
    loader.run();
    (loader.documents, loader.diagnostics)
}

/// Reads a text that has to be exactly one document.
#[must_use]
pub fn read_one(source: &Arc<Source>) -> (Option<Node>, Vec<Diagnostic>) {
    let (documents, mut diagnostics) = read(source);
    let mut documents = documents.into_iter();
    let (first, second) = (documents.next(), documents.next());
    match (&first, &second) {
        (Some(_), None) => return (first, diagnostics),
        (Some(first), Some(second)) => diagnostics.push(
            Diagnostic::new(&SYNTAX, &second.span, "a second document begins here, where exactly one is expected")
                .related(&first.span, "the first document")
                .help("move it to a file of its own"),
        ),
        (None, _) if diagnostics.is_empty() => diagnostics.push(Diagnostic::new(
            &SYNTAX,
            &Span::new(source, 0, 0),
            "the file is empty, where one document is expected",
        )),
        _ => {}
    }
    (None, diagnostics)
}

/// Why reading does not go on.
enum Stop {
    /// This document is of no use any more; the next one may be.
    Document,
    /// The whole text is too much.
    Text,
}

/// A collection that is not complete yet.
struct Frame {
    start: usize,
    /// Where the last part so far ended; the end of the collection in block style.
    end: usize,
    anchor: usize,
    flow: bool,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping(Entries),
}

/// The entries of a mapping in the order in which they take effect: the last one of a name counts.
#[derive(Default)]
struct Entries {
    list: Vec<Entry>,
    /// Which of them were taken over by `<<`.
    merged: BTreeSet<usize>,
    key: Option<Key>,
}

/// A key that waits for its value.
enum Key {
    Text(Spanned<String>),
    Merge,
    /// Was refused already.
    Unusable,
}

struct Loader<'a> {
    source: &'a Arc<Source>,
    parser: Parser<'a, StrInput<'a>>,
    documents: Vec<Node>,
    diagnostics: Vec<Diagnostic>,
    frames: Vec<Frame>,
    anchors: BTreeMap<usize, Node>,
    /// The finished root of the document at hand, unless nothing was written.
    root: Option<Node>,
    /// Whether the document at hand has been refused.
    refused: bool,
    /// Where the last token ended.
    end: usize,
    /// Whether a document has begun already.
    begun: bool,
    nodes: usize,
    aliased: usize,
    /// Places of characters that are line breaks to Go's reader alone, and that no quotes have made harmless.
    breaks: Vec<usize>,
}

impl<'a> Loader<'a> {
    fn new(source: &'a Arc<Source>) -> Self {
        let options = granit_parser::options! {
            emit_comments: false,
            emit_anchor_events: true,
            disallow_directives: true,
            bom_inside_document_as_content: true,
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        Self {
            source,
            parser: Parser::new_from_str_with_options(source.text(), options),
            documents: Vec::new(),
            diagnostics: Vec::new(),
            frames: Vec::new(),
            anchors: BTreeMap::new(),
            root: None,
            refused: false,
            end: 0,
            begun: false,
            nodes: 0,
            aliased: 0,
            breaks: Vec::new(),
        }
    }

    fn run(&mut self) {
        if self.source.text().len() > MAX_BYTES {
            let message = format!("the text has {} bytes; at most {MAX_BYTES} are read", self.source.text().len());
            return self.report(Diagnostic::new(&LIMITS, &self.span(0, 0), message));
        }
        match dialect::scan(self.source) {
            Ok(breaks) => self.breaks = breaks,
            Err(diagnostic) => return self.report(diagnostic),
        }
        for diagnostic in dialect::separators(self.source) {
            self.report(diagnostic);
        }
        while self.diagnostics.len() < MAX_FINDINGS {
            let stop = match self.parser.next_event() {
                None => break,
                Some(Ok((event, span))) => self.event(event, &span),
                Some(Err(error)) => self.fail(&error),
            };
            match stop {
                Ok(()) => {}
                Err(Stop::Text) => break,
                Err(Stop::Document) => {
                    self.reset();
                    if !self.parser.proceed_next_document().unwrap_or(false) {
                        break;
                    }
                }
            }
        }
        if self.diagnostics.len() == MAX_FINDINGS {
            let message = format!("the text has {MAX_FINDINGS} faults; the rest of it was not read");
            let end = self.span(self.end, self.end);
            self.diagnostics.push(Diagnostic::new(&LIMITS, &end, message));
        }
        if let Some(offset) = self.breaks.first() {
            self.documents.clear();
            self.diagnostics = vec![dialect::foreign_break(self.source, *offset)];
        }
    }

    fn event(&mut self, event: Event<'a>, span: &granit_parser::Span) -> Result<(), Stop> {
        let (start, end) = (offset(self.source, &span.start), offset(self.source, &span.end));
        if let Some(tag) = span.tag_span() {
            let tag = offset(self.source, &tag.start)..offset(self.source, &tag.end);
            self.misread(dialect::tag(self.source.text(), tag))?;
        }
        match event {
            Event::DocumentStart(explicit, _) => self.begin(explicit, start),
            Event::DocumentEnd => {
                self.gap(start)?;
                self.finish();
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.count(start)?;
                self.scalar(text, style, anchor, tag.as_deref(), start..end)
            }
            Event::SequenceStart(style, anchor, _) => {
                self.open(Content::Sequence(Vec::new()), style, anchor, start, end)
            }
            Event::MappingStart(style, anchor, _) => {
                self.open(Content::Mapping(Entries::default()), style, anchor, start, end)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(end),
            Event::Alias(anchor) => {
                self.count(start)?;
                self.alias(anchor, start, end)
            }
            Event::StreamEnd => self.gap(self.source.text().len()),
            Event::Anchor(_, name) => self.anchor_name(&name, start, end),
            _ => Ok(()),
        }
    }

    /// Checks that a document begins where Kubernetes looks for one.
    fn begin(&mut self, explicit: bool, start: usize) -> Result<(), Stop> {
        let first = !std::mem::replace(&mut self.begun, true);
        let text = self.source.text();
        self.gap(start)?;
        self.end = if explicit { start + 3 } else { self.end };
        if first {
            Ok(())
        } else if !explicit {
            self.lost(start, "only a line `---` begins another document")
        } else if !text[..start].ends_with('\n') {
            self.lost(start, "the line break in front of `---` is a lone carriage return")
        } else {
            Ok(())
        }
    }

    /// Refuses a document that Kubernetes does not get to see.
    fn lost(&mut self, start: usize, reason: &str) -> Result<(), Stop> {
        self.stop(
            Diagnostic::new(
                &DOCUMENT_LOST,
                &self.span(start, start + 3),
                format!("Kubernetes does not read on from here: {reason}"),
            )
            .help("separate documents by a line `---`"),
        )
    }

    fn finish(&mut self) {
        let root = self.root.take();
        if !self.refused {
            self.documents.extend(root);
        }
        self.reset();
    }

    fn reset(&mut self) {
        self.frames.clear();
        self.anchors.clear();
        self.root = None;
        self.refused = false;
    }

    fn count(&mut self, start: usize) -> Result<(), Stop> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let message = format!("the text has more than {MAX_NODES} keys and values; the rest is not read");
            self.report(Diagnostic::new(&LIMITS, &self.span(start, start), message));
            return Err(Stop::Text);
        }
        Ok(())
    }

    fn open(
        &mut self,
        content: Content,
        style: StructureStyle,
        anchor: usize,
        start: usize,
        end: usize,
    ) -> Result<(), Stop> {
        self.count(start)?;
        self.gap(start)?;
        if self.frames.len() == MAX_DEPTH {
            return self.too_deep(start);
        }
        let is_list = matches!(content, Content::Sequence(_)) && style != StructureStyle::Flow;
        let start = if is_list && self.awaits_value() { self.first_dash(start) } else { start };
        self.frames.push(Frame { start, end, anchor, flow: style == StructureStyle::Flow, content });
        self.end = end;
        Ok(())
    }

    /// Returns where a list begins whose dashes stand below its key: the parser names its first item.
    fn first_dash(&self, start: usize) -> usize {
        let gap = self.source.text().get(self.end..start).unwrap_or_default();
        let written = gap.trim_end();
        let is_dash = written.rsplit('\n').next().is_some_and(|line| line.trim() == "-");
        if is_dash { self.end + written.len() - 1 } else { start }
    }

    fn too_deep(&mut self, start: usize) -> Result<(), Stop> {
        let message = format!("lists and mappings are nested more than {MAX_DEPTH} deep");
        self.stop(Diagnostic::new(&LIMITS, &self.span(start, start + 1), message))
    }

    fn close(&mut self, end: usize) -> Result<(), Stop> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let end = if frame.flow { end } else { frame.end };
        self.end = self.end.max(end);
        let value = match frame.content {
            Content::Sequence(items) => Value::Sequence(items),
            Content::Mapping(entries) => Value::Mapping(self.unique(entries)),
        };
        let node = Node { value, span: self.span(frame.start, end) };
        self.define(frame.anchor, &node)?;
        self.place(node, false);
        Ok(())
    }

    fn scalar(
        &mut self,
        text: Cow<'a, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        token: Range<usize>,
    ) -> Result<(), Stop> {
        let nothing = style == ScalarStyle::Plain && token.is_empty() && anchor == 0 && tag.is_none();
        let token = self.token(style, token, nothing)?;
        if nothing && self.frames.is_empty() {
            return Ok(());
        }
        let span = self.span(token.start, token.end);
        let kind = tag.map(|tag| tag.suffix_in_namespace("tag:yaml.org,2002:").unwrap_or_default());
        let plain = style == ScalarStyle::Plain && kind.as_ref().is_none_or(|kind| kind == "merge");
        let value = match kind {
            Some(kind) => scalar::tagged(&kind, &text),
            None if !plain => Ok(Value::String(text.into_owned())),
            None => match scalar::typed(&text) {
                None => Ok(Value::String(text.into_owned())),
                Some(Value::Float(number)) if number.is_finite() => Ok(scalar::float_value(number)),
                // As a key it is text.
                Some(Value::Float(_)) if !self.awaits_key() => Err(format!("JSON has no number `{text}`")),
                Some(value) => Ok(value),
            },
        };
        let value = value.unwrap_or_else(|message| {
            self.refuse(Diagnostic::new(&VALUE, &span, message).help("put it in quotes, if it is meant as text"));
            Value::Null
        });
        let node = Node { value, span };
        self.define(anchor, &node)?;
        self.place(node, plain);
        Ok(())
    }

    /// Returns where exactly a scalar is written, and refuses what Go's reader would not read like this.
    fn token(&mut self, style: ScalarStyle, token: Range<usize>, nothing: bool) -> Result<Range<usize>, Stop> {
        let text = self.source.text();
        let before = self.end;
        if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            // The parser's token is the text below the header, with all line breaks behind it.
            let start = dialect::block_indicator(text, before, token.start);
            self.gap(start)?;
            self.misread(dialect::block_scalar(text, start..token.end, token.start, self.frames.is_empty()))?;
            self.end = token.end;
            let end = text[start..token.end].trim_end_matches(['\n', '\r', ' ']).len();
            return Ok(start..start + end);
        }
        self.gap(token.start)?;
        self.end = before.max(token.end);
        if nothing && before == token.start && self.awaits_value() {
            // The parser puts an absent value in front of the colon.
            let rest = &text[before..];
            let colon = rest.trim_start_matches([' ', '\t']);
            let behind = before + rest.len() - colon.len() + 1;
            return Ok(if colon.starts_with(':') { behind..behind } else { token });
        }
        let in_flow = self.frames.last().is_some_and(|frame| frame.flow);
        self.misread(match style {
            ScalarStyle::DoubleQuoted => dialect::double_quoted(text, token.clone()),
            ScalarStyle::Plain => dialect::plain(text, token.clone(), in_flow),
            _ => None,
        })?;
        if !self.breaks.is_empty() && style != ScalarStyle::Plain {
            dialect::quoted_breaks(text, &token, &mut self.breaks);
        }
        Ok(token)
    }

    /// Refuses what Go's reader would not read like this between the last token and the next one.
    fn gap(&mut self, start: usize) -> Result<(), Stop> {
        let text = self.source.text();
        let gap = self.end..start;
        let Some(between) = text.get(gap.clone()) else { return Ok(()) };
        self.misread(match self.frames.last() {
            Some(Frame {
                flow: true, content: Content::Mapping(Entries { key: Some(Key::Text(key)), .. }), ..
            }) => dialect::flow_gap(text, key.span.start() as usize, gap),
            Some(Frame { flow: true, .. }) => None,
            _ if between.as_bytes().contains(&b'\t') => dialect::block_gap(text, gap),
            _ => None,
        })
    }

    fn misread(&mut self, found: Option<Misread>) -> Result<(), Stop> {
        let Some(Misread { range, message, help }) = found else { return Ok(()) };
        let span = self.span(range.start, range.end);
        self.stop(Diagnostic::new(&SYNTAX, &span, message).help(help))
    }

    /// Reports what makes the rest of the document unreadable.
    fn stop(&mut self, diagnostic: Diagnostic) -> Result<(), Stop> {
        self.report(diagnostic);
        Err(Stop::Document)
    }

    fn anchor_name(&mut self, name: &str, start: usize, end: usize) -> Result<(), Stop> {
        if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            return Ok(());
        }
        let message = format!("`{name}` is no name for an anchor: letters, digits, `-` and `_` are");
        self.stop(Diagnostic::new(&SYNTAX, &self.span(start, end), message))
    }

    fn alias(&mut self, anchor: usize, start: usize, end: usize) -> Result<(), Stop> {
        self.gap(start)?;
        self.end = end;
        let span = self.span(start, end);
        let Some(target) = self.anchors.get(&anchor) else {
            let message = format!("`{}` stands inside the very value that it repeats", span.text());
            return self.stop(Diagnostic::new(&SYNTAX, &span, message));
        };
        let Some((weight, depth)) = measure(target, MAX_ALIASED - self.aliased) else {
            return self.too_many_aliases(&span);
        };
        if self.frames.len() + depth > MAX_DEPTH {
            return self.too_deep(start);
        }
        self.aliased += weight;
        let node = Node { value: target.value.clone(), span };
        self.place(node, false);
        Ok(())
    }

    fn too_many_aliases(&mut self, span: &Span) -> Result<(), Stop> {
        let message = format!("anchors and aliases blow this text up by more than {} MiB", MAX_ALIASED >> 20);
        self.report(Diagnostic::new(&LIMITS, span, message).help("write the values out, or split the file"));
        Err(Stop::Text)
    }

    /// Remembers a value under its anchor.
    fn define(&mut self, anchor: usize, node: &Node) -> Result<(), Stop> {
        if anchor == 0 {
            return Ok(());
        }
        let Some((weight, _)) = measure(node, MAX_ALIASED - self.aliased) else {
            return self.too_many_aliases(&node.span);
        };
        self.aliased += weight;
        self.anchors.insert(anchor, node.clone());
        Ok(())
    }

    fn awaits_value(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { content: Content::Mapping(Entries { key: Some(_), .. }), .. }))
    }

    fn awaits_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { content: Content::Mapping(Entries { key: None, .. }), .. }))
    }

    /// Puts a finished node where it belongs. `plain` says whether it is a scalar without quotes and tag.
    fn place(&mut self, node: Node, plain: bool) {
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return;
        };
        frame.end = frame.end.max(node.span.end() as usize);
        let entries = match &mut frame.content {
            Content::Sequence(items) => {
                items.push(node);
                return;
            }
            Content::Mapping(entries) => entries,
        };
        let refused = match entries.key.take() {
            Some(Key::Text(key)) => {
                entries.list.push(Entry { key, value: node });
                None
            }
            Some(Key::Merge) => entries.merge(node).err(),
            Some(Key::Unusable) => None,
            None => {
                let (key, refused) = match key(node, plain) {
                    Ok(key) => (key, None),
                    Err(diagnostic) => (Key::Unusable, Some(diagnostic)),
                };
                entries.key = Some(key);
                refused
            }
        };
        if let Some(diagnostic) = refused {
            self.refuse(diagnostic);
        }
    }

    /// Leaves one entry for each key, the one that counts in Kubernetes, and reports the others.
    fn unique(&mut self, entries: Entries) -> Mapping {
        let Entries { list: entries, merged, .. } = entries;
        if !has_repeats(&entries) {
            return Mapping::from_unique(entries);
        }
        let mut ranks: BTreeMap<String, usize> = BTreeMap::new();
        let mut kept: Vec<(Entry, bool)> = Vec::new();
        let mut findings = Vec::new();
        let mut identity = BTreeSet::from(["apiVersion", "kind"]);
        for (index, later) in entries.into_iter().enumerate() {
            let later = (later, merged.contains(&index));
            let Some(rank) = ranks.get(&later.0.key.value) else {
                ranks.insert(later.0.key.value.clone(), kept.len());
                kept.push(later);
                continue;
            };
            let earlier = std::mem::replace(&mut kept[*rank], later);
            identity.remove(earlier.0.key.value.as_str());
            findings.extend(repetition(&earlier, &kept[*rank]));
        }
        if identity.is_empty() && self.frames.is_empty() {
            // One object follows another, and all of its keys come again: that is one mistake.
            findings.truncate(1);
            for finding in &mut findings {
                "a second object begins here, and no line `---` stands above it".clone_into(&mut finding.message);
                finding.help = Some("write a line `---` above it".to_owned());
            }
        }
        for finding in findings {
            self.report(finding);
        }
        Mapping::from_unique(kept.into_iter().map(|(entry, _)| entry).collect())
    }

    fn fail(&mut self, error: &ScanError) -> Result<(), Stop> {
        let at = offset(self.source, error.marker());
        if *error.kind() == ErrorKind::RecursionLimitExceeded {
            return self.too_deep(at);
        }
        if *error.kind() == ErrorKind::ExpectedDocumentStart {
            return self.lost(at, "the document ended above");
        }
        let text = self.source.text();
        let follows_a_word = || text[..at].rsplit('\n').next().is_some_and(|before| !before.trim().is_empty());
        let finding = match (error.kind(), self.frames.last()) {
            // A key between brackets that stands where keys of the block around them do: the bracket is still open.
            (ErrorKind::InvalidColonPlacement, Some(Frame { start, flow: true, .. })) if follows_a_word() => {
                let open = text[*start..].chars().next().unwrap_or_default();
                syntax::explain(self.source, &ErrorKind::UnclosedFlowCollection { open }, *start)
            }
            (kind, _) => syntax::explain(self.source, kind, at),
        };
        // What a separator or a template breaks has been said.
        let line = finding.span.position().line;
        let is_said = |earlier: &Diagnostic| {
            [SEPARATOR.id, VALUE.id].contains(&earlier.rule.id) && earlier.span.position().line == line
        };
        if self.diagnostics.iter().any(is_said) { Err(Stop::Document) } else { self.stop(finding) }
    }

    fn refuse(&mut self, diagnostic: Diagnostic) {
        self.refused = true;
        self.report(diagnostic);
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_FINDINGS {
            self.diagnostics.push(diagnostic);
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end)
    }
}

impl Entries {
    /// Takes over the entries of the value of `<<`.
    fn merge(&mut self, node: Node) -> Result<(), Diagnostic> {
        let is_alias = node.span.text().starts_with('*');
        let mappings = match node.value {
            Value::Mapping(mapping) => vec![mapping],
            // The first mapping of a list takes precedence, so it has to come last.
            Value::Sequence(items) if !is_alias && items.iter().all(|item| item.as_mapping().is_some()) => items
                .into_iter()
                .rev()
                .filter_map(|item| if let Value::Mapping(mapping) = item.value { Some(mapping) } else { None })
                .collect(),
            _ => {
                let message = "`<<` takes a mapping or a list of mappings";
                return Err(
                    Diagnostic::new(&VALUE, &node.span, message).help("put the key in quotes, if it is meant as text")
                );
            }
        };
        for entry in mappings.into_iter().flatten() {
            self.merged.insert(self.list.len());
            self.list.push(entry);
        }
        Ok(())
    }
}

/// Makes a key of a node.
fn key(node: Node, plain: bool) -> Result<Key, Diagnostic> {
    let Node { value, span } = node;
    let value = match value {
        Value::String(text) if plain && text == "<<" => return Ok(Key::Merge),
        Value::String(text) => return Ok(Key::Text(Spanned::new(text, span))),
        Value::Sequence(_) | Value::Mapping(_) => return Err(syntax::collection_as_key(&span)),
        // `1e6` and `1000000` are the same value and different keys.
        value if plain => scalar::typed(span.text()).unwrap_or(value),
        value => value,
    };
    match scalar::key(&value) {
        Some(text) => Ok(Key::Text(Spanned::new(text, span))),
        None => {
            Err(Diagnostic::new(&VALUE, &span, format!("`{}` cannot be a key", span.text()))
                .help("put the key in quotes"))
        }
    }
}

/// Tells whether a key comes twice.
fn has_repeats(entries: &[Entry]) -> bool {
    if entries.len() <= 12 {
        let seen = |index: usize| entries[..index].iter().any(|entry| entry.key.value == entries[index].key.value);
        return (1..entries.len()).any(seen);
    }
    let mut names: Vec<&str> = entries.iter().map(|entry| entry.key.value.as_str()).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1])
}

/// Reports a key that comes again, each time with the word whether `<<` brought it. To override merged keys below `<<` is
/// what merging is for.
fn repetition((earlier, earlier_merged): &(Entry, bool), (later, later_merged): &(Entry, bool)) -> Option<Diagnostic> {
    let name = &later.key.value;
    match (earlier_merged, later_merged) {
        (false, false) => Some(
            Diagnostic::new(&DUPLICATE_KEY, &later.key.span, format!("the key `{name}` is given twice"))
                .related(&earlier.key.span, "Kubernetes ignores this value")
                .help("remove one of the two"),
        ),
        (false, true) => Some(
            Diagnostic::new(&DUPLICATE_KEY, &earlier.key.span, format!("the `<<` below overrides the key `{name}`"))
                .related(&later.key.span, "Kubernetes takes this value")
                .help("move `<<` above the key"),
        ),
        (true, _) => None,
    }
}

/// Returns the size and the depth of a tree, or nothing if it is larger than `budget`.
fn measure(node: &Node, budget: usize) -> Option<(usize, usize)> {
    let (mut size, mut depth) = (32, 0);
    let mut add = |child: &Node, name: &str| {
        let (weight, below) = measure(child, budget.checked_sub(size + name.len())?)?;
        size += name.len() + weight;
        depth = depth.max(below);
        Some(())
    };
    match &node.value {
        Value::Sequence(items) => {
            items.iter().try_for_each(|item| add(item, ""))?;
            depth += 1;
        }
        Value::Mapping(mapping) => {
            mapping.iter().try_for_each(|entry| add(&entry.value, &entry.key.value))?;
            depth += 1;
        }
        Value::String(text) => size += text.len(),
        _ => {}
    }
    (size <= budget).then_some((size, depth))
}

/// Returns the byte offset of a place that the parser names.
fn offset(source: &Source, marker: &granit_parser::Marker) -> usize {
    // Events of a text in memory always have a byte offset; errors are not promised to.
    marker.byte_offset().unwrap_or_else(|| {
        source.text().char_indices().nth(marker.index()).map_or(source.text().len(), |(offset, _)| offset)
    })
}
