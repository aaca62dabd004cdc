//! YAML as Kubernetes reads it.
//!
//! kubectl, Argo CD, Helm and the API server read YAML through Go's `sigs.k8s.io/yaml`, which applies the scalar rules of
//! YAML 1.1: `no` is false, `010` is 8, `1_000` is a number. [`read()`] gives the same answers and keeps the place of every key
//! and value; [`write()`] quotes every string that such a reader would take for something else. Nothing else in idpack reads or
//! writes YAML.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::source::{Source, Span};

mod block;
mod convert;
mod dialect;
mod node;
mod read;
mod scalar;
mod syntax;
mod typed;
mod write;

pub use block::BlockLines;
pub use node::{Entry, Mapping, Node, Value};
pub use read::{MAX_ALIASED, MAX_BYTES, MAX_DEPTH, MAX_FINDINGS, MAX_NODES, read, read_one};
pub use scalar::resolve;
pub use typed::{Error, from_node};
pub use write::{double_quoted, scalar, single_quoted, write, write_located};

/// The rules that reading can find broken.
pub static RULES: &[&Rule] = &[&DOCUMENT_LOST, &DUPLICATE_KEY, &ENCODING, &LIMITS, &SEPARATOR, &SYNTAX, &VALUE];

static DOCUMENT_LOST: Rule = Rule {
    id: "yaml-document-lost",
    summary: "document that Kubernetes does not see, because no line `---` begins it",
    severity: Severity::Error,
    effect: Effect::SilentlyIgnored,
    page: include_str!("yaml-document-lost.md"),
};

static DUPLICATE_KEY: Rule = Rule {
    id: "yaml-duplicate-key",
    summary: "key that a mapping has twice, so that one value is ignored",
    severity: Severity::Error,
    effect: Effect::SilentlyIgnored,
    page: include_str!("yaml-duplicate-key.md"),
};

static ENCODING: Rule = Rule {
    id: "yaml-encoding",
    summary: "file that is not UTF-8",
    severity: Severity::Error,
    effect: Effect::ComparisonError,
    page: include_str!("yaml-encoding.md"),
};

static LIMITS: Rule = Rule {
    id: "yaml-limits",
    summary: "text that is too large, too deep, or grows too much by its aliases",
    severity: Severity::Error,
    effect: Effect::NotGenerated,
    page: include_str!("yaml-limits.md"),
};

static SEPARATOR: Rule = Rule {
    id: "yaml-separator",
    summary: "content on the line of `---`, which Kubernetes refuses",
    severity: Severity::Error,
    effect: Effect::ComparisonError,
    page: include_str!("yaml-separator.md"),
};

static SYNTAX: Rule = Rule {
    id: "yaml-syntax",
    summary: "text that is no YAML to the reader that Kubernetes uses",
    severity: Severity::Error,
    effect: Effect::ComparisonError,
    page: include_str!("yaml-syntax.md"),
};

static VALUE: Rule = Rule {
    id: "yaml-value",
    summary: "YAML that has no meaning in JSON, such as `.inf` or a mapping as a key",
    severity: Severity::Error,
    effect: Effect::ComparisonError,
    page: include_str!("yaml-value.md"),
};

/// Reports a text that stops to be UTF-8 at a byte offset.
#[must_use]
pub fn not_utf8(source: &Arc<Source>, offset: usize, help: &str) -> Diagnostic {
    Diagnostic::new(&ENCODING, &Span::new(source, offset, offset), "the text is not UTF-8 from here on").help(help)
}

/// Tells whether what follows such a fault was not read.
#[must_use]
pub fn ends_reading(rule: &Rule) -> bool {
    [&DOCUMENT_LOST, &ENCODING, &LIMITS, &SYNTAX, &VALUE].iter().any(|known| known.id == rule.id)
}

/// Tells whether a rule is about what the text is, and not about how much of it there is.
#[must_use]
pub fn is_about_syntax(rule: &Rule) -> bool {
    RULES.iter().any(|known| known.id == rule.id) && rule.id != LIMITS.id
}
