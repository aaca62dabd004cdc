//! SSL passthrough needs one exact host.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::network::Controller;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ingress-host-not-exact",
        summary: "SSL passthrough for a wildcard host or for every host",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("ingress_host_not_exact.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for exposure in scope.network.ingresses() {
        let Some(annotation) = exposure.passthrough.filter(|_| exposure.controller != Controller::HaProxy) else {
            continue;
        };
        for rule in &exposure.object.rules {
            let (message, span) = match rule.hosts.first() {
                Some(host) if host.starts_with('*') => (
                    format!("SSL passthrough does not work for `{host}`: the controller compares names as a whole"),
                    &host.span,
                ),
                Some(_) => continue,
                None => ("SSL passthrough does not work without a host".to_owned(), &rule.span),
            };
            findings.push(
                Diagnostic::new(&CHECK.rule, span, message)
                    .related(annotation, "SSL passthrough is switched on here")
                    .help("write one rule for each host, each with its full name"),
            );
        }
    }
}
