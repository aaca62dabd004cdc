//! Annotations of ingress-nginx have values that it can read.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity, nearest};
use crate::manifest::Object;
use crate::yaml::Node;

const PREFIX: &str = "nginx.ingress.kubernetes.io/";
/// The annotations that ingress-nginx reads by `GetBoolAnnotation` (docs/user-guide/nginx-configuration/annotations.md).
const SWITCHES: [&str; 25] = [
    "auth-always-set-cookie",
    "auth-tls-pass-certificate-to-upstream",
    "canary",
    "cors-allow-credentials",
    "enable-access-log",
    "enable-cors",
    "enable-global-auth",
    "enable-modsecurity",
    "enable-opentelemetry",
    "enable-opentracing",
    "enable-owasp-core-rules",
    "enable-rewrite-log",
    "force-ssl-redirect",
    "from-to-www-redirect",
    "http2-push-preload",
    "opentelemetry-trust-incoming-span",
    "preserve-trailing-slash",
    "service-upstream",
    "session-cookie-change-on-failure",
    "session-cookie-conditional-samesite-none",
    "ssl-passthrough",
    "ssl-prefer-server-ciphers",
    "ssl-redirect",
    "use-port-in-redirects",
    "use-regex",
];
/// The protocols of all its versions (`internal/ingress/annotations/backendprotocol/main.go`).
const PROTOCOLS: [&str; 7] = ["AJP", "AUTO_HTTP", "FCGI", "GRPC", "GRPCS", "HTTP", "HTTPS"];

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ingress-annotation-value",
        summary: "annotation of ingress-nginx with a value that it does not understand",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("ingress_annotation_value.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(node) = object.of_kind("networking.k8s.io", "Ingress") else { return };
    for entry in node.at(&["metadata", "annotations"]).and_then(Node::as_mapping).into_iter().flatten() {
        // What is no string is for the schema to tell.
        let (Some(name), Some(text)) = (entry.key.strip_prefix(PREFIX), entry.value.as_str()) else { continue };
        if text.is_empty() || text.contains("{{") || text.contains("${") {
            continue;
        }
        let span = &entry.value.span;
        let finding = |fault: &str| {
            let message = format!("ingress-nginx ignores `{}`: `{text}` is {fault}", entry.key);
            Diagnostic::new(&CHECK.rule, span, message)
        };
        if SWITCHES.contains(&name) && !is_switch(text) {
            let finding = finding("neither `true` nor `false`");
            findings.push(match switch_meant(text) {
                Some(meant) => {
                    finding.help(format!("write `\"{meant}\"`")).fix(Fix::Text(span.clone(), meant.to_owned()))
                }
                None => finding.help("write `\"true\"` or `\"false\"`"),
            });
        } else if name == "backend-protocol" && !is_protocol(text) {
            let help =
                "write `HTTPS` if the backend speaks TLS, and otherwise `HTTP`, `GRPC` or another that it speaks";
            findings.push(finding("no protocol that it speaks to backends").help(help));
        }
    }
}

/// Tells whether Go's `strconv.ParseBool` takes a text.
pub(super) fn is_switch(text: &str) -> bool {
    ["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"].contains(&text)
}

/// Tells whether ingress-nginx knows the protocol of a backend.
pub(super) fn is_protocol(text: &str) -> bool {
    PROTOCOLS.contains(&text.trim().to_uppercase().as_str())
}

fn switch_meant(text: &str) -> Option<&'static str> {
    match text.trim().to_lowercase().as_str() {
        "yes" | "y" | "on" | "enabled" => Some("true"),
        "no" | "n" | "off" | "disabled" => Some("false"),
        text => nearest(text, ["true", "false"]),
    }
}
