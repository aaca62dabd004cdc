//! A `ServiceMonitor` needs a kind that idpbuilder's cluster does not have.

use std::cell::LazyCell;

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::ApplicationSource;

/// The definition of the kind.
const DEFINITION: &str = "servicemonitors.monitoring.coreos.com";
/// Parts of the names of charts and repositories that may bring it.
const SUPPLIERS: [&str; 7] = ["alloy", "grafana", "mimir", "monitoring", "observability", "prometheus", "victoria"];

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-metrics-crd",
        summary: "ServiceMonitor of a virtual cluster on a cluster without that kind",
        severity: Severity::Warning,
        effect: Effect::ComparisonError,
        page: include_str!("vcluster_metrics_crd.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    if !scope.is_for_idpbuilder() {
        return;
    }
    let has_supplier = LazyCell::new(|| has_supplier(scope));
    for virtual_cluster in judged(scope) {
        let monitor = virtual_cluster.switched_on(&["controlPlane", "serviceMonitor", "enabled"]);
        let Some(monitor) = monitor else { continue };
        if !virtual_cluster.application.is_in_cluster() || *has_supplier {
            continue;
        }
        let message = format!(
            "the cluster does not know ServiceMonitors: the sync of {} will fail",
            virtual_cluster.application.manifest.label()
        );
        findings.push(Diagnostic::new(&CHECK.rule, &monitor.span, message).help(scope.note_assumption(
            "add an Application with the chart `prometheus-operator-crds` or `kube-prometheus-stack`, in an earlier sync \
             wave, or switch `serviceMonitor` off"
                .to_owned(),
        )));
    }
}

/// Tells whether something in the tree may define the kind.
fn has_supplier(scope: &Scope<'_>) -> bool {
    let brings = |source: &ApplicationSource| {
        let names = [&source.chart, &source.path, &source.repo_url].into_iter().flatten();
        names.into_iter().any(|name| SUPPLIERS.iter().any(|part| name.to_lowercase().contains(part)))
    };
    let mut sources = scope.manifests.facts.applications.iter().flat_map(|application| &application.sources);
    scope.manifests.find("CustomResourceDefinition", "", DEFINITION).next().is_some() || sources.any(brings)
}
