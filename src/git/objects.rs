//! Trees, blobs and index entries.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::Path;

use git2::{IndexEntry, IndexTime, ObjectType, Oid, Signature};

use crate::output::{self, Digest};
use crate::tree::{RepoPath, Tree};

/// The mode of every file that idpack commits: regular, not executable.
const FILE: u32 = 0o100_644;

/// Returns the id of the tree object that holds a tree, without writing anything.
///
/// # Errors
///
/// [`output::Error::Clash`] if a file of the tree is also a directory of it.
pub fn tree_id(tree: &Tree) -> Result<Oid, output::Error> {
    hash_trees(&output::digests(tree)?)
}

/// Returns the id of the tree object of some files, none of which is a directory of another.
pub(super) fn hash_trees(files: &BTreeMap<RepoPath, Digest>) -> Result<Oid, output::Error> {
    let files: Vec<_> = files.iter().map(|(path, digest)| (path.as_str(), digest.0)).collect();
    let id = build_trees(&files, &mut |bytes| Oid::hash_object(ObjectType::Tree, bytes));
    id.map_err(|error| output::Error::Digest(error.message().to_owned()))
}

/// Writes a commit of a tree and whatever objects of it are missing, but no reference to it.
///
/// The first commit's objects go into one pack, which takes a third less time and inodes than a file for each. Later ones
/// are few, and a pack for each commit would only make more work for whoever looks an object up.
pub(super) fn write_commit(
    repository: &git2::Repository,
    tree: &Tree,
    parent: Option<Oid>,
    signature: &Signature<'_>,
    message: &str,
) -> Result<Oid, git2::Error> {
    /// Before libgit2's own places for objects, which have the priorities 1 and 2 (`src/libgit2/odb.h`).
    const FIRST: i32 = 1000;
    let objects = repository.odb()?;
    let memory = if parent.is_none() { Some(objects.add_new_mempack_backend(FIRST)?) } else { None };

    let mut files = Vec::with_capacity(tree.len());
    for (path, file) in tree {
        files.push((path.as_str(), objects.write(ObjectType::Blob, file.text().as_bytes())?));
    }
    let root = build_trees(&files, &mut |bytes| objects.write(ObjectType::Tree, bytes))?;
    let parents = parent.map(|id| repository.find_commit(id)).transpose()?;
    let parents: Vec<_> = parents.iter().collect();
    let commit = repository.commit(None, signature, signature, message, &repository.find_tree(root)?, &parents)?;

    if let Some(memory) = memory {
        let mut pack = git2::Buf::new();
        memory.dump(repository, &mut pack)?;
        let mut writer = objects.packwriter()?;
        writer.write_all(&pack).map_err(|error| git2::Error::from_str(&error.to_string()))?;
        writer.commit()?;
    }
    Ok(commit)
}

/// Builds the tree objects of sorted files, each directory after those in it, and returns the id of the root's.
///
/// Git sorts a tree's entries as if the names of directories ended in `/` (`gitformat` of trees, `base_name_compare` in
/// Git's `read-cache.c`). That is the order in which the first file of each entry stands among all sorted paths, so that
/// nothing has to be sorted here.
fn build_trees(
    files: &[(&str, Oid)],
    write: &mut dyn FnMut(&[u8]) -> Result<Oid, git2::Error>,
) -> Result<Oid, git2::Error> {
    let mut tree = Vec::new();
    let mut rest = files;
    while let Some((path, id)) = rest.first() {
        let (mode, name, id, len) = match path.split_once('/') {
            None => ("100644", *path, *id, 1),
            Some((directory, _)) => {
                let within = |path: &str| path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'));
                let len = rest.iter().take_while(|(path, _)| within(path)).count();
                let files: Vec<_> = rest[..len].iter().map(|(path, id)| (&path[directory.len() + 1..], *id)).collect();
                ("40000", directory, build_trees(&files, write)?, len)
            }
        };
        tree.extend_from_slice(format!("{mode} {name}\0").as_bytes());
        tree.extend_from_slice(id.as_bytes());
        rest = &rest[len..];
    }
    write(&tree)
}

