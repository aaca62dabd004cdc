//! What idpbuilder and Argo CD make of a tree: which Applications come into being, what each of them syncs, and whose
//! child it is.
//!
//! Facts from cnoe-io/idpbuilder (`pkg/controllers/localbuild/controller.go`, `pkg/controllers/custompackage/controller.go`,
//! v0.8.1 to main) and argoproj/argo-cd v3.1.7 (`reposerver/repository/repository.go`).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

use crate::idpbuilder::{CNOE_SCHEME, Cluster};
use crate::manifest::{Application, ApplicationSource, Kustomization, Manifest, ManifestSet, directory};
use crate::source::Spanned;
use crate::tree::Tree;

/// The key of `argocd-cm` that gives Applications a health, without which a parent does not wait for its children
/// (argo-cd v3.1.7, docs/operator-manual/health.md).
pub const APPLICATION_HEALTH: &str = "resource.customizations.health.argoproj.io_Application";
/// Argo CD's own name and URL of the cluster that it runs in.
const IN_CLUSTER: [&str; 2] = ["in-cluster", "https://kubernetes.default.svc"];

/// Who creates an Application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creator {
    /// idpbuilder, because it lies at the root of a package.
    Idpbuilder,
    /// Another Application, by its rank in [`Package::applications`], because it lies in a directory that this one syncs.
    Parent(usize),
    /// Nobody that the tree tells of: it lies below a package and no Application syncs it.
    Nobody,
}

/// An Application and how it is used.
#[derive(Debug)]
pub struct PackagedApplication<'a> {
    /// Its manifest.
    pub manifest: &'a Manifest,
    /// What it says.
    pub application: &'a Application,
    /// Who creates it.
    pub creator: Creator,
    /// The directory of the tree that each of its sources loads, in their order; `None` for charts and foreign repositories.
    pub directories: Vec<Option<&'a str>>,
}

impl PackagedApplication<'_> {
    /// Returns the cluster that it deploys to, as a text that is equal for equal clusters.
    #[must_use]
    pub fn destination(&self) -> &str {
        let Application { server, cluster, .. } = self.application;
        let destination = server.as_ref().or(cluster.as_ref()).map_or(IN_CLUSTER[1], |text| text.trim_end_matches('/'));
        if destination == IN_CLUSTER[0] { IN_CLUSTER[1] } else { destination }
    }
}

/// The Applications of a tree and what they apply.
#[derive(Debug)]
pub struct Package<'a> {
    /// All Applications, in the order of their paths.
    pub applications: Vec<PackagedApplication<'a>>,
    /// The `argocd-cm` that gives Applications a health, if the tree has one.
    pub application_health: Option<&'a Manifest>,
    /// How each manifest gets into a cluster, by its index; `None` if no Application applies it.
    syncs: Vec<Option<Sync<'a>>>,
}

/// How a manifest gets into a cluster.
#[derive(Debug)]
struct Sync<'a> {
    /// The Application that applies it; the first, if there are several.
    application: usize,
    /// The namespace that a kustomization gives it.
    namespace: Option<&'a Spanned<String>>,
    /// Whether it is applied once and as written: no second Application applies it, no kustomization changes it.
    exact: bool,
}

impl<'a> Package<'a> {
    /// Predicts what becomes of a tree on a cluster.
    ///
    /// A directory with an Application that no other one applies counts as a package, the root of the tree or any other.
    #[must_use]
    pub fn predict(tree: &'a Tree, manifests: &'a ManifestSet, cluster: &Cluster) -> Self {
        let applications = manifests.applications.iter().map(|application| PackagedApplication {
            manifest: &manifests.manifests()[application.manifest],
            application,
            creator: Creator::Nobody,
            directories: Vec::new(),
        });
        let mut package = Self {
            applications: applications.collect(),
            application_health: application_health(manifests),
            syncs: manifests.manifests().iter().map(|_| None).collect(),
        };
        package.create(&mut Files::new(tree, manifests, cluster));
        package
    }

