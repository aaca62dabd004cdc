//! idpbuilder passes on the fields that it knows.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::idpbuilder::ARGOCD_TYPES;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "application-field-dropped",
        summary: "field of an Application that idpbuilder does not pass on",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("application_field_dropped.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let odd = scope.package.roots.iter().filter(|_| scope.is_for_idpbuilder()).filter_map(|root| root.odd_spec);
    let (major, minor) = ARGOCD_TYPES;
    for (spec, field) in odd.flat_map(|spec| spec.dropped.iter().map(move |field| (spec, field))) {
        // That it is all there is has been said.
        if spec.no_source.is_some() && field.path.ends_with(".sourceHydrator") {
            continue;
        }
        let path = &field.path;
        let (message, help) = if field.turns_sync_on {
            (
                format!("idpbuilder drops `{path}: false`, and what is left turns automated sync on"),
                "remove `automated` as a whole; then nothing is synced by itself".to_owned(),
            )
        } else {
            (
                format!("idpbuilder drops `{path}`: it passes on the fields of Argo CD {major}.{minor}"),
                "move this file into a directory that another Application syncs: what Argo CD reads itself keeps all fields"
                    .to_owned(),
            )
        };
        findings.push(Diagnostic::new(&CHECK.rule, &path.span, message).help(help));
    }
}
