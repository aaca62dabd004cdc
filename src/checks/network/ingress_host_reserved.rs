//! Hosts of idpbuilder itself must not be passed through elsewhere.

use crate::checks::{Check, Run, Scope};
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
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for exposure in &scope.network.exposures {
        let hosts = exposure.routes.iter().flat_map(|route| route.rule.hosts.iter().map(move |host| (route, host)));
        for (route, host) in hosts {
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
