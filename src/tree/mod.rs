//! A directory tree as a value: sorted paths and the text at each.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::{DirEntry, WalkDir};

use crate::source::Source;

mod ignored;
mod links;
mod listing;

pub use ignored::KeptBack;
pub use listing::{Kind, Listing, MAX_WHOLE, Part, Parts, STDIN, Target, plain};

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

    /// Takes the path of a file that exists. A foreign tree may call its files what idpack would not.
    pub(crate) fn existing(path: impl Into<String>) -> Self {
        Self(path.into())
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

/// Texts that are to take the place of files, by what findings call these; nothing is written yet.
#[derive(Clone, Debug, Default)]
pub struct Edits(BTreeMap<String, Arc<str>>);

impl Edits {
    /// Gives a file another text.
    pub fn insert(&mut self, shown: &str, text: &str) {
        self.0.insert(shown.to_owned(), text.into());
    }

    /// Leaves a file as it is.
    pub fn remove(&mut self, shown: &str) {
        self.0.remove(shown);
    }

    /// Returns the text that takes the place of a file.
    #[must_use]
    pub fn get(&self, shown: &str) -> Option<&str> {
        self.0.get(shown).map(|text| &**text)
    }

    /// Walks through the files and their texts.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(shown, text)| (shown.as_str(), &**text))
    }

    /// Returns a file as it is to be.
    #[must_use]
    pub fn of(&self, source: Arc<Source>) -> Arc<Source> {
        match self.get(source.name()) {
            Some(text) => Source::new(source.name(), text),
            None => source,
        }
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

    /// Gives files the texts that they are to have.
    #[must_use]
    pub fn edited(self, edits: &Edits) -> Self {
        Self { files: self.files.into_iter().map(|(path, source)| (path, edits.of(source))).collect() }
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

/// Why a file or directory of the project cannot be read. The fault lies with the project or its permissions.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {reason}", path.display())]
pub struct ReadError {
    path: PathBuf,
    reason: String,
}

/// The largest file that [`read_directory`] takes, in bytes.
const MAX_FILE: u64 = 16 << 20;

/// Reads the wanted files below `root/directory`, sorted; a directory that does not exist holds none.
///
/// Paths in the tree are relative to `root`; findings name files as `shown_root` joined with that path. Hidden files and
/// directories are passed over.
///
/// # Errors
///
/// Names everything that is wanted but is no regular UTF-8 file of at most 16 MiB: symbolic links (they could lead out of
/// the project), FIFOs, files without read permission.
pub fn read_directory(
    root: &Path,
    shown_root: &Path,
    directory: &str,
    wanted: fn(&str) -> bool,
) -> Result<Tree, Vec<ReadError>> {
    let start = root.join(directory);
    let (mut tree, mut errors) = (Tree::default(), Vec::new());
    match start.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(tree),
        Ok(metadata) if metadata.is_symlink() => {
            return Err(vec![ReadError { path: shown_root.join(directory), reason: LINK.to_owned() }]);
        }
        _ => {}
    }
    let is_hidden = |entry: &DirEntry| entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
    for entry in WalkDir::new(&start).sort_by_file_name().into_iter().filter_entry(|entry| !is_hidden(entry)) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().unwrap_or(&start).to_owned();
                let reason =
                    error.into_io_error().map_or_else(|| "a loop of links".to_owned(), |error| error.to_string());
                errors.push(ReadError { path, reason });
                continue;
            }
        };
        if entry.file_type().is_dir() {
            continue;
        }
        let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
        let shown = shown_root.join(path);
        if entry.file_type().is_symlink() {
            errors.push(ReadError { path: shown, reason: LINK.to_owned() });
            continue;
        }
        let Some(name) = path.to_str().map(|path| path.replace(std::path::MAIN_SEPARATOR, "/")) else {
            errors.push(ReadError { path: shown, reason: "its name is not UTF-8; rename it".to_owned() });
            continue;
        };
        if !wanted(&name) {
            continue;
        }
        match read(entry.path(), &shown).and_then(|source| Ok((repo_path(&shown, name)?, source))) {
            Ok((path, source)) => drop(tree.insert(path, source)),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(tree) } else { Err(errors) }
}

/// Reads one file of a project, `None` if it does not exist. See [`read_directory`] for the arguments.
///
/// # Errors
///
/// See [`read_directory`].
pub fn read_file(root: &Path, shown_root: &Path, name: &str) -> Result<Option<(RepoPath, Arc<Source>)>, ReadError> {
    let path = root.join(name);
    if path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Ok(None);
    }
    let source = read(&path, &shown_root.join(name))?;
    Ok(Some((repo_path(&path, name.to_owned())?, source)))
}

/// Reads a file again, whose name is what findings call it, to write it anew.
///
/// # Errors
///
/// Refuses what is better left alone: a link, of which nobody knows where it leads; what is no regular file, no UTF-8, too
/// large, or, if it `is_written`, protected from that.
pub fn read_again(shown: &str, is_written: bool) -> Result<String, ReadError> {
    let path = Path::new(shown);
    let fail = |reason: &str| ReadError { path: path.to_owned(), reason: reason.to_owned() };
    let metadata = path.symlink_metadata().map_err(|error| fail(&error.to_string()))?;
    if metadata.is_symlink() {
        return Err(fail("it is a symbolic link; name the file that it leads to"));
    }
    if !metadata.is_file() {
        return Err(fail("it is not a regular file"));
    }
    if metadata.len() > MAX_FIXED {
        return Err(fail("it is too large to be written anew"));
    }
    if is_written && metadata.permissions().readonly() {
        return Err(fail("it is protected from being written"));
    }
    let bytes = std::fs::read(path).map_err(|error| fail(&error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| fail("it is not UTF-8"))
}

/// The largest file that [`read_again`] takes, in bytes.
const MAX_FIXED: u64 = 64 << 20;

/// Why a link is no file of a project.
const LINK: &str = "it is a symbolic link, which could lead out of the project; put the thing itself here";

fn read(path: &Path, shown: &Path) -> Result<Arc<Source>, ReadError> {
    let fail = |reason: String| ReadError { path: shown.to_owned(), reason };
    let metadata = path.symlink_metadata().map_err(|error| fail(error.to_string()))?;
    if metadata.is_symlink() {
        return Err(fail(
            "it is a symbolic link, which could lead out of the project; put the file itself here".to_owned(),
        ));
    }
    if !metadata.is_file() {
        return Err(fail("it is not a regular file".to_owned()));
    }
    if metadata.len() > MAX_FILE {
        return Err(fail(format!("it has {} bytes, more than the {MAX_FILE} that make sense here", metadata.len())));
    }
    let bytes = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let line = String::from_utf8_lossy(&error.as_bytes()[..offset]).matches('\n').count() + 1;
        fail(format!("line {line} is not UTF-8; save the file as UTF-8"))
    })?;
    Ok(Source::new(shown.to_string_lossy(), text))
}

fn repo_path(path: &Path, name: String) -> Result<RepoPath, ReadError> {
    RepoPath::new(name).map_err(|error| ReadError { path: path.to_owned(), reason: error.to_string() })
}

/// Follows a relative path from a directory of a tree. Returns `None` if it leaves the tree.
#[must_use]
pub fn join(base: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
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

    #[test]
    fn followed_paths_stay_in_the_tree() {
        assert_eq!(join("a/b", "../c/./d/"), Some("a/c/d".to_owned()));
        assert_eq!(join("", "."), Some(String::new()));
        assert_eq!(join("a", "../.."), None);
    }
}
