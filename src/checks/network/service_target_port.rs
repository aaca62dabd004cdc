//! A Service for the pods of a virtual cluster leads to the port that they listen on.

use std::collections::BTreeMap;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};
use crate::manifest::{Port, ServicePort};
use crate::network::{Fit, WrittenService};
use crate::schema::names::port_name;
use crate::vcluster::{OTHER_POD_PORTS, POD_PORT};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "service-target-port",
        summary: "Service for a virtual cluster that leads to a port on which nothing listens",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("service_target_port.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut used: BTreeMap<usize, Vec<&ServicePort>> = BTreeMap::new();
    for (_, route, target) in scope.network.routes() {
        if let (Fit::Written(rank), Some(port)) = (target.fit, &route.backend.port) {
            used.entry(rank).or_default().push(port);
        }
    }
    for (rank, it) in scope.network.services.iter().enumerate() {
        let virtual_cluster = &scope.network.virtual_clusters[it.virtual_cluster];
        let has_sidecars = virtual_cluster.value(&["controlPlane", "statefulSet", "sidecarContainers"]).is_some();
        if it.service.external_name.is_some() || has_sidecars || virtual_cluster.source.further_values {
            continue;
        }
        for port in wrong_ports(it, used.get(&rank).map_or(&[], Vec::as_slice)) {
            let Some(target) = port.leads_to() else { continue };
            let what = match &target.value {
                ServicePort::Number(number) => format!("nothing listens on port {number} of its pods"),
                ServicePort::Name(name) => format!("no port of its pods is called `{name}`"),
            };
            let (label, release) = (it.manifest.label(), virtual_cluster.release);
            // Where there is no `targetPort`, one has to be added.
            let fix = port.target.as_ref().map(|target| Fix::Plain(target.span.clone(), POD_PORT.to_string()));
            findings.push(
                Diagnostic::new(
                    &CHECK.rule,
                    &target.span,
                    format!("{label} does not lead to virtual cluster `{release}`: {what}"),
                )
                .related(&release.span, format!("the pods of this release serve the API on port {POD_PORT}"))
                .help(format!("write `targetPort: {POD_PORT}`"))
                .fix_if(fix),
            );
        }
    }
}

/// Returns the ports of a Service that should lead to the API server and do not: those that routes use, or the first one if no
/// port at all leads there or to anything else that may be in the pod.
fn wrong_ports<'a>(it: &WrittenService<'a>, used: &[&ServicePort]) -> Vec<&'a Port> {
    let leads_to = |port: &Port, wanted: u16| {
        port.leads_to().is_some_and(|target| target.value == ServicePort::Number(wanted.into()))
    };
    // What cannot be a target at all is for the schema to say.
    let is_sound = |port: &Port| match port.leads_to().map(|target| target.value) {
        Some(ServicePort::Number(number)) => (1..=65535).contains(&number),
        Some(ServicePort::Name(name)) => port_name(&name).is_ok(),
        None => false,
    };
    let ports: Vec<&Port> = it.service.ports.iter().filter(|port| is_sound(port) && !port.is_other_protocol).collect();
    let wrong = |port: &&&Port| !leads_to(port, POD_PORT);
    if used.is_empty() {
        let is_for_something =
            |port: &&Port| leads_to(port, POD_PORT) || OTHER_POD_PORTS.iter().any(|other| leads_to(port, *other));
        let is_useful = ports.iter().any(is_for_something);
        ports.first().copied().filter(|_| !is_useful).into_iter().collect()
    } else {
        let is_used = |port: &&&Port| {
            used.iter().any(|used| it.service.port(used).is_some_and(|found| std::ptr::eq(found, **port)))
        };
        ports.iter().filter(is_used).filter(wrong).copied().collect()
    }
}
