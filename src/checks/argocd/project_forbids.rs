//! A project permits what its Applications do.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::idpbuilder::CNOE_SCHEME;
use crate::manifest::{AppProject, Manifest};
use crate::package::PackagedApplication;
use crate::source::Spanned;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "project-forbids",
        summary: "Application that does what its project does not permit",
        severity: Severity::Error,
        effect: Effect::InvalidSpec,
        page: include_str!("project_forbids.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let projects = scope.manifests.projects();
    let mut judged = BTreeMap::new();
    for application in scope.package.applications.iter().filter(|it| scope.package.is_exact(it.manifest)) {
        let name = application.application.project.as_ref().map_or("default", |project| project.as_str());
        let namespace = application.manifest.namespace.as_deref();
        let is_meant = |project: &&&AppProject| {
            let its = scope.package.namespace_of(scope.manifests.manifest_of(**project));
            its.map(|its| &its.value).zip(namespace).is_none_or(|(its, namespace)| its == namespace)
        };
        let Some(candidates) = projects.get(name) else { continue };
        let candidates: Vec<&AppProject> = candidates.iter().filter(is_meant).copied().collect();
        // Of several with the same name, nobody knows which one it will be.
        let are_known = candidates.iter().all(|it| scope.package.is_exact(scope.manifests.manifest_of(*it)));
        if candidates.is_empty() || !are_known {
            continue;
        }
        let project = Project { scope, name, candidates };
        findings.extend(project.source(application));
        match project.destination(application) {
            Some(finding) => findings.push(finding),
            None => drop(judged.insert(application.manifest.index, project)),
        }
    }
    let mut told = BTreeSet::new();
    for manifest in scope.manifests.manifests().iter().filter(|manifest| scope.package.is_exact(manifest)) {
        let Some(application) = scope.package.application_of(manifest) else { continue };
        let Some(project) = judged.get(&application.manifest.index) else { continue };
        if let Some(finding) = project.object(application, manifest)
            && told.insert((application.manifest.index, manifest.group(), manifest.kind.as_str()))
        {
            findings.push(finding);
        }
    }
}

/// The project of an Application, perhaps in several forms.
struct Project<'s, 'a> {
    scope: &'s Scope<'a>,
    name: &'s str,
    candidates: Vec<&'a AppProject>,
}

impl Project<'_, '_> {
    fn forbids(&self, permits: impl Fn(&AppProject) -> bool) -> bool {
        !self.candidates.iter().any(|project| permits(project))
    }

    fn finding(&self, place: &Spanned<String>, what: &str, help: String) -> Diagnostic {
        let message = format!("project `{}` does not permit {what}", self.name);
        let project = self.candidates.first().map(|project| self.scope.manifests.manifest_of(*project).name_span());
        Diagnostic::new(&CHECK.rule, &place.span, message).related_if(project, "the project").help(help)
    }

    fn source(&self, application: &PackagedApplication<'_>) -> Option<Diagnostic> {
        let forbidden = |url: &&Spanned<String>| {
            let asked = || self.scope.package.repositories.asked.iter().find(|it| it.url.span == url.span);
            let url = if url.starts_with(CNOE_SCHEME) {
                asked().and_then(|it| it.gitea_url.as_deref())
            } else {
                Some(url.as_str())
            };
            url.is_some_and(|url| self.forbids(|project| project.permits_source(url)))
        };
        let url = application.application.urls().find(forbidden)?;
        Some(self.finding(url, &format!("the repository `{url}`"), "add it to its `sourceRepos`".to_owned()))
    }

    fn destination(&self, application: &PackagedApplication<'_>) -> Option<Diagnostic> {
        let it = application.application;
        let place = it.namespace.as_ref().or(it.server.as_ref()).or(it.cluster.as_ref())?;
        let namespace = it.namespace.as_ref().map_or("", |namespace| &namespace.value);
        let what = format!("namespace `{namespace}` of the cluster `{}`", application.destination());
        let help = format!(
            "add to its `destinations`: `{{server: {}, namespace: {namespace}}}`",
            it.server.as_ref().map_or("'*'", |server| &server.value)
        );
        self.forbids(|project| permits(project, application, namespace)).then(|| self.finding(place, &what, help))
    }

    fn object(&self, application: &PackagedApplication<'_>, manifest: &Manifest) -> Option<Diagnostic> {
        let (group, kind) = (manifest.group(), manifest.kind.as_str());
        let (is_forbidden, list) = if self.scope.manifests.is_namespaced(manifest)? {
            (self.forbids(|it| it.permits_namespaced_kind(group, kind)), "namespaceResourceWhitelist")
        } else {
            (self.forbids(|it| it.permits_cluster_kind(group, kind)), "clusterResourceWhitelist")
        };
        if is_forbidden {
            let help = format!("permit `{{group: '{group}', kind: {kind}}}` by its `{list}`, and do not deny it");
            return Some(self.finding(&manifest.kind, &format!("a `{kind}`"), help));
        }
        let namespace = manifest.namespace.as_ref().filter(|_| list == "namespaceResourceWhitelist")?;
        let help = format!("add a destination with `namespace: {namespace}` to it");
        self.forbids(|it| permits(it, application, namespace))
            .then(|| self.finding(namespace, &format!("namespace `{namespace}`"), help))
    }
}

/// Tells whether a project permits a namespace of the cluster of an Application. Argo CD knows the URL and the name of its own.
fn permits(project: &AppProject, application: &PackagedApplication<'_>, namespace: &str) -> bool {
    let it = application.application;
    let server = if application.is_in_cluster() {
        Some(application.destination())
    } else {
        it.server.as_deref().map(String::as_str)
    };
    let name = it.cluster.as_deref().map(String::as_str);
    project.permits_destination(server, name, namespace)
}
