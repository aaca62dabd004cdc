//! Files that look like manifests, lie where manifests are read, and that nobody reads.

use std::collections::BTreeSet;

use super::files::{Fate, Files};
use super::{Package, Reading};
use crate::idpbuilder::ARGOCD_NAMESPACE;
use crate::manifest::{self, Content, Manifest, ManifestSet, directory};
use crate::tree::{Kind, Listing, RepoPath};

/// A file that nobody reads.
#[derive(Debug)]
pub struct Unread<'a> {
    /// The file.
    pub path: &'a RepoPath,
    /// What findings call it.
    pub shown: String,
    /// Its first manifest, if it was read at all.
    pub manifest: Option<&'a Manifest>,
    /// Why nobody reads it.
    pub reason: Reason,
    /// Whether the directory is for idpbuilder beyond doubt: an Application in the tree says `cnoe://`, or the user says so.
    pub is_certain: bool,
}

/// Why nobody reads a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is a symbolic link at the root of a package (`file.Type().IsRegular()`).
    Link,
    /// It is a symbolic link elsewhere, which others may follow, and idpack does not.
    NotFollowed,
    /// It is no regular file.
    Special,
    /// Its name does not end as it should.
    Extension,
    /// It lies at the root of a package and is no Application.
    Kind,
    /// It says so itself (`+argocd:skip-file-rendering`).
    Marker,
    /// The kustomization of its directory does not list it.
    NotListed,
    /// `directory.include` or `directory.exclude` of the source leave it out.
    Pattern,
    /// It lies deeper than the source looks.
    Depth,
    /// It lies in a package, in a directory that no Application has as its source.
    NoSource,
}

impl Unread<'_> {
    /// Says why nobody reads it.
    #[must_use]
    pub fn why(&self) -> String {
        let why = match self.reason {
            Reason::Link => "idpbuilder passes over symbolic links",
            Reason::NotFollowed => "idpack does not follow symbolic links",
            Reason::Special => "it is no regular file",
            Reason::Extension => "its name does not end in `.yaml` or `.yml`",
            Reason::Kind => {
                let kind = self.manifest.map_or("", |manifest| &manifest.kind.value);
                return format!("idpbuilder creates Applications and ApplicationSets only, and this is a `{kind}`");
            }
            Reason::Marker => "it holds the words `+argocd:skip-file-rendering`",
            Reason::NotListed => "the kustomization of its directory does not list it",
            Reason::Pattern => "`directory.include` or `directory.exclude` of the Application leave it out",
            Reason::Depth => "the Application does not look into directories below its `path`",
            Reason::NoSource => "no Application has its directory as a source",
        };
        why.to_owned()
    }
}

