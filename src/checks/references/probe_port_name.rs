//! A probe that names a port names one of its own container.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity, nearest};
use crate::manifest::Object;
use crate::schema::names::port_name;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "probe-port-name",
        summary: "probe or hook with the name of a port that its container does not have",
        severity: Severity::Error,
        effect: Effect::SyncBlocked,
        page: include_str!("probe_port_name.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

/// What asks a container, and where it says how.
const HANDLERS: [&[&str]; 5] = [
    &["livenessProbe"],
    &["readinessProbe"],
    &["startupProbe"],
    &["lifecycle", "postStart"],
    &["lifecycle", "preStop"],
];

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let spec = match (object.group, object.kind) {
        ("", "Pod") => object.node.get("spec"),
        ("batch", "CronJob") => object.node.at(&["spec", "jobTemplate", "spec", "template", "spec"]),
        ("apps" | "batch", _) => object.node.at(&["spec", "template", "spec"]),
        _ => None,
    };
    let Some(spec) = spec else { return };
    for container in spec.items_at(&["initContainers"]).chain(spec.items_at(&["containers"])) {
        let ports = container.items_at(&["ports"]).filter_map(|port| port.get("name")?.as_str());
        let ports: Vec<&str> = ports.collect();
        for handler in HANDLERS.iter().filter_map(|path| container.at(path)) {
            for port in ["httpGet", "tcpSocket"].iter().filter_map(|action| handler.at(&[action, "port"])) {
                findings.extend(port.as_str().and_then(|name| judge(container, &ports, port, name)));
            }
        }
    }
}

fn judge(container: &Node, ports: &[&str], port: &Node, name: &str) -> Option<Diagnostic> {
    if ports.contains(&name) || port_name(name).is_err() {
        return None;
    }
    let called = container.get("name").and_then(Node::as_str).unwrap_or_default();
    let help = match nearest(name, ports.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write the number of the port, or give one of its `ports` the name `{name}`"),
    };
    let message = format!("container `{called}` has no port with the name `{name}`");
    let related = container.get("ports").map(|ports| &ports.span);
    Some(Diagnostic::new(&CHECK.rule, &port.span, message).related_if(related, "its ports").help(help).of_whole())
}
