//! What the checks about ignored differences have in common.

use super::vocabulary::is_open;
use crate::diagnostic::{Diagnostic, Fix, Rule};
use crate::manifest::Object;

/// What is wrong with a path, and the path that must have been meant, if there is only one.
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) help: &'static str,
    pub(super) meant: Option<String>,
}

/// Reports what is wrong with the paths below a key of each ignored difference.
pub(super) fn report(
    object: &Object<'_>,
    rule: &'static Rule,
    key: &str,
    fault_of: fn(&str) -> Option<Fault>,
    findings: &mut Vec<Diagnostic>,
) {
    let Some(application) = object.application() else { return };
    for item in application.spec().into_iter().flat_map(|spec| spec.items_at(&["ignoreDifferences"])) {
        for node in item.items_at(&[key]) {
            let Some(text) = node.as_str().filter(|text| !is_open(text)) else { continue };
            let Some(Fault { message, help, meant }) = fault_of(text) else { continue };
            let finding = Diagnostic::new(rule, &node.span, message);
            findings.push(match meant {
                Some(meant) => finding.help(format!("write `{meant}`")).fix(Fix::Text(node.span.clone(), meant)),
                None => finding.help(help),
            });
        }
    }
}

/// Tells whether a text is nothing but fields, with separators between them and perhaps one in front.
pub(super) fn is_chain(text: &str, separators: &[char]) -> bool {
    let is_field = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_name = |part: &str| is_field(part) && !part.starts_with(|c: char| c.is_ascii_digit());
    text.strip_prefix(separators).unwrap_or(text).split(separators).all(is_name)
}
