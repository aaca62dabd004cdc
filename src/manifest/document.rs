//! The documents of a file as idpbuilder finds them.
//!
//! It reads a file twice. First it takes the first document, as any YAML reader does, and asks whether that is an Application
//! (`pkg/controllers/localbuild/controller.go`, `reconcileCustomPkg`). Then it cuts the file at the bytes `\n---\n`, decodes the
//! first document of each piece that is not empty, gives up if one cannot be decoded, and takes the first
//! (`pkg/k8s/deserialize.go`, `ConvertYamlToObjects`). Facts from cnoe-io/idpbuilder v0.8.1 to main.

use std::iter::Peekable;
use std::sync::Arc;

use crate::idpbuilder;
use crate::source::{Located, Source, Span};
use crate::tree::MAX_WHOLE;
use crate::yaml::Node;

/// What idpbuilder cuts files at.
const CUT: &str = "\n---\n";

/// A document of a file, or a piece of it without one.
#[derive(Debug)]
pub struct Document {
    /// The value of `kind`, or where it begins.
    pub span: Span,
    /// What it is.
    pub content: Content,
    /// Whether it is decoded: the first of its piece.
    pub is_decoded: bool,
}

/// What a document is to idpbuilder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing but comments and blanks, which a YAML reader passes over.
    Nothing,
    /// Nothing behind a `---` of its own, which is a document that is null.
    Null,
    /// No object: it has no `apiVersion` or no `kind`.
    NoObject,
    /// No object, and somebody has said so already.
    Fragment,
    /// An Application or `ApplicationSet`.
    Application,
    /// Another object that can be decoded.
    Object,
    /// An object of a kind that cannot be decoded.
    Foreign,
}

impl Content {
    /// Tells whether a file with it is given up once it is decoded.
    #[must_use]
    pub fn fails(self) -> bool {
        !matches!(self, Self::Application | Self::Object)
    }

    /// Tells whether there is nothing in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        matches!(self, Self::Nothing | Self::Null)
    }

    fn of(document: &Node) -> Self {
        let is_there = |key: &str| document.get(key).is_some();
        let text = |key: &str| document.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
        match (text("apiVersion"), text("kind")) {
            (Some(api_version), Some("Application" | "ApplicationSet")) if api_version.starts_with("argoproj.io/") => {
                Self::Application
            }
            (Some(api_version), Some(kind)) if idpbuilder::can_decode(api_version, kind) => Self::Object,
            (Some(_), Some(_)) => Self::Foreign,
            _ if is_there("metadata") && (is_there("apiVersion") || is_there("kind")) => Self::Fragment,
            _ => Self::NoObject,
        }
    }
}

/// Finds the documents of a part of a file. `nodes` are those with content, in their order. Returns nothing for a file that is one
/// object, as most are.
pub(super) fn find(source: &Arc<Source>, nodes: &[Node]) -> Box<[Document]> {
    let text = source.text();
    let is_first = source.position(0).line == 1;
    if let [node] = nodes
        && is_first
        && text.len() <= MAX_WHOLE
        && !text.contains(CUT)
        && node.get("kind").and_then(Node::as_str).is_some_and(|kind| kind != "List")
        && !matches!(Content::of(node), Content::NoObject | Content::Fragment)
    {
        return Box::default();
    }
    // What goes before in the file ends with the line break of this `---`.
    let head = CUT.trim_start();
    let is_cut = is_first || text.starts_with(head);
    let mut start = if is_first || !is_cut { 0 } else { head.len() };
    let mut nodes = nodes.iter().peekable();
    let mut documents = Vec::new();
    for piece in text[start..].split(CUT) {
        let piece = Span::new(source, start, start + piece.len());
        let is_whole = is_cut || start > 0;
        start += piece.text().len() + CUT.len();
        take(&piece, is_whole, &mut nodes, &mut documents);
    }
    if documents.is_empty() && is_first {
        documents.push(Document { span: Span::new(source, 0, 0), content: Content::Nothing, is_decoded: true });
    }
    documents.into()
}

/// Takes in a piece, which may be the rest of one, with its documents.
fn take<'a>(
    piece: &Span,
    is_whole: bool,
    nodes: &mut Peekable<impl Iterator<Item = &'a Node>>,
    documents: &mut Vec<Document>,
) {
    let text = piece.text();
    let (start, end) = (piece.start() as usize, piece.end() as usize);
    // A document begins at its first key; in front of it there may be more than one `---`.
    let separators = |text: &str| text.lines().filter(|line| line.starts_with("---")).count();
    let first = nodes.next_if(|node| node.span.start() < piece.end());
    let before = first.map_or(text, |node| &text[..(node.span.start() as usize).saturating_sub(start)]);
    let mut is_decoded = is_whole && !text.is_empty();
    let null = match (first, separators(before)) {
        (None, 0) => Some(Content::Nothing),
        (None, _) | (Some(_), 2..) => Some(Content::Null),
        (Some(_), _) => None,
    };
    if let Some(content) = null.filter(|_| is_decoded) {
        // At the beginning of a file, the first line is shown.
        let blank = if start == 0 { 0 } else { text.len() - text.trim_start().len() };
        let shown = if blank < text.len() { start + blank } else { start };
        documents.push(Document { span: Span::new(piece.source(), shown, end), content, is_decoded });
        is_decoded = false;
    }
    let rest = std::iter::from_fn(|| nodes.next_if(|node| node.span.start() < piece.end()));
    for node in first.into_iter().chain(rest) {
        let content = Content::of(node);
        let kind = node.get("kind").filter(|kind| kind.as_str().is_some());
        let span = match kind {
            Some(kind) => kind.span.clone(),
            None if documents.is_empty() => Span::new(piece.source(), start, end),
            None => node.span.clone(),
        };
        documents.push(Document { span, content, is_decoded });
        is_decoded = false;
    }
}

/// Puts the documents of a further part of a file behind those of the parts before it.
pub(super) fn append(documents: &mut Vec<Document>, part: Box<[Document]>) {
    // The line break that a part ends with belongs to the `---` that the next one begins with.
    if documents.last().is_some_and(|last| last.content.is_empty() && last.span.text() == "\n") {
        documents.pop();
    }
    documents.extend(part);
}

located! {
    Document: span;
}
