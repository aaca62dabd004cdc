//! The Gitea repositories that idpbuilder makes of directories, and who reads them.
//!
//! Facts from cnoe-io/idpbuilder bef38e62: `pkg/controllers/custompackage/controller.go` (which fields ask for a repository, 336-436
//! and 637-698; what it is made of, 712-728; its name, 700-706) and `pkg/controllers/gitrepository/controller.go`. They are the same
//! in v0.8.1, v0.9.1 and v0.10.1, whose names and URLs do not differ either; that an existing repository keeps its directory is
//! main's alone.

use std::collections::{BTreeMap, BTreeSet};

use super::files::Files;
use super::{Creator, Package, PackagedApplication};
use crate::idpbuilder::{CNOE_SCHEME, Cluster, is_nearly_cnoe};
use crate::manifest::{
    ApplicationSource, KUSTOMIZATION_FILES, Manifest, ManifestSet, directory, is_kustomization_file,
};
use crate::source::Spanned;
use crate::tree::{KeptBack, Kind, Listing, RepoPath, Target, join};

/// A directory that idpbuilder makes a Gitea repository of, and the field that asks for it. Several fields may ask for the same.
#[derive(Debug)]
pub struct Repository<'a> {
    /// The Application or `ApplicationSet`, which idpbuilder creates itself.
    pub manifest: &'a Manifest,
    /// The `cnoe://` URL, where it stands. idpbuilder writes the URL of the repository there.
    pub url: &'a Spanned<String>,
    /// What kind of field that is.
    pub field: Field<'a>,
    /// The directory, empty for the root of the tree; `None` if it lies outside, or the URL is templated.
    pub directory: Option<String>,
    /// What is there.
    pub target: Target,
    /// Whether something was to be filled in, which idpbuilder does not do.
    pub is_templated: bool,
    /// The URL that was probably meant, if there is nothing.
    pub near: Option<String>,
    /// Whether it has a `.git`.
    pub has_git: bool,
    /// The name of the `GitRepository` object: that of the Application and the last part of the directory. `None` if that part
    /// cannot be seen.
    pub object: Option<String>,
    /// The name of the repository of the user `giteaAdmin`, as far as the object has one.
    pub name: Option<String>,
    /// The URL that takes the place of `url`.
    pub gitea_url: Option<String>,
}

/// A field that idpbuilder rewrites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<'a> {
    /// `repoURL` of a source of an Application, or of the template of an `ApplicationSet`.
    Source,
    /// `repoURL` of a Git generator.
    Generator,
    /// A text in `helm.valuesObject`, by the keys that lead to it.
    Value(&'a str),
}

/// A source or a Git generator that reads a repository which idpbuilder makes of a directory: one that says `cnoe://` and is
/// rewritten, or that has the URL of such a repository.
#[derive(Debug)]
pub struct Reader<'a> {
    /// The Application or `ApplicationSet`.
    pub manifest: &'a Manifest,
    /// `repoURL`.
    pub url: &'a Spanned<String>,
    /// `targetRevision`, or `revision` of a generator.
    pub revision: Option<&'a Spanned<String>>,
    /// The source, if it is no generator.
    pub source: Option<&'a ApplicationSource>,
    /// The directory of the tree that is the root of the repository.
    pub base: Option<String>,
    /// The directory of the tree that the source loads, if it has a `path`; `None` if that leads out of the repository.
    pub directory: Option<String>,
    /// What is there; unknown if the repository itself cannot be made.
    pub target: Target,
    /// The `path` that was probably meant, if there is nothing.
    pub near: Option<String>,
    /// Whether something else than the directory itself says what is loaded: a kustomization, a chart or the source.
    pub is_listed: bool,
}

/// Something below such a directory that cannot be copied.
#[derive(Debug)]
pub struct Special {
    /// What findings call it.
    pub shown: String,
    /// Whether it is a link that leads nowhere or around itself, and no FIFO, socket or device.
    pub is_link: bool,
}

