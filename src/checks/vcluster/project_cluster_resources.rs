//! A project has to permit the cluster roles of the chart.

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::AppProject;
use crate::vcluster::rendering::{self, Reason};

/// The group of the kinds that the chart may make without a namespace, and these.
const GROUP: &str = "rbac.authorization.k8s.io";
const KINDS: [&str; 2] = ["ClusterRole", "ClusterRoleBinding"];

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "project-cluster-resources",
        summary: "project that does not permit the cluster role of a virtual cluster",
        severity: Severity::Warning,
        effect: Effect::ComparisonError,
        page: include_str!("project_cluster_resources.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let projects = scope.manifests.projects();
    for virtual_cluster in judged(scope).filter(|_| !projects.is_empty()) {
        let application = virtual_cluster.application;
        let written = application.application.project.as_ref();
        let name = written.map_or("default", |project| project.as_str());
        let Some(reason) = virtual_cluster
            .version()
            .and_then(|it| rendering::cluster_role(it, virtual_cluster.source.values.as_ref()))
        else {
            continue;
        };
        // Of several with the same name, nobody knows which one it will be.
        let Some(candidates) = projects.get(name) else { continue };
        let denied = candidates.iter().map(|project| denied(scope, project, application.manifest.namespace.as_deref()));
        let Some(Some((project, kind))) = denied.reduce(|first, next| next.and(first)) else { continue };
        let message = format!("project `{name}` does not permit the {kind} that the vCluster chart makes");
        let (cause, role) = match (reason, &virtual_cluster.source.target_revision) {
            (Reason::Value(value), _) => (&value.span, "this value needs it".to_owned()),
            (Reason::Default, Some(version)) => (&version.span, format!("chart {version} always makes one")),
            (Reason::Default, None) => (&virtual_cluster.source.span, "the chart always makes one".to_owned()),
        };
        findings.push(
            Diagnostic::new(&CHECK.rule, written.map_or(application.manifest.name_span(), |it| &it.span), message)
                .related(scope.manifests.manifest_of(project).name_span(), "the project")
                .related(cause, role)
                .help(format!(
                    "add to its `clusterResourceWhitelist`: `{{group: {GROUP}, kind: ClusterRole}}` and \
                     `{{group: {GROUP}, kind: ClusterRoleBinding}}`"
                )),
        );
    }
}

/// Returns a project with the kind that it does not permit; nothing if it permits them all, or may be another one or changed.
fn denied<'a>(
    scope: &Scope<'a>,
    project: &'a AppProject,
    namespace: Option<&String>,
) -> Option<(&'a AppProject, &'static str)> {
    let manifest = scope.manifests.manifest_of(project);
    let elsewhere =
        scope.package.namespace_of(manifest).zip(namespace).is_some_and(|(its, namespace)| its.value != *namespace);
    if elsewhere || !scope.package.is_exact(manifest) {
        return None;
    }
    let kind = KINDS.into_iter().find(|kind| !project.permits_cluster_kind(GROUP, kind))?;
    Some((project, kind))
}
