//! The server of an exported kubeconfig must be a plain HTTPS URL with a port.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::schema::vcluster::Version;

/// The version that began to look at the scheme when it starts (pkg/config/validation.go:782-797).
const CHECKED_SINCE: Version = (0, 30, 0);

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "kubeconfig-server-invalid",
        summary: "server of an exported kubeconfig that vCluster or its CLI cannot use",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("kubeconfig_server_invalid.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in &scope.network.virtual_clusters {
        for server in &virtual_cluster.servers {
            if let Err(reason) = server.endpoint() {
                let is_checked = server.is_main && virtual_cluster.is_since(CHECKED_SINCE);
                let has_scheme = ["https://", "http://"].iter().any(|scheme| server.url.starts_with(scheme));
                let effect = if is_checked && !has_scheme { ", and vCluster does not start with it" } else { "" };
                let message = format!("`{}` cannot be the server of a kubeconfig: {reason}{effect}", server.url);
                findings.push(
                    Diagnostic::new(&CHECK.rule, &server.url.span, message)
                        .help("write it as `https://{host}:{port}`, with the port even if it is 443"),
                );
            }
        }
    }
}
