//! Several Applications of a set get the same name.

use crate::checks::{Check, Run};
use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "applicationset-name-duplicate",
        summary: "ApplicationSet whose Applications have one name",
        severity: Severity::Error,
        effect: Effect::InvalidSpec,
        page: include_str!("applicationset_name_duplicate.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(set) = object.application_set().filter(|set| !set.is_patched()) else { return };
    let Some(name) = set.spec.at(&["template", "metadata", "name"]) else { return };
    let Some(text) = name.as_str().filter(|text| !text.is_empty()) else { return };
    if !text.contains("{{") {
        let count: usize = set.generators().map(|generator| count(generator, 0)).sum();
        if count > 1 {
            let message = format!("all {count} Applications of this set are called `{text}`");
            let help = "put a parameter into the name that is different for each of them";
            findings.push(Diagnostic::new(&CHECK.rule, &name.span, message).help(help).of_whole());
        }
        return;
    }
    let mut seen: BTreeMap<String, &Node> = BTreeMap::new();
    for element in set.elements().unwrap_or_default() {
        let Some(filled) = set.filled_in(text, element) else { continue };
        if let Some(first) = seen.get(&filled) {
            let message = format!("the Application of this element is called `{filled}`, as that of another one");
            let finding = Diagnostic::new(&CHECK.rule, &element.span, message)
                .related(&first.span, "the other one")
                .related(&name.span, "the name");
            let help = "change the parameters in the name, or add another parameter to it";
            findings.push(finding.help(help).of_whole());
        } else {
            seen.insert(filled, element);
        }
    }
}

/// Returns how many Applications come of a generator at least.
fn count(generator: &Node, depth: usize) -> usize {
    if generator.get("selector").is_some() || depth > 2 {
        return 0;
    }
    let lists = generator.items_at(&["list", "elements"]).count();
    let parts: Vec<_> = generator.items_at(&["matrix", "generators"]).map(|part| count(part, depth + 1)).collect();
    let products =
        if parts.is_empty() { 0 } else { parts.iter().fold(1, |product: usize, part| product.saturating_mul(*part)) };
    lists.saturating_add(products)
}
