//! The backend of a route to a virtual cluster must be a Service of its release.

use crate::checks::{Check, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::network::Fit;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ingress-backend-unknown",
        summary: "backend that the release of the virtual cluster does not create",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("ingress_backend_unknown.md"),
    },
    since: "0.1.0",
    run,
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for exposure in &scope.network.exposures {
        for route in &exposure.routes {
            let (Some(target), Some(service)) =
                (route.target.filter(|it| it.fit == Fit::OtherName), &route.backend.service)
            else {
                continue;
            };
            let virtual_cluster = scope.network.meant_by(target);
            let release = virtual_cluster.release;
            findings.push(
                Diagnostic::new(
                    &CHECK.rule,
                    &service.span,
                    format!("there will be no Service `{service}`: the virtual cluster's release creates `{release}`"),
                )
                .related(&release.span, format!("release `{release}` gives its Service this name"))
                .help(format!("write `name: {release}`")),
            );
        }
    }
}
