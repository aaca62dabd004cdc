//! Without published port 443 nothing can be passed through.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::idpbuilder::Protocol;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "passthrough-protocol-http",
        summary: "SSL passthrough on a cluster that publishes HTTP only",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("passthrough_protocol_http.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    if scope.cluster.protocol != Protocol::Http {
        return;
    }
    for exposure in &scope.network.exposures {
        let Some(annotation) = exposure.passthrough else { continue };
        let port = scope.cluster.port;
        findings.push(
            Diagnostic::new(
                &CHECK.rule,
                annotation,
                format!(
                    "nobody outside can reach this: the cluster publishes port 80 of its node as {port}, and not 443"
                ),
            )
            .help("create the cluster with `--protocol https`, which is the default"),
        );
    }
}
