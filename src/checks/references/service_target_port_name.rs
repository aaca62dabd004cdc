//! A Service that names a port of its pods names one that they have.

use std::collections::BTreeSet;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity, nearest};
use crate::manifest::ServicePort;
use crate::schema::names::port_name;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "service-target-port-name",
        summary: "Service with the name of a port that none of its pods has",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("service_target_port_name.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// How the names of ports begin that a service mesh adds to pods when they are made.
const ADDED: [&str; 3] = ["dapr-", "http-envoy-", "linkerd-"];

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let others: BTreeSet<usize> = scope.network.services.iter().map(|it| it.manifest.index).collect();
    for service in &scope.manifests.facts.services {
        let manifest = scope.manifests.manifest_of(service);
        let place = scope.objects.place(manifest).filter(|place| !scope.objects.may_have_more_pods(*place));
        let (Some(place), None, false) = (place, &service.headless, others.contains(&manifest.index)) else { continue };
        let selected = scope.objects.selected(&service.selector);
        let is_here = |index: &usize| scope.objects.place(&scope.manifests.manifests()[*index]) == Some(place);
        if selected.is_empty() || !selected.iter().all(|workload| is_here(&workload.manifest)) {
            continue;
        }
        let names: BTreeSet<&str> = selected.iter().flat_map(|it| &it.ports).map(|name| &**name).collect();
        for target in service.ports.iter().filter_map(|port| port.target.as_ref()) {
            let ServicePort::Name(name) = &target.value else { continue };
            let is_added = ADDED.iter().any(|start| name.starts_with(start));
            if names.contains(name.as_str()) || port_name(name).is_err() || is_added {
                continue;
            }
            let pods = scope.manifests.manifest_of(selected[0]);
            let message = format!("the pods of {} have no port with the name `{name}`", pods.label());
            let help = match nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if names.is_empty() => format!("write the number of the port, or give it the name `{name}` there"),
                None => {
                    let known: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
                    format!("the names are: {}", known.join(", "))
                }
            };
            findings.push(
                Diagnostic::new(&CHECK.rule, &target.span, message)
                    .related(pods.name_span(), "the Service selects its pods")
                    .help(help),
            );
        }
    }
}
