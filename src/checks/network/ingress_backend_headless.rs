//! SSL passthrough goes to a cluster IP, which the headless Service has not.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};
use crate::manifest::Service;
use crate::network::{Controller, Fit};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ingress-backend-headless",
        summary: "backend that is the headless Service of a virtual cluster",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("ingress_backend_headless.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    // Others pass connections on to the endpoints of a Service, which a headless one has.
    let routes = scope.network.routes().filter(|(exposure, ..)| exposure.controller == Controller::IngressNginx);
    for (_, route, target) in routes {
        let Some(service) = &route.backend.service else { continue };
        let message = match target.fit {
            Fit::Headless => {
                format!("`{service}` is a headless Service, which ingress-nginx cannot pass connections on to")
            }
            Fit::Written(rank) => match &scope.network.services[rank].service {
                Service { external_name: Some(name), .. } => format!(
                    "`{service}` is another name of `{name}` and has no address that ingress-nginx could pass connections on to"
                ),
                Service { headless: Some(_), .. } => {
                    format!("`{service}` is a headless Service, which ingress-nginx cannot pass connections on to")
                }
                _ => continue,
            },
            _ => continue,
        };
        let release = scope.network.meant_by(target).release;
        findings.push(
            Diagnostic::new(&CHECK.rule, &service.span, message)
                .related(&release.span, format!("release `{release}` creates Service `{release}` as well"))
                .help(format!("write `name: {release}`"))
                .fix(Fix::Text(service.span.clone(), release.to_string())),
        );
    }
}
