//! The certificate of a virtual cluster must name the host that leads to it.

use super::add_san;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::vcluster::PLACEHOLDER_HOST;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "san-missing-host",
        summary: "host of a virtual cluster that its certificate does not name",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("san_missing_host.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for (_, route, target) in scope.network.routes() {
        let virtual_cluster = scope.network.meant_by(target);
        for host in &route.rule.hosts {
            // What cannot be passed through at all is for `ingress-host-not-exact` to say, what nobody has thought of yet for
            // `placeholder-host`, and what is taken for `ingress-host-reserved`.
            let is_faulty =
                host.starts_with('*') || host.value == PLACEHOLDER_HOST || scope.cluster.is_reserved_host(host);
            if is_faulty || virtual_cluster.certificate_covers(host) {
                continue;
            }
            let message =
                format!("the certificate of virtual cluster `{}` does not name `{host}`", virtual_cluster.release);
            findings.push(add_san(Diagnostic::new(&CHECK.rule, &host.span, message), virtual_cluster, host));
        }
    }
}
