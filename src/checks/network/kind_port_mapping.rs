//! The Kind configuration must not lead the published port elsewhere.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::source::Spanned;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "kind-port-mapping",
        summary: "Kind port mapping that misses the ingress controller",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("kind_port_mapping.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let (host, container) = (i64::from(scope.cluster.port), i64::from(scope.cluster.protocol.node_port()));
    // Somebody else's cluster may publish what it likes.
    for kind in scope.manifests.kind_clusters.iter().filter(|_| scope.is_for_idpbuilder()) {
        let is = |port: &Option<Spanned<i64>>, wanted| port.as_ref().is_some_and(|port| port.value == wanted);
        // idpbuilder adds the mapping itself unless one has the port of the host machine already.
        let taken = kind.port_mappings.iter().find(|mapping| is(&mapping.host, host));
        let near = kind.port_mappings.iter().find(|mapping| is(&mapping.container, container));
        let (port, message, wanted) = match (taken, near) {
            (Some(mapping), _) if !is(&mapping.container, container) => {
                let Some(port) = &mapping.container else { continue };
                (
                    port,
                    format!("port {host} of the host machine leads to port {port} of the node"),
                    ("containerPort", container),
                )
            }
            (None, Some(mapping)) => {
                let Some(port) = &mapping.host else { continue };
                (
                    port,
                    format!("port {container} of the node is published as {port}, not as {host}"),
                    ("hostPort", host),
                )
            }
            _ => continue,
        };
        let message =
            format!("{message}, so `{}` is not the ingress controller", scope.cluster.public_url(&scope.cluster.host));
        let help = scope.note_assumption(format!("write `{}: {}`", wanted.0, wanted.1));
        findings.push(Diagnostic::new(&CHECK.rule, &port.span, message).help(help));
    }
}
