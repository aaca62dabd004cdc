//! The commit that a project stands at.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use git2::{ObjectType, Oid, RepositoryOpenFlags};

use crate::output::Digest;

/// The commit that holds exactly the inputs of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceCommit {
    /// The commit.
    pub id: Oid,
    /// When it was committed, in seconds since 1970-01-01T00:00:00Z.
    pub time: i64,
}

/// Returns the commit that the project's inputs were taken from: HEAD of the repository around the project, if it holds
/// every input as it was read, and no file below `directories` that is missing on disk.
///
/// The paths of `inputs`, and `directories`, are relative to the project, with `/` between their parts.
///
/// `None` means that there is no such commit, or none that can be trusted: no repository, changes that are not committed,
/// a format that libgit2 cannot read, an owner that Git does not trust.
#[must_use]
pub fn source_commit(project: &Path, inputs: &BTreeMap<String, Digest>, directories: &[&str]) -> Option<SourceCommit> {
    let project = project.canonicalize().ok()?;
    let root = super::root_of(&project)?;
    let repository = git2::Repository::open_ext(root, RepositoryOpenFlags::NO_SEARCH, [""; 0]).ok()?;
    let commit = repository.head().ok()?.peel_to_commit().ok()?;

    let mut tree = commit.tree().ok()?;
    for part in project.strip_prefix(root).ok()?.components() {
        let Component::Normal(name) = part else { return None };
        let id = tree.get_name(name.to_str()?)?.id();
        tree = repository.find_tree(id).ok()?;
    }
    let is_committed = |(path, digest): (&String, &Digest)| {
        let entry = tree.get_path(Path::new(path));
        entry.is_ok_and(|entry| entry.id() == digest.0 && matches!(entry.filemode(), 0o100_644 | 0o100_755))
    };
    let is_complete = |directory: &&str| match tree.get_path(Path::new(directory)) {
        Ok(entry) if entry.kind() == Some(ObjectType::Tree) => {
            let mut is_complete = true;
            let found = repository.find_tree(entry.id()).and_then(|committed| {
                committed.walk(git2::TreeWalkMode::PreOrder, |parent, entry| {
                    let on_disk = entry.name().map(|name| project.join(directory).join(parent).join(name));
                    is_complete &= on_disk.is_ok_and(|path| path.symlink_metadata().is_ok());
                    if is_complete { git2::TreeWalkResult::Ok } else { git2::TreeWalkResult::Abort }
                })
            });
            found.is_ok() && is_complete
        }
        _ => true,
    };
    let is_clean = inputs.iter().all(is_committed) && directories.iter().all(is_complete);
    is_clean.then(|| SourceCommit { id: commit.id(), time: commit.time().seconds() })
}
