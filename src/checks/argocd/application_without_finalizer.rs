//! Without a finalizer, what an Application deployed outlives it.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "application-without-finalizer",
        summary: "Application that leaves everything behind when it is deleted",
        severity: Severity::Info,
        effect: Effect::SilentlyIgnored,
        page: include_str!("application_without_finalizer.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    // An ApplicationSet adds the finalizer by itself.
    let Some(node) = object.of_kind("argoproj.io", "Application") else { return };
    let is = |key| node.at(&["spec", "syncPolicy", "automated", key]).and_then(Node::as_bool);
    let prunes = is("prune") == Some(true) && is("enabled") != Some(false);
    let has_finalizer = node.items_at(&["metadata", "finalizers"]).next().is_some();
    let Some(name) = node.at(&["metadata", "name"]).filter(|_| prunes && !has_finalizer) else { return };
    let message = "what this Application deploys stays when the Application is deleted, though it prunes otherwise";
    findings.push(
        Diagnostic::new(&CHECK.rule, &name.span, message)
            .help("add `finalizers: [resources-finalizer.argocd.argoproj.io]` to `metadata` if it should go, too")
            .of_whole(),
    );
}