/// Reads the files of a tree object, `None` if idpack cannot have written it: anything but plain files with plain names.
pub(super) fn files(
    repository: &git2::Repository,
    root: Oid,
) -> Result<Option<BTreeMap<RepoPath, Digest>>, git2::Error> {
    let mut files = BTreeMap::new();
    let mut directories = vec![(String::new(), root)];
    while let Some((prefix, id)) = directories.pop() {
        for entry in &repository.find_tree(id)? {
            let Ok(name) = entry.name() else { return Ok(None) };
            let Ok(path) = RepoPath::new(format!("{prefix}{name}")) else { return Ok(None) };
            match (entry.kind(), u32::try_from(entry.filemode_raw())) {
                (Some(ObjectType::Tree), _) => directories.push((format!("{path}/"), entry.id())),
                (Some(ObjectType::Blob), Ok(FILE)) => drop(files.insert(path, Digest(entry.id()))),
                _ => return Ok(None),
            }
        }
    }
    Ok(Some(files))
}

/// Reads the files of an index, `None` if idpack cannot have written it.
pub(super) fn index_files(index: &git2::Index) -> Option<BTreeMap<RepoPath, Digest>> {
    index.iter().map(|entry| Some((index_path(&entry)?, is_plain(&entry).then_some(Digest(entry.id))?))).collect()
}

/// Names the files in which an index differs from others.
pub(super) fn index_differences(index: &git2::Index, files: &BTreeMap<RepoPath, Digest>) -> Vec<String> {
    let mut missing: BTreeSet<String> = files.keys().map(RepoPath::to_string).collect();
    let mut differing = BTreeSet::new();
    for entry in index.iter() {
        let name = String::from_utf8_lossy(&entry.path).into_owned();
        missing.remove(&name);
        let committed = index_path(&entry).and_then(|path| files.get(&path).copied());
        if committed != Some(Digest(entry.id)) || !is_plain(&entry) {
            differing.insert(name);
        }
    }
    differing.append(&mut missing);
    differing.into_iter().collect()
}

fn index_path(entry: &IndexEntry) -> Option<RepoPath> {
    RepoPath::new(str::from_utf8(&entry.path).ok()?).ok()
}

/// Tells whether an index entry is a regular file without conflict: bits 12 and 13 of the flags are the merge stage
/// (`gitformat-index(5)`).
fn is_plain(entry: &IndexEntry) -> bool {
    entry.mode == FILE && entry.flags & 0x3000 == 0
}

/// Creates the index entry of a file. What the file system knows of it goes in only if the file holds `content`, so that
/// Git looks again at a file that changed under our hands.
pub(super) fn index_entry(path: &RepoPath, digest: Digest, on_disk: &Path, content: &[u8]) -> IndexEntry {
    let entry = IndexEntry {
        ctime: IndexTime::new(0, 0),
        mtime: IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode: FILE,
        uid: 0,
        gid: 0,
        file_size: 0,
        id: digest.0,
        flags: 0,
        flags_extended: 0,
        path: path.as_str().as_bytes().to_vec(),
    };
    match fs::symlink_metadata(on_disk) {
        Ok(metadata) if metadata.is_file() && fs::read(on_disk).is_ok_and(|bytes| bytes == content) => {
            with_metadata(entry, &metadata)
        }
        _ => entry,
    }
}

/// Git keeps the lower 32 bits of each number (`gitformat-index(5)`).
#[cfg(unix)]
fn with_metadata(entry: IndexEntry, metadata: &fs::Metadata) -> IndexEntry {
    use std::os::unix::fs::MetadataExt as _;
    let low = |number: u64| u32::try_from(number & u64::from(u32::MAX)).unwrap_or_default();
    let time = |seconds: i64, nanoseconds: i64| {
        IndexTime::new(i32::try_from(seconds).unwrap_or_default(), u32::try_from(nanoseconds).unwrap_or_default())
    };
    IndexEntry {
        ctime: time(metadata.ctime(), metadata.ctime_nsec()),
        mtime: time(metadata.mtime(), metadata.mtime_nsec()),
        dev: low(metadata.dev()),
        ino: low(metadata.ino()),
        uid: metadata.uid(),
        gid: metadata.gid(),
        file_size: low(metadata.size()),
        ..entry
    }
}

/// Elsewhere Git keeps other numbers than the system's; it fills them in when it first compares the file.
#[cfg(not(unix))]
fn with_metadata(entry: IndexEntry, _: &fs::Metadata) -> IndexEntry {
    entry
}
