//! What idpbuilder and Argo CD make of a tree: which Applications come into being, what each of them syncs, and whose
//! child it is.
//!
//! Facts from cnoe-io/idpbuilder (`pkg/controllers/localbuild/controller.go`, `pkg/controllers/custompackage/controller.go`,
//! v0.8.1 to main) and argoproj/argo-cd v3.1.7 (`reposerver/repository/repository.go`).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::idpbuilder::{ARGOCD_NAMESPACE, CNOE_SCHEME, Cluster};
use crate::manifest::{
    Application, ApplicationSet, ApplicationSource, Manifest, ManifestSet, Refusal, is_package_file,
};
use crate::source::{Span, Spanned};
use crate::tree::{Listing, RepoPath};
use files::{Files, Load, SOMEBODY};

mod applications;
mod documents;
mod files;
mod links;
mod objects;
mod order;
mod patterns;
mod repositories;
mod unread;
mod values;

pub use applications::{Home, RootApplication};
pub use documents::{Loss, LossKind};
pub use files::MissingResource;
pub use links::OutwardLink;
pub use objects::{Objects, Place};
pub use order::Inversion;
pub use patterns::OddPattern;
pub use repositories::{Field, Reader, Repositories, Repository, Special};
pub use unread::{Reason, Unread};
pub use values::MissingValues;

/// Argo CD's own name and URL of the cluster that it runs in.
const IN_CLUSTER: [&str; 2] = ["in-cluster", "https://kubernetes.default.svc"];

/// How a tree is read, and by whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// A directory with an Application that no other one applies is a package, what its `cnoe://` names are sources, and
    /// everything else is plain.
    #[default]
    Found,
    /// The root is a package: `idpbuilder create --package` of it.
    Package,
    /// The root is a directory that some Application has as its source.
    Source,
    /// All manifests are for a cluster, as with `kubectl apply --recursive`.
    Plain,
}

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
    /// The files of the tree that its sources take values from: the rank of the source, and the path.
    pub value_files: Vec<(usize, &'a RepoPath)>,
}

impl<'a> PackagedApplication<'a> {
    /// Returns where it says which cluster it deploys to, or its name.
    #[must_use]
    pub fn destination_span(&self) -> &Span {
        let Application { server, cluster, .. } = self.application;
        server.as_ref().or(cluster.as_ref()).map_or(self.manifest.name_span(), |destination| &destination.span)
    }

    /// Returns the cluster that it deploys to, as a text that is equal for equal clusters.
    #[must_use]
    pub fn destination(&self) -> &'a str {
        let Application { server, cluster, .. } = self.application;
        let destination = server.as_ref().or(cluster.as_ref()).map_or(IN_CLUSTER[1], |text| text.trim_end_matches('/'));
        if destination == IN_CLUSTER[0] { IN_CLUSTER[1] } else { destination }
    }

    /// Tells whether it deploys to the cluster that Argo CD runs in.
    #[must_use]
    pub fn is_in_cluster(&self) -> bool {
        self.destination() == IN_CLUSTER[1]
    }
}

/// The Applications of a tree and what they apply.
#[derive(Debug)]
pub struct Package<'a> {
    /// All Applications, in the order of their paths.
    pub applications: Vec<PackagedApplication<'a>>,
    /// The directories that are packages, or would be if they were given to idpbuilder.
    pub packages: BTreeSet<&'a str>,
    /// What idpbuilder creates by itself, in the order of the paths.
    pub roots: Vec<RootApplication<'a>>,
    /// Files of packages of which idpbuilder does not take everything.
    pub losses: Vec<Loss<'a>>,
    /// The `argocd-cm` that gives Applications a health, if the tree has one.
    pub application_health: Option<&'a Manifest>,
    /// What one sync applies before what it needs.
    pub inversions: Vec<Inversion<'a>>,
    /// The directories of Applications and `ApplicationSet`s that say `cnoe://`.
    cnoe_directories: BTreeSet<&'a str>,
    /// Files that look like manifests and that nobody reads.
    pub unread: Vec<Unread<'a>>,
    /// Directories that lie deeper than anyone looks, as far as that is certain.
    pub too_deep: BTreeSet<&'a str>,
    /// The repositories that idpbuilder makes of directories, and who reads them.
    pub repositories: Repositories<'a>,
    /// What kustomizations list as resources and is not there.
    pub missing_resources: Vec<MissingResource<'a>>,
    /// Files for chart values that are not there.
    pub missing_values: Vec<MissingValues<'a>>,
    /// Patterns of sources that fit no file, with what was probably meant.
    pub odd_patterns: Vec<OddPattern<'a>>,
    /// Files that an Application loads one by one and stops at, in the order of the paths.
    pub refused: Vec<&'a Refusal>,
    /// Files that change a source which loads their directory, with the Applications that do.
    pub overrides: Vec<(String, usize)>,
    /// Symbolic links that lead out of a repository which an Application loads from, by path.
    pub outward_links: Vec<OutwardLink<'a>>,
    /// The `ApplicationSet`s that idpbuilder creates, by the index of their manifest.
    pub generated: BTreeSet<usize>,
    /// How the tree is read.
    pub reading: Reading,
    /// What findings call the tree.
    pub root: String,
    /// Whether it is files that were named one by one, whose neighbours nobody has seen.
    pub is_single: bool,
    /// Whether this should be a package, and has nothing that idpbuilder would create.
    pub is_empty: bool,
    /// How each manifest gets into a cluster, by its index; `None` if no Application applies it.
    syncs: Vec<Option<Sync<'a>>>,
}

