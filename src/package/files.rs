//! The files of a tree as Argo CD finds them.
//!
//! Facts from argoproj/argo-cd v3.1.7, `reposerver/repository/repository.go` and `util/app/discovery/discovery.go`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use globset::{GlobBuilder, GlobMatcher};

use super::OutwardLink;
use crate::diagnostic::nearest;
use crate::idpbuilder::{CNOE_SCHEME, Cluster};
use crate::manifest::{ApplicationSource, Kustomization, ManifestSet, directory};
use crate::source::Spanned;
use crate::tree::{Kind, Listing, RepoPath, Target, join};

/// A file or directory that an Application loads, and what the kustomizations on the way to it do.
#[derive(Clone, Copy)]
pub(super) struct Load<'a> {
    path: &'a str,
    pub(super) namespace: Option<&'a Spanned<String>>,
    pub(super) exact: bool,
    /// Whether a kustomization names it.
    pub(super) is_listed: bool,
    /// How a directory is searched, if the source says so.
    search: Option<Search<'a>>,
}

/// How the files of a directory are chosen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Search<'a> {
    /// The directory that patterns count from.
    base: &'a str,
    recurse: bool,
    include: &'a str,
    exclude: &'a str,
}

impl<'a> Load<'a> {
    /// Begins to load the root.
    pub(super) fn of_root() -> Self {
        Self { path: "", namespace: None, exact: true, is_listed: false, search: None }
    }

    /// Begins to load the directory of a source.
    pub(super) fn of(source: &'a ApplicationSource, path: &'a str) -> Self {
        let pattern = |text: &'a Option<Spanned<String>>| text.as_ref().map_or("", |text| text.value.as_str());
        let search = Search {
            base: path,
            recurse: source.recurse,
            include: pattern(&source.include),
            exclude: pattern(&source.exclude),
        };
        // `directory: {recurse: false}` says nothing, so that the kind of the directory is found out all the same.
        let is_explicit = search.recurse || !search.include.is_empty() || !search.exclude.is_empty();
        let exact = source.kustomize.is_none();
        Self { path, namespace: None, exact, is_listed: false, search: is_explicit.then_some(search) }
    }
}

/// The patterns of a search, compiled: files to take, and files to leave out.
struct Patterns {
    include: Option<GlobMatcher>,
    exclude: Option<GlobMatcher>,
}

impl Search<'_> {
    fn patterns(&self) -> Patterns {
        Patterns { include: glob(self.include), exclude: glob(self.exclude) }
    }

    /// Tells whether a file is chosen: `exclude` goes before `include`, both against the path below the base. What is no
    /// pattern chooses nothing.
    fn takes(&self, patterns: &Patterns, path: &str) -> bool {
        let below = path.strip_prefix(self.base).unwrap_or(path).trim_start_matches('/');
        let fits = |glob: &Option<GlobMatcher>| glob.as_ref().is_some_and(|glob| glob.is_match(below));
        !fits(&patterns.exclude) && (self.include.is_empty() || fits(&patterns.include))
    }
}

/// Compiles a pattern as gobwas/glob does without separators: `*` and `**` alike stand for any text.
pub(super) fn glob(pattern: &str) -> Option<GlobMatcher> {
    let mut single = pattern.to_owned();
    while single.contains("**") {
        single = single.replace("**", "*");
    }
    Some(GlobBuilder::new(&single).literal_separator(false).build().ok()?.compile_matcher())
}

/// Tells whether Argo CD takes a file for a manifest by its name: the case counts (`manifestFile`).
pub(super) fn is_loaded(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| matches!(extension, "yaml" | "yml" | "json"))
}

/// The files of a tree.
pub(super) struct Files<'a> {
    directories: BTreeMap<&'a str, Directory<'a>>,
    /// The manifests of each file.
    manifests: BTreeMap<&'a str, Range<usize>>,
    /// Directories by the name of the Gitea repository that idpbuilder makes of them.
    repositories: BTreeMap<String, &'a str>,
    /// Who opened a directory first, and whether somebody else did after that.
    opened: BTreeMap<(&'a str, Option<Search<'a>>), (usize, bool)>,
    /// Files that an Application loads, and those that a kustomization names.
    pub(super) read: BTreeSet<&'a str>,
    /// Files that are loaded one by one, and that Argo CD stops at.
    pub(super) refused: BTreeSet<&'a str>,
    set: &'a ManifestSet,
    listing: &'a Listing,
}

