//! Some versions of vCluster did not write the server into the main kubeconfig.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "kubeconfig-server-ignored",
        summary: "main server of a kubeconfig that this version of vCluster ignores",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("kubeconfig_server_ignored.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in scope.network.virtual_clusters.iter().filter(|it| it.has_all_values() && it.ignores_server())
    {
        let Some(server) = virtual_cluster.servers.iter().find(|server| server.is_main) else { continue };
        let release = virtual_cluster.release;
        let message = format!("vCluster before 0.22.4 does not write `{}` into Secret `vc-{release}`", server.url);
        let revision = virtual_cluster.source.target_revision.as_ref();
        findings.push(
            Diagnostic::new(&CHECK.rule, &server.url.span, message)
                .related_if(revision.map(|revision| &revision.span), "the version of the chart")
                .help("take chart 0.22.4 or newer, or name a Secret of its own in `exportKubeConfig.secret`"),
        );
    }
}
