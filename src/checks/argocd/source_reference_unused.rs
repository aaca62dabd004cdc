//! A source that loads nothing is there for the value files of others.

use super::source::{files, has, is_well_spelt, referred};
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "source-reference-unused",
        summary: "source that loads nothing, and that nobody refers to",
        severity: Severity::Warning,
        effect: Effect::Style,
        page: include_str!("source_reference_unused.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application().filter(|it| !it.is_patched && it.single_source().is_none()) else {
        return;
    };
    let defined: Vec<_> = application.sources().filter_map(|source| source.get("ref")?.as_str()).collect();
    let used: Vec<_> = application.sources().flat_map(files).filter_map(referred).collect();
    // What leads nowhere was probably meant for it, and what is filled in may be.
    let is_known = |name: &&str| name.strip_prefix('$').is_some_and(|name| defined.contains(&name));
    let is_templated = |file: &Node| application.known(file).is_none() && referred(file).is_none();
    if !used.iter().all(is_known) || application.sources().flat_map(files).any(is_templated) {
        return;
    }
    let loads_nothing = |source: &&Node| !has(source, "path") && !has(source, "chart") && is_well_spelt(source);
    for node in application.sources().filter(loads_nothing).filter_map(|source| source.get("ref")) {
        let Some(name) = application.known(node).filter(|name| !name.is_empty()) else { continue };
        if !used.iter().any(|used| used.strip_prefix('$') == Some(name)) {
            let message = format!("no value file is in `${name}`, and the source loads nothing by itself");
            let help =
                format!("name the files as `${name}/…` in `helm.valueFiles` of another source, or remove this one");
            findings.push(Diagnostic::new(&CHECK.rule, &node.span, message).help(help).of_whole());
        }
    }
}