/// What can be said about repositories.
#[derive(Debug, Default)]
pub struct Repositories<'a> {
    /// The repositories, in the order of the fields that ask for them: those of Applications, then those of `ApplicationSet`s.
    pub asked: Vec<Repository<'a>>,
    /// Who reads them, in the same order.
    pub readers: Vec<Reader<'a>>,
    /// What cannot be copied into them, by path.
    pub specials: Vec<Special>,
    /// What somebody needs and does not get into them, by path.
    pub kept_back: Vec<KeptBack>,
}

/// An Application or `ApplicationSet`, as far as repositories go.
struct Asker<'a> {
    manifest: &'a Manifest,
    /// Whether idpbuilder creates it, and therefore rewrites it.
    is_rewritten: bool,
}

impl<'a> Asker<'a> {
    /// Returns nothing for one that nobody creates.
    fn of(package: &Package<'a>, manifest: &'a Manifest) -> Option<Self> {
        let is_rewritten = package.creates(manifest);
        (is_rewritten || package.application_of(manifest).is_some()).then_some(Self { manifest, is_rewritten })
    }
}

/// Predicts them.
pub(super) fn predict<'a>(
    package: &Package<'a>,
    listing: &'a Listing,
    manifests: &'a ManifestSet,
    files: &Files<'a>,
    cluster: &Cluster,
) -> Repositories<'a> {
    let mut found = Repositories::default();
    let look = Look { listing, files, cluster };
    for it in &package.applications {
        let Some(asker) = Asker::of(package, it.manifest) else { continue };
        for source in &it.application.sources {
            found.source(&look, &asker, source);
        }
        for text in it.application.cnoe.iter().filter(|text| text.is_rewritten && asker.is_rewritten) {
            found.asked.push(look.repository(asker.manifest, &text.url, Field::Value(&text.field)));
        }
    }
    for set in &manifests.facts.application_sets {
        let manifest = manifests.manifest_of(set);
        let Some(asker) = Asker::of(package, manifest) else { continue };
        for generator in &set.generators {
            found.reader(&look, &asker, &generator.repo_url, generator.revision.as_ref(), None);
            if asker.is_rewritten && generator.repo_url.starts_with(CNOE_SCHEME) {
                found.asked.push(look.repository(manifest, &generator.repo_url, Field::Generator));
            }
        }
        for source in &set.sources {
            found.source(&look, &asker, source);
        }
        for text in set.cnoe.iter().filter(|text| text.is_rewritten && asker.is_rewritten) {
            found.asked.push(look.repository(manifest, &text.url, Field::Value(&text.field)));
        }
    }
    found.contents(listing, manifests, files);
    found
}

/// What one looks at.
struct Look<'l, 'a> {
    listing: &'a Listing,
    files: &'l Files<'a>,
    cluster: &'l Cluster,
}

impl Look<'_, '_> {
    /// Tells whether a directory has a kustomization or is a chart; what `.gitignore` hides counts.
    fn is_listed(&self, directory: &str) -> bool {
        let is_there =
            |name: &&str| join(directory, name).is_some_and(|path| self.listing.target(&path) != Target::Missing);
        self.files.is_kustomized(directory) || KUSTOMIZATION_FILES.iter().chain(["Chart.yaml"].iter()).any(is_there)
    }

    fn repository<'a>(&self, manifest: &'a Manifest, url: &'a Spanned<String>, field: Field<'a>) -> Repository<'a> {
        let rest = url.strip_prefix(CNOE_SCHEME).unwrap_or_default();
        let directory = Some(rest).filter(|_| !is_templated(rest)).and_then(|rest| join(manifest.directory(), rest));
        let base = directory.as_deref().and_then(|path| match path.rsplit('/').next() {
            Some("") | None => self.listing.root_name(),
            base => base,
        });
        let name = manifest.name.as_ref().zip(base);
        let target = directory.as_ref().map_or(Target::Unknown, |path| self.listing.target(path));
        let near = (target == Target::Missing).then(|| self.files.near(manifest.directory(), rest)).flatten();
        Repository {
            manifest,
            url,
            field,
            target,
            is_templated: is_templated(rest),
            near: near.map(|near| format!("{CNOE_SCHEME}{near}")),
            has_git: directory.as_ref().is_some_and(|path| self.listing.has_git(path)),
            object: name.map(|(name, base)| format!("{name}-{base}")),
            name: name.map(|(name, base)| self.cluster.repository_name(name, base)),
            gitea_url: name.map(|(name, base)| self.cluster.repository_url(name, base)),
            directory,
        }
    }
}

