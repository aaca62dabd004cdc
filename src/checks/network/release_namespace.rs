//! A release belongs in the namespace that Argo CD creates for it.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "release-namespace",
        summary: "release of a virtual cluster in another namespace than its destination",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("release_namespace.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let astray = scope.network.virtual_clusters.iter().filter(|it| it.is_astray);
    for virtual_cluster in astray.filter(|it| scope.passes_fields_on(it.application)) {
        let destination = &virtual_cluster.application.application.namespace;
        let (Some(namespace), Some(destination)) = (virtual_cluster.namespace, destination) else { continue };
        let message = format!(
            "virtual cluster `{}` goes to namespace `{namespace}`, but its destination is `{destination}`",
            virtual_cluster.release
        );
        findings.push(
            Diagnostic::new(&CHECK.rule, &namespace.span, message)
                .related(&destination.span, "the namespace that Argo CD creates")
                .help(format!("remove `helm.namespace`, or make `{namespace}` the namespace of the destination")),
        );
    }
}
