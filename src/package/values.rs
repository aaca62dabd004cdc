//! Files that a source takes from the tree besides manifests.

use super::files::Files;
use super::{Creator, OutwardLink, Package};
use crate::diagnostic::nearest;
use crate::manifest::{ApplicationSource, directory};
use crate::source::Spanned;
use crate::tree::{Kind, Listing, Target, join};

/// A file for chart values that is not there.
#[derive(Debug)]
pub struct MissingValues<'a> {
    /// Where the source names it.
    pub entry: &'a Spanned<String>,
    /// The path within the tree.
    pub path: String,
    /// What was probably meant, in the words of the entry.
    pub near: Option<String>,
}

/// With so many files a misspelt one is compared.
const NEIGHBOURS: usize = 256;

/// Finds them, in repositories that the tree is: one that idpbuilder makes of it, or that another source loads from it.
pub(super) fn find<'a>(package: &Package<'a>, listing: &Listing, files: &Files<'a>) -> Vec<MissingValues<'a>> {
    let mut missing = Vec::new();
    let is_missing =
        |path: &str| listing.target(path) == Target::Missing && !OutwardLink::is_at(&package.outward_links, path);
    for it in &package.applications {
        let home = (!matches!(it.creator, Creator::Parent(_))).then(|| it.manifest.directory());
        let sources = &it.application.sources;
        let is_own = |source: &ApplicationSource| {
            let own = sources.iter().zip(&it.directories).filter(|(_, directory)| directory.is_some());
            let url = source.repo_url.as_ref().map(|url| url.as_str());
            own.filter_map(|(own, _)| own.repo_url.as_ref()).any(|own| Some(own.as_str()) == url)
                || files.base_of(source, home).is_some_and(|base| !base.is_empty())
        };
        let may_lack = |it: &ApplicationSource| it.ignore_missing_value_files.as_deref() == Some(&true);
        for (source, loaded) in sources.iter().zip(&it.directories).filter(|(it, _)| !may_lack(it)) {
            for entry in &source.value_files {
                let path = match entry.strip_prefix('$').map(|rest| rest.split_once('/')) {
                    Some(None) => None,
                    Some(Some((reference, rest))) => {
                        let named = |it: &&ApplicationSource| it.reference.as_deref().is_some_and(|it| it == reference);
                        let named = sources.iter().find(named).filter(|it| is_own(it));
                        named.and_then(|it| join(&files.base_of(it, home)?, rest))
                    }
                    None => loaded.filter(|path| files.is_chart(path)).and_then(|path| match entry.strip_prefix('/') {
                        Some(rest) => join(&files.base_of(source, home)?, rest),
                        None => join(path, entry),
                    }),
                };
                let is_plain = !entry.trim_start_matches('$').contains(['$', '*', '{']) && !entry.contains("://");
                let path = path.filter(|path| is_plain && is_missing(path));
                missing.extend(path.map(|path| MissingValues { entry, near: near(listing, entry, &path), path }));
            }
        }
    }
    missing
}

/// Returns the entry with the name of a file that is there.
fn near(listing: &Listing, entry: &str, path: &str) -> Option<String> {
    let home = directory(path);
    let files = listing.below(home).filter(|(path, kind)| *kind == Kind::File && directory(path.as_str()) == home);
    let names = files.take(NEIGHBOURS).filter_map(|(path, _)| path.as_str().rsplit('/').next());
    let wrong = path.rsplit('/').next()?;
    Some(format!("{}{}", entry.strip_suffix(wrong)?, nearest(wrong, names)?))
}

/// Finds the files that change the parameters of a source which loads their directory (argo-cd v3.1.7,
/// `reposerver/repository/repository.go`, `mergeSourceParameters`).
pub(super) fn overrides(package: &Package<'_>, listing: &Listing) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (rank, it) in package.applications.iter().enumerate() {
        let name = it.manifest.name.as_ref().map_or("", |name| &name.value);
        for directory in it.directories.iter().flatten() {
            let own = format!(".argocd-source-{name}.yaml");
            let paths = [".argocd-source.yaml", own.as_str()].into_iter().filter_map(|file| join(directory, file));
            found.extend(paths.filter_map(|path| Some((listing.shown(listing.file(&path)?), rank))));
        }
    }
    found
}
