//! The API server of a virtual cluster is behind port 443 of its Service and on port 8443 of its pod, and nowhere else.

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::network::VirtualCluster;
use crate::source::Span;
use crate::vcluster::{POD_PORT, SERVICE_PORT};
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-api-port",
        summary: "way to a virtual cluster's API server that its values cut",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("vcluster_api_port.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope) {
        let mut report = |span: &Span, message: String, help: String| {
            findings.push(Diagnostic::new(&CHECK.rule, span, message).help(help));
        };
        if let Some(node) = virtual_cluster.value(&["controlPlane", "proxy", "port"])
            && let Some(port) = node.as_i64().filter(|port| *port != i64::from(POD_PORT))
        {
            let message =
                format!("vCluster supports no other port than {POD_PORT}: Service and probes would miss {port}");
            report(&node.span, message, format!("write `port: {POD_PORT}`, or leave it out"));
        }
        let service = |key| virtual_cluster.value_entry(&["controlPlane", "service", key]);
        if let Some(enabled) = service("enabled").filter(|entry| entry.value.as_bool() == Some(false)) {
            let message = format!(
                "without its Service `{}`, nothing leads to the virtual cluster, and its certificate is never made",
                virtual_cluster.release
            );
            report(&enabled.value.span, message, "write `enabled: true`, or leave it out".to_owned());
            continue;
        }
        if let Some((span, message)) = wrong_port(virtual_cluster) {
            let help =
                format!("write `{{name: https, port: {SERVICE_PORT}, targetPort: {POD_PORT}}}`, or leave `ports` out");
            report(span, message, help);
        }
        if let Some((node, message)) = wrong_selector(virtual_cluster) {
            let release = virtual_cluster.release;
            let help = format!("write `{{app: vcluster, release: {release}}}`, or leave `selector` out");
            report(&node.span, message, help);
        }
    }
}

/// Finds out why the ports of the Service do not lead to the API server.
fn wrong_port<'a>(virtual_cluster: &VirtualCluster<'a>) -> Option<(&'a Span, String)> {
    let ports = virtual_cluster.value_entry(&["controlPlane", "service", "spec", "ports"])?;
    // The chart has its own ports for an empty list (chart/templates/service.yaml).
    let list = ports.value.as_sequence().filter(|list| !list.is_empty())?;
    let number = |port: &Node, key| port.get(key).and_then(Node::as_i64);
    let Some(port) = list.iter().find(|port| number(port, "port") == Some(i64::from(SERVICE_PORT))) else {
        let message = format!("the Service has no port {SERVICE_PORT}, by which everybody reaches the API server");
        return Some((&ports.key.span, message));
    };
    let target = port.get("targetPort").filter(|target| !target.is_null()).or_else(|| port.get("port"))?;
    match target.as_i64() {
        Some(number) if number == i64::from(POD_PORT) => None,
        Some(number) => Some((
            &target.span,
            format!("port {SERVICE_PORT} leads to {number}, but the API server listens on {POD_PORT}"),
        )),
        None if has_sidecars(virtual_cluster) => None,
        None => {
            let name = target.as_str()?;
            Some((&target.span, format!("the pod of the virtual cluster has no port that is called `{name}`")))
        }
    }
}

/// Tells whether containers that the chart does not know may have named ports.
fn has_sidecars(virtual_cluster: &VirtualCluster<'_>) -> bool {
    let path = ["controlPlane", "statefulSet", "sidecarContainers"];
    virtual_cluster.value_entry(&path).is_some() || virtual_cluster.value_entry(&["plugin"]).is_some()
}

/// Finds the label by which the Service misses the pod.
fn wrong_selector<'a>(virtual_cluster: &VirtualCluster<'a>) -> Option<(&'a Node, String)> {
    let selector = virtual_cluster.value(&["controlPlane", "service", "spec", "selector"])?.as_mapping()?;
    let extra = virtual_cluster.value(&["controlPlane", "statefulSet", "pods", "labels"]).and_then(Node::as_mapping);
    selector.iter().find_map(|entry| {
        let (key, wanted) = (&entry.key.value, entry.value.as_str()?);
        let has = match key.as_str() {
            _ if extra.is_some_and(|labels| labels.entry(key).is_some()) => {
                extra.and_then(|labels| labels.get(key)).and_then(Node::as_str)
            }
            "app" => Some("vcluster"),
            "release" => Some(virtual_cluster.release.as_str()),
            // Kubernetes labels the pods of a StatefulSet, too.
            _ if key.contains('/') || key == "controller-revision-hash" => return None,
            _ => None,
        };
        let message = match has {
            Some(has) if has == wanted => return None,
            Some(has) => format!("the Service wants pods with `{key}: {wanted}`, but vCluster's has `{key}: {has}`"),
            None => format!("the Service wants pods with `{key}: {wanted}`, but vCluster's has no such label"),
        };
        Some((&entry.value, message))
    })
}