/// A directory.
#[derive(Default)]
pub(super) struct Directory<'a> {
    files: Vec<&'a str>,
    directories: Vec<&'a str>,
    /// The files among all that Argo CD stops at.
    refused: Vec<&'a str>,
    kustomization: Option<&'a Kustomization>,
    is_chart: bool,
}

/// An entry of `resources` that is not there.
#[derive(Debug)]
pub struct MissingResource<'a> {
    /// The entry.
    pub entry: &'a Spanned<String>,
    /// The name of a file or directory that was probably meant.
    pub near: Option<&'a str>,
}

/// With so many names a misspelt one is compared.
const NEIGHBOURS: usize = 256;

/// Stands for the Application that has the root as its source, when no file tells of it.
pub(super) const SOMEBODY: usize = usize::MAX;

impl<'a> Files<'a> {
    pub(super) fn new(listing: &'a Listing, set: &'a ManifestSet, cluster: &Cluster) -> Self {
        let mut directories: BTreeMap<&str, Directory<'_>> = BTreeMap::from([("", Directory::default())]);
        for (path, _) in listing.iter().filter(|(_, kind)| *kind == Kind::File) {
            for above in path.ancestors() {
                if !directories.contains_key(above) {
                    directories.insert(above, Directory::default());
                    directories.entry(directory(above)).or_default().directories.push(above);
                }
            }
            let home = directories.entry(directory(path.as_str())).or_default();
            // Whatever ends like this makes a chart of a directory (`discovery.go`).
            home.is_chart |= path.as_str().ends_with("Chart.yaml");
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
        for path in set.refusals.keys() {
            directories.entry(directory(path)).or_default().refused.push(path);
        }
        for (path, kustomization) in &set.kustomizations {
            directories.entry(path).or_default().kustomization = Some(kustomization);
        }
        let mut files = Self {
            directories,
            manifests,
            repositories: BTreeMap::new(),
            opened: BTreeMap::new(),
            read: BTreeSet::new(),
            refused: BTreeSet::new(),
            set,
            listing,
        };
        let sources = set.facts.applications.iter().map(|it| (it.manifest, &it.sources));
        let templates = set.facts.application_sets.iter().map(|it| (it.manifest, &it.sources));
        for (manifest, sources) in sources.chain(templates) {
            let manifest = &set.manifests()[manifest];
            let urls = sources.iter().filter_map(|source| source.repo_url.as_ref());
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
    pub(super) fn directory_of(&self, source: &ApplicationSource, home: Option<&str>) -> Option<&'a str> {
        source.chart.is_none().then_some(())?;
        let base = self.base_of(source, home)?;
        let url = source.repo_url.as_ref()?;
        let path = source.path.as_ref().map_or("", |path| &path.value);
        let is_named = !base.is_empty() || url.starts_with(CNOE_SCHEME);
        let (path, _) = self.directories.get_key_value(join(&base, path)?.as_str())?;
        Some(*path).filter(|path| is_named || !path.is_empty())
    }

    /// Returns the directory of the tree that is the root of a source's repository.
    pub(super) fn base_of(&self, source: &ApplicationSource, home: Option<&str>) -> Option<String> {
        let url = source.repo_url.as_ref()?;
        let served = self.served(url, home);
        if url.starts_with(CNOE_SCHEME) { served } else { Some(served.unwrap_or_default()) }
    }

    /// Returns the directory of the tree that idpbuilder makes the repository at a URL of.
    pub(super) fn served(&self, url: &str, home: Option<&str>) -> Option<String> {
        let repository = || url.rsplit('/').next().unwrap_or_default().trim_end_matches(".git");
        match url.strip_prefix(CNOE_SCHEME) {
            Some(rest) => join(home?, rest),
            None => self.repositories.get(repository()).map(|base| (*base).to_owned()),
        }
    }

    /// Tells whether a directory has a kustomization or is a chart, so that its files are not loaded one by one.
    pub(super) fn is_kustomized(&self, path: &str) -> bool {
        self.directories.get(path).is_some_and(|directory| directory.kustomization.is_some() || directory.is_chart)
    }

    /// Tells whether a directory is a chart.
    pub(super) fn is_chart(&self, path: &str) -> bool {
        self.directories.get(path).is_some_and(|directory| directory.is_chart)
    }

    /// Returns the path to a directory, from another one on, that somebody probably meant who misspelt one part of it.
    pub(super) fn near(&self, base: &str, path: &str) -> Option<String> {
        let (mut at, mut near) = (base.to_owned(), Vec::new());
        let mut is_misspelt = false;
        for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
            let next = join(&at, part)?;
            let part = if part == ".." || self.directories.contains_key(next.as_str()) {
                part
            } else if is_misspelt {
                return None;
            } else {
                is_misspelt = true;
                let siblings = &self.directories.get(at.as_str())?.directories;
                nearest(part, siblings.iter().take(NEIGHBOURS).filter_map(|path| path.rsplit('/').next()))?
            };
            at = join(&at, part)?;
            near.push(part.to_owned());
        }
        is_misspelt.then(|| near.join("/"))
    }

    /// Returns what kustomizations list as resources and is not there, each with what was probably meant.
    pub(super) fn missing_resources(&self, outward: &[OutwardLink<'_>]) -> Vec<MissingResource<'a>> {
        let is_missing =
            |path: &String| self.listing.target(path) == Target::Missing && !OutwardLink::is_at(outward, path);
        let mut missing = Vec::new();
        // What a plugin makes of a chart may be among the resources.
        for (home, kustomization) in self.set.kustomizations.iter().filter(|(home, _)| !self.is_chart(home)) {
            for entry in kustomization.resources.iter().filter(|entry| is_local(entry)) {
                let Some(path) = join(home, entry).filter(is_missing) else {
                    continue;
                };
                let name = |path: &'a str| path.rsplit('/').next().unwrap_or_default();
                let beside = self.directories.get(directory(&path)).into_iter();
                let beside = beside.flat_map(|it| it.files.iter().chain(&it.directories)).take(NEIGHBOURS);
                let near = nearest(path.rsplit('/').next().unwrap_or_default(), beside.map(|path| name(path)));
                missing.push(MissingResource { entry, near });
            }
        }
        missing
    }

    /// Finds the files that sources take values from: `$REF/PATH`, in the source with that `ref` (`repository.go:597-606`).
    pub(super) fn value_files(&self, sources: &[ApplicationSource], home: Option<&str>) -> Vec<(usize, &'a RepoPath)> {
        let find = |file: &str| {
            let (reference, path) = file.strip_prefix('$')?.split_once('/')?;
            let named = |source: &&ApplicationSource| source.reference.as_ref().is_some_and(|it| it.value == reference);
            let path = join(&self.base_of(sources.iter().find(named)?, home)?, path)?;
            self.listing.file(&path)
        };
        let files =
            |source: &ApplicationSource| source.value_files.iter().filter_map(|file| find(file)).collect::<Vec<_>>();
        sources
            .iter()
            .enumerate()
            .flat_map(|(rank, source)| files(source).into_iter().map(move |path| (rank, path)))
            .collect()
    }

    /// Returns the manifests of a file, or puts what a directory leads to on the list.
    pub(super) fn open(&mut self, load: &Load<'a>, rank: usize, pending: &mut Vec<Load<'a>>) -> Option<Range<usize>> {
        let Some(directory) = self.directories.get(load.path) else {
            self.read.insert(load.path);
            return self.manifests.get(load.path).cloned();
        };
        match self.opened.get_mut(&(load.path, load.search)) {
            None => drop(self.opened.insert((load.path, load.search), (rank, false))),
            // The second one to come makes everything below inexact; it and all others find nothing new.
            Some((first, shared)) if *first != rank && !*shared => *shared = true,
            Some(_) => return None,
        }
        match directory.kustomization {
            Some(kustomization) if load.search.is_none() => {
                let namespace = load.namespace.or(kustomization.namespace.as_ref());
                let exact = load.exact && !kustomization.transforms;
                for resource in &kustomization.resources {
                    let Some(path) = join(load.path, resource) else { continue };
                    let found = self.directories.get_key_value(path.as_str()).map(|(path, _)| *path);
                    let found = found.or_else(|| self.manifests.get_key_value(path.as_str()).map(|(path, _)| *path));
                    pending.extend(found.map(|path| Load { path, namespace, exact, is_listed: true, search: None }));
                }
                let files = kustomization.names.iter().filter_map(|name| join(load.path, name));
                self.read.extend(files.filter_map(|path| Some(*self.manifests.get_key_value(path.as_str())?.0)));
                let parts = kustomization.parts.iter().filter_map(|name| join(load.path, name));
                let found = parts.filter_map(|path| Some(*self.directories.get_key_value(path.as_str())?.0));
                let part = |path| Load { path, namespace, exact: false, is_listed: true, search: None };
                pending.extend(found.map(part));
            }
            _ if directory.is_chart && load.search.is_none() => {}
            _ => {
                let patterns = load.search.map(|search| search.patterns());
                let takes = |path: &&&str| {
                    is_loaded(path)
                        && !self.set.skipped.contains(**path)
                        && load
                            .search
                            .zip(patterns.as_ref())
                            .is_none_or(|(search, patterns)| search.takes(patterns, path))
                };
                self.refused.extend(directory.refused.iter().filter(takes));
                let recurse = load.search.is_some_and(|search| search.recurse);
                let deeper = directory.directories.iter().filter(|_| recurse);
                pending.extend(directory.files.iter().filter(takes).chain(deeper).map(|path| Load { path, ..*load }));
            }
        }
        None
    }

    /// Returns the directories that no Application opens, because the one above them is not searched that deep.
    pub(super) fn too_deep(&self) -> BTreeSet<&'a str> {
        let is_too_deep = |path: &&&str| {
            let mut above = std::iter::successors(Some(**path), |path| (!path.is_empty()).then(|| directory(path)));
            self.fate(path) == Fate::Closed
                && above.find_map(|path| Some(self.fate(path)).filter(|it| *it != Fate::Closed)) == Some(Fate::Searched)
        };
        self.directories.keys().filter(is_too_deep).copied().collect()
    }

    /// Tells what has become of a directory.
    pub(super) fn fate(&self, path: &str) -> Fate {
        let directory = self.directories.get(path);
        let opened = self.opened.range((path, None)..).take_while(|((opened, _), _)| *opened == path).next();
        match (opened, directory) {
            (None, _) => Fate::Closed,
            (Some(((_, None), _)), Some(Directory { kustomization: Some(_), .. })) => Fate::Kustomized,
            (Some(((_, None), _)), Some(Directory { is_chart: true, .. })) => Fate::Chart,
            (Some(_), _) => Fate::Searched,
        }
    }

    /// Tells whether a path is a chart's or lies in one.
    pub(super) fn is_in_chart(&self, path: &str) -> bool {
        let mut above = Some(path);
        std::iter::from_fn(|| {
            let path = above?;
            above = path.rsplit_once('/').map(|(parent, _)| parent).or((!path.is_empty()).then_some(""));
            Some(path)
        })
        .any(|path| self.directories.get(path).is_some_and(|directory| directory.is_chart))
    }
}

/// Tells whether an entry of a kustomization can only be a path. What may be a repository is left alone: hosts with or without a
/// scheme, and what follows them (kubernetes-sigs/kustomize, `api/internal/git/repospec.go`).
fn is_local(entry: &str) -> bool {
    let first = entry.split('/').next().unwrap_or_default();
    let may_be_host = entry.contains('/') && first.contains('.') && !matches!(first, "." | "..");
    !entry.is_empty()
        && !entry.starts_with('/')
        && !entry.contains([':', '@', '?', '{', '\\', '$'])
        && !may_be_host
        && !entry.contains("//")
}

/// What has become of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// No Application opens it.
    Closed,
    /// Its kustomization says what is loaded.
    Kustomized,
    /// It is a Helm chart.
    Chart,
    /// Its files are loaded one by one.
    Searched,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What gobwas/glob makes of patterns, observed.
    #[test]
    fn patterns_are_those_of_argo_cd() {
        let fits = |pattern: &str, path: &str| glob(pattern).is_some_and(|glob| glob.is_match(path));
        for (pattern, path) in
            [("*.yaml", "a.yaml"), ("*.yaml", "sub/a.yaml"), ("{a,b}.yaml", "b.yaml"), ("**/*.yaml", "sub/a.yaml")]
        {
            assert!(fits(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [("**/*.yaml", "a.yaml"), ("a.yaml,b.yaml", "a.yaml"), ("./a.yaml", "a.yaml")] {
            assert!(!fits(pattern, path), "{pattern} {path}");
        }
    }
}
