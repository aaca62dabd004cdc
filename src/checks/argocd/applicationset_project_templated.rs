//! Who writes to a repository chooses the project.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::{self, Object, Parameters, Tag};
use crate::source::Spanned;
use crate::yaml::{Entry, Node};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "applicationset-project-templated",
        summary: "project that a repository chooses",
        severity: Severity::Warning,
        effect: Effect::Insecure,
        page: include_str!("applicationset_project_templated.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

/// The generators whose parameters somebody chooses who can write to a repository, or propose a change to it.
const OPEN: [&str; 3] = ["git", "pullRequest", "scmProvider"];

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(set) = object.application_set() else { return };
    let Some(project) = set.spec.at(&["template", "spec", "project"]) else { return };
    let (tags, _) = manifest::tags(project.as_str().unwrap_or_default(), set.is_go);
    let mut own = Parameters::default();
    let mut open = None;
    for generator in set.generators() {
        look(generator, set.is_go, 0, &mut own, &mut open);
    }
    let is_safe = |tag: &Tag<'_>| set.parameter(*tag).is_some_and(|name| own.has(name));
    let (Some(key), false) = (open, tags.iter().all(is_safe)) else { return };
    let message = format!("`{}` lets a repository choose the project", project.as_str().unwrap_or_default());
    let finding = Diagnostic::new(&CHECK.rule, &project.span, message)
        .related(&key.span, "the parameters come from here")
        .help("name the project, or take it from a list or from the labels of clusters");
    findings.push(finding);
}

/// Takes in the parameters that the set itself gives, and finds a generator whose parameters come from a repository.
fn look<'a>(
    generator: &'a Node,
    is_go: bool,
    depth: usize,
    own: &mut Parameters,
    open: &mut Option<&'a Spanned<String>>,
) {
    for Entry { key, value } in generator.as_mapping().into_iter().flatten() {
        match key.as_str() {
            "matrix" | "merge" if depth < 2 => {
                for part in value.items_at(&["generators"]) {
                    look(part, is_go, depth + 1, own, open);
                }
            }
            name if OPEN.contains(&name) => {
                own.add_constants(value);
                *open = open.or(Some(key));
            }
            _ => {}
        }
    }
    if !OPEN.iter().chain(&["matrix", "merge"]).any(|key| generator.get(key).is_some()) {
        own.add(generator, is_go, 0);
    }
}
