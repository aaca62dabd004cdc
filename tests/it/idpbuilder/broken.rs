//! The checker itself: it accepts packages of all three deliveries, and finds each fact broken on its own.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use super::{Cluster, Expected, assert_compatible, inspect};
use crate::oracle::Sandbox;

const LOCAL: Cluster<'_> =
    Cluster { name: "localdev", host: "cnoe.localtest.me", port: 8443, protocol: "https", path_routing: false };

const PARENT_URL: &str = "https://gitea.cnoe.localtest.me:8443/giteaAdmin/idpbuilder-localdev-dev-dev.git";
const CHART: &str =
    "source: {repoURL: https://charts.example, chart: c, targetRevision: 1.0.0, helm: {valuesObject: {a: 1}}}";
const INGRESS: &str = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: dev}\n";

fn application(name: &str, source: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {name}
  namespace: argocd
  annotations: {{argocd.argoproj.io/sync-wave: \"10\"}}
spec:
  project: default
  destination: {{server: https://kubernetes.default.svc, namespace: dev}}
  {source}
  syncPolicy: {{automated: {{prune: true}}, syncOptions: [CreateNamespace=true]}}
"
    )
}

fn git_source(url: &str, path: &str) -> String {
    format!("source: {{repoURL: {url}, targetRevision: HEAD, path: {path}}}")
}

fn kustomization(resources: &[&str]) -> String {
    format!("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [{}]\n", resources.join(", "))
}

/// Writes a directory with one Ingress and its kustomization.
fn ingress_directory(package: &Sandbox, directory: &str) {
    package.write(format!("{directory}/kustomization.yaml"), &kustomization(&["ingress.yaml"]));
    package.write(format!("{directory}/ingress.yaml"), INGRESS);
}

/// Returns a package whose one Application creates one for a chart and one for an Ingress.
fn app_of_apps(url: &str) -> Sandbox {
    let package = Sandbox::new();
    package.write("README.md", "");
    package.write(".git/config", "");
    package.write("cluster/argocd-cm.yaml", "apiVersion: v1\nkind: ConfigMap\n");
    package.write("dev.yaml", &application("dev", &git_source("cnoe://dev", "apps")));
    package.write("dev/apps/kustomization.yaml", &kustomization(&["helm.yaml", "ingress.yaml"]));
    package.write("dev/apps/helm.yaml", &application("dev-helm", CHART));
    package.write("dev/apps/ingress.yaml", &application("dev-ingress", &git_source(url, "dev-ingress")));
    ingress_directory(&package, "dev/dev-ingress");
    package
}

/// Adds another Application at the root.
fn add(package: &Sandbox, name: &str, source: &str) {
    package.write(format!("{name}.yaml"), &application(name, source));
}

/// Adds another Application at the root with one piece of its text replaced.
fn add_with(package: &Sandbox, from: &str, to: &str) {
    let text = application("extra", CHART);
    assert!(text.contains(from), "{from}");
    package.write("extra.yaml", &text.replace(from, to));
}

fn replace(package: &Sandbox, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(package.path(file)).unwrap();
    assert!(text.contains(from), "{from}");
    package.write(file, &text.replace(from, to));
}

#[test]
fn an_application_of_applications_is_compatible() {
    let expected = Expected {
        applications: &["dev"],
        children: &["dev-helm", "dev-ingress"],
        repositories: &["idpbuilder-localdev-dev-dev"],
    };
    assert_compatible(&app_of_apps(PARENT_URL).path(""), &LOCAL, &expected);
    let routed = Cluster { name: "c", host: "idp.example", port: 80, protocol: "http", path_routing: true };
    let package = app_of_apps("http://idp.example:80/gitea/giteaAdmin/idpbuilder-c-dev-dev.git");
    let expected = Expected { repositories: &["idpbuilder-c-dev-dev"], ..expected };
    assert_compatible(&package.path(""), &routed, &expected);
}

#[test]
fn applications_side_by_side_are_compatible() {
    let package = Sandbox::new();
    add(&package, "dev-helm", CHART);
    add(&package, "dev-ingress", &git_source("cnoe://dev-ingress/manifests", "."));
    ingress_directory(&package, "dev-ingress/manifests");
    let expected = Expected {
        applications: &["dev-helm", "dev-ingress"],
        children: &[],
        repositories: &["idpbuilder-localdev-dev-ingress-manifests"],
    };
    assert_compatible(&package.path(""), &LOCAL, &expected);
}

#[test]
fn one_application_with_several_sources_is_compatible() {
    let package = Sandbox::new();
    let chart =
        "{repoURL: https://charts.example, chart: c, targetRevision: 1.0.0, helm: {valuesObject: {from: cnoe://dev}}}";
    add(&package, "dev", &format!("sources: [{chart}, {{repoURL: cnoe://dev, path: ingress}}]"));
    ingress_directory(&package, "dev/ingress");
    let expected = Expected { applications: &["dev"], children: &[], repositories: &["idpbuilder-localdev-dev-dev"] };
    assert_compatible(&package.path(""), &LOCAL, &expected);
}

/// The facts that a change breaks, what it is, and the change.
type Break = (&'static str, &'static str, fn(&Sandbox));

const BREAKS: &[Break] = &[
    ("a", "the Application stands below the root", |package| {
        fs::create_dir(package.path("below")).unwrap();
        fs::rename(package.path("dev.yaml"), package.path("below/dev.yaml")).unwrap();
    }),
    ("b", "values at the root", |package| package.write("values.yaml", "replicas: 1\n")),
    ("b", "another kind at the root", |package| package.write("space.yaml", "apiVersion: v1\nkind: Namespace\n")),
    ("b", "an extension in capitals", |package| package.write("extra.YAML", &application("extra", CHART))),
    ("b", "a link at the root", |package| symlink(package.path("dev.yaml"), package.path("link.yaml")).unwrap()),
    ("b", "a file that is not YAML", |package| package.write("extra.yaml", "{{ name }}: [\n")),
    ("b", "a second document", |package| add_with(package, "spec:", "---\nspec:")),
    ("b", "a comment before the first `---`", |package| add_with(package, "apiVersion:", "# header\n---\napiVersion:")),
    ("c", "a name with a capital", |package| add_with(package, "name: extra", "name: Extra")),
    ("c", "a file name that names no object", |package| package.write("my_app.yaml", &application("extra", CHART))),
    ("c", "a name of idpbuilder's own", |package| add_with(package, "name: extra", "name: gitea")),
    ("c", "a name that is taken", |package| add_with(package, "name: extra", "name: dev")),
    ("c", "a child with its parent's name", |package| {
        replace(package, "dev/apps/helm.yaml", "name: dev-helm", "name: dev");
    }),
    ("c", "another namespace", |package| add_with(package, "namespace: argocd", "namespace: default")),
    ("c", "no namespace", |package| add_with(package, "namespace: argocd", "labels: {}")),
    ("c", "no source", |package| add_with(package, CHART, "sources: []")),
    ("c", "a wave that is a number", |package| add_with(package, "\"10\"", "10")),
    ("c", "a text for a truth value", |package| add_with(package, "prune: true", "prune: \"true\"")),
    ("c", "a field of a later Argo CD", |package| add_with(package, "prune: true", "enabled: false")),
    ("c", "a field of no Argo CD", |package| add_with(package, "project:", "projekt:")),
    ("d", "a directory that is not there", |package| add(package, "extra", &git_source("cnoe://extra", "."))),
    ("d", "a file for a directory", |package| add(package, "extra", &git_source("cnoe://README.md", "."))),
    ("d", "the package itself", |package| add(package, "extra", &git_source("cnoe://.", "cluster"))),
    ("d", "a directory outside", |package| add(package, "extra", &git_source("cnoe://../", "."))),
    ("d", "an empty directory", |package| {
        fs::create_dir(package.path("extra")).unwrap();
        add_with(package, "a: 1", "a: cnoe://extra");
    }),
    ("d", "a directory with a capital", |package| {
        ingress_directory(package, "Extra");
        add(package, "extra", &git_source("cnoe://Extra", "."));
    }),
    ("d", "a path that is not in the directory", |package| replace(package, "dev.yaml", "path: apps", "path: app")),
    ("d", "a path that leaves the directory", |package| replace(package, "dev.yaml", "path: apps", "path: ../cluster")),
    ("d", "a child's path that is not there", |package| {
        replace(package, "dev/apps/ingress.yaml", "path: dev-ingress", "path: ingress");
    }),
    ("d", "a branch that Gitea does not have", |package| replace(package, "dev.yaml", "HEAD", "master")),
    ("d", "a repository inside", |package| package.write("dev/.git/config", "")),
    ("d", "a worktree inside", |package| package.write("dev/apps/.git", "gitdir: elsewhere\n")),
    ("d", "a link inside", |package| symlink("apps", package.path("dev/link")).unwrap()),
    ("d", "a socket inside", |package| drop(UnixListener::bind(package.path("dev/s")).unwrap())),
    ("e", "a repository name that is too long", |package| {
        let directory = "d".repeat(75);
        ingress_directory(package, &directory);
        add(package, "extra", &git_source(&format!("cnoe://{directory}"), "."));
    }),
    ("e", "two directories for one repository", |package| {
        ingress_directory(package, "one/manifests");
        ingress_directory(package, "two/manifests");
        let source = |directory: &str| format!("{{repoURL: cnoe://{directory}/manifests, path: .}}");
        add(package, "extra", &format!("sources: [{}, {}]", source("one"), source("two")));
    }),
    ("e", "two Applications for one repository", |package| {
        ingress_directory(package, "c");
        ingress_directory(package, "b-c");
        add(package, "a-b", &git_source("cnoe://c", "."));
        add(package, "a", &git_source("cnoe://b-c", "."));
    }),
    ("e", "a child that names another repository", |package| {
        replace(package, "dev/apps/ingress.yaml", "-dev-dev.git", "-dev-apps.git");
    }),
    ("e", "a child that names another port", |package| replace(package, "dev/apps/ingress.yaml", ":8443", ":443")),
    ("f", "a manifest that the kustomization leaves out", |package| package.write("dev/apps/stale.yaml", INGRESS)),
    ("f", "a manifest that is not there", |package| {
        fs::remove_file(package.path("dev/dev-ingress/ingress.yaml")).unwrap();
    }),
    ("f", "no kustomization", |package| fs::remove_file(package.path("dev/dev-ingress/kustomization.yaml")).unwrap()),
    ("f", "nothing that Argo CD would read", |package| {
        package.write("dev/notes/README.md", "");
        replace(package, "dev/apps/ingress.yaml", "path: dev-ingress", "path: notes");
    }),
    ("g", "an ignored manifest", |package| package.write("dev/.gitignore", "ingress.yaml\n")),
    ("h", "`cnoe://` in a child's values", |package| replace(package, "dev/apps/helm.yaml", "a: 1", "a: cnoe://dev")),
    ("eh", "`cnoe://` as a child's source", |package| {
        replace(package, "dev/apps/ingress.yaml", PARENT_URL, "cnoe://dev");
    }),
    ("h", "`cnoe://` in values that are text", |package| {
        add_with(package, "valuesObject: {a: 1}", "values: \"a: cnoe://dev\"");
    }),
    ("h", "`cnoe://` in a parameter", |package| {
        add_with(package, "valuesObject: {a: 1}", "parameters: [{name: a, value: cnoe://dev}]");
    }),
    ("h", "`cnoe://` in the middle of a value", |package| add_with(package, "a: 1", "a: git+cnoe://dev")),
];

#[test]
fn every_fact_is_found_broken() {
    for (facts, what, apply) in BREAKS {
        let package = app_of_apps(PARENT_URL);
        apply(&package);
        let directory = package.path("");
        let seen = inspect(&directory, &LOCAL);
        let broken: BTreeSet<_> = seen.faults.iter().filter_map(|fault| fault.chars().nth(1)).collect();
        assert_eq!(broken, facts.chars().collect(), "{what}: {:#?}", seen.faults);
    }
}

#[test]
fn every_fact_has_a_break() {
    let facts: BTreeSet<_> = BREAKS.iter().flat_map(|(facts, ..)| facts.chars()).collect();
    assert_eq!(facts, ('a'..='h').collect());
}
