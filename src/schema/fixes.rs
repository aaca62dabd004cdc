//! What mends a fault for certain.

use std::collections::BTreeSet;

use jsonschema::JsonType;

use super::Schema;
use crate::diagnostic::{Diagnostic, Fix, Rule};
use crate::source::Span;
use crate::yaml::{self, Node, Value};

/// How many fixes of one document are tried.
const TRIED: usize = 20;

/// Where any text may stand, so that a number or a truth was meant as it is written: the mappings of texts, and the keys of
/// single ones.
const TEXTS: [&str; 8] =
    ["annotations", "commonAnnotations", "commonLabels", "data", "labels", "matchLabels", "nodeSelector", "stringData"];
const TEXT_KEYS: [&str; 3] = ["value", "targetRevision", "tag"];
const TEXT_LISTS: [&str; 2] = ["args", "command"];

/// Tells whether any text may stand at a place. Elsewhere a value of another type may stand for something else.
fn is_text(pointer: &str) -> bool {
    let mut steps = pointer.rsplit('/');
    let (Some(last), Some(above)) = (steps.next(), steps.next()) else { return false };
    TEXTS.contains(&above) || TEXT_KEYS.contains(&last) || TEXT_LISTS.contains(&above)
}

/// Returns what gives a scalar the type that is expected, if that is a matter of quotes only.
pub(super) fn of_type(expected: &BTreeSet<JsonType>, node: &Node, pointer: &str) -> Option<Fix> {
    let expects = |kind| expected.contains(&kind);
    let (span, written) = (&node.span, node.span.text());
    match &node.value {
        Value::String(text) => {
            let is_quoted =
                written.strip_prefix(['"', '\'']).is_some_and(|rest| rest.strip_suffix(['"', '\'']) == Some(text));
            let fits = match yaml::resolve(text) {
                Value::Bool(_) => expects(JsonType::Boolean) && matches!(text.as_str(), "true" | "false"),
                Value::Integer(number) => {
                    number.to_string() == *text && (expects(JsonType::Integer) || expects(JsonType::Number))
                }
                _ => false,
            };
            (is_quoted && fits).then(|| Fix::Plain(span.clone(), text.clone()))
        }
        Value::Bool(_) | Value::Integer(_) | Value::Float(_) if expects(JsonType::String) && is_text(pointer) => {
            // `010` may have been meant as the 8 that it is.
            let is_word = match &node.value {
                Value::Integer(number) => number.to_string() == written,
                Value::Float(_) => written.bytes().all(|b| b.is_ascii_digit() || b"-.".contains(&b)),
                _ => written.bytes().all(|b| b.is_ascii_alphabetic()) && !written.is_empty(),
            };
            is_word.then(|| Fix::Text(span.clone(), written.to_owned()))
        }
        _ => None,
    }
}

/// Leaves the fixes with which nothing else is wrong: a key that is nearly another one may hold what that cannot.
pub(super) fn keep_certain(schema: &Schema, rule: &'static Rule, root: &Node, findings: &mut [Diagnostic]) {
    let known: BTreeSet<String> = findings.iter().map(|finding| finding.message.clone()).collect();
    let mut tried = 0;
    for finding in findings {
        let Some(fix) = finding.fix.take().filter(|_| tried < TRIED) else { continue };
        tried += 1;
        let mut mended = root.clone();
        if make(&mut mended, &fix) {
            let left = schema.faults(rule, &mended);
            // What comes to light and can be mended, too, is no hindrance.
            let is_known = |it: &Diagnostic| known.contains(&it.message) || it.fix.is_some();
            if left.iter().all(|it| it.message != finding.message && is_known(it)) {
                finding.fix = Some(fix);
            }
        }
    }
}

/// Makes a fix in a tree. Tells whether its place is that of one key or scalar, and not of a string that holds YAML.
fn make(node: &mut Node, fix: &Fix) -> bool {
    let (span, value) = match fix {
        Fix::Text(span, text) => (span, Value::String(text.clone())),
        Fix::Plain(span, text) => (span, yaml::resolve(text)),
        Fix::Remove(_) | Fix::Changes(_) => return false,
    };
    if node.span == *span {
        let is_scalar = !matches!(node.value, Value::Sequence(_) | Value::Mapping(_));
        node.value = value;
        return is_scalar;
    }
    match &mut node.value {
        Value::Sequence(items) => items.iter_mut().any(|item| make(item, fix)),
        Value::Mapping(mapping) => mapping.iter_mut().any(|entry| {
            if entry.key.span == *span {
                let is_key = is_written(span, &entry.key.value);
                let text = if let Value::String(text) = &value { text.clone() } else { return false };
                entry.key.value = text;
                return is_key;
            }
            make(&mut entry.value, fix)
        }),
        _ => false,
    }
}

/// Tells whether a key is what a place says.
fn is_written(span: &Span, key: &str) -> bool {
    let written = span.text();
    let quoted = ['"', '\''].iter().find_map(|quote| written.strip_prefix(*quote)?.strip_suffix(*quote));
    quoted.unwrap_or(written) == key
}