/// How a manifest gets into a cluster.
#[derive(Debug)]
struct Sync<'a> {
    /// The Application that applies it, by its rank; the first, if there are several. [`files::SOMEBODY`] is in no file.
    application: usize,
    /// The namespace that a kustomization gives it.
    namespace: Option<&'a Spanned<String>>,
    /// Whether it is applied once and as written: no second Application applies it, no kustomization changes it.
    exact: bool,
    /// Whether a kustomization lists it.
    is_listed: bool,
    /// The second Application that applies it, if both apply it as it is written.
    second: Option<usize>,
}

impl<'a> Package<'a> {
    /// Predicts what becomes of a tree on a cluster.
    #[must_use]
    pub fn predict(listing: &'a Listing, manifests: &'a ManifestSet, cluster: &Cluster, reading: Reading) -> Self {
        let applications = manifests.facts.applications.iter().map(|application| PackagedApplication {
            manifest: manifests.manifest_of(application),
            application,
            creator: Creator::Nobody,
            directories: Vec::new(),
            value_files: Vec::new(),
        });
        let health = manifests.facts.argocd_configs.iter().filter(|config| config.gives_health);
        let health = health.map(|config| manifests.manifest_of(config));
        let mut package = Self {
            applications: applications.collect(),
            packages: BTreeSet::new(),
            roots: Vec::new(),
            losses: Vec::new(),
            application_health: health.into_iter().find(|manifest| is_argocds_own(manifest)),
            inversions: Vec::new(),
            cnoe_directories: cnoe_directories(manifests),
            unread: Vec::new(),
            too_deep: BTreeSet::new(),
            repositories: Repositories::default(),
            missing_resources: Vec::new(),
            missing_values: Vec::new(),
            odd_patterns: Vec::new(),
            refused: Vec::new(),
            overrides: Vec::new(),
            outward_links: Vec::new(),
            generated: BTreeSet::new(),
            reading,
            root: listing.name(),
            is_single: listing.is_single(),
            is_empty: false,
            syncs: manifests.manifests().iter().map(|_| None).collect(),
        };
        let mut files = Files::new(listing, manifests, cluster);
        package.packages = package.create(manifests, &mut files, reading);
        package.losses = documents::losses(manifests, &package.packages);
        package.roots = applications::roots(&package, manifests);
        package.repositories = repositories::predict(&package, listing, manifests, &files, cluster);
        package.outward_links = links::find(&package, listing);
        package.missing_resources = files.missing_resources(&package.outward_links);
        package.missing_values = values::find(&package, listing, &files);
        package.odd_patterns = patterns::find(&package, listing);
        package.refused = files.refused.iter().filter_map(|path| manifests.refusals.get(*path)).collect();
        package.overrides = values::overrides(&package, listing);
        // Somewhere else, or by a generator, they may be found all the same.
        if package.is_for_idpbuilder() && manifests.facts.application_sets.is_empty() {
            package.too_deep = files.too_deep();
        }
        package.is_empty = reading == Reading::Package
            && !listing.is_single()
            && !manifests
                .manifests()
                .iter()
                .any(|it| it.directory().is_empty() && it.is_argocd_application() && is_package_file(it.path.as_str()));
        package.inversions = order::find(&package, manifests);
        package.unread = unread::find(&package, listing, manifests, &files, reading);
        package
    }

    /// Tells whether the tree is for idpbuilder beyond doubt: the user says so, or an Application has a `cnoe://` source.
    #[must_use]
    pub fn is_for_idpbuilder(&self) -> bool {
        self.reading == Reading::Package || !self.cnoe_directories.is_empty()
    }

    /// Tells whether a directory is a package of idpbuilder beyond doubt: the user says so, or one of its own files says `cnoe://`.
    #[must_use]
    pub fn is_for_idpbuilder_at(&self, directory: &str) -> bool {
        self.reading == Reading::Package || self.cnoe_directories.contains(directory)
    }

