//! A directory tree as a value: sorted paths and the text at each.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::fmt;
use std::sync::Arc;

use crate::source::Source;

/// A relative path of a file in a repository: `/` between parts, each part portable and harmless.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(String);

/// Why a text is no [`RepoPath`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` cannot be a file of a repository: {reason}")]
pub struct RepoPathError {
    path: String,
    reason: &'static str,
}

impl RepoPath {
    /// Checks a path.
    ///
    /// # Errors
    ///
    /// Refuses what could leave the repository, hurt Git, or not exist on every system: absolute paths, empty parts, `.`,
    /// `..`, any spelling of `.git`, backslashes, colons, control characters, parts that end in a dot or a blank.
    pub fn new(path: impl Into<String>) -> Result<Self, RepoPathError> {
        let path = path.into();
        let reason = path.split('/').find_map(|part| {
            let lower = part.to_ascii_lowercase();
            match part {
                "" => Some("it has an empty part"),
                "." | ".." => Some("it has a part that is not a name"),
                _ if lower == ".git" || lower == "git~1" => Some("`.git` belongs to Git"),
                _ if part.contains(['\\', ':', '<', '>', '"', '|', '?', '*']) || part.contains(char::is_control) => {
                    Some("it has a character that some systems refuse in file names")
                }
                _ if part.ends_with(['.', ' ']) => Some("a part ends in a dot or a blank"),
                _ => None,
            }
        });
        match reason {
            Some(reason) => Err(RepoPathError { path, reason }),
            None => Ok(Self(path)),
        }
    }

    /// Returns the path with `/` between its parts.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the directory parts from the root downwards: `a` and `a/b` of `a/b/c`.
    pub fn ancestors(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').map(|(index, _)| &self.0[..index])
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Files by path, sorted.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    files: BTreeMap<RepoPath, Arc<Source>>,
}

impl Tree {
    /// Puts a file in. Returns the one that was there.
    pub fn insert(&mut self, path: RepoPath, file: Arc<Source>) -> Option<Arc<Source>> {
        self.files.insert(path, file)
    }

    /// Returns the file at a path.
    #[must_use]
    pub fn get(&self, path: &RepoPath) -> Option<&Arc<Source>> {
        self.files.get(path)
    }

    /// Walks through the files in the order of their paths.
    pub fn iter(&self) -> btree_map::Iter<'_, RepoPath, Arc<Source>> {
        self.files.iter()
    }

    /// Returns the number of files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Tells whether there is no file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

impl<'a> IntoIterator for &'a Tree {
    type Item = (&'a RepoPath, &'a Arc<Source>);
    type IntoIter = btree_map::Iter<'a, RepoPath, Arc<Source>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside_and_portable() {
        for good in ["dev.yaml", "dev/apps/a-b.yaml", ".gitignore", "a b/c"] {
            assert!(RepoPath::new(good).is_ok(), "{good}");
        }
        for bad in ["", "/a", "a//b", "../a", "a/./b", ".git/config", "x/.GIT", "git~1", "a\\b", "c:", "a.", "a\nb"] {
            assert!(RepoPath::new(bad).is_err(), "{bad:?}");
        }
    }
}
