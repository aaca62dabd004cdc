//! Applies a [`Tree`] to a directory: what idpack wrote it may change, everything else it leaves alone.
//!
//! An environment's files stand in `<output>/<environment>/`; what idpack knows about them stands in `<output>/.idpack/`
//! ([`Marker`]). [`plan`] only reads: it compares the new tree with the directory and tells what [`apply`] would change,
//! and what stands in its way. All environments of a run are planned before the first of them is applied.
//!
//! A file that idpack would write or delete must be *clean*: equal to what the branch's tip holds, to what the marker says
//! idpack wrote last, or to the new tree. Anything else is a [`Conflict`] and nothing is changed. Bytes are compared, line
//! endings are never converted.
//!
//! # Interruptions
//!
//! [`apply`] may be stopped at any point and the next run needs no repair, whatever changed in the project meanwhile:
//!
//! 1. the marker is replaced by one that knows both what stands in the directory now and what is about to be written;
//! 2. each file is written into `.idpack` and renamed to its place, so that it is never seen half-written, and a stray
//!    temporary file never gets into a repository; orphans are removed, and directories that this empties;
//! 3. the marker is replaced by one that knows the new files only.
//!
//! Renames are not forced to the disk: the promise holds for a process that dies, not for a machine that loses power.

mod lock;
mod marker;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use lock::Lock;
pub use marker::{Digest, Marker};

use crate::source::Source;
use crate::tree::{RepoPath, Tree};

/// The directory of the markers and of the lock, in the output directory.
pub const STATE_DIRECTORY: &str = ".idpack";

/// The longest file that is read for comparison, in bytes. Rendered files are far smaller, so a longer one is not ours.
const MAX_FILE_LEN: u64 = 64 << 20;

/// Why an output directory could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The machine refused.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried, as a verb: `read`, `write`.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another run holds the lock.
    #[error("another idpack is writing to this output directory: it holds `{}`", .0.display())]
    Locked(PathBuf),
    /// A marker is not what idpack writes.
    #[error("`{}` cannot be understood: {reason}", path.display())]
    Marker {
        /// The marker's file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// `.idpack` or a part of it is not what it should be.
    #[error("`{}` is not a directory of its own", .0.display())]
    State(PathBuf),
    /// A tree needs one path twice, as a fault of the packs that rendered it.
    #[error("`{file}` is rendered as a file, and `{path}` needs it to be a directory")]
    Clash {
        /// The path that is a file.
        file: String,
        /// The path beneath it.
        path: RepoPath,
    },
    /// A text that Git cannot name, because it was made to collide.
    #[error("no digest: {0}")]
    Digest(String),
    /// Somebody was faster.
    #[error("`{}` changed while idpack was running", .0.display())]
    Changed(PathBuf),
    /// The plan cannot be carried out.
    #[error("{0}")]
    Conflict(Conflict),
}

impl Error {
    /// Returns what to do about it, if that is more than to mend what the message names.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Locked(_) => Some("wait until it has ended; the lock goes with the process that holds it"),
            Self::Marker { .. } => Some("delete the file: the next run then judges by the last commit alone"),
            Self::State(_) => Some("move it away; idpack keeps its notes there and never follows a link to them"),
            Self::Changed(_) => Some("run again when nothing else is writing there"),
            Self::Conflict(conflict) => Some(conflict.kind.help()),
            Self::Io { .. } | Self::Clash { .. } | Self::Digest(_) => None,
        }
    }
}

/// What an environment's directory is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// What idpack noted when it wrote last.
    pub marker: Option<&'a Marker>,
    /// The files at the branch's tip, if idpack made that commit. They are idpack's own even where no marker says so.
    pub head: &'a BTreeMap<RepoPath, Digest>,
    /// What the new tree was made from, by name; the next marker will say so.
    pub inputs: &'a BTreeMap<String, Digest>,
    /// Whether files that were changed by hand may be overwritten and deleted. Foreign files never are.
    pub discard_edits: bool,
}

