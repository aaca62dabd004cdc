//! The host in the chart's values is an example.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::vcluster::PLACEHOLDER_HOST;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "placeholder-host",
        summary: "host of a virtual cluster that is only an example",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("placeholder_host.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for (exposure, route, _) in scope.network.routes() {
        let Some(host) = route.rule.hosts.iter().find(|host| host.value == PLACEHOLDER_HOST) else { continue };
        let message =
            format!("`{PLACEHOLDER_HOST}` is the example in the values of the vCluster chart, and no host of yours");
        let own = format!("dev-vcluster.{}", scope.cluster.host);
        let help = match exposure.built_in {
            Some(_) => format!("write a `host` of your own, say `host: {own}`"),
            None => format!("write a host of your own, say `{own}`"),
        };
        findings.push(Diagnostic::new(&CHECK.rule, &host.span, message).help(scope.note_assumption(help)));
    }
}
