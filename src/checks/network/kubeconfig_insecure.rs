//! A kubeconfig that does not verify the API server trusts whoever answers.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "kubeconfig-insecure",
        summary: "exported kubeconfig that does not verify the API server",
        severity: Severity::Warning,
        effect: Effect::Insecure,
        page: include_str!("kubeconfig_insecure.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in scope.network.virtual_clusters.iter().filter(|it| it.has_all_values()) {
        for insecure in virtual_cluster.exports().filter_map(|export| export.get("insecure")) {
            if insecure.as_bool() != Some(true) {
                continue;
            }
            let message = format!(
                "clients of virtual cluster `{}` will trust whoever answers in its place",
                virtual_cluster.release
            );
            findings.push(
                Diagnostic::new(&CHECK.rule, &insecure.span, message)
                    .related(virtual_cluster.sans_span, "the names that are added to the certificate belong here")
                    .help("remove `insecure`, and add the host of the server to `controlPlane.proxy.extraSANs`"),
            );
        }
    }
}