/// What has to be done to turn an environment's directory into a tree.
#[derive(Debug)]
pub struct Plan {
    /// The changes, sorted by path. A file that was changed by hand is among them even if it is a conflict as well.
    pub changes: Vec<Change>,
    /// What stands in the way, sorted by path.
    pub conflicts: Vec<Conflict>,
    directory: PathBuf,
    marker_path: PathBuf,
    /// The marker while files are being written, and the one thereafter; `None` if the present one says all of it.
    intent: Option<Marker>,
    result: Option<Marker>,
}

/// One file that differs.
#[derive(Clone, Debug)]
pub struct Change {
    /// The file, relative to the environment's directory.
    pub path: RepoPath,
    /// What is there now.
    pub before: Option<Vec<u8>>,
    /// What will be there. The bytes may be equal to `before` when only the executable bit has to go.
    pub after: Option<Arc<Source>>,
    /// Whether the present content was written by hand.
    pub edited: bool,
}

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new.
    Create,
    /// Its content changes.
    Update,
    /// It was rendered before, and is no longer.
    Delete,
}

/// Something on disk that idpack must not touch and cannot go around.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("`{}` {kind}", path.display())]
pub struct Conflict {
    /// What stands in the way.
    pub path: PathBuf,
    /// Why it does.
    pub kind: ConflictKind,
}

/// Why a file cannot be written or deleted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum ConflictKind {
    /// idpack wrote the file and somebody changed it.
    #[error("was changed by hand after idpack wrote it")]
    HandEdit,
    /// idpack never wrote the file.
    #[error("is in the way: idpack has to write this file and did not write the one that is there")]
    Foreign,
    /// A directory with things in it that are not idpack's.
    #[error("is a directory where a file has to go")]
    Directory,
    /// A file that is not idpack's, and a directory is needed there.
    #[error("is a file where a directory has to go")]
    NotDirectory,
    /// A symbolic link, wherever it leads.
    #[error("is a symbolic link, which idpack does not follow")]
    Symlink,
    /// A pipe, a socket, a device.
    #[error("is neither a file nor a directory")]
    Special,
    /// It cannot be read, so it cannot be compared.
    #[error("cannot be compared: {0}")]
    Unreadable(String),
}

impl ConflictKind {
    /// Returns what to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::HandEdit => {
                "move the change into the descriptor or a template, or lose it: `--discard-edits` writes over it"
            }
            Self::Foreign => "move it away, or delete it if nobody needs it",
            Self::Directory | Self::NotDirectory | Self::Special => "move it away",
            Self::Symlink => "put the thing itself in its place",
            Self::Unreadable(_) => "make it readable, or move it away",
        }
    }
}

impl Plan {
    /// Tells whether the directory already holds exactly the tree, so that applying changes no file.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.changes.is_empty() && self.conflicts.is_empty()
    }

    /// Returns the environment's directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

impl Change {
    /// Returns what happens to the file.
    #[must_use]
    pub fn kind(&self) -> ChangeKind {
        match (&self.before, &self.after) {
            (None, _) => ChangeKind::Create,
            (Some(_), Some(_)) => ChangeKind::Update,
            (Some(_), None) => ChangeKind::Delete,
        }
    }
}

/// Returns the digest of every file of a tree.
///
/// # Errors
///
/// [`Error::Clash`] if a file of the tree is also a directory of it.
pub fn digests(tree: &Tree) -> Result<BTreeMap<RepoPath, Digest>, Error> {
    let files: BTreeSet<&str> = tree.iter().map(|(path, _)| path.as_str()).collect();
    tree.iter()
        .map(|(path, file)| match path.ancestors().find(|ancestor| files.contains(ancestor)) {
            Some(ancestor) => Err(Error::Clash { file: ancestor.to_owned(), path: path.clone() }),
            None => Ok((path.clone(), Digest::of(file.text().as_bytes())?)),
        })
        .collect()
}

