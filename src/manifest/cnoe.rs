//! Texts that say `cnoe://`, wherever they stand in an Application or `ApplicationSet`.

use super::embedded;
use crate::idpbuilder::CNOE_SCHEME;
use crate::source::{Located, Span, Spanned};
use crate::yaml::{Node, Value};

/// A text that says `cnoe://` and is not the `repoURL` of a source or of a Git generator that idpbuilder looks at.
#[derive(Debug)]
pub struct CnoeText {
    /// The URL.
    pub url: Spanned<String>,
    /// The keys that lead to it, from `spec` on.
    pub field: String,
    /// Whether idpbuilder puts the URL of a repository in its place, if it creates the object itself: in `helm.valuesObject`,
    /// at any depth (cnoe-io/idpbuilder bef38e62, `pkg/controllers/custompackage/controller.go:637-698`).
    pub is_rewritten: bool,
}

/// Where in an object a node stands, as far as idpbuilder tells such places apart (the same file, 336-436).
#[derive(Clone, Copy)]
enum Place {
    /// `spec` of an Application.
    Application,
    /// `spec` of an `ApplicationSet`.
    ApplicationSet,
    Template,
    Source,
    Helm,
    Values,
    /// YAML in a string.
    Text,
    Generator,
    /// `matrix`, in which Git generators are looked at once more, but nothing deeper.
    Matrix,
    InnerGenerator,
    Git,
    Other,
}

impl Place {
    /// Returns where the value of a key stands; `None` for what others look at, or nobody.
    fn below(self, key: &str) -> Option<Self> {
        Some(match (self, key) {
            (Self::Source | Self::Git, "repoURL") | (Self::Application, "info") => return None,
            (Self::Application, "source" | "sources") => Self::Source,
            (Self::ApplicationSet, "template") => Self::Template,
            (Self::ApplicationSet, "generators") => Self::Generator,
            (Self::ApplicationSet, "templatePatch") | (Self::Other, "elementsYaml") | (Self::Helm, "values") => {
                Self::Text
            }
            (Self::Template, "spec") => Self::Application,
            (Self::Source, "helm") => Self::Helm,
            (Self::Helm, "valuesObject") | (Self::Values, _) => Self::Values,
            (Self::Generator | Self::InnerGenerator, "git") => Self::Git,
            (Self::Generator, "matrix") => Self::Matrix,
            (Self::Matrix, "generators") => Self::InnerGenerator,
            _ => Self::Other,
        })
    }
}

/// Finds them in the `spec` of an Application.
pub(super) fn of_application(spec: &Node) -> Box<[CnoeText]> {
    find(spec, Place::Application)
}

/// Finds them in the `spec` of an `ApplicationSet`.
pub(super) fn of_application_set(spec: &Node) -> Box<[CnoeText]> {
    find(spec, Place::ApplicationSet)
}

fn find(spec: &Node, place: Place) -> Box<[CnoeText]> {
    let mut found = Vec::new();
    if spec.span.text().contains("cnoe:") {
        visit(spec, place, &mut String::from("spec"), &mut found);
    }
    found.into_boxed_slice()
}

fn visit(node: &Node, place: Place, field: &mut String, found: &mut Vec<CnoeText>) {
    let length = field.len();
    match &node.value {
        Value::String(text) if text.contains(CNOE_SCHEME) => {
            let embedded = matches!(place, Place::Text).then(|| embedded::read(node, &mut Vec::new())).flatten();
            match embedded.filter(|embedded| embedded.as_str().is_none()) {
                Some(embedded) => visit(&embedded, Place::Other, field, found),
                None => found.extend(url(node, text, place).map(|url| CnoeText {
                    is_rewritten: matches!(place, Place::Values) && url.starts_with(CNOE_SCHEME),
                    url,
                    field: field.clone(),
                })),
            }
        }
        Value::Sequence(items) => {
            for (rank, item) in items.iter().enumerate() {
                field.extend(["[", &rank.to_string(), "]"]);
                visit(item, place, field, found);
                field.truncate(length);
            }
        }
        Value::Mapping(mapping) => {
            for entry in mapping {
                let key = entry.key.as_str();
                // Argo CD ignores the second if there is the first.
                let is_hidden = match (place, key) {
                    (Place::Application, "source") => node.items_at(&["sources"]).next().is_some(),
                    (Place::Helm, "values") => node.get("valuesObject").is_some_and(|values| !values.is_null()),
                    _ => false,
                };
                if let Some(below) = place.below(key).filter(|_| !is_hidden) {
                    field.push('.');
                    *field += key;
                    visit(&entry.value, below, field, found);
                    field.truncate(length);
                }
            }
        }
        _ => {}
    }
}

/// Returns the URL that a text is, or that stands in a text that should be YAML. Prose that only mentions one is none.
fn url(node: &Node, text: &str, place: Place) -> Option<Spanned<String>> {
    let ends = |c: char| c.is_whitespace() || "\"'`,;{}[]()".contains(c);
    if !text.contains(char::is_whitespace) {
        return Some(Spanned::new(text.to_owned(), node.span.clone()));
    }
    if !matches!(place, Place::Text) {
        return None;
    }
    let word = |text: &str| text.find(CNOE_SCHEME).map(|at| (at, text[at..].split(ends).next().map_or(0, str::len)));
    let (at, length) = word(text)?;
    // In the file it stands between other quotes or indents, if not in the same words.
    let span = word(node.span.text()).map_or_else(
        || node.span.clone(),
        |(at, length)| {
            let start = node.span.start() as usize + at;
            Span::new(node.span.source(), start, start + length)
        },
    );
    Some(Spanned::new(text[at..at + length].to_owned(), span))
}

located! {
    CnoeText: url;
}
