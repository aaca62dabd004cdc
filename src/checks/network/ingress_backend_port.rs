//! The backend of an Ingress to a virtual cluster must be the port of its API server.

use crate::checks::{Check, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::ServicePort;
use crate::network::Fit;
use crate::vcluster::{POD_PORT, SERVICE_PORT, SERVICE_PORT_NAME};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ingress-backend-port",
        summary: "backend port that is not the API server of the virtual cluster",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("ingress_backend_port.md"),
    },
    since: "0.1.0",
    run,
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for exposure in &scope.network.exposures {
        for route in &exposure.routes {
            let (Some(target), Some(port)) = (route.target, &route.path.port) else { continue };
            let is_api = match &port.value {
                ServicePort::Number(number) => *number == i64::from(SERVICE_PORT),
                ServicePort::Name(name) => name == SERVICE_PORT_NAME,
            };
            if is_api || target.fit == Fit::OtherName {
                continue;
            }
            let release = scope.network.meant_by(target).release;
            let pod =
                if port.value == ServicePort::Number(POD_PORT.into()) { ", it is the port of the pod" } else { "" };
            findings.push(
                Diagnostic::new(
                    &CHECK.rule,
                    &port.span,
                    format!("port `{port}` of Service `{release}` is not that of the API server{pod}"),
                )
                .related(
                    &release.span,
                    format!("release `{release}` serves the API on port {SERVICE_PORT}, `{SERVICE_PORT_NAME}`"),
                )
                .help(format!("write `number: {SERVICE_PORT}`")),
            );
        }
    }
}