    /// Returns the Application that applies a manifest.
    #[must_use]
    pub fn application_of(&self, manifest: &Manifest) -> Option<&PackagedApplication<'a>> {
        self.syncs[manifest.index].as_ref().map(|sync| &self.applications[sync.application])
    }

    /// Tells whether a manifest reaches the cluster at most once and as it is written.
    #[must_use]
    pub fn is_exact(&self, manifest: &Manifest) -> bool {
        self.syncs[manifest.index].as_ref().is_none_or(|sync| sync.exact)
    }

    /// Returns the namespace that a manifest ends up in, with the place that decides it: a kustomization, the manifest, or
    /// the destination of the Application that applies it.
    #[must_use]
    pub fn namespace_of(&self, manifest: &'a Manifest) -> Option<&'a Spanned<String>> {
        let sync = self.syncs[manifest.index].as_ref();
        let destination = || self.applications[sync?.application].application.namespace.as_ref();
        sync.and_then(|sync| sync.namespace).or(manifest.namespace.as_ref()).or_else(destination)
    }

    /// Returns the Application that creates another one.
    #[must_use]
    pub fn parent_of(&self, application: &PackagedApplication<'_>) -> Option<&PackagedApplication<'a>> {
        match application.creator {
            Creator::Parent(parent) => Some(&self.applications[parent]),
            Creator::Idpbuilder | Creator::Nobody => None,
        }
    }

    /// Finds out who creates each Application and what it applies, beginning with those nearest to the root.
    fn create(&mut self, files: &mut Files<'a>) {
        let ranks: BTreeMap<usize, usize> =
            self.applications.iter().enumerate().map(|(rank, it)| (it.manifest.index, rank)).collect();
        let mut order: Vec<usize> = (0..self.applications.len()).collect();
        order.sort_by_key(|rank| self.applications[*rank].manifest.path.ancestors().count());
        let mut packages: BTreeSet<&str> = BTreeSet::new();
        let mut seen: BTreeSet<usize> = BTreeSet::new();
        for first in order {
            if !seen.insert(first) {
                continue;
            }
            let manifest = self.applications[first].manifest;
            let home = manifest.directory();
            if std::iter::once("")
                .chain(manifest.path.ancestors())
                .all(|above| above == home || !packages.contains(above))
            {
                packages.insert(home);
                self.applications[first].creator = Creator::Idpbuilder;
            }
            let mut queue = VecDeque::from([first]);
            while let Some(rank) = queue.pop_front() {
                for index in self.sync(rank, files) {
                    if let Some(child) = ranks.get(&index).filter(|child| seen.insert(**child)) {
                        self.applications[*child].creator = Creator::Parent(rank);
                        queue.push_back(*child);
                    }
                }
            }
        }
    }

    /// Notes what one Application applies. Returns the manifests that no other one applied before.
    fn sync(&mut self, rank: usize, files: &mut Files<'a>) -> Vec<usize> {
        let it = &mut self.applications[rank];
        let sources = &it.application.sources;
        // idpbuilder rewrites `cnoe://` in the files that it reads itself, not in the children of an Application.
        let rewritten = !matches!(it.creator, Creator::Parent(_));
        let home = rewritten.then(|| it.manifest.directory());
        it.directories = sources.iter().map(|source| files.directory_of(source, home)).collect();
        let mut pending: Vec<Load<'a>> = sources
            .iter()
            .zip(&it.directories)
            .filter_map(|(source, path)| {
                Some(Load { path: (*path)?, recurse: source.recurse, namespace: None, exact: true })
            })
            .collect();
        let mut added = Vec::new();
        while let Some(load) = pending.pop() {
            let Some(indexes) = files.open(&load, rank, &mut pending) else { continue };
            for index in indexes {
                match &mut self.syncs[index] {
                    Some(sync) => sync.exact &= sync.application == rank,
                    sync @ None => {
                        *sync = Some(Sync { application: rank, namespace: load.namespace, exact: load.exact });
                        added.push(index);
                    }
                }
            }
        }
        added
    }
}

/// Returns the `argocd-cm` with a health check for Applications, in today's form or in the one of Argo CD before 1.9.
fn application_health(manifests: &ManifestSet) -> Option<&Manifest> {
    let has_health = |manifest: &&Manifest| {
        let aggregated = || manifest.node.at(&["data", "resource.customizations"])?.as_str();
        manifest.node.at(&["data", APPLICATION_HEALTH]).is_some()
            || aggregated().is_some_and(|text| text.contains("argoproj.io/Application:"))
    };
    let config = |namespace| manifests.find("ConfigMap", namespace, "argocd-cm");
    config("").chain(config(crate::idpbuilder::ARGOCD_NAMESPACE)).find(has_health)
}

/// A file or directory that an Application loads, and what the kustomizations on the way to it do.
struct Load<'a> {
    path: &'a str,
    recurse: bool,
    namespace: Option<&'a Spanned<String>>,
    exact: bool,
}

