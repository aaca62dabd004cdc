//! An Ingress must pass TLS through to a virtual cluster.

use crate::checks::{Check, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::SSL_PASSTHROUGH;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ssl-passthrough-missing",
        summary: "Ingress to a virtual cluster without SSL passthrough",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("ssl_passthrough_missing.md"),
    },
    since: "0.1.0",
    run,
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for exposure in &scope.network.exposures {
        let Some((_, target)) = exposure.target().filter(|_| exposure.passthrough.is_none()) else { continue };
        // What another controller wants is for `ingress-class` to say.
        if exposure.class() != "nginx" {
            continue;
        }
        let release = scope.network.meant_by(target).release;
        let written = exposure.manifest.annotation(SSL_PASSTHROUGH);
        findings.push(
            Diagnostic::new(
                &CHECK.rule,
                written.map_or(exposure.manifest.name_span(), |value| &value.span),
                format!("ingress-nginx will end the TLS connections to virtual cluster `{release}` itself"),
            )
            .related(&release.span, "its API server identifies clients by the certificates of these connections")
            .help(format!("annotate the Ingress with `{SSL_PASSTHROUGH}: \"true\"`")),
        );
    }
}
