//! Files of which Argo CD does not make objects, and stops at them.
//!
//! Facts from argoproj/argo-cd v3.1.7, `reposerver/repository/repository.go` (`getObjsFromYAMLOrJSON`, `looksLikeManifest`), and
//! k8s.io/apimachinery v0.33.1, `UnstructuredJSONScheme`.

use std::sync::Arc;

use serde::de::IgnoredAny;

use super::text;
use crate::diagnostic::Diagnostic;
use crate::source::{Located, Source, Span};
use crate::yaml::{self, Node};

/// What Argo CD stops at in a file, once an Application loads its directory file by file.
#[derive(Debug)]
pub struct Refusal {
    /// The document, or the file.
    pub span: Span,
    /// Why it stops.
    pub reason: RefusalReason,
}

/// Why Argo CD stops at a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalReason {
    /// JSON that is no object with a `kind`.
    JsonWithoutKind,
    /// JSON with comments, commas too many or a second document.
    NoJson,
    /// A document without `kind` behind an object.
    Behind,
    /// A document without `kind`, in a text that looks like a manifest otherwise.
    Marked,
}

/// The words by which Argo CD tells a broken manifest from a file that is none of its business.
const MARKERS: [&str; 3] = ["apiVersion:", "kind:", "metadata:"];

impl Refusal {
    /// Looks for it in a part of a file; `findings` are those about its syntax.
    pub(super) fn find(path: &str, source: &Arc<Source>, documents: &[Node], findings: &[Diagnostic]) -> Option<Self> {
        let (_, extension) = path.rsplit_once('.')?;
        match extension {
            "json" => Self::of_json(source, documents, findings),
            "yaml" | "yml" if !findings.iter().any(|finding| yaml::ends_reading(finding.rule)) => {
                Self::of_yaml(source, documents)
            }
            _ => None,
        }
    }

    fn of_json(source: &Arc<Source>, documents: &[Node], findings: &[Diagnostic]) -> Option<Self> {
        let reason = if serde_json::from_str::<IgnoredAny>(source.text()).is_err() {
            // As a manifest it is reported for its syntax.
            if !findings.is_empty() && ["apiVersion", "kind"].iter().all(|word| source.text().contains(word)) {
                return None;
            }
            RefusalReason::NoJson
        } else if documents.first().is_some_and(|node| has_kind(node) || is_told(node)) {
            return None;
        } else {
            RefusalReason::JsonWithoutKind
        };
        let span = documents.first().map_or_else(|| Span::whole(source), |node| node.span.clone());
        Some(Self { span: span.first_line(), reason })
    }

    fn of_yaml(source: &Source, documents: &[Node]) -> Option<Self> {
        let rank = documents.iter().position(|node| !has_kind(node))?;
        let node = documents.get(rank).filter(|node| !is_told(node))?;
        let reason = if rank > 0 || source.position(0).line > 1 {
            RefusalReason::Behind
        } else if MARKERS.iter().all(|marker| source.text().contains(marker)) {
            RefusalReason::Marked
        } else {
            return None;
        };
        let span = node.as_mapping().and_then(|it| it.iter().next()).map_or(&node.span, |entry| &entry.key.span);
        Some(Self { span: span.clone().first_line(), reason })
    }
}

fn has_kind(node: &Node) -> bool {
    text(node, &["kind"]).is_some()
}

/// Tells whether a document is reported as a manifest in which something is missing.
fn is_told(node: &Node) -> bool {
    node.get("metadata").is_some() && (node.get("kind").is_some() || node.get("apiVersion").is_some())
}

located! {
    Refusal: span;
}