/// The files of a tree as Argo CD finds them.
struct Files<'a> {
    directories: BTreeMap<&'a str, Directory<'a>>,
    /// The manifests of each file.
    manifests: BTreeMap<&'a str, Range<usize>>,
    /// Directories by the name of the Gitea repository that idpbuilder makes of them.
    repositories: BTreeMap<String, &'a str>,
    /// Who opened a directory first, and whether somebody else did after that.
    opened: BTreeMap<(&'a str, bool), (usize, bool)>,
}

#[derive(Default)]
struct Directory<'a> {
    files: Vec<&'a str>,
    directories: Vec<&'a str>,
    kustomization: Option<&'a Kustomization>,
    is_chart: bool,
}

impl<'a> Files<'a> {
    fn new(tree: &'a Tree, set: &'a ManifestSet, cluster: &Cluster) -> Self {
        let mut directories: BTreeMap<&str, Directory<'_>> = BTreeMap::from([("", Directory::default())]);
        for (path, _) in tree {
            for above in path.ancestors() {
                if !directories.contains_key(above) {
                    directories.insert(above, Directory::default());
                    directories.entry(directory(above)).or_default().directories.push(above);
                }
            }
            let home = directories.entry(directory(path.as_str())).or_default();
            home.is_chart |= path.as_str().rsplit('/').next() == Some("Chart.yaml");
        }
        let mut manifests: BTreeMap<&str, Range<usize>> = BTreeMap::new();
        for manifest in set.manifests() {
            let path = manifest.path.as_str();
            let range = manifests.entry(path).or_insert_with(|| {
                directories.entry(manifest.directory()).or_default().files.push(path);
                manifest.index..manifest.index
            });
            range.end = manifest.index + 1;
        }
        for (path, kustomization) in &set.kustomizations {
            directories.entry(path).or_default().kustomization = Some(kustomization);
        }
        let mut files = Self { directories, manifests, repositories: BTreeMap::new(), opened: BTreeMap::new() };
        for application in &set.applications {
            let manifest = &set.manifests()[application.manifest];
            let urls = application.sources.iter().filter_map(|source| source.repo_url.as_ref());
            for rest in urls.filter_map(|url| url.strip_prefix(CNOE_SCHEME)) {
                let name = manifest.name.as_ref().map_or("", |name| &name.value);
                let path = join(manifest.directory(), rest);
                if let Some((path, _)) = path.and_then(|path| files.directories.get_key_value(path.as_str())) {
                    let base = path.rsplit('/').next().unwrap_or_default();
                    files.repositories.entry(cluster.repository_name(name, base)).or_insert(path);
                }
            }
        }
        files
    }

    /// Returns the directory that a source loads. `home` is the directory that `cnoe://` counts from, if it counts at all.
    ///
    /// A Gitea repository of idpbuilder is known by its name alone, so that the wrong host in a URL hides nothing. Any other
    /// URL counts as this repository's own if the tree has the directory that the source names.
    fn directory_of(&self, source: &ApplicationSource, home: Option<&str>) -> Option<&'a str> {
        let url = source.repo_url.as_ref().filter(|_| source.chart.is_none())?;
        let path = source.path.as_ref().map_or("", |path| &path.value);
        let repository = url.rsplit('/').next().unwrap_or_default().trim_end_matches(".git");
        let base = match (url.strip_prefix(CNOE_SCHEME), self.repositories.get(repository)) {
            (Some(rest), _) => join(home?, rest)?,
            (None, Some(base)) => (*base).to_owned(),
            (None, None) => String::new(),
        };
        let is_named = !base.is_empty() || url.starts_with(CNOE_SCHEME);
        let (path, _) = self.directories.get_key_value(join(&base, path)?.as_str())?;
        Some(*path).filter(|path| is_named || !path.is_empty())
    }

    /// Returns the manifests of a file, or puts what a directory leads to on the list.
    fn open(&mut self, load: &Load<'a>, rank: usize, pending: &mut Vec<Load<'a>>) -> Option<Range<usize>> {
        let Some(directory) = self.directories.get(load.path) else { return self.manifests.get(load.path).cloned() };
        match self.opened.get_mut(&(load.path, load.recurse)) {
            None => drop(self.opened.insert((load.path, load.recurse), (rank, false))),
            // The second one to come makes everything below inexact; it and all others find nothing new.
            Some((first, shared)) if *first != rank && !*shared => *shared = true,
            Some(_) => return None,
        }
        match directory.kustomization {
            Some(kustomization) if !load.recurse => {
                let namespace = load.namespace.or(kustomization.namespace.as_ref());
                let exact = load.exact && !kustomization.transforms;
                for resource in &kustomization.resources {
                    let Some(path) = join(load.path, resource) else { continue };
                    let found = self.directories.get_key_value(path.as_str()).map(|(path, _)| *path);
                    let found = found.or_else(|| self.manifests.get_key_value(path.as_str()).map(|(path, _)| *path));
                    pending.extend(found.map(|path| Load { path, recurse: false, namespace, exact }));
                }
            }
            _ if directory.is_chart => {}
            _ => {
                let deeper = directory.directories.iter().filter(|_| load.recurse);
                pending.extend(directory.files.iter().chain(deeper).map(|path| Load { path, ..*load }));
            }
        }
        None
    }
}

