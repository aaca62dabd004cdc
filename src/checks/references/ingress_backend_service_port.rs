//! An Ingress leads to a port that the Service has.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::{SERVICE, ServicePort};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ingress-backend-service-port",
        summary: "backend port that the Service does not have",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("ingress_backend_service_port.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for exposure in scope.network.ingresses() {
        let Some(place) = scope.objects.place(exposure.manifest) else { continue };
        for route in exposure.routes.iter().filter(|route| route.target.is_none()) {
            let (Some(name), Some(port)) = (&route.backend.service, &route.backend.port) else { continue };
            let [manifest] = scope.objects.named(&SERVICE, name) else { continue };
            let service = manifest.fact_in(&scope.manifests.facts.services);
            let service = service.filter(|it| it.external_name.is_none() && !it.ports.is_empty());
            let Some(service) = service.filter(|_| scope.objects.place(manifest) == Some(place)) else { continue };
            // ingress-nginx takes the port of the pods for that of the Service, too.
            let is_target = |target: &ServicePort| target.to_string() == port.to_string();
            let mut targets = service.ports.iter().filter_map(|port| port.target.as_ref());
            if service.port(&port.value).is_some() || targets.any(|target| is_target(&target.value)) {
                continue;
            }
            let what = match &port.value {
                ServicePort::Number(_) => format!("no port `{port}`"),
                ServicePort::Name(_) => format!("no port with the name `{port}`"),
            };
            let known = service.ports.iter().filter_map(|it| match (&it.name, &it.number) {
                (Some(name), Some(number)) => Some(format!("`number: {number}` or `name: {name}`")),
                (None, Some(number)) => Some(format!("`number: {number}`")),
                (_, None) => None,
            });
            findings.push(
                Diagnostic::new(&CHECK.rule, &port.span, format!("{} has {what}", manifest.label()))
                    .related(manifest.name_span(), "the Service")
                    .help(format!("write {}", known.collect::<Vec<_>>().join(", or "))),
            );
        }
    }
}
