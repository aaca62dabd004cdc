//! Nobody reads what is passed through.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::network::{Controller, Exposure};
use crate::yaml::Entry;

/// How the annotations of ingress-nginx begin that are about requests, which nobody sees in a connection that is passed through
/// (kubernetes/ingress-nginx controller-v1.15.1, docs/user-guide/nginx-configuration/annotations.md: SSL passthrough
/// "invalidates all the other annotations"). Those about redirects and the protocol of the backend still matter on port 80.
const IGNORED: [&str; 22] = [
    "affinity",
    "allowlist-source-range",
    "auth-",
    "client-body-buffer-size",
    "configuration-snippet",
    "connection-proxy-header",
    "cors-",
    "custom-headers",
    "denylist-source-range",
    "enable-cors",
    "enable-modsecurity",
    "enable-owasp-core-rules",
    "limit-",
    "mirror-",
    "modsecurity-",
    "proxy-",
    "rewrite-target",
    "satisfy",
    "server-snippet",
    "session-cookie-",
    "use-regex",
    "whitelist-source-range",
];
/// How those begin that are about TLS between ingress-nginx and the backend.
const UPSTREAM_TLS: &str = "proxy-ssl-";
/// Annotations by which cert-manager makes a certificate (cert-manager v1.18, `pkg/apis/certmanager/v1/types.go`).
const CERTIFICATES: [&str; 3] = ["cert-manager.io/cluster-issuer", "cert-manager.io/issuer", "kubernetes.io/tls-acme"];

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "passthrough-ignored-setting",
        summary: "setting that SSL passthrough leaves without effect",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("passthrough_ignored_setting.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let passed = scope.network.exposures.iter().filter(|exposure| exposure.passthrough.is_some());
    for exposure in passed {
        let Some((_, target)) = exposure.target() else { continue };
        let is_nginx = exposure.controller == Controller::IngressNginx;
        if !is_nginx && exposure.controller != Controller::Traefik {
            continue;
        }
        let release = scope.network.meant_by(target).release;
        let mut report = |span, what: String, help: String| {
            let message = format!("{what}: the TLS connections to virtual cluster `{release}` are passed on unopened");
            findings.push(
                Diagnostic::new(&CHECK.rule, span, message)
                    .related_if(exposure.passthrough, "SSL passthrough is switched on here")
                    .help(help),
            );
        };
        for secret in &exposure.object.secrets {
            let help = format!("remove `secretName: {secret}`: clients get the certificate of the virtual cluster");
            report(&secret.span, format!("nobody uses the certificate in `{secret}`"), help);
        }
        for Entry { key, .. } in ignored(exposure) {
            report(&key.span, format!("`{key}` has no effect"), format!("remove `{key}`"));
        }
    }
}

/// Returns the annotations of an Ingress for ingress-nginx that are about opened connections or certificates.
fn ignored<'a>(exposure: &Exposure<'a>) -> impl Iterator<Item = &'a Entry> + use<'a> {
    let is_nginx = exposure.controller == Controller::IngressNginx;
    exposure.annotations().iter().filter(move |entry| {
        let key = entry.key.as_str();
        let of_nginx = key.strip_prefix("nginx.ingress.kubernetes.io/").is_some_and(|key| {
            !key.starts_with(UPSTREAM_TLS) && IGNORED.iter().any(|ignored| key.starts_with(ignored))
        });
        is_nginx && !entry.value.is_null() && (of_nginx || CERTIFICATES.contains(&key))
    })
}
