//! The backend of a route to a virtual cluster must be a Service of its release.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};
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
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for (_, route, target) in scope.network.routes().filter(|(.., target)| target.fit == Fit::OtherName) {
        let Some(service) = &route.backend.service else { continue };
        let release = scope.network.meant_by(target).release;
        findings.push(
            Diagnostic::new(
                &CHECK.rule,
                &service.span,
                format!("there will be no Service `{service}`: the virtual cluster's release creates `{release}`"),
            )
            .related(&release.span, format!("release `{release}` gives its Service this name"))
            .help(format!("write `name: {release}`"))
            .fix(Fix::Text(service.span.clone(), release.to_string())),
        );
    }
}
