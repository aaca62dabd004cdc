//! Symbolic links at which Argo CD stops.

use std::collections::BTreeSet;

use super::{Package, PackagedApplication};
use crate::tree::{Listing, RepoPath, Target};

/// A symbolic link that leads out of a repository which an Application loads from.
#[derive(Debug)]
pub struct OutwardLink<'a> {
    /// The link.
    pub path: &'a RepoPath,
    /// What findings call it.
    pub shown: String,
    /// What it leads to.
    pub target: &'a str,
    /// The rank of the first Application that loads from the repository.
    pub application: usize,
}

impl OutwardLink<'_> {
    /// Tells whether one of them lies at a path, so that nobody else has to say that it leads nowhere.
    pub(super) fn is_at(links: &[Self], path: &str) -> bool {
        links.iter().any(|it| it.path.as_str() == path)
    }
}

/// Finds them. idpbuilder follows links when it makes a repository of a directory, so that none are in there.
pub(super) fn find<'a>(package: &Package<'_>, listing: &'a Listing) -> Vec<OutwardLink<'a>> {
    let mut links = listing.outward_links().peekable();
    if listing.is_single() || links.peek().is_none() {
        return Vec::new();
    }
    let made: Vec<_> = package.repositories.readers.iter().filter_map(|it| it.source).collect();
    let loads = |it: &PackagedApplication<'_>| {
        let mut sources = it.application.sources.iter().zip(&it.directories);
        sources.any(|(source, directory)| directory.is_some() && !made.iter().any(|it| std::ptr::eq(*it, source)))
    };
    let Some(application) = package.applications.iter().position(loads) else { return Vec::new() };
    let asked = package.repositories.asked.iter().filter(|it| it.target == Target::Directory);
    let copied: BTreeSet<&str> = asked.filter_map(|it| it.directory.as_deref()).collect();
    let is_copied = |path: &RepoPath| std::iter::once("").chain(path.ancestors()).any(|above| copied.contains(above));
    links
        .filter(|(path, _)| !is_copied(path))
        .map(|(path, target)| OutwardLink { path, shown: listing.shown(path), target, application })
        .collect()
}
