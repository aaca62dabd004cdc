//! A binding is for a service account that exists.

use super::{meant, references};
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::SERVICE_ACCOUNT;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "binding-subject",
        summary: "binding for a service account that is not there, and nearly for one that is",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("binding_subject.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let is_subject = |group: &str, kind| group == "rbac.authorization.k8s.io" && kind == &SERVICE_ACCOUNT;
    for (manifest, place, need) in references(scope) {
        let name = need.name.as_str();
        if !is_subject(manifest.group(), need.kind) {
            continue;
        }
        let Some((near, meant)) = meant(scope, place, need) else { continue };
        let message = format!("{} is for the ServiceAccount `{name}`, which is not there", manifest.label());
        findings.push(
            Diagnostic::new(&CHECK.rule, &need.name.span, message)
                .related(near.name_span(), format!("{} is beside it", near.label()))
                .help(format!("did you mean `{meant}`?")),
        );
    }
}