impl<'a> Repositories<'a> {
    fn source(&mut self, look: &Look<'_, 'a>, asker: &Asker<'a>, source: &'a ApplicationSource) {
        let Some(url) = &source.repo_url else { return };
        if url.starts_with(CNOE_SCHEME) {
            if !asker.is_rewritten {
                return;
            }
            self.asked.push(look.repository(asker.manifest, url, Field::Source));
        }
        self.reader(look, asker, url, source.target_revision.as_ref(), Some(source));
    }

    fn reader(
        &mut self,
        look: &Look<'_, 'a>,
        asker: &Asker<'a>,
        url: &'a Spanned<String>,
        revision: Option<&'a Spanned<String>>,
        source: Option<&'a ApplicationSource>,
    ) {
        let is_cnoe = url.starts_with(CNOE_SCHEME);
        let home = asker.is_rewritten.then(|| asker.manifest.directory());
        let base = look.files.served(url, home).filter(|_| !is_templated(url));
        if base.is_none() && !(is_cnoe && asker.is_rewritten) {
            return;
        }
        let path = source.filter(|source| source.chart.is_none()).and_then(|source| source.path.as_ref());
        let known = base
            .as_ref()
            .zip(path)
            .filter(|(base, path)| !is_templated(path) && look.listing.target(base) == Target::Directory);
        let directory = known.and_then(|(base, path)| {
            // Argo CD takes no absolute path, and nothing else is in the repository (argo-cd v3.1.7, util/app/path/path.go).
            let path = join("", path).filter(|_| !path.starts_with('/'))?;
            join(base, &path)
        });
        let target = match (known, &directory) {
            (None, _) => Target::Unknown,
            (Some(_), None) => Target::Missing,
            (Some(_), Some(directory)) => look.listing.target(directory),
        };
        let wanted = known.filter(|_| target == Target::Missing);
        let near = wanted.and_then(|(base, path)| look.files.near(base, path));
        let is_chosen = source.is_some_and(|it| it.recurse || it.include.is_some() || it.exclude.is_some());
        let is_listed = is_chosen || directory.as_ref().is_some_and(|directory| look.is_listed(directory));
        let manifest = asker.manifest;
        self.readers.push(Reader { manifest, url, revision, source, base, directory, target, near, is_listed });
    }

    /// Looks for what does not get into them.
    fn contents(&mut self, listing: &Listing, manifests: &ManifestSet, files: &Files<'_>) {
        let roots = self.asked.iter().filter(|it| it.target == Target::Directory);
        let roots: BTreeSet<&str> = roots.filter_map(|it| it.directory.as_deref()).collect();
        if roots.is_empty() {
            return;
        }
        let mut ignoring = BTreeSet::new();
        for (path, kind) in listing.iter() {
            let is_gitignore = kind == Kind::File && path.as_str().rsplit('/').next() == Some(".gitignore");
            if !is_gitignore && !matches!(kind, Kind::Dangling | Kind::Special) {
                continue;
            }
            let mut around = std::iter::once("").chain(path.ancestors()).filter(|above| roots.contains(above));
            if is_gitignore {
                ignoring.extend(around);
            } else if around.next().is_some() {
                self.specials.push(Special { shown: listing.shown(path), is_link: kind == Kind::Dangling });
            }
        }
        let mut kept: BTreeMap<RepoPath, KeptBack> = BTreeMap::new();
        for root in ignoring {
            let kept_back = listing.kept_back(root);
            if kept_back.is_empty() {
                continue;
            }
            let needs = self.needs(manifests, root);
            let needed = kept_back.into_iter().filter(|it| needs.contain(it.path.as_str(), files));
            kept.extend(needed.map(|it| (it.path.clone(), it)));
        }
        self.kept_back = kept.into_values().collect();
    }