/// Finds them.
pub(super) fn find<'a>(
    package: &Package<'_>,
    listing: &'a Listing,
    manifests: &'a ManifestSet,
    files: &Files<'a>,
    reading: Reading,
) -> Vec<Unread<'a>> {
    // Who names a file reads it.
    if listing.is_single() && reading != Reading::Found {
        return Vec::new();
    }
    let packages = &package.packages;
    // Which directories a git generator finds is decided when it runs.
    let has_generators = manifests.manifests().iter().any(|it| it.kind.value == "ApplicationSet");
    let specials: BTreeSet<&str> = package.repositories.specials.iter().map(|it| it.shown.as_str()).collect();
    let outward: BTreeSet<&RepoPath> = package.outward_links.iter().map(|it| it.path).collect();
    let unclear = package.repositories.unclear(package, packages);
    // What a pattern was meant to choose is reported at the pattern.
    let odd: BTreeSet<&str> = package.odd_patterns.iter().filter(|it| it.is_include).map(|it| it.base).collect();
    let mut unread = Vec::new();
    let mut next = 0;
    for (path, kind) in listing.iter().filter(|(path, _)| manifest::is_candidate(path.as_str())) {
        let all = manifests.manifests();
        next += all[next..].iter().take_while(|manifest| manifest.path < *path).count();
        let manifest = all.get(next).filter(|manifest| manifest.path == *path);
        let reason = match kind {
            // What keeps idpbuilder from copying a directory, or Argo CD from loading, is reported as that.
            Kind::Dangling | Kind::Special if specials.contains(listing.shown(path).as_str()) => None,
            Kind::Link | Kind::Dangling if outward.contains(path) => None,
            Kind::Link | Kind::Dangling if packages.contains(directory(path.as_str())) => Some(Reason::Link),
            Kind::Link | Kind::Dangling => Some(Reason::NotFollowed),
            Kind::Special => Some(Reason::Special),
            Kind::Repository => None,
            Kind::File => manifest.and_then(|manifest| {
                let looks = !files.read.contains(path.as_str())
                    && !manifest::is_kustomization_file(path.as_str())
                    && !is_handed_over(manifest)
                    && !manifest.group().ends_with("backstage.io")
                    && !files.is_in_chart(manifest.directory());
                looks
                    .then(|| reason(manifest, manifests, files, packages, reading, has_generators, package.is_empty))
                    .flatten()
                    .filter(|reason| match reason {
                        Reason::NoSource => !is_below(path, &unclear),
                        Reason::Pattern | Reason::Depth => !is_below(path, &odd),
                        _ => true,
                    })
            }),
        };
        unread.extend(reason.map(|reason| {
            let is_idpbuilders = || match reason {
                Reason::Extension | Reason::NoSource => package.is_for_idpbuilder(),
                Reason::Kind => package.is_for_idpbuilder_at(directory(path.as_str())),
                _ => true,
            };
            let is_certain = reading == Reading::Source || is_idpbuilders();
            Unread { path, shown: listing.shown(path), manifest, reason, is_certain }
        }));
    }
    unread
}

/// Tells whether a file lies in one of these directories, or deeper.
fn is_below(path: &RepoPath, directories: &BTreeSet<&str>) -> bool {
    directories.contains("") || path.ancestors().any(|above| directories.contains(above))
}

/// Tells whether this is given to idpbuilder by itself: `idpbuilder create -c argocd:FILE`.
fn is_handed_over(manifest: &Manifest) -> bool {
    let name = manifest.name.as_ref().map_or("", |name| &name.value);
    manifest.kind.value == "ConfigMap" && name.starts_with(ARGOCD_NAMESPACE)
}

fn reason(
    manifest: &Manifest,
    manifests: &ManifestSet,
    files: &Files<'_>,
    packages: &BTreeSet<&str>,
    reading: Reading,
    has_generators: bool,
    is_empty: bool,
) -> Option<Reason> {
    let path = manifest.path.as_str();
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let home = manifest.directory();
    if packages.contains(home) {
        if !matches!(extension, "yaml" | "yml") {
            return Some(Reason::Extension);
        }
        // An Application behind what idpbuilder takes for the whole of a file is another matter (`Loss`).
        let is_lost = || manifests.documents_of(path).iter().any(|it| it.content == Content::Application);
        return (!manifest.is_argocd_application() && !is_lost()).then_some(Reason::Kind);
    }
    if !matches!(extension, "yaml" | "yml" | "json") {
        return Some(Reason::Extension);
    }
    if reading == Reading::Plain {
        return None;
    }
    match files.fate(home) {
        Fate::Kustomized => Some(Reason::NotListed),
        Fate::Chart => None,
        Fate::Searched if manifests.skipped.contains(path) => Some(Reason::Marker),
        Fate::Searched => Some(Reason::Pattern),
        Fate::Closed => {
            let mut above = std::iter::successors((!home.is_empty()).then(|| directory(home)), |path| {
                (!path.is_empty()).then(|| directory(path))
            });
            let nearest = above.clone().map(|path| files.fate(path)).find(|fate| *fate != Fate::Closed);
            match nearest {
                Some(Fate::Kustomized) => Some(Reason::NotListed),
                Some(Fate::Searched) => Some(Reason::Depth),
                Some(_) => None,
                None if has_generators || reading == Reading::Source => None,
                // Of a package without anything else, that says it all.
                None if is_empty => None,
                None => above.any(|path| packages.contains(path)).then_some(Reason::NoSource),
            }
        }
    }
}