/// Compares a tree with the directory of an environment. Changes nothing.
///
/// # Errors
///
/// Only faults of the tree itself. What is wrong on disk is a conflict in the plan, so that all of it is found at once.
pub fn plan(output: &Path, environment: &str, tree: &Tree, basis: Basis<'_>) -> Result<Plan, Error> {
    let directory = output.join(environment);
    let files = digests(tree)?;
    let mut owned = BTreeMap::<&RepoPath, BTreeSet<&Digest>>::new();
    for (path, digest) in basis.marker.into_iter().flat_map(Marker::known).chain(basis.head) {
        owned.entry(path).or_default().insert(digest);
    }
    let orphans: BTreeSet<&RepoPath> = owned.keys().copied().filter(|path| tree.get(path).is_none()).collect();

    let mut changes = Vec::new();
    let mut conflicts = BTreeSet::new();
    let mut present = BTreeMap::new();
    let new = tree.iter().map(|(path, file)| (path, Some(file)));
    for (path, after) in new.chain(orphans.iter().map(|path| (*path, None))) {
        let mut conflict = |relative: &str, kind| {
            conflicts.insert(Conflict { path: below(&directory, relative), kind });
        };
        let change = |before, edited| Change { path: path.clone(), before, after: after.cloned(), edited };
        match (observe(&directory, path), after) {
            (Found::File { bytes, executable: false }, Some(file)) if bytes == file.text().as_bytes() => {
                present.insert(path.clone(), files[path]);
            }
            (Found::File { bytes, .. }, _) => {
                let digest = Digest::of(&bytes)?;
                let is_new = after.is_some_and(|file| bytes == file.text().as_bytes());
                let ours = owned.get(path);
                if !is_new && ours.is_none() {
                    conflict(path.as_str(), ConflictKind::Foreign);
                    continue;
                }
                let edited = !is_new && ours.is_some_and(|digests| !digests.contains(&digest));
                if edited && !basis.discard_edits {
                    conflict(path.as_str(), ConflictKind::HandEdit);
                }
                present.insert(path.clone(), digest);
                changes.push(change(Some(bytes), edited));
            }
            (Found::Nothing, Some(_)) => changes.push(change(None, false)),
            (Found::UnderFile(parent), Some(_)) if orphans.contains(&parent) => changes.push(change(None, false)),
            (Found::UnderFile(parent), Some(_)) => conflict(parent.as_str(), ConflictKind::NotDirectory),
            (Found::Directory, Some(_)) if holds_only(&directory, path.as_str(), &orphans) => {
                changes.push(change(None, false));
            }
            (Found::Directory, Some(_)) => conflict(path.as_str(), ConflictKind::Directory),
            // An orphan that is gone already. What may stand there instead is nothing that anybody asked idpack about.
            (Found::Nothing | Found::UnderFile(_) | Found::Directory, None) => {}
            (Found::Obstacle(at, kind), _) => conflict(&at, kind),
        }
    }
    changes.sort_by(|a, b| a.path.cmp(&b.path));

    let intent = (!changes.is_empty()).then(|| {
        let written = changes.iter().filter(|change| change.after.is_some());
        let pending = written.map(|change| (change.path.clone(), files[&change.path])).collect();
        let inputs = basis.marker.map(Marker::inputs).cloned().unwrap_or_default();
        Marker::interrupted(inputs, present, pending)
    });
    let result = Marker::new(basis.inputs.clone(), files);
    let result = (intent.is_some() || basis.marker != Some(&result)).then_some(result);
    Ok(Plan {
        changes,
        conflicts: conflicts.into_iter().collect(),
        marker_path: Marker::path(output, environment),
        directory,
        intent,
        result,
    })
}

/// Carries out a plan, under the lock of its output directory.
///
/// # Errors
///
/// [`Error::Conflict`] if the plan has conflicts, [`Error::Changed`] if a file is no longer what it was when planned,
/// [`Error::Io`] with the path that could not be written. What was done until then stays, and is clean to the next run.
pub fn apply(plan: &Plan, lock: &Lock) -> Result<(), Error> {
    if let Some(conflict) = plan.conflicts.first() {
        return Err(Error::Conflict(conflict.clone()));
    }
    if let Some(marker) = &plan.intent {
        marker.write(&plan.marker_path, lock)?;
    }
    // Written first and deleted afterwards, so that whoever reads meanwhile misses nothing; but a file that has become a
    // directory, or a directory that has become a file, has to make room.
    let written = plan.changes.iter().filter(|change| change.after.is_some());
    let files: BTreeSet<&str> = written.clone().map(|change| change.path.as_str()).collect();
    let directories: BTreeSet<&str> = written.clone().flat_map(|change| change.path.ancestors()).collect();
    let (in_the_way, orphans): (Vec<_>, Vec<_>) =
        plan.changes.iter().filter(|change| change.after.is_none()).partition(|change| {
            directories.contains(change.path.as_str()) || change.path.ancestors().any(|parent| files.contains(parent))
        });
    for change in in_the_way.into_iter().chain(written).chain(orphans) {
        expect(&plan.directory, change)?;
        match &change.after {
            Some(file) => write(&plan.directory, change, file, lock)?,
            None => remove(&plan.directory, &change.path)?,
        }
    }
    if let Some(marker) = &plan.result {
        marker.write(&plan.marker_path, lock)?;
    }
    Ok(())
}

