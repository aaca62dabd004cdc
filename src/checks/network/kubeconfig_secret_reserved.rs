//! vCluster has Secrets of its own, which an exported kubeconfig must not overwrite.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "kubeconfig-secret-reserved",
        summary: "exported kubeconfig under the name of a Secret that vCluster uses itself",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("kubeconfig_secret_reserved.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in scope.network.virtual_clusters.iter().filter(|it| it.has_all_values()) {
        let release = virtual_cluster.release;
        // The names of loft-sh/vcluster v0.36.1: pkg/util/kubeconfig/kubeconfig.go:28-38, chart/templates/config-secret.yaml:4
        // and pkg/certs/ensure.go:317.
        let reserved = [
            (format!("vc-{release}"), "kubeconfig"),
            (format!("vc-config-{release}"), "configuration"),
            (format!("{release}-certs"), "certificates"),
        ];
        for secret in virtual_cluster.additional_secrets() {
            let text = |key| secret.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
            let is_here = text("namespace")
                .is_none_or(|it| virtual_cluster.namespace.is_some_and(|namespace| namespace.value == it));
            let (Some(name), Some(wanted)) = (secret.get("name"), text("name")) else { continue };
            let Some((_, what)) = reserved.iter().find(|(name, _)| is_here && name == wanted) else { continue };
            let message = format!("Secret `{wanted}` holds the {what} of virtual cluster `{release}` itself");
            findings.push(
                Diagnostic::new(&CHECK.rule, &name.span, message)
                    .related(&release.span, format!("release `{release}`"))
                    .help(format!("choose another name, say `vc-{release}-exported`")),
            );
        }
    }
}
