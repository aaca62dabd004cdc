//! Hosts of idpbuilder itself must not be passed through elsewhere.

use crate::checks::{Check, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ingress-host-reserved",
        summary: "host that belongs to idpbuilder itself",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("ingress_host_reserved.md"),
    },
    since: "0.1.0",
    run,
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for exposure in &scope.network.exposures {
        for route in &exposure.routes {
            let Some(host) = &route.rule.host else { continue };
            let takes_host = exposure.passthrough.is_some() || route.target.is_some();
            if !takes_host || !scope.cluster.is_reserved_host(host) {
                continue;
            }
            let message = format!("`{host}` belongs to idpbuilder, whose own Ingresses use it");
            let name = exposure.manifest.name.as_ref().map_or("dev-vcluster", |name| &name.value);
            let help = format!("take another name below `{0}`, say `{name}.{0}`", scope.cluster.host);
            findings.push(Diagnostic::new(&CHECK.rule, &host.span, message).help(scope.note_assumption(help)));
        }
    }
}
