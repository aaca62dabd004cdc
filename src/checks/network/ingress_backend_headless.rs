//! SSL passthrough goes to a cluster IP, which the headless Service has not.

use crate::checks::{Check, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::network::Fit;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ingress-backend-headless",
        summary: "backend that is the headless Service of a virtual cluster",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("ingress_backend_headless.md"),
    },
    since: "0.1.0",
    run,
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for exposure in &scope.network.exposures {
        for route in &exposure.routes {
            let (Some(target), Some(service)) =
                (route.target.filter(|it| it.fit == Fit::Headless), &route.path.service)
            else {
                continue;
            };
            let release = scope.network.meant_by(target).release;
            let message =
                format!("`{service}` is a headless Service, which ingress-nginx cannot pass connections on to");
            findings.push(
                Diagnostic::new(&CHECK.rule, &service.span, message)
                    .related(&release.span, format!("release `{release}` creates Service `{release}` as well"))
                    .help(format!("write `name: {release}`")),
            );
        }
    }
}