/// What stands at a path.
enum Found {
    Nothing,
    File {
        bytes: Vec<u8>,
        executable: bool,
    },
    Directory,
    /// A parent directory is a regular file.
    UnderFile(RepoPath),
    /// Something else, there or at a parent directory.
    Obstacle(String, ConflictKind),
}

/// Looks at a path, following no link below the output directory.
fn observe(directory: &Path, path: &RepoPath) -> Found {
    for parent in std::iter::once("").chain(path.ancestors()) {
        match fs::symlink_metadata(below(directory, parent)) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(metadata) => {
                return match RepoPath::new(parent) {
                    Ok(parent) if metadata.is_file() => Found::UnderFile(parent),
                    _ if metadata.is_file() => Found::Obstacle(parent.to_owned(), ConflictKind::NotDirectory),
                    _ => Found::Obstacle(parent.to_owned(), not_a_file(&metadata)),
                };
            }
            Err(error) => return missing_or_unreadable(parent, &error),
        }
    }
    let file = directory.join(path.as_str());
    match fs::symlink_metadata(&file) {
        Ok(metadata) if metadata.is_dir() => Found::Directory,
        Ok(metadata) if !metadata.is_file() => Found::Obstacle(path.to_string(), not_a_file(&metadata)),
        Ok(metadata) if metadata.len() > MAX_FILE_LEN => {
            Found::Obstacle(path.to_string(), ConflictKind::Unreadable("it is larger than 64 MiB".to_owned()))
        }
        Ok(metadata) => match read_limited(&file) {
            Ok(bytes) => Found::File { bytes, executable: is_executable(&metadata) },
            Err(error) => missing_or_unreadable(path.as_str(), &error),
        },
        Err(error) => missing_or_unreadable(path.as_str(), &error),
    }
}

/// Joins paths. An empty relative path adds no slash, which would make the system follow a link.
fn below(directory: &Path, relative: &str) -> PathBuf {
    if relative.is_empty() { directory.to_owned() } else { directory.join(relative) }
}

fn missing_or_unreadable(path: &str, error: &io::Error) -> Found {
    match error.kind() {
        io::ErrorKind::NotFound => Found::Nothing,
        _ => Found::Obstacle(path.to_owned(), ConflictKind::Unreadable(error.to_string())),
    }
}

fn not_a_file(metadata: &fs::Metadata) -> ConflictKind {
    if metadata.is_symlink() { ConflictKind::Symlink } else { ConflictKind::Special }
}

fn read_limited(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MAX_FILE_LEN + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Tells whether Git would record the file as executable: whether its owner may execute it.
#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}

/// Tells whether everything in a directory is an orphan of ours, so that deleting the orphans deletes the directory.
fn holds_only(directory: &Path, relative: &str, orphans: &BTreeSet<&RepoPath>) -> bool {
    let Ok(entries) = fs::read_dir(directory.join(relative)) else { return false };
    let is_parent = orphans.iter().any(|orphan| orphan.ancestors().any(|parent| parent == relative));
    is_parent
        && entries.into_iter().all(|entry| {
            let Ok(entry) = entry else { return false };
            let Ok(name) = entry.file_name().into_string() else { return false };
            let Ok(path) = RepoPath::new(format!("{relative}/{name}")) else { return false };
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => holds_only(directory, path.as_str(), orphans),
                Ok(kind) => kind.is_file() && orphans.contains(&path),
                Err(_) => false,
            }
        })
}

