//! idpbuilder runs ingress-nginx and nothing else.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::SSL_PASSTHROUGH;
use crate::network::Controller;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ingress-class",
        summary: "Ingress class that no controller of idpbuilder takes",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("ingress_class.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// What charts of ingress controllers have in their names.
const CONTROLLERS: [&str; 6] = ["contour", "haproxy", "ingress", "istio", "kong", "traefik"];

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let charts = scope.package.applications.iter().flat_map(|it| &it.application.sources);
    let has_other = charts
        .filter_map(|source| source.chart.as_ref())
        .any(|chart| CONTROLLERS.iter().any(|controller| chart.contains(controller)));
    for exposure in scope.network.exposures.iter().filter(|it| it.controller == Controller::Other) {
        let Some(class) = &exposure.object.class else { continue };
        // Who brings the class along brings a controller along, too.
        let mut hosts = exposure.object.rules.iter().flat_map(|rule| &rule.hosts);
        let is_idpbuilders = scope.is_for_idpbuilder() || hosts.any(|host| scope.serves(host));
        if !is_idpbuilders || has_other || scope.manifests.find("IngressClass", "", class).next().is_some() {
            continue;
        }
        let meant = exposure
            .annotation(SSL_PASSTHROUGH)
            .filter(|_| exposure.passthrough.is_some())
            .map(|annotation| (&annotation.span, "this annotation is one of ingress-nginx"));
        let target =
            || Some((&scope.network.meant_by(exposure.target()?.1).release.span, "the virtual cluster it leads to"));
        let Some((span, role)) = meant.or_else(target) else { continue };
        let message = format!("no controller takes Ingresses of class `{class}`");
        findings.push(
            Diagnostic::new(&CHECK.rule, &class.span, message)
                .related(span, role)
                .help(scope.note_assumption("write `ingressClassName: nginx`".to_owned())),
        );
    }
}
