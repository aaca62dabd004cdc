//! The backend of a route to a virtual cluster must be the port of its API server.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};
use crate::manifest::{RouteKind, ServicePort};
use crate::network::Fit;
use crate::source::Spanned;
use crate::vcluster::{self, POD_PORT};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ingress-backend-port",
        summary: "backend port that is not the API server of the virtual cluster",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("ingress_backend_port.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for (exposure, route, target) in scope.network.routes() {
        let (Some(port), Some(service)) = (&route.backend.port, &route.backend.service) else { continue };
        let virtual_cluster = scope.network.meant_by(target);
        let release = virtual_cluster.release;
        let written = |port: i64| match exposure.object.kind {
            RouteKind::Ingress => format!("write `number: {port}`"),
            _ => format!("write `port: {port}`"),
        };
        if let Fit::Written(rank) = target.fit {
            let it = &scope.network.services[rank];
            if it.service.external_name.is_some() || it.service.port(port).is_some() {
                continue;
            }
            let mut finding =
                Diagnostic::new(&CHECK.rule, &port.span, format!("Service `{service}` has no port `{port}`"))
                    .related(it.manifest.name_span(), "the Service");
            if let Some(number) = it.service.ports.iter().find_map(|port| port.number.as_ref()) {
                finding = finding.help(written(number.value));
            }
            if let [only] = &it.service.ports[..] {
                finding = finding.fix_if(only.number.as_ref().and_then(|number| fix(port, number.value)));
            }
            findings.push(finding);
            continue;
        }
        if target.fit == Fit::OtherName || virtual_cluster.source.further_values {
            continue;
        }
        let services = vcluster::services(release, virtual_cluster.source.values.as_ref());
        let ports = services.first().map_or(&[][..], |service| &service.ports);
        let is_api = |port: &vcluster::ServicePort| {
            port.target == Some(POD_PORT.into()) && port.name != vcluster::KUBELET_PORT_NAME
        };
        let found = ports.iter().find(|it| match &port.value {
            ServicePort::Number(number) => it.number == *number,
            ServicePort::Name(name) => it.name == *name,
        });
        // Without any such port, the values are at fault and not who relies on them.
        let Some(api) = ports.iter().find(|port| is_api(port)).filter(|_| !found.is_some_and(is_api)) else {
            continue;
        };
        let is_of_pod = port.value == ServicePort::Number(POD_PORT.into());
        let message = match found {
            Some(_) => format!("port `{port}` of Service `{release}` is not that of the API server"),
            None if is_of_pod => format!("Service `{release}` has no port `{port}`, which is that of the pod"),
            None => format!("Service `{release}` has no port `{port}`"),
        };
        let (number, name) = (api.number, &api.name);
        findings.push(
            Diagnostic::new(&CHECK.rule, &port.span, message)
                .related(&release.span, format!("release `{release}` serves the API on port {number}, `{name}`"))
                .help(written(number))
                .fix_if(fix(port, number)),
        );
    }
}

/// Puts another number in the place of one. Instead of a name, a number may have been meant as well.
fn fix(port: &Spanned<ServicePort>, number: i64) -> Option<Fix> {
    matches!(port.value, ServicePort::Number(_)).then(|| Fix::Plain(port.span.clone(), number.to_string()))
}
