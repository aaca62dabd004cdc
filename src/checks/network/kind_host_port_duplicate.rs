//! A port of the host machine leads to one place.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::PortMapping;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "kind-host-port-duplicate",
        summary: "Kind configuration that publishes one port of the host machine twice",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("kind_host_port_duplicate.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for kind in &scope.manifests.kind_clusters {
        for (rank, mapping) in kind.port_mappings.iter().enumerate() {
            // The container engine picks ports for 0 and -1.
            let Some(port) = mapping.host.as_ref().filter(|port| port.value > 0) else { continue };
            let Some(earlier) = kind.port_mappings[..rank].iter().find(|earlier| collide(earlier, mapping)) else {
                continue;
            };
            let message = format!("port {port} of the host machine is published twice");
            findings.push(
                Diagnostic::new(&CHECK.rule, &port.span, message)
                    .related_if(earlier.host.as_ref().map(|port| &port.span), "the first time")
                    .help("give one of the two another `hostPort`, or a `listenAddress` of its own to each"),
            );
        }
    }
}

fn collide(a: &PortMapping, b: &PortMapping) -> bool {
    let port = |mapping: &PortMapping| mapping.host.as_ref().map(|port| port.value);
    let protocol = |mapping: &PortMapping| mapping.protocol.as_ref().map_or("TCP".into(), |it| it.to_uppercase());
    let address = |mapping: &PortMapping| mapping.address.as_ref().map_or("0.0.0.0".into(), |it| it.value.clone());
    let is_any = |address: &str| matches!(address, "0.0.0.0" | "::");
    let (first, second) = (address(a), address(b));
    port(a) == port(b) && protocol(a) == protocol(b) && (first == second || is_any(&first) || is_any(&second))
}
