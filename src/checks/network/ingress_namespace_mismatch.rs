//! An Ingress, as most routes, reaches Services of its own namespace only.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::network::Fit;
use crate::package::PackagedApplication;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ingress-namespace-mismatch",
        summary: "Ingress in another namespace or cluster than its virtual cluster",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("ingress_namespace_mismatch.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for exposure in &scope.network.exposures {
        let Some((route, target)) = exposure.target().filter(|(_, target)| target.fit == Fit::Elsewhere) else {
            continue;
        };
        let virtual_cluster = scope.network.meant_by(target);
        let looked_in = route.backend.namespace.as_ref().or(exposure.namespace);
        let (Some(namespace), Some(wanted)) = (looked_in, virtual_cluster.namespace) else { continue };
        let release = virtual_cluster.release;
        let finding = if namespace.value == wanted.value {
            let (cluster, other) = (virtual_cluster.application.destination(), exposure.application);
            let other = other.map_or("", |application| application.destination());
            Diagnostic::new(
                &CHECK.rule,
                exposure.application.map_or(exposure.manifest.name_span(), PackagedApplication::destination_span),
                format!("{} goes to cluster `{other}`, its virtual cluster to `{cluster}`", exposure.label()),
            )
            .help(format!("give both Applications the destination `{cluster}`"))
        } else {
            let message = match &route.backend.namespace {
                Some(_) => {
                    format!("there is no Service `{release}` in namespace `{namespace}`: it will be in `{wanted}`")
                }
                None => {
                    format!("{} is in namespace `{namespace}`, its backend `{release}` in `{wanted}`", exposure.label())
                }
            };
            Diagnostic::new(&CHECK.rule, &namespace.span, message).help(format!("write `namespace: {wanted}`"))
        };
        let backend = route.backend.service.as_ref().map_or(&route.backend.span, |service| &service.span);
        findings.push(
            finding
                .related(backend, "the backend")
                .related(&wanted.span, format!("release `{release}` goes to `{wanted}`")),
        );
    }
}
