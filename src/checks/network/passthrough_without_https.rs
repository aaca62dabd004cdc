//! Beside SSL passthrough, ingress-nginx needs to know that the backend speaks TLS.

use super::ingress_annotation_value::is_protocol;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::network::{Controller, Fit};
use crate::yaml::Node;

/// Tells ingress-nginx how to speak to the backend (kubernetes/ingress-nginx, annotations.md).
const BACKEND_PROTOCOL: &str = "nginx.ingress.kubernetes.io/backend-protocol";

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "passthrough-without-https",
        summary: "SSL passthrough without `backend-protocol: HTTPS` beside it",
        severity: Severity::Info,
        effect: Effect::Unreachable,
        page: include_str!("passthrough_without_https.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for exposure in scope.network.ingresses().filter(|it| it.controller == Controller::IngressNginx) {
        let (Some(passthrough), Some((_, target))) = (exposure.passthrough, exposure.target()) else { continue };
        let protocol = exposure.annotation(BACKEND_PROTOCOL);
        let speaks_tls = match protocol {
            Some(protocol) => is_tls(protocol),
            // The chart sets it.
            None => exposure.built_in.is_some(),
        };
        // A protocol that does not exist is for `ingress-annotation-value` to tell.
        let is_unknown = |node: &Node| node.as_str().is_some_and(|text| !is_protocol(text));
        let is_told = exposure.built_in.is_none() && protocol.is_some_and(is_unknown);
        if speaks_tls || is_told || target.fit == Fit::OtherName {
            continue;
        }
        let release = scope.network.meant_by(target).release;
        let message = format!(
            "wherever this does not take effect, ingress-nginx will speak plain HTTP to virtual cluster `{release}`"
        );
        findings.push(
            Diagnostic::new(&CHECK.rule, passthrough, message)
                .related_if(protocol.map(|protocol| &protocol.span), "the protocol that it is told to speak")
                .help(format!("annotate the Ingress with `{BACKEND_PROTOCOL}: HTTPS` as well")),
        );
    }
}

/// Tells whether ingress-nginx speaks TLS for a value (`internal/ingress/annotations/backendprotocol/main.go`).
fn is_tls(protocol: &Node) -> bool {
    protocol.as_str().is_some_and(|it| ["HTTPS", "GRPCS"].iter().any(|tls| it.trim().eq_ignore_ascii_case(tls)))
}
