//! A cluster has a URL and a name, each in a field of its own.

use super::vocabulary::is_open;
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};
use crate::manifest::Object;

/// The host of the cluster that Argo CD runs in (`pkg/apis/application/v1alpha1/application_defaults.go`).
const IN_CLUSTER_HOST: &str = "kubernetes.default.svc";

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "destination-server-url",
        summary: "destination with a name for a URL, or a URL for a name",
        severity: Severity::Error,
        effect: Effect::InvalidSpec,
        page: include_str!("destination_server_url.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application() else { return };
    let Some(destination) = application.spec().and_then(|spec| spec.get("destination")?.as_mapping()) else { return };
    let part = |key| destination.entry(key).filter(|entry| entry.value.as_str() != Some(""));
    // With both of them, `application-destination` has something to say.
    let (entry, is_server) = match (part("server"), part("name")) {
        (Some(entry), None) => (entry, true),
        (None, Some(entry)) => (entry, false),
        _ => return,
    };
    let Some(text) = application.known(&entry.value).filter(|text| !is_open(text)) else { return };
    let span = &entry.value.span;
    let finding = if is_server && text == IN_CLUSTER_HOST {
        Diagnostic::new(&CHECK.rule, span, format!("`{text}` is no URL"))
            .help(format!("write `server: https://{text}`"))
            .fix(Fix::Text(span.clone(), format!("https://{text}")))
    } else if is_server && is_name(text) {
        Diagnostic::new(&CHECK.rule, span, format!("`{text}` is the name of a cluster, and no URL"))
            .help(format!("write `name: {text}`"))
            .fix(Fix::Text(entry.key.span.clone(), "name".to_owned()))
    } else if is_server && text.starts_with("http") && !text.contains("://") {
        let help = "write a URL, such as `https://kubernetes.default.svc`";
        Diagnostic::new(&CHECK.rule, span, format!("`{text}` is no URL")).help(help)
    } else if !is_server && (text.starts_with("https://") || text.starts_with("http://")) {
        Diagnostic::new(&CHECK.rule, span, format!("`{text}` is the URL of a cluster, and no name"))
            .help(format!("write `server: {text}`"))
            .fix(Fix::Text(entry.key.span.clone(), "server".to_owned()))
    } else {
        return;
    };
    // A kustomization may still replace it.
    findings.push(finding.of_whole());
}

/// Tells whether a text is one plain word, as no URL and no host with a domain is.
fn is_name(text: &str) -> bool {
    text != "localhost" && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
