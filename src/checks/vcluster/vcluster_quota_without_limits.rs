//! A quota of CPU limits admits no pod without one.

use std::collections::BTreeSet;

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::vcluster::rendering;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-quota-without-limits",
        summary: "quota that does not admit the virtual cluster itself",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("vcluster_quota_without_limits.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    // The namespaces with a `LimitRange` of their own; one without a namespace may be for any.
    let ranges = scope.manifests.manifests().iter().filter(|it| it.kind.value == "LimitRange");
    let ranges: BTreeSet<_> = ranges.map(|it| scope.package.namespace_of(it).map(|it| it.as_str())).collect();
    for virtual_cluster in judged(scope).filter(|_| !ranges.contains(&None)) {
        let values = virtual_cluster.source.values.as_ref();
        let value = |path: &[&str]| virtual_cluster.value(path);
        let range = value(&["policies", "limitRange", "enabled"]).filter(|range| rendering::is_off(Some(range)));
        let limit = value(&["controlPlane", "statefulSet", "resources", "limits", "cpu"]);
        let (Some(range), Some(namespace)) = (range, virtual_cluster.namespace) else { continue };
        if !rendering::has_quota(values)
            || !rendering::quota_limits(values, "limits.cpu")
            || limit.is_some_and(|limit| !limit.is_null())
            || ranges.contains(&Some(namespace.as_str()))
        {
            continue;
        }
        let message = format!(
            "the quota of namespace `{namespace}` will not admit the pod of virtual cluster `{}`: it has no CPU limit, and \
             no LimitRange gives it one",
            virtual_cluster.release
        );
        let quota = value(&["policies", "resourceQuota", "enabled"]).map(|quota| &quota.span);
        findings.push(
            Diagnostic::new(&CHECK.rule, &range.span, message)
                .related_if(quota, "the quota counts CPU limits, so that every pod has to have one")
                .help(
                    "leave out `limitRange.enabled`, or give the pod a limit: \
                     `controlPlane.statefulSet.resources.limits.cpu: \"2\"`",
                ),
        );
    }
}
