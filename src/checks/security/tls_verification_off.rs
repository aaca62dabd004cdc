//! Who does not verify trusts whoever answers.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::{ClusterSecret, Object, SECRET_TYPE, decoded, line_of};
use crate::schema::names;
use crate::source::Span;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "tls-verification-off",
        summary: "connection that trusts whoever answers",
        severity: Severity::Warning,
        effect: Effect::Insecure,
        page: include_str!("tls_verification_off.md"),
    },
    since: "0.1.0",
    run: Run::Document(run),
};

/// Makes `kubectl` and client-go accept any certificate.
const SKIP: &str = "insecure-skip-tls-verify";
/// Makes Argo CD accept any certificate of the provider that users sign in with.
const OIDC: &str = "oidc.tls.insecure.skip.verify";

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    match (object.group, object.kind) {
        ("", "Secret") => secret(object, findings),
        ("", "ConfigMap") => {
            if object.name() == Some("argocd-cm") {
                provider(object, findings);
            }
            kubeconfigs(object, "data", findings);
        }
        ("", "") if object.node.get("clusters").is_some() => {
            for cluster in object.node.items_at(&["clusters"]).filter_map(|it| it.get("cluster")) {
                let server = cluster.get("server").and_then(Node::as_str).unwrap_or_default();
                if let Some(node) = cluster.get(SKIP).filter(|it| it.as_bool() == Some(true) && !is_local(server)) {
                    add(findings, &node.span, KUBECONFIG, KUBECONFIG_HELP.to_owned());
                }
            }
        }
        _ => {}
    }
}

const KUBECONFIG: &str = "who uses this kubeconfig gives its credentials to whoever answers";
const KUBECONFIG_HELP: &str =
    "remove `insecure-skip-tls-verify`, and write the authority of the server into `certificate-authority-data`";

/// Looks at the provider that users of Argo CD sign in with.
fn provider(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let text = |key| object.node.at(&["data", key]).and_then(Node::as_str).unwrap_or_default();
    let issuer =
        text("oidc.config").split_once("issuer:").map_or("", |(_, rest)| rest.lines().next().unwrap_or_default());
    if let Some(node) = object.node.at(&["data", OIDC])
        && is_true(text(OIDC))
        && !is_local(issuer.trim())
    {
        let message = "Argo CD believes whoever answers as the provider that users sign in with";
        let help = format!("remove `{OIDC}`, and write the authority of the provider into `oidc.config` as `rootCA`");
        add(findings, &node.span, message, help);
    }
}

fn secret(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let value = |key: &str| {
        let (plain, encoded) = (object.node.at(&["stringData", key]), object.node.at(&["data", key]));
        match plain {
            Some(node) => Some((node, node.as_str()?.to_owned())),
            None => encoded.and_then(|node| Some((node, decoded(node.as_str()?)?))),
        }
    };
    match object.node.at(&["metadata", "labels", SECRET_TYPE]).and_then(Node::as_str) {
        Some("cluster") => {
            // `cluster-secret-tls` is about those with an authority beside it.
            let config = ClusterSecret::of(object).and_then(|it| it.config).filter(|config| !config.has_ca);
            if let Some(insecure) = config.and_then(|config| config.insecure) {
                let message = "Argo CD gives its credentials for this cluster to whoever answers";
                let help = "remove `insecure`, and write the authority of the API server into `tlsClientConfig.caData`";
                add(findings, &insecure, message, help.to_owned());
            }
        }
        Some("repository" | "repo-creds" | "repository-write" | "repo-write-creds") => {
            let is_near = value("url").is_some_and(|(_, url)| is_local(&url));
            for key in ["insecure", "insecureIgnoreHostKey"] {
                if let Some((node, _)) = value(key).filter(|(_, text)| !is_near && is_true(text)) {
                    let message = format!("`{key}` lets Argo CD load manifests from whoever answers");
                    let help = "remove it, and tell Argo CD whom to trust: `argocd-tls-certs-cm`, or \
                                `argocd-ssh-known-hosts-cm` for SSH";
                    add(findings, &node.span.concealed(), &message, help.to_owned());
                }
            }
        }
        _ => kubeconfigs(object, "stringData", findings),
    }
}

/// Looks for kubeconfigs among the values of a mapping.
fn kubeconfigs(object: &Object<'_>, key: &str, findings: &mut Vec<Diagnostic>) {
    let written = format!("{SKIP}: true");
    for entry in object.node.get(key).and_then(Node::as_mapping).into_iter().flatten() {
        let Some(text) = entry.value.as_str().filter(|text| text.contains("clusters:")) else { continue };
        let server = text.split_once("server: ").map_or("", |(_, rest)| rest.lines().next().unwrap_or_default());
        if let Some(at) = text.find(&written).filter(|_| !is_local(server.trim())) {
            add(findings, &line_of(&entry.value, at).concealed(), KUBECONFIG, KUBECONFIG_HELP.to_owned());
        }
    }
}

fn add(findings: &mut Vec<Diagnostic>, span: &Span, message: &str, help: String) {
    findings.push(Diagnostic::new(&CHECK.rule, span, message).help(help));
}

/// Tells whether Go's `strconv.ParseBool` takes a text for true.
fn is_true(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "true" | "TRUE" | "True")
}

/// Tells whether a URL leads to this machine or stays in the cluster, where nobody signs certificates for anybody.
fn is_local(url: &str) -> bool {
    const DOMAINS: [&str; 5] = ["localhost", "localtest.me", "svc", "svc.cluster.local", "127.0.0.1"];
    let host = names::authority(url).rsplit_once('@').map_or(names::authority(url), |(_, host)| host);
    let host = host.split(':').next().unwrap_or_default();
    DOMAINS.iter().any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}