    /// Returns the Application that applies a manifest.
    #[must_use]
    pub fn application_of(&self, manifest: &Manifest) -> Option<&PackagedApplication<'a>> {
        self.applications.get(self.syncs[manifest.index].as_ref()?.application)
    }

    /// Returns the cluster that the Application of a manifest deploys to.
    #[must_use]
    pub fn destination_of(&self, manifest: &Manifest) -> Option<&'a str> {
        self.application_of(manifest).map(PackagedApplication::destination)
    }

    /// Tells whether an Application applies a manifest, be it one that is in no file.
    #[must_use]
    pub fn is_applied(&self, manifest: &Manifest) -> bool {
        self.syncs[manifest.index].is_some()
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
        self.namespace_by(manifest, self.application_of(manifest))
    }

    /// Returns the same of one of several Applications that apply a manifest.
    #[must_use]
    pub fn namespace_by(
        &self,
        manifest: &'a Manifest,
        application: Option<&PackagedApplication<'a>>,
    ) -> Option<&'a Spanned<String>> {
        let given = self.syncs[manifest.index].as_ref().and_then(|sync| sync.namespace);
        let destination = || application?.application.namespace.as_ref();
        given.or(manifest.namespace.as_ref()).or_else(destination)
    }

    /// Returns who applies a manifest, as a number that is equal for equal Applications, be it one that is in no file.
    #[must_use]
    pub fn applier_of(&self, manifest: &Manifest) -> Option<usize> {
        self.syncs[manifest.index].as_ref().map(|sync| sync.application)
    }

    /// Returns a second Application that applies a manifest, if both do so as it is written.
    #[must_use]
    pub fn second_application_of(&self, manifest: &Manifest) -> Option<&PackagedApplication<'a>> {
        self.applications.get(self.syncs[manifest.index].as_ref()?.second?)
    }

    /// Tells whether a kustomization lists the file of a manifest, or a directory above it.
    #[must_use]
    pub fn is_listed(&self, manifest: &Manifest) -> bool {
        self.syncs[manifest.index].as_ref().is_some_and(|sync| sync.is_listed)
    }

    /// Tells whether idpbuilder creates an Application or `ApplicationSet`.
    #[must_use]
    pub fn creates(&self, manifest: &Manifest) -> bool {
        let rank = self.applications.binary_search_by_key(&manifest.index, |it| it.manifest.index);
        let is_created = rank.is_ok_and(|rank| self.applications[rank].creator == Creator::Idpbuilder)
            || self.generated.contains(&manifest.index);
        is_created && [".yaml", ".yml"].iter().any(|extension| manifest.path.as_str().ends_with(extension))
    }

    /// Returns the Application that creates another one.
    #[must_use]
    pub fn parent_of(&self, application: &PackagedApplication<'_>) -> Option<&PackagedApplication<'a>> {
        match application.creator {
            Creator::Parent(parent) => Some(&self.applications[parent]),
            Creator::Idpbuilder | Creator::Nobody => None,
        }
    }

    /// Finds out who creates each Application and what it applies, beginning with those nearest to the root. Returns the
    /// directories that are packages.
    fn create(&mut self, manifests: &'a ManifestSet, files: &mut Files<'a>, reading: Reading) -> BTreeSet<&'a str> {
        let ranks: BTreeMap<usize, usize> =
            self.applications.iter().enumerate().map(|(rank, it)| (it.manifest.index, rank)).collect();
        let applications = self.applications.iter().enumerate().map(|(rank, it)| (it.manifest, Some(rank)));
        // One that says `cnoe://` makes a package of a directory; others are created by idpbuilder if it is one.
        let sets = &manifests.facts.application_sets;
        let says_cnoe = |manifest: &Manifest| manifest.fact_in(sets).is_some_and(ApplicationSet::says_cnoe);
        let sets = sets.iter().map(|set| (manifests.manifest_of(set), None));
        let mut order: Vec<(&Manifest, Option<usize>)> = applications.chain(sets).collect();
        order.sort_by_key(|(manifest, _)| manifest.path.ancestors().count());
        let mut packages: BTreeSet<&str> = BTreeSet::new();
        let mut seen: BTreeSet<usize> = BTreeSet::new();
        match reading {
            Reading::Package => drop(packages.insert("")),
            Reading::Source => drop(self.load(vec![Load::of_root()], SOMEBODY, files)),
            Reading::Found | Reading::Plain => {}
        }
        for (manifest, rank) in order {
            if rank.map_or(self.syncs[manifest.index].is_some(), |rank| !seen.insert(rank)) {
                continue;
            }
            let home = manifest.directory();
            let is_package = matches!(reading, Reading::Found | Reading::Package)
                && std::iter::once("")
                    .chain(manifest.path.ancestors())
                    .all(|above| above == home || !packages.contains(above));
            match rank {
                Some(rank) if is_package => {
                    packages.insert(home);
                    self.applications[rank].creator = Creator::Idpbuilder;
                }
                None if is_package && (packages.contains(home) || says_cnoe(manifest)) => {
                    packages.insert(home);
                    self.generated.insert(manifest.index);
                }
                _ => {}
            }
            if let Some(set) = manifest.fact_in(&manifests.facts.application_sets) {
                // What else it applies, its generators decide.
                let home = self.generated.contains(&manifest.index).then_some(home);
                let changed = set.sources.iter().filter(|source| source.kustomize.is_some());
                let loads = changed.filter_map(|source| Some(Load::of(source, files.directory_of(source, home)?)));
                self.load(loads.collect(), SOMEBODY, files);
            }
            let mut queue = VecDeque::from_iter(rank);
            while let Some(rank) = queue.pop_front() {
                for index in self.sync(rank, files) {
                    if let Some(child) = ranks.get(&index).filter(|child| seen.insert(**child)) {
                        self.applications[*child].creator = Creator::Parent(rank);
                        queue.push_back(*child);
                    }
                }
            }
        }
        packages
    }

    /// Notes what one Application applies. Returns the manifests that no other one applied before.
    fn sync(&mut self, rank: usize, files: &mut Files<'a>) -> Vec<usize> {
        let it = &mut self.applications[rank];
        let sources = &it.application.sources;
        // idpbuilder rewrites `cnoe://` in the files that it reads itself, not in the children of an Application.
        let rewritten = !matches!(it.creator, Creator::Parent(_));
        let home = rewritten.then(|| it.manifest.directory());
        let loaded =
            |source: &ApplicationSource| (!source.is_reference_only()).then(|| files.directory_of(source, home));
        it.directories = sources.iter().map(|source| loaded(source).flatten()).collect();
        it.value_files = files.value_files(sources, home);
        let loads =
            sources.iter().zip(&it.directories).filter_map(|(source, path)| Some(Load::of(source, (*path)?))).collect();
        self.load(loads, rank, files)
    }

    /// Notes that an Application applies what it loads. Returns the manifests that no other one applied before.
    fn load(&mut self, mut pending: Vec<Load<'a>>, rank: usize, files: &mut Files<'a>) -> Vec<usize> {
        let mut added = Vec::new();
        while let Some(load) = pending.pop() {
            let Some(indexes) = files.open(&load, rank, &mut pending) else { continue };
            for index in indexes {
                match &mut self.syncs[index] {
                    // Who is in a file says more than who is in none.
                    Some(sync) if sync.application != SOMEBODY || rank == SOMEBODY => {
                        let is_other = sync.application != rank;
                        let namespaces =
                            [load.namespace, sync.namespace].map(|namespace| namespace.map(|it| &it.value));
                        let are_equal = load.exact && sync.exact && namespaces[0] == namespaces[1];
                        if is_other && rank != SOMEBODY && are_equal {
                            sync.second = Some(rank);
                        }
                        sync.exact &= !is_other;
                    }
                    sync => {
                        let exact = load.exact && sync.is_none();
                        let is_listed = load.is_listed;
                        *sync =
                            Some(Sync { application: rank, namespace: load.namespace, exact, is_listed, second: None });
                        added.push(index);
                    }
                }
            }
        }
        added
    }
}

/// Tells whether an Application or an `ApplicationSet` has a source that only idpbuilder understands.
fn cnoe_directories(manifests: &ManifestSet) -> BTreeSet<&str> {
    let says_cnoe = |application: &Application| {
        application.urls().any(|url| url.starts_with(CNOE_SCHEME))
            || application.cnoe.iter().any(|text| text.is_rewritten)
    };
    let applications =
        manifests.facts.applications.iter().filter(|it| says_cnoe(it)).map(|it| manifests.manifest_of(it));
    let sets = manifests.facts.application_sets.iter().filter(|it| it.says_cnoe()).map(|it| manifests.manifest_of(it));
    applications.chain(sets).map(Manifest::directory).collect()
}

/// Tells whether an `argocd-cm` is where Argo CD looks for it, as far as it says so.
fn is_argocds_own(manifest: &Manifest) -> bool {
    manifest.namespace.as_ref().is_none_or(|namespace| namespace.value == ARGOCD_NAMESPACE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest;
    use crate::source::Source;
    use crate::tree::Tree;

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
        let texts: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let (set, _) = manifest::parse(&texts);
        let listing = Listing::of_tree(&tree);
        let package = Package::predict(&listing, &set, &Cluster::default(), Reading::Found);
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
}
