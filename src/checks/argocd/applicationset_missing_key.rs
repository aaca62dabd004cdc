//! A Go template goes on where a parameter is missing.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "applicationset-missing-key",
        summary: "Go templates of an ApplicationSet that print `<no value>`",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("applicationset_missing_key.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(set) = object.application_set().filter(|set| set.is_go) else { return };
    if set.spec.get("goTemplateOptions").is_some_and(|options| options.as_sequence().is_none()) {
        return;
    }
    let mut options = set.spec.items_at(&["goTemplateOptions"]).filter_map(Node::as_str);
    let is_filled_in = |node: &&Node| node.as_str().is_some_and(|text| text.contains("{{"));
    // Another word about missing keys was chosen, or is misspelt, which is told elsewhere.
    if options.any(|option| option.to_lowercase().contains("missing")) || !set.texts().iter().any(is_filled_in) {
        return;
    }
    let Some(entry) = set.spec.as_mapping().and_then(|spec| spec.entry("goTemplate")) else { return };
    let message = "a parameter that does not exist is printed as `<no value>`";
    let help = "add `goTemplateOptions: [missingkey=error]`; what may be missing is `dig \"key\" \"default\" .` then";
    findings.push(Diagnostic::new(&CHECK.rule, &entry.key.span, message).help(help).of_whole());
}
