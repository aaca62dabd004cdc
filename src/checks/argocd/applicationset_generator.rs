//! A generator that Argo CD cannot generate from.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity, nearest};
use crate::manifest::Object;
use crate::source::Span;
use crate::yaml::{Entry, Node};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "applicationset-generator",
        summary: "generator of an ApplicationSet that Argo CD refuses",
        severity: Severity::Error,
        effect: Effect::InvalidSpec,
        page: include_str!("applicationset_generator.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

/// How deep generators may lie in each other, beginning at 0.
const MAX_DEPTH: usize = 2;

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(set) = object.application_set() else { return };
    for generator in set.generators() {
        judge(set.is_go, generator, 0, findings);
    }
}

fn judge(is_go: bool, generator: &Node, depth: usize, findings: &mut Vec<Diagnostic>) {
    let mut whole = |span: &Span, message: String, help: &str| {
        findings.push(Diagnostic::new(&CHECK.rule, span, message).help(help).of_whole());
    };
    let entries = generator.as_mapping().into_iter().flatten().filter(|entry| !entry.value.is_null());
    let parts: Vec<_> = entries.filter(|entry| entry.key.as_str() != "selector").collect();
    match parts.as_slice() {
        [] if depth > 0 => {
            whole(&generator.span, "this part has no generator".to_owned(), "add a generator, or remove it");
        }
        [first, second, ..] if depth > 0 => {
            let message =
                format!("`{}` stands beside `{}`: a part has one generator", second.key.value, first.key.value);
            whole(&second.key.span, message, "make it an item of its own, as in `- git: …` and `- list: …`");
        }
        _ => {}
    }
    for entry in parts {
        let Entry { key, value } = entry;
        let count = value.items_at(&["generators"]).count();
        match key.as_str() {
            "matrix" | "merge" if depth == MAX_DEPTH => {
                let message = format!("`{}` lies in two others: Argo CD reads no third", key.value);
                whole(&key.span, message, "take the generators out of the innermost one");
                continue;
            }
            "matrix" if value.get("generators").is_some() && count != 2 => {
                let message = format!("`matrix` combines two generators, and here are {count}");
                let help = "nest another `matrix` for a third one; a single generator needs none";
                whole(&key.span, message, help);
            }
            "merge" if value.get("generators").is_some() && count < 2 => {
                let message = format!("`merge` puts two generators or more together, and here are {count}");
                whole(&key.span, message, "add one, or use the only generator without `merge`");
            }
            "git" if finds_nothing(value) => {
                let message = "`git` has neither `directories` nor `files`".to_owned();
                whole(&key.span, message, "add `directories: [{path: apps/*}]`, or `files`");
            }
            _ => {}
        }
        if let Some(keys) = value.get("mergeKeys").filter(|keys| keys.as_sequence().is_some_and(<[Node]>::is_empty)) {
            whole(&keys.span, "`mergeKeys` is empty".to_owned(), "name a parameter that all of the generators give");
        }
    }
    for operator in ["selector", "clusters"].iter().filter_map(|key| generator.get(key)).flat_map(operators) {
        findings.extend(unknown_operator(operator));
    }
    for element in generator.items_at(&["list", "elements"]) {
        findings.extend(wrong_element(is_go, element));
    }
    if depth < MAX_DEPTH {
        let parts = ["matrix", "merge"].iter().filter_map(|key| generator.get(key));
        for inner in parts.flat_map(|part| part.items_at(&["generators"])) {
            judge(is_go, inner, depth + 1, findings);
        }
    }
}

/// Tells whether a Git generator looks for nothing. What is written where it should be is for the schema to tell.
fn finds_nothing(git: &Node) -> bool {
    const KEYS: [&str; 2] = ["directories", "files"];
    let is_empty = |node: &Node| node.is_null() || node.as_sequence().is_some_and(<[Node]>::is_empty);
    let mut entries = git.as_mapping().into_iter().flatten();
    entries.all(|entry| {
        if KEYS.contains(&entry.key.as_str()) { is_empty(&entry.value) } else { nearest(&entry.key, KEYS).is_none() }
    })
}

fn operators(selector: &Node) -> impl Iterator<Item = &Node> {
    let expressions =
        selector.items_at(&["matchExpressions"]).chain(selector.items_at(&["selector", "matchExpressions"]));
    expressions.filter_map(|expression| expression.get("operator"))
}

fn unknown_operator(operator: &Node) -> Option<Diagnostic> {
    const OPERATORS: [&str; 4] = ["In", "NotIn", "Exists", "DoesNotExist"];
    let text = operator.as_str().filter(|text| !OPERATORS.contains(text) && !text.contains("{{"))?;
    let finding = Diagnostic::new(&CHECK.rule, &operator.span, format!("a selector has no operator `{text}`"));
    Some(match nearest(text, OPERATORS) {
        Some(near) => {
            finding.help(format!("did you mean `{near}`?")).fix(Fix::Text(operator.span.clone(), near.into()))
        }
        None => finding.help("the operators are `In`, `NotIn`, `Exists` and `DoesNotExist`"),
    })
}

fn wrong_element(is_go: bool, element: &Node) -> Vec<Diagnostic> {
    let Some(entries) = element.as_mapping() else {
        let message = format!("an element of a list has to be a mapping, found {}", element.type_name());
        let help = "write the parameters of the Application, as in `{name: web}`";
        return vec![Diagnostic::new(&CHECK.rule, &element.span, message).help(help)];
    };
    let values = entries.get("values").and_then(Node::as_mapping).into_iter().flatten();
    let others = entries.iter().filter(|entry| entry.key.as_str() != "values" || entry.value.as_mapping().is_none());
    let is_wrong = |entry: &&Entry| !is_go && entry.value.as_str().is_none() && !entry.value.is_null();
    let wrong = others.chain(values).filter(is_wrong);
    let finding = |Entry { key, value }: &Entry| {
        let message =
            format!("`{}` is {}: without Go templates, all parameters are strings", key.value, value.type_name());
        let help = "put it into quotes, or set `goTemplate: true`";
        Diagnostic::new(&CHECK.rule, &value.span, message).help(help).of_whole()
    };
    wrong.map(finding).collect()
}
