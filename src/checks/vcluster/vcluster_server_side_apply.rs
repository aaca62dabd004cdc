//! Server-side apply makes Argo CD see differences in claims of volumes for ever.

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::{IgnoredDifference, Manifest};
use crate::vcluster::rendering;

/// Makes Argo CD ask the API server what an object would become.
const COMPARE_OPTIONS: &str = "argocd.argoproj.io/compare-options";

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-server-side-apply",
        summary: "virtual cluster that server-side apply leaves out of sync",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("vcluster_server_side_apply.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope).filter(|_| scope.manifests.facts.other_comparisons.is_empty()) {
        let sync = &virtual_cluster.application.application.sync;
        let Some(option) = sync.option("ServerSideApply=true") else { continue };
        if sync.ignored.iter().any(ignores_claims)
            || asks_the_server(virtual_cluster.application.manifest)
            || !rendering::claims_volumes(virtual_cluster.source.values.as_ref())
        {
            continue;
        }
        let message = format!(
            "{} will stay out of sync: server-side apply sees a difference in the volume claims of its StatefulSet",
            virtual_cluster.application.manifest.label()
        );
        findings.push(Diagnostic::new(&CHECK.rule, &option.span, message).help(format!(
            "add to `spec.ignoreDifferences`: `{{group: apps, kind: StatefulSet, jqPathExpressions: \
             [\".spec.volumeClaimTemplates[]?.apiVersion\", \".spec.volumeClaimTemplates[]?.kind\"]}}`, or annotate the \
             Application with `{COMPARE_OPTIONS}: ServerSideDiff=true`"
        )));
    }
}

/// Tells whether differences in the claims of a `StatefulSet` may be ignored.
fn ignores_claims(ignored: &IgnoredDifference) -> bool {
    let is_meant = |pattern: &str, text: &str| pattern == text || pattern.contains('*');
    is_meant(&ignored.group, "apps")
        && is_meant(&ignored.kind, "StatefulSet")
        && (ignored.has_managers
            || ignored
                .paths
                .iter()
                .any(|path| path.contains("volumeClaimTemplates") || matches!(&**path, "/spec" | ".spec")))
}

fn asks_the_server(application: &Manifest) -> bool {
    let options = application.annotation(COMPARE_OPTIONS).and_then(|options| options.as_str());
    options.is_some_and(|options| options.split(',').any(|option| option.trim() == "ServerSideDiff=true"))
}
