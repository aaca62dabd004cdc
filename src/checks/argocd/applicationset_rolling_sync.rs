//! A rolling sync that leaves out what it should sync.

use crate::checks::{Check, Run};
use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity, nearest};
use crate::manifest::{Object, WrittenSet};
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "applicationset-rolling-sync",
        summary: "step of a rolling sync that syncs nothing",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("applicationset_rolling_sync.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

const STRATEGIES: [&str; 2] = ["AllAtOnce", "RollingSync"];

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(set) = object.application_set() else { return };
    let Some(strategy) = set.spec.get("strategy").and_then(Node::as_mapping) else { return };
    let Some(rolling) = strategy.entry("rollingSync").filter(|entry| entry.value.get("steps").is_some()) else {
        return;
    };
    let steps = || rolling.value.items_at(&["steps"]);
    match strategy.get("type").filter(|node| node.as_str() != Some("")) {
        None => {
            let message = "the steps have no effect without `type: RollingSync`";
            let finding = Diagnostic::new(&CHECK.rule, &rolling.key.span, message);
            findings.push(finding.help("add `type: RollingSync` beside it").of_whole());
        }
        Some(node) => match node.as_str() {
            Some("RollingSync") => {}
            Some(text) if !STRATEGIES.contains(&text) => {
                let message = format!("Argo CD knows no strategy `{text}`, and syncs everything at once");
                let finding = Diagnostic::new(&CHECK.rule, &node.span, message).help("write `type: RollingSync`");
                findings.push(match nearest(text, STRATEGIES) {
                    Some(near) => finding.fix(Fix::Text(node.span.clone(), near.into())),
                    None => finding,
                });
            }
            _ => return,
        },
    }
    if let Some(heal) = set.spec.at(&["template", "spec", "syncPolicy", "automated", "selfHeal"])
        && heal.as_bool() == Some(true)
    {
        let message = "`selfHeal` has no effect: a rolling sync turns automated syncs off";
        findings.push(Diagnostic::new(&CHECK.rule, &heal.span, message).help("remove it").of_whole());
    }
    let before = findings.len();
    for step in steps() {
        judge(&set, step, findings);
    }
    if findings.len() > before || set.is_patched() {
        return;
    }
    for element in set.elements().unwrap_or_default() {
        if steps().all(|step| {
            expressions(step).any(|(key, expression)| is_selected(&set, key, expression, element) == Some(false))
        }) {
            let message = "no step of the rolling sync selects the Application of this element: it is never synced";
            let help = "add a step for it, or change its parameters";
            findings.push(Diagnostic::new(&CHECK.rule, &element.span, message).help(help).of_whole());
        }
    }
}

fn expressions(step: &Node) -> impl Iterator<Item = (&Node, &Node)> {
    step.items_at(&["matchExpressions"]).filter_map(|expression| Some((expression.get("key")?, expression)))
}

fn has(expression: &Node, value: &str) -> bool {
    expression.items_at(&["values"]).any(|known| known.as_str() == Some(value))
}

/// Tells whether an expression selects the Application of an element, if that is known.
fn is_selected(set: &WrittenSet<'_>, key: &Node, expression: &Node, element: &Node) -> Option<bool> {
    let is_in = match expression.get("operator")?.as_str()? {
        "In" => true,
        "NotIn" => false,
        _ => return None,
    };
    let labels = set.spec.at(&["template", "metadata", "labels"]);
    let Some(label) = labels.and_then(|labels| labels.get(key.as_str()?)) else { return Some(!is_in) };
    Some(has(expression, &set.filled_in(label.as_str()?, element)?) == is_in)
}

fn judge(set: &WrittenSet<'_>, step: &Node, findings: &mut Vec<Diagnostic>) {
    if let Some(node) = step.get("maxUpdate")
        && let Some(text) = node.as_str()
        && text.strip_suffix('%').is_none_or(|digits| digits.parse::<u32>().is_err())
    {
        let message =
            format!("`{text}` is no number and no percentage: all Applications of the step are synced at once");
        findings.push(Diagnostic::new(&CHECK.rule, &node.span, message).help("write `2` or `25%`"));
    }
    let labels = set.spec.at(&["template", "metadata", "labels"]).and_then(Node::as_mapping);
    let names = || labels.into_iter().flatten().map(|entry| entry.key.as_str());
    for (key, expression) in expressions(step) {
        let operator = expression.get("operator");
        match operator.and_then(Node::as_str) {
            Some("In") => {}
            Some("NotIn") | None => continue,
            Some(text) => {
                let span = operator.map_or(&key.span, |node| &node.span);
                let message = format!(
                    "a step knows `In` and `NotIn`, and no `{text}`: it selects no Application with this label"
                );
                findings
                    .push(Diagnostic::new(&CHECK.rule, span, message).help("write `operator: In`, with the values"));
                continue;
            }
        }
        let Some(name) = key.as_str().filter(|_| !set.is_patched() && !names().any(|name| name.contains("{{"))) else {
            continue;
        };
        match labels.and_then(|labels| labels.get(name)) {
            None => {
                let help = match nearest(name, names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("add the label `{name}` to `template.metadata.labels`"),
                };
                let message = format!("no Application has a label `{name}`: this step selects none");
                findings.push(Diagnostic::new(&CHECK.rule, &key.span, message).help(help).of_whole());
            }
            Some(label) => findings.extend(nobody(set, label, expression)),
        }
    }
}

/// Reports the values of an expression if no Application has one of them.
fn nobody(set: &WrittenSet<'_>, label: &Node, expression: &Node) -> Option<Diagnostic> {
    let text = label.as_str()?;
    let values = expression.get("values")?;
    let filled: Vec<_> = if text.contains("{{") {
        let elements = set.elements()?;
        elements.into_iter().map(|element| set.filled_in(text, element)).collect::<Option<_>>()?
    } else {
        vec![text.to_owned()]
    };
    if filled.is_empty() || filled.iter().any(|value| has(expression, value)) {
        return None;
    }
    let known: BTreeSet<_> = filled.iter().map(|value| format!("`{value}`")).collect();
    let known = known.into_iter().collect::<Vec<_>>().join(", ");
    let finding =
        Diagnostic::new(&CHECK.rule, &values.span, "no Application has one of these values: this step selects none");
    Some(finding.related(&label.span, "the label").help(format!("the values of the label are {known}")).of_whole())
}
