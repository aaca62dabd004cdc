//! A `ServiceMonitor` reads certificates that may not be there.

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::schema::vcluster::Version;

/// From this version on, an insecure kubeconfig has no authority in it (pull request 2709 of loft-sh/vcluster).
const INSECURE_SINCE: Version = (0, 24, 0);

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-metrics-certificates",
        summary: "ServiceMonitor of a virtual cluster without the certificates that it needs",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("vcluster_metrics_certificates.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope) {
        let switched_on = |path: &[&str]| virtual_cluster.switched_on(path);
        let Some(monitor) = switched_on(&["controlPlane", "serviceMonitor", "enabled"]) else { continue };
        let is_new = virtual_cluster.is_since(INSECURE_SINCE);
        let insecure = switched_on(&["exportKubeConfig", "insecure"]).filter(|_| is_new);
        let account = virtual_cluster.value(&["exportKubeConfig", "serviceAccount", "name"]);
        let account = account.filter(|it| it.as_str().is_some_and(|name| !name.is_empty()));
        let (cause, lacks, key) = match (account, insecure) {
            (Some(account), _) => (account, "no client certificate", "serviceAccount"),
            (None, Some(insecure)) => (insecure, "no certificate of the authority", "insecure"),
            (None, None) => continue,
        };
        let release = virtual_cluster.release;
        let message = format!(
            "Prometheus cannot read the metrics of virtual cluster `{release}`: Secret `vc-{release}` will hold {lacks}"
        );
        findings.push(
            Diagnostic::new(&CHECK.rule, &monitor.span, message)
                .related(&cause.span, format!("because of `exportKubeConfig.{key}`"))
                .help(format!(
                    "move `{key}` to an entry of `exportKubeConfig.additionalSecrets`, or switch `serviceMonitor` off"
                )),
        );
    }
}