    /// Finds out what those who read the repository of a directory need of it.
    fn needs<'s>(&'s self, manifests: &'s ManifestSet, root: &str) -> Needs<'s> {
        let readers = || self.readers.iter().filter(|it| it.base.as_deref() == Some(root));
        let mut needs = Needs { directories: BTreeSet::new(), trees: Vec::new(), files: BTreeSet::new() };
        let mut pending: Vec<String> = Vec::new();
        for reader in readers() {
            pending.extend(reader.directory.clone());
            needs.trees.extend(reader.source.filter(|it| it.recurse).and(reader.directory.as_deref()));
            // Values that another source of the same Application takes from this one.
            let Some(reference) = reader.source.and_then(|it| it.reference.as_deref()) else { continue };
            let application = reader.manifest.fact_in(&manifests.facts.applications);
            let sources = application.into_iter().flat_map(|application| &application.sources);
            for file in sources.flat_map(|source| &source.value_files) {
                let path = file.strip_prefix('$').and_then(|file| file.split_once('/'));
                let path = path.filter(|(name, _)| *name == reference).and_then(|(_, path)| join(root, path));
                needs.files.extend(path);
            }
        }
        while let Some(directory) = pending.pop() {
            let kustomization = manifests.kustomizations.get(&directory);
            if let Some(kustomization) = kustomization.filter(|_| !needs.directories.contains(&directory)) {
                let paths = kustomization.names.iter().filter_map(|name| join(&directory, name));
                for path in paths.filter(|path| *path != directory) {
                    needs.files.insert(path.clone());
                    pending.push(path);
                }
            }
            needs.directories.insert(directory);
        }
        needs
    }

    /// Returns the directories below which files may be read in a way that cannot be seen: packages with a source that leads
    /// nowhere, until somebody mends it, and what is handed to a chart.
    pub(super) fn unclear<'s>(&'s self, package: &Package<'a>, packages: &BTreeSet<&'s str>) -> BTreeSet<&'s str>
    where
        'a: 's,
    {
        let is_gone = |target| matches!(target, Target::Missing | Target::Other);
        let leads_nowhere = |it: &&PackagedApplication<'_>| {
            it.application
                .urls()
                .any(|url| is_nearly_cnoe(url) || it.creator != Creator::Idpbuilder && url.starts_with(CNOE_SCHEME))
        };
        let askers = self.asked.iter().filter(|it| is_gone(it.target) || it.is_templated).map(|it| it.manifest);
        let readers = self.readers.iter().filter(|it| is_gone(it.target)).map(|it| it.manifest);
        let others = package.applications.iter().filter(leads_nowhere).map(|it| it.manifest);
        let home = |manifest: &'a Manifest| {
            let mut around = manifest.path.ancestors().chain(std::iter::once(""));
            around.find_map(|above| packages.get(above).copied())
        };
        let values = self.asked.iter().filter(|it| matches!(it.field, Field::Value(_)));
        let values = values.filter_map(|it| it.directory.as_deref());
        askers.chain(readers).chain(others).filter_map(home).chain(values).collect()
    }
}

/// What somebody needs of a repository.
struct Needs<'s> {
    /// Directories that are loaded by themselves.
    directories: BTreeSet<String>,
    /// Directories that are loaded with all below.
    trees: Vec<&'s str>,
    /// Files by their name.
    files: BTreeSet<String>,
}

impl Needs<'_> {
    fn contain(&self, path: &str, files: &Files<'_>) -> bool {
        let home = directory(path);
        let is_manifest = [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end));
        let is_below = |tree: &&str| tree.is_empty() || path.strip_prefix(*tree).is_some_and(|it| it.starts_with('/'));
        let is_loaded = || is_kustomization_file(path) || is_manifest && !files.is_kustomized(home);
        let mut around = std::iter::successors(Some(home), |path| (!path.is_empty()).then(|| directory(path)));
        self.files.contains(path)
            || self.directories.contains(home) && is_loaded()
            || is_manifest && self.trees.iter().any(is_below)
            || around.any(|above| self.directories.contains(above) && files.is_chart(above))
    }
}