/// Follows a relative path. Returns `None` if it leaves the tree.
fn join(base: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest;
    use crate::source::Source;
    use crate::tree::RepoPath;

    const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";

    fn application(name: &str, namespace: &str, source: &str) -> String {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\n\
             spec: {{destination: {{namespace: {namespace}}}, source: {{{source}}}}}\n"
        )
    }

    fn kustomization(rest: &str) -> String {
        format!("kind: Kustomization\n{rest}\n")
    }

    /// Says of each manifest: its path, who applies it, the namespace it gets, and `~` unless it is exact; of each
    /// Application also who creates it.
    fn predict(files: &[(&str, String)]) -> Vec<String> {
        let mut tree = Tree::default();
        for (path, text) in files {
            tree.insert(RepoPath::new(*path).unwrap(), Source::new(*path, text.as_str()));
        }
        let (set, _) = manifest::parse(&tree);
        let package = Package::predict(&tree, &set, &Cluster::default());
        let name = |it: &PackagedApplication<'_>| it.manifest.name.as_ref().unwrap().value.clone();
        let creators: BTreeMap<_, _> = package.applications.iter().map(|it| (it.manifest.index, it)).collect();
        let describe = |it: &Manifest| {
            let by = package.application_of(it).map_or("-".to_owned(), name);
            let namespace = package.namespace_of(it).map_or("-", |namespace| &namespace.value);
            let exact = if package.is_exact(it) { "" } else { " ~" };
            let creator = creators.get(&it.index).map_or(String::new(), |it| match it.creator {
                Creator::Idpbuilder => " idpbuilder".to_owned(),
                Creator::Nobody => " nobody".to_owned(),
                Creator::Parent(_) => format!(" child of {}", name(package.parent_of(it).unwrap())),
            });
            format!("{} {by} {namespace}{exact}{creator}", it.path)
        };
        set.manifests().iter().map(describe).collect()
    }

    #[test]
    fn children_lie_where_their_parent_looks() {
        let url = Cluster::default().repository_url("dev", "dev");
        let found = predict(&[
            ("dev.yaml", application("dev", "argocd", "repoURL: cnoe://dev, path: apps")),
            ("dev/apps/app.yaml", application("app", "app-ns", &format!("repoURL: '{url}', path: app"))),
            ("dev/app/config.yaml", CONFIG.to_owned()),
            ("dev/app/deeper/config.yaml", CONFIG.to_owned()),
            ("dev/left-over/app.yaml", application("left-over", "x", "repoURL: cnoe://., path: .")),
        ]);
        assert_eq!(
            found,
            [
                "dev.yaml - - idpbuilder",
                "dev/app/config.yaml app app-ns",
                "dev/app/deeper/config.yaml - -",
                "dev/apps/app.yaml dev argocd child of dev",
                "dev/left-over/app.yaml left-over x nobody",
            ]
        );
    }

    #[test]
    fn a_child_cannot_say_cnoe() {
        let found = predict(&[
            ("dev.yaml", application("dev", "argocd", "repoURL: cnoe://dev")),
            ("dev/app.yaml", application("app", "app-ns", "repoURL: cnoe://app")),
            ("dev/app/config.yaml", CONFIG.to_owned()),
        ]);
        assert_eq!(
            found,
            ["dev.yaml - - idpbuilder", "dev/app.yaml dev argocd child of dev", "dev/app/config.yaml - -"]
        );
    }

    #[test]
    fn any_repository_may_be_this_one_if_it_has_the_directory() {
        let source = |path| format!("repoURL: https://git.example.com/env.git, path: {path}");
        let found = predict(&[
            ("dev.yaml", application("dev", "argocd", &source("dev/apps"))),
            ("dev/apps/app.yaml", application("app", "app-ns", &source("dev/app"))),
            ("dev/app/config.yaml", CONFIG.to_owned()),
            ("other.yaml", application("other", "other", &source("."))),
            ("chart.yaml", application("chart", "chart", "repoURL: https://example.com, chart: dev")),
        ]);
        assert_eq!(
            found,
            [
                "chart.yaml - - idpbuilder",
                "dev.yaml - - idpbuilder",
                "dev/app/config.yaml app app-ns",
                "dev/apps/app.yaml dev argocd child of dev",
                "other.yaml - - idpbuilder",
            ]
        );
    }

    #[test]
    fn directories_beside_each_other_are_packages_of_their_own() {
        let found = predict(&[
            ("dev/dev.yaml", application("dev", "dev-ns", "repoURL: cnoe://manifests")),
            ("dev/manifests/config.yaml", CONFIG.to_owned()),
            ("staging/staging.yaml", application("staging", "staging-ns", "repoURL: cnoe://../dev/manifests")),
        ]);
        assert_eq!(
            found,
            [
                "dev/dev.yaml - - idpbuilder",
                "dev/manifests/config.yaml dev dev-ns ~",
                "staging/staging.yaml - - idpbuilder"
            ]
        );
    }

    #[test]
    fn kustomizations_decide_what_is_loaded_and_into_which_namespace() {
        let found = predict(&[
            ("app.yaml", application("app", "app-ns", "repoURL: cnoe://overlay")),
            ("base/kustomization.yaml", kustomization("namespace: inner\nresources: [config.yaml, ../loop]")),
            ("base/config.yaml", CONFIG.to_owned()),
            ("base/forgotten.yaml", CONFIG.to_owned()),
            ("loop/kustomization.yaml", kustomization("resources: [../base]\nnamePrefix: x-")),
            ("overlay/kustomization.yaml", kustomization("resources: [../base, own.yaml, 'https://example.com/x']")),
            ("overlay/own.yaml", CONFIG.to_owned()),
        ]);
        assert_eq!(
            found,
            [
                "app.yaml - - idpbuilder",
                "base/config.yaml app inner",
                "base/forgotten.yaml - -",
                "overlay/own.yaml app app-ns",
            ]
        );
        let changed = predict(&[
            ("app.yaml", application("app", "app-ns", "repoURL: cnoe://overlay")),
            ("base/kustomization.yaml", kustomization("namespace: inner\nresources: [config.yaml]")),
            ("base/config.yaml", CONFIG.to_owned()),
            ("overlay/kustomization.yaml", kustomization("namespace: outer\nresources: [../base]\nnamePrefix: x-")),
        ]);
        assert_eq!(changed[1], "base/config.yaml app outer ~");
    }

    #[test]
    fn directories_are_searched_as_deep_as_the_source_says() {
        let files = |recurse| {
            [
                (
                    "app.yaml",
                    application("app", "ns", &format!("repoURL: cnoe://a, directory: {{recurse: {recurse}}}")),
                ),
                ("a/config.yaml", CONFIG.to_owned()),
                ("a/b/c/config.yaml", CONFIG.to_owned()),
            ]
        };
        assert_eq!(predict(&files(false))[..2], ["a/b/c/config.yaml - -", "a/config.yaml app ns"]);
        assert_eq!(predict(&files(true))[..2], ["a/b/c/config.yaml app ns", "a/config.yaml app ns"]);
    }

    #[test]
    fn paths_stay_in_the_tree() {
        assert_eq!(join("a/b", "../c/./d/"), Some("a/c/d".to_owned()));
        assert_eq!(join("", "."), Some(String::new()));
        assert_eq!(join("a", "../.."), None);
    }
}
