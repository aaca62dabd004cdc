//! What an object refers to is there, as far as it is nearly there.

use super::{meant, references};
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::{APP_PROJECT, SERVICE_ACCOUNT};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "reference-missing",
        summary: "name of an object that is not there, and nearly that of one that is",
        severity: Severity::Error,
        effect: Effect::SyncBlocked,
        page: include_str!("reference_missing.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// The roles that Kubernetes brings itself, but for those that begin with `system:` (kubernetes/kubernetes v1.34,
/// plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go).
const BUILT_IN: [&str; 4] = ["admin", "cluster-admin", "edit", "view"];

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for (manifest, place, need) in references(scope) {
        let (kind, name) = (need.kind, need.name.as_str());
        // Projects are for others to look after, and so are the subjects of bindings.
        let is_subject = *kind == SERVICE_ACCOUNT && manifest.group() == "rbac.authorization.k8s.io";
        if is_subject || *kind == APP_PROJECT || BUILT_IN.contains(&name) {
            continue;
        }
        let Some((near, meant)) = meant(scope, place, need) else { continue };
        findings.push(
            Diagnostic::new(&CHECK.rule, &need.name.span, format!("there is no {} `{name}`", kind.name))
                .related(near.name_span(), format!("{} is beside it", near.label()))
                .help(format!("did you mean `{meant}`?")),
        );
    }
}
