//! The files of a commit, without a working tree.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use git2::{ObjectType, Repository, RepositoryOpenFlags, TreeWalkMode, TreeWalkResult};

use crate::tree::{Kind, Listing, Part, RepoPath};

/// The mode of a symbolic link in a tree of Git.
const LINK: i32 = 0o120_000;

/// Why a revision cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RevisionError {
    /// There is no repository around the directory.
    #[error("`{0}` is in no Git repository")]
    NoRepository(String),
    /// The repository does not know the revision, or it is no commit.
    #[error("`{revision}` names no commit here: {reason}")]
    Unknown {
        /// What was asked for.
        revision: String,
        /// What libgit2 says.
        reason: String,
    },
    /// The commit does not have the directory.
    #[error("`{directory}` does not exist at `{revision}`")]
    NoDirectory {
        /// What was asked for.
        directory: String,
        /// At this revision.
        revision: String,
    },
    /// Git itself.
    #[error("cannot read the repository: {0}")]
    Git(#[from] git2::Error),
}

/// Returns the root of the working tree that a path lies in.
#[must_use]
pub fn root_of(path: &Path) -> Option<&Path> {
    path.ancestors().find(|ancestor| ancestor.join(".git").exists())
}

/// Lists what a directory held at a revision, in memory. Only files that `wanted` says are read; findings call them
/// `REVISION:` and their path from the root of the repository. What a submodule holds is not looked into.
///
/// # Errors
///
/// See [`RevisionError`].
pub fn read_revision(
    directory: &Path,
    revision: &str,
    wanted: impl Fn(&str) -> bool,
) -> Result<Listing, RevisionError> {
    let shown = || directory.display().to_string();
    let absolute = directory.canonicalize().or_else(|_| std::path::absolute(directory));
    let absolute = absolute.map_err(|_| RevisionError::NoRepository(shown()))?;
    let root = root_of(&absolute).ok_or_else(|| RevisionError::NoRepository(shown()))?;
    let repository = Repository::open_ext(root, RepositoryOpenFlags::NO_SEARCH, [""; 0])?;
    let unknown = |error: git2::Error| RevisionError::Unknown {
        revision: revision.to_owned(),
        reason: error.message().to_owned(),
    };
    let commit = repository.revparse_single(revision).and_then(|object| object.peel_to_commit()).map_err(unknown)?;
    let mut tree = commit.tree()?;
    let (mut prefix, mut above) = (format!("{revision}:"), 0);
    for part in absolute.strip_prefix(root).unwrap_or(Path::new("")).components() {
        let missing = || RevisionError::NoDirectory { directory: shown(), revision: revision.to_owned() };
        let Component::Normal(name) = part else { return Err(missing()) };
        let name = name.to_str().ok_or_else(missing)?;
        let entry = tree.get_name(name).filter(|entry| entry.kind() == Some(ObjectType::Tree)).ok_or_else(missing)?;
        let below = repository.find_tree(entry.id())?;
        drop(entry);
        tree = below;
        prefix += name;
        prefix.push('/');
        above += 1;
    }
    let (mut files, mut others, mut links, mut fault) = (BTreeMap::new(), Vec::new(), Vec::new(), None);
    if absolute == root {
        others.push((RepoPath::existing(""), Kind::Repository));
    }
    tree.walk(TreeWalkMode::PreOrder, |parent, entry| {
        let path = format!("{parent}{}", String::from_utf8_lossy(entry.name_bytes()));
        let other = match entry.kind() {
            Some(ObjectType::Blob) if entry.filemode() == LINK => Some(Kind::Link),
            Some(ObjectType::Blob) if wanted(&path) => None,
            Some(ObjectType::Blob) => Some(Kind::File),
            Some(ObjectType::Commit) => Some(Kind::Link),
            _ => return TreeWalkResult::Ok,
        };
        if let Some(kind) = other {
            if let Some(target) = (entry.filemode() == LINK).then(|| repository.find_blob(entry.id()).ok()).flatten() {
                let target = String::from_utf8_lossy(target.content()).into_owned();
                links.push((RepoPath::existing(path.as_str()), target));
            }
            others.push((RepoPath::existing(path), kind));
            return TreeWalkResult::Ok;
        }
        match repository.find_blob(entry.id()) {
            Ok(blob) => {
                let part = Part::new(&format!("{prefix}{path}"), blob.content().to_vec(), 1);
                files.insert(RepoPath::existing(path), part);
                TreeWalkResult::Ok
            }
            Err(error) => {
                fault = Some(error);
                TreeWalkResult::Abort
            }
        }
    })
    .or_else(|error| if fault.is_some() { Ok(()) } else { Err(error) })?;
    match fault {
        Some(error) => Err(error.into()),
        None => Ok(Listing::of_parts(files, others).with_links(links, above)),
    }
}