/// Makes sure that a file is still what it was when the change was planned.
fn expect(directory: &Path, change: &Change) -> Result<(), Error> {
    let unchanged = match observe(directory, &change.path) {
        Found::File { bytes, .. } => change.before.as_ref() == Some(&bytes),
        Found::Nothing => change.before.is_none(),
        // The orphans in it are gone. What remains, after an interruption, are empty directories.
        Found::Directory => change.before.is_none() && remove_empty(&directory.join(change.path.as_str())).is_ok(),
        Found::UnderFile(_) | Found::Obstacle(..) => false,
    };
    if unchanged { Ok(()) } else { Err(Error::Changed(directory.join(change.path.as_str()))) }
}

fn write(directory: &Path, change: &Change, file: &Source, lock: &Lock) -> Result<(), Error> {
    for parent in std::iter::once("").chain(change.path.ancestors()) {
        let parent = below(directory, parent);
        match fs::create_dir(&parent) {
            Ok(()) => open_directory(&parent),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
        .map_err(|source| Error::Io { action: "create the directory", path: parent, source })?;
    }
    let place = directory.join(change.path.as_str());
    replace(&place, file.text().as_bytes(), change.before.is_some(), lock).map_err(|source| Error::Io {
        action: "write",
        path: place,
        source,
    })
}

fn remove(directory: &Path, path: &RepoPath) -> Result<(), Error> {
    let file = directory.join(path.as_str());
    fs::remove_file(&file).map_err(|source| Error::Io { action: "delete", path: file, source })?;
    let parents: Vec<&str> = path.ancestors().collect();
    for parent in parents.into_iter().rev() {
        // Fails, as it should, where anything is left.
        if fs::remove_dir(directory.join(parent)).is_err() {
            break;
        }
    }
    Ok(())
}

/// Removes a directory that holds nothing but empty directories.
fn remove_empty(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        remove_empty(&entry.path())?;
    }
    fs::remove_dir(directory)
}

/// Puts a whole file in its place, with the permissions that Git gives a file, whatever the umask says.
fn replace(place: &Path, bytes: &[u8], may_exist: bool, lock: &Lock) -> io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(lock::TEMPORARY).tempfile_in(lock.directory())?;
    file.write_all(bytes)?;
    set_mode(file.path(), 0o644)?;
    let placed = if may_exist { file.persist(place) } else { file.persist_noclobber(place) };
    placed.map(drop).map_err(|failed| failed.error)
}

/// Writes a new file, with the directories above it, unless there is something at its path already. Tells whether it did.
///
/// # Errors
///
/// What the system says.
pub fn create(path: &Path, text: &str) -> io::Result<bool> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::File::create_new(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes a file as a whole, over the one that may be there.
///
/// # Errors
///
/// What the system says.
pub fn overwrite(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(lock::TEMPORARY).tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    set_mode(file.path(), 0o644)?;
    file.persist(path).map(drop).map_err(|failed| failed.error)
}

/// Gives a file another text, as a whole and with the permissions that it has.
///
/// # Errors
///
/// What the system says; and that it is no regular file, or that its text is another one than `before` by now.
pub fn rewrite(path: &Path, before: &str, after: &str) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_file() || read_limited(path)? != before.as_bytes() {
        return Err(io::Error::other("it has changed since it was read"));
    }
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(lock::TEMPORARY).tempfile_in(directory)?;
    file.write_all(after.as_bytes())?;
    fs::set_permissions(file.path(), metadata.permissions())?;
    file.persist(path).map(drop).map_err(|failed| failed.error)
}

/// Adds to the end of a file that may not be there yet.
///
/// # Errors
///
/// What the system says.
pub fn append(path: &Path, text: &str) -> io::Result<()> {
    fs::OpenOptions::new().create(true).append(true).open(path)?.write_all(text.as_bytes())
}

/// Gives a directory the permissions that it would have without a umask; temporary ones are closed to others.
pub(crate) fn open_directory(directory: &Path) -> io::Result<()> {
    set_mode(directory, 0o755)
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
