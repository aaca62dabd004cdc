//! Definitions of custom resources (k8s.io/apiextensions-apiserver `pkg/apis/apiextensions/validation/validation.go`).

use super::super::wording;
use super::{Report, below, child, is_true, items};
use crate::yaml::Node;

/// Judges a `CustomResourceDefinition`. About its schemas the catalogue of definitions has something to say.
pub(super) fn definition<'a>(report: &mut Report<'a>, object: &'a Node) {
    let Some(spec) = child(object, "spec") else { return };
    let plural = below(spec, &["names", "plural"]).and_then(Node::as_str);
    let group = child(spec, "group").and_then(Node::as_str);
    if let (Some(name), Some(plural), Some(group)) = (below(object, &["metadata", "name"]), plural, group)
        && name.as_str().is_some_and(|name| name != format!("{plural}.{group}"))
    {
        let shown = wording::value_text(name);
        report.value(name, format!("has to be `{plural}.{group}`, the plural and the group, found {shown}"));
    }
    let mut stored = items(spec, "versions").iter().filter(|version| is_true(version, "storage"));
    match (stored.next(), stored.next(), child(spec, "versions")) {
        (Some(first), Some(second), _) => {
            if let (Some(first), Some(second)) = (child(first, "storage"), child(second, "storage")) {
                report.pair(second, "is `true` for a second version, and only one is stored", first, "the first");
            }
        }
        (None, None, Some(versions)) if versions.as_sequence().is_some_and(|it| !it.is_empty()) => {
            report.value(versions, "needs a version with `storage: true`");
        }
        _ => {}
    }
}
