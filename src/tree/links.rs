//! Symbolic links that lead out of a repository.

use std::path::Path;

use super::{Listing, RepoPath};

impl Listing {
    /// Says what symbolic links lead to, of which the listing knows no more than that they are there. So many directories lie
    /// between the root of the repository and this one.
    #[must_use]
    pub fn with_links(mut self, links: impl IntoIterator<Item = (RepoPath, String)>, above: usize) -> Self {
        self.outward = links.into_iter().filter(|(path, target)| leads_out(path, target, above)).collect();
        self
    }

    /// Walks through the symbolic links that lead out of the repository, with what they lead to.
    pub fn outward_links(&self) -> impl Iterator<Item = (&RepoPath, &str)> {
        self.outward.iter().map(|(path, target)| (path, target.as_str()))
    }
}

/// Returns how many directories lie between the root of the repository and a directory; none if no repository is seen.
pub(super) fn depth(directory: &Path) -> usize {
    let is_repository = |above: &Path| above.join(".git").symlink_metadata().is_ok();
    directory.canonicalize().ok().and_then(|path| path.ancestors().position(is_repository)).unwrap_or_default()
}

/// Tells whether a link is absolute, or leaves the repository on its way, even if it comes back (argo-cd v3.1.7,
/// `util/app/path/path.go`, `CheckOutOfBoundsSymlinks`).
fn leads_out(path: &RepoPath, target: &str, above: usize) -> bool {
    let step = |depth: usize, part: &str| match part {
        "" | "." => Some(depth),
        ".." => depth.checked_sub(1),
        _ => Some(depth + 1),
    };
    target.starts_with('/') || target.split('/').try_fold(above + path.ancestors().count(), step).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_in_their_repository() {
        for (path, target, above, expected) in [
            ("a", "/etc/a", 0, true),
            ("a", "b", 0, false),
            ("a", "../b", 0, true),
            ("a", "../b", 1, false),
            ("a", "../../b", 1, true),
            ("a/b", "../c", 0, false),
            ("a/b", ".././/c/../d", 0, false),
            ("a/b", "../../repository/c", 0, true),
            ("a/b", "../c/../../d", 0, true),
            ("a/b", "..", 0, false),
            ("a/b", "..c", 0, false),
        ] {
            assert_eq!(leads_out(&RepoPath::existing(path), target, above), expected, "{path} -> {target}");
        }
    }

    #[test]
    fn the_repository_begins_at_its_git() {
        let directory = tempfile::tempdir().unwrap();
        let below = directory.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        std::fs::create_dir(directory.path().join(".git")).unwrap();
        assert_eq!([depth(directory.path()), depth(&below)], [0, 2]);
    }
}
