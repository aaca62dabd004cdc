//! ingress-nginx is not maintained any longer.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::idpbuilder::DEFAULT_HOST;
use crate::manifest::Application;
use crate::network::Controller;
use crate::vcluster::PLACEHOLDER_HOST;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ingress-nginx-retired",
        summary: "SSL passthrough by ingress-nginx, which is retired",
        severity: Severity::Info,
        effect: Effect::Style,
        page: include_str!("ingress_nginx_retired.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    if is_perhaps_for_idpbuilder(scope) {
        return;
    }
    let found = scope.network.ingresses().find_map(|exposure| {
        let passthrough = exposure.passthrough.filter(|_| exposure.controller == Controller::IngressNginx)?;
        // Where there is no host yet, there is something else to say.
        let (route, target) = exposure.target()?;
        let is_real = route.rule.hosts.iter().all(|host| host.value != PLACEHOLDER_HOST);
        is_real.then_some((exposure, passthrough, target))
    });
    let Some((exposure, passthrough, target)) = found else { return };
    let release = scope.network.meant_by(target).release;
    let span = exposure.object.class.as_ref().map_or(&exposure.object.span, |class| &class.span);
    let message = "ingress-nginx gets no releases and no security fixes any longer since March 2026";
    findings.push(
        Diagnostic::new(&CHECK.rule, span, message)
            .related(passthrough, format!("it is to pass connections through to virtual cluster `{release}`"))
            .help("other controllers pass TLS through as well: a `TLSRoute` of the Gateway API, an `IngressRouteTCP` of Traefik"),
    );
}

/// Tells whether the tree may be for idpbuilder, which brings ingress-nginx along and nothing else: names below its default
/// host say so.
fn is_perhaps_for_idpbuilder(scope: &Scope<'_>) -> bool {
    let routes = scope.network.exposures.iter().flat_map(|exposure| &exposure.object.rules);
    let hosts = routes.flat_map(|rule| &rule.hosts).map(|host| host.as_str());
    let virtual_clusters = &scope.network.virtual_clusters;
    let sans = virtual_clusters.iter().flat_map(|it| &it.sans).map(String::as_str);
    let servers = virtual_clusters.iter().flat_map(|it| &it.servers).map(|server| server.url.value);
    let urls = scope.manifests.facts.applications.iter().flat_map(Application::urls).map(|url| url.as_str());
    scope.is_for_idpbuilder() || hosts.chain(sans).chain(servers).chain(urls).any(|it| it.contains(DEFAULT_HOST))
}
