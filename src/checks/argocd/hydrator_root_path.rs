//! A hydrator has a directory of its own.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;
use crate::tree::join;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "hydrator-root-path",
        summary: "hydrator that would write to the root of a repository",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("hydrator_root_path.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    // 3.1 writes there.
    let Some(application) = object.application().filter(|_| object.target.argocd >= (3, 2)) else { return };
    let Some(node) = application.spec().and_then(|spec| spec.at(&["sourceHydrator", "syncSource", "path"])) else {
        return;
    };
    // A single character, or none, is refused by the schema.
    let Some(path) = application.known(node).filter(|path| path.chars().nth(1).is_some()) else { return };
    if join("", path.trim_start_matches('/')).is_some_and(|path| path.is_empty()) {
        let message = format!("`path: {path}` is the root of the repository, and Argo CD does not hydrate to it");
        let help = "write a directory of the branch that nothing else is in, as in `path: environments/dev`";
        findings.push(Diagnostic::new(&CHECK.rule, &node.span, message).help(help));
    }
}
