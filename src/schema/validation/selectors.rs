//! Label selectors (k8s.io/apimachinery `pkg/labels`).

use super::super::wording::quoted;
use super::{Report, below, child, entries, items, text_at};
use crate::yaml::Node;

/// Tells whether a selector selects everything, because it says nothing.
pub(super) fn is_empty(selector: &Node) -> bool {
    entries(selector, "matchLabels").next().is_none() && items(selector, "matchExpressions").is_empty()
}

/// Reports a selector that is there and selects everything.
pub(super) fn not_empty<'a>(report: &mut Report<'a>, spec: &'a Node) {
    if let Some(selector) =
        child(spec, "selector").filter(|selector| selector.as_mapping().is_some() && is_empty(selector))
    {
        report.value(selector, "is empty, and has to say which Pods are meant");
    }
}

/// Reports the first thing that a selector asks for and the labels of the template beside it do not have.
pub(super) fn selects_template<'a>(report: &mut Report<'a>, spec: &'a Node) {
    let (Some(selector), Some(template)) = (child(spec, "selector"), child(spec, "template")) else { return };
    let labels = below(template, &["metadata", "labels"]);
    if let Some(wanted) = child(selector, "matchLabels") {
        labels_match(report, wanted, template, labels);
    }
    let mut requirements = items(selector, "matchExpressions").iter();
    if let Some((requirement, found)) = requirements.find_map(|it| Some((it, unmet(it, labels)?))) {
        let (key, operator) = (text_at(requirement, "key"), text_at(requirement, "operator"));
        let sentence = format!(
            "asks for `{}` {}, and the labels of the template {found}",
            key.unwrap_or_default(),
            operator.unwrap_or_default()
        );
        report.pair(requirement, sentence, labels.unwrap_or(template), "the template");
    }
}

/// Reports the first of some labels that a template does not have.
pub(super) fn labels_match<'a>(report: &mut Report<'a>, wanted: &'a Node, template: &Node, labels: Option<&Node>) {
    let text = |node: &Node| quoted(node.as_str().unwrap_or_default());
    let place = labels.unwrap_or(template);
    for entry in wanted.as_mapping().into_iter().flatten() {
        let found = labels.and_then(|labels| labels.get(&entry.key.value));
        let (key, value) = (&entry.key.value, text(&entry.value));
        let sentence = match found.map(text) {
            Some(found) if found == value => continue,
            Some(found) => format!("asks for `{key}` {value}, and the labels of the template have {found}"),
            None => format!("asks for `{key}` {value}, and the labels of the template lack it"),
        };
        report.pair(wanted, sentence, place, "the template");
        return;
    }
}

/// Says what labels have in place of what a requirement asks for.
fn unmet(requirement: &Node, labels: Option<&Node>) -> Option<String> {
    let label = labels.and_then(|labels| labels.get(text_at(requirement, "key")?));
    let label = label.map(|label| label.as_str().unwrap_or_default());
    let is_listed =
        || items(requirement, "values").iter().any(|value| label == Some(value.as_str().unwrap_or_default()));
    let is_met = match text_at(requirement, "operator")? {
        "In" => is_listed(),
        "NotIn" => !is_listed(),
        "Exists" => label.is_some(),
        "DoesNotExist" => label.is_none(),
        _ => true,
    };
    (!is_met).then(|| label.map_or("lack it".to_owned(), |label| format!("have {}", quoted(label))))
}
