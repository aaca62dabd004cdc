//! What leads to a virtual cluster must pass TLS through.

use super::ingress_annotation_value::is_switch;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::SSL_PASSTHROUGH;
use crate::network::{Controller, Fit, Target};
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ssl-passthrough-missing",
        summary: "route to a virtual cluster without SSL passthrough",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("ssl_passthrough_missing.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for exposure in scope.network.exposures.iter().filter(|exposure| exposure.passthrough.is_none()) {
        // Who shares no more than a host with a virtual cluster may be there for something else.
        let is_certain = |(_, target): &(_, Target)| target.fit != Fit::OtherName;
        let Some((_, target)) = exposure.target().filter(is_certain) else { continue };
        let controller = exposure.controller;
        let help = match controller {
            // What another controller wants is for `ingress-class` to say.
            Controller::Other | Controller::HaProxy | Controller::Gateway => continue,
            Controller::IngressNginx => format!("annotate the Ingress with `{SSL_PASSTHROUGH}: \"true\"`"),
            Controller::Traefik => "write `passthrough: true` below `spec.tls`".to_owned(),
            Controller::Contour => "write `passthrough: true` below `spec.virtualhost.tls`".to_owned(),
        };
        let virtual_cluster = scope.network.meant_by(target);
        // Who brings a certificate along, and identifies clients by tokens, ends TLS on purpose.
        let has_token = virtual_cluster.value(&["exportKubeConfig", "serviceAccount", "name"]).is_some();
        if has_token && !exposure.object.secrets.is_empty() {
            continue;
        }
        let release = virtual_cluster.release;
        let annotation = || Some(&exposure.annotation(SSL_PASSTHROUGH)?.span);
        // A value that ingress-nginx cannot read is for `ingress-annotation-value` to tell.
        let value = exposure.annotation(SSL_PASSTHROUGH).and_then(Node::as_str);
        if controller == Controller::IngressNginx
            && exposure.built_in.is_none()
            && value.is_some_and(|it| !is_switch(it))
        {
            continue;
        }
        let written = match controller {
            Controller::IngressNginx => annotation(),
            _ => exposure.object.passthrough.as_ref().map(|it| &it.span),
        };
        findings.push(
            Diagnostic::new(
                &CHECK.rule,
                written.unwrap_or(&exposure.object.span),
                format!(
                    "{} will not pass the TLS connections to virtual cluster `{release}` through",
                    controller.as_str()
                ),
            )
            .related(&release.span, "its API server identifies clients by the certificates of these connections")
            .help(help),
        );
    }
}