/// Tells whether somebody was to fill something in.
pub(super) fn is_templated(text: &str) -> bool {
    text.contains("{{")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest;
    use crate::package::Reading;
    use crate::source::Source;
    use crate::tree::Tree;

    const GENERATED: &str = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: apps}\nspec:\n  \
        generators:\n  - git: {repoURL: cnoe://dev}\n  - matrix: {generators: [{git: {repoURL: cnoe://../base}}]}\n  \
        - merge: {generators: [{git: {repoURL: cnoe://dev}}]}\n  template:\n    spec:\n      sources:\n      \
        - {repoURL: 'cnoe://{{path}}'}\n      - {repoURL: cnoe://dev, path: '{{path}}'}\n";

    fn application(name: &str, sources: &str) -> String {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\nspec: {{sources: [{sources}]}}\n"
        )
    }

    #[test]
    fn each_field_that_asks_for_a_repository_is_foretold() {
        let own = "https://cnoe.localtest.me:8443/gitea/giteaAdmin/idpbuilder-localdev-web-dev.git";
        let child = application("child", &format!("{{repoURL: '{own}', path: gone}}, {{repoURL: cnoe://dev}}"));
        let web = application("web", "{repoURL: cnoe://dev, path: apps}, {helm: {valuesObject: {a: [cnoe://deb/x]}}}");
        let files = [("p/apps.yaml", GENERATED), ("p/web.yaml", &web), ("p/dev/apps/child.yaml", &child)];
        let mut tree = Tree::default();
        for (path, text) in files {
            tree.insert(RepoPath::new(path).unwrap(), Source::new(path, text));
        }
        let (set, _) = manifest::parse(&files);
        let listing = Listing::of_tree(&tree);
        let cluster = Cluster { path_routing: true, ..Cluster::default() };
        let package = Package::predict(&listing, &set, &cluster, Reading::Found);
        let describe = |it: &Repository<'_>| {
            let path = it.directory.as_deref().unwrap_or("-");
            let shown = it.gitea_url.as_deref().unwrap_or("-").rsplit('/').next().unwrap_or_default();
            format!("{} {:?} {path} {:?} {shown}", it.url.span, it.field, it.target)
        };
        assert_eq!(
            package.repositories.asked.iter().map(describe).collect::<Vec<_>>(),
            [
                "p/web.yaml:4:28 Source p/dev Directory idpbuilder-localdev-web-dev.git",
                "p/web.yaml:4:80 Value(\"spec.sources[1].helm.valuesObject.a[0]\") p/deb/x Missing \
                 idpbuilder-localdev-web-x.git",
                "p/apps.yaml:6:20 Generator p/dev Directory idpbuilder-localdev-apps-dev.git",
                "p/apps.yaml:7:43 Generator base Missing idpbuilder-localdev-apps-base.git",
                "p/apps.yaml:12:19 Source - Unknown -",
                "p/apps.yaml:13:19 Source p/dev Directory idpbuilder-localdev-apps-dev.git",
            ]
        );
        assert_eq!(package.repositories.asked[0].gitea_url.as_deref(), Some(own));
        let describe = |it: &Reader<'_>| {
            let path = |path: &Option<String>| path.as_deref().unwrap_or("-").to_owned();
            format!("{} {} {} {:?}", it.url.span, path(&it.base), path(&it.directory), it.target)
        };
        assert_eq!(
            package.repositories.readers.iter().map(describe).collect::<Vec<_>>(),
            [
                "p/dev/apps/child.yaml:4:28 p/dev p/dev/gone Missing",
                "p/web.yaml:4:28 p/dev p/dev/apps Directory",
                "p/apps.yaml:6:20 p/dev - Unknown",
                "p/apps.yaml:7:43 base - Unknown",
                "p/apps.yaml:12:19 - - Unknown",
                "p/apps.yaml:13:19 p/dev - Unknown",
            ]
        );
    }
}
