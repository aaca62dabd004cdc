//! Commits a [`Tree`] to a repository of its own, and changes nothing that is not idpack's.
//!
//! [`read`] only reads: it opens an environment's repository, makes sure that its branch is one that idpack may move, and
//! returns what stands at its tip as plain data. [`commit`] then makes one commit of a tree, or none if the tip holds
//! that tree already. The order of a run, with [`output`]:
//!
//! 1. [`output::Lock::acquire`], [`read`] and [`output::plan`] for every environment: nothing has been written;
//! 2. for each environment [`output::apply`], which writes the files and the marker, then [`commit`], which writes
//!    objects, then the branch, then the index.
//!
//! It may end at any point and the next run needs no repair. Files without a commit are what the marker says idpack
//! wrote; objects without a reference are garbage to Git; a branch without its index is found by comparing trees: the
//! index then still is the parent's, and is written anew.
//!
//! # Whose branch it is
//!
//! `main` belongs to idpack while it does not exist, or while the commit at its tip names the environment in the trailer
//! [`TRAILER`], and has one and the same author and committer. Whoever amends, rebases or cherry-picks such a commit
//! becomes its committer, and whoever commits on top makes a tip without the trailer; either is refused. So the files at
//! a tip that is ours are exactly those that idpack rendered.
//!
//! # What may not change a result
//!
//! Every path is explicit and no repository is searched for, so that `GIT_DIR` and its kin have no say: libgit2 1.9.7
//! reads them only when asked to (`src/libgit2/repository.c`, `use_env`). Once a repository is open, its own `config` is
//! the only one that counts. To open it, libgit2 also reads the user's and the system's configuration, which cannot be
//! prevented without unsafe code: it decides whether to trust a repository of another user (`safe.directory`), and an
//! unreadable one is an error, as it is to Git. Neither can change the bytes of a commit. Author, time and message are
//! arguments, also in the reflog. Filters, hooks and line-ending conversion do not take part.

mod error;
mod objects;
mod revision;
mod source;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use git2::{ErrorCode, Oid, RepositoryOpenFlags, RepositoryState, Signature, Time};

pub use error::{Error, Fault};
pub use objects::tree_id;
pub use revision::{RevisionError, read_revision, root_of};
pub use source::{SourceCommit, source_commit};

use crate::output::{self, Digest, Lock};
use crate::tree::{RepoPath, Tree};

/// The trailer of every commit that idpack makes; its value is the environment's name.
pub const TRAILER: &str = "Idpack-Environment";

/// The branch that idpack commits to, the one that idpbuilder creates in Gitea.
const BRANCH: &str = "refs/heads/main";

/// A new repository's configuration. The line endings are pinned because idpack compares bytes, the reflog because bare
/// repositories keep none by default.
const CONFIG: [&str; 2] = [
    "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n\tautocrlf = false\n",
    "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n\tlogallrefupdates = true\n",
];

/// Where a repository is, or will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The working tree, or the bare repository itself.
    pub directory: PathBuf,
    /// Whether there is no working tree.
    pub bare: bool,
}

/// The branch of an environment as it was found.
#[derive(Clone, Debug)]
pub struct Branch {
    place: Place,
    environment: String,
    tip: Option<Tip>,
    index_is_current: bool,
}

/// The commit at the tip of a branch. idpack made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    /// The commit.
    pub commit: Oid,
    /// Its tree.
    pub tree: Oid,
    /// The files of the tree.
    pub files: BTreeMap<RepoPath, Digest>,
}

/// What a commit says about itself.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Author and committer.
    pub name: &'a str,
    /// Their address.
    pub email: &'a str,
    /// When, in seconds since 1970-01-01T00:00:00Z. Commits show it in UTC.
    pub time: i64,
    /// The first line.
    pub subject: &'a str,
    /// The text below, may be empty.
    pub body: &'a str,
    /// Further trailers, below the one that names the environment.
    pub trailers: &'a [(&'a str, &'a str)],
}

/// What became of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was made.
    Created(Oid),
    /// The tip, which this is, holds the same tree.
    Unchanged(Oid),
}

impl Place {
    fn git_directory(&self) -> PathBuf {
        if self.bare { self.directory.clone() } else { self.directory.join(".git") }
    }
}

impl Branch {
    /// Returns the commit at the tip, `None` while there is none.
    #[must_use]
    pub fn tip(&self) -> Option<&Tip> {
        self.tip.as_ref()
    }
}

impl Message<'_> {
    /// libgit2 1.9.7 writes a line break in a name as it is (`src/libgit2/signature.c`), which makes a damaged commit.
    fn signature(&self) -> Result<Signature<'static>, Fault> {
        let is_plain = |text: &str| !text.contains(|char: char| char.is_control() || "<>".contains(char));
        let signature = Signature::new(self.name, self.email, &Time::new(self.time, 0));
        let signature = signature.ok().filter(|_| is_plain(self.name) && is_plain(self.email));
        signature.ok_or_else(|| Fault::Identity(format!("{} <{}>", self.name, self.email)))
    }

    fn text(&self, environment: &str) -> String {
        let trailers = [(TRAILER, environment)].into_iter().chain(self.trailers.iter().copied());
        let trailers: Vec<String> = trailers.map(|(key, value)| format!("{key}: {value}")).collect();
        let paragraphs = [self.subject, self.body.trim_end(), &trailers.join("\n")];
        paragraphs.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n") + "\n"
    }
}

/// Reads the repository of an environment, or finds that there is none yet. Changes nothing.
///
/// # Errors
///
/// A [`Fault`] if there is a repository that idpack cannot read or must not commit to, or something else in its place.
pub fn read(place: &Place, environment: &str) -> Result<Branch, Error> {
    let read = open(place).and_then(|repository| match &repository {
        Some(repository) => examine(place, repository, environment),
        None => Ok((None, true)),
    });
    let (tip, index_is_current) = read.map_err(|fault| Error { path: place.directory.clone(), fault })?;
    Ok(Branch { place: place.clone(), environment: environment.to_owned(), tip, index_is_current })
}

/// Makes sure that the branch of a repository is one to commit to. Returns its tip, and whether the index is that of the
/// tip.
fn examine(place: &Place, repository: &git2::Repository, environment: &str) -> Result<(Option<Tip>, bool), Fault> {
    refuse_if_in_use(repository)?;
    match repository.find_reference("HEAD")?.symbolic_target()? {
        Some(BRANCH) => {}
        Some(other) => return Err(Fault::OtherBranch(other.trim_start_matches("refs/heads/").to_owned())),
        None => return Err(Fault::Detached),
    }
    let mut parent = None;
    let mut tip = None;
    if let Some(id) = tip_of(repository)? {
        let commit = repository.find_commit(id)?;
        let files = if is_ours(&commit, environment) { objects::files(repository, commit.tree_id())? } else { None };
        let Some(files) = files else { return Err(not_ours(&commit, environment)) };
        tip = Some(Tip { commit: id, tree: commit.tree_id(), files });
        // A shallow clone does not have it.
        parent = commit.parent(0).ok().map(|parent| parent.tree_id());
    }
    let index_is_current = place.bare || is_index_current(repository, tip.as_ref(), parent)?;
    Ok((tip, index_is_current))
}

/// Commits a tree on top of what [`read`] found, under the lock of the output directory. Creates the repository if there
/// is none, and leaves the index equal to the tree.
///
/// # Errors
///
/// A [`Fault`], among them [`Fault::Moved`] if the branch is no longer where it was read: the branch and its index are
/// then as before. If the index alone cannot be written, the commit stands, and the next run writes the index.
pub fn commit(branch: &Branch, tree: &Tree, message: &Message<'_>, lock: &Lock) -> Result<Outcome, Error> {
    commit_tree(branch, tree, message, lock).map_err(|fault| Error { path: branch.place.directory.clone(), fault })
}

fn commit_tree(branch: &Branch, tree: &Tree, message: &Message<'_>, lock: &Lock) -> Result<Outcome, Fault> {
    let place = &branch.place;
    let files = output::digests(tree)?;
    let id = objects::hash_trees(&files)?;
    if let Some(tip) = branch.tip.as_ref().filter(|tip| tip.tree == id) {
        if !branch.index_is_current {
            write_index(place, tree, &files)?;
        }
        return Ok(Outcome::Unchanged(tip.commit));
    }

    let signature = message.signature()?;
    let parent = branch.tip.as_ref().map(|tip| tip.commit);
    // Whatever Git did here since, it counts: the branch, the index, a merge that was begun.
    let repository = open(place)?;
    let now = repository.as_ref().map(|repository| examine(place, repository, &branch.environment)).transpose()?;
    if now.and_then(|(tip, _)| tip).map(|tip| tip.commit) != parent {
        return Err(Fault::Moved);
    }
    let repository = match repository {
        Some(repository) => repository,
        None => create(place, lock)?,
    };

    let commit = objects::write_commit(&repository, tree, parent, &signature, &message.text(&branch.environment))?;

    // Compare and swap: the lock is Git's own, `refs/heads/main.lock`.
    let mut transaction = repository.transaction()?;
    transaction.lock_ref(BRANCH).map_err(|error| locked(&repository, error))?;
    if tip_of(&repository)? != parent {
        return Err(Fault::Moved);
    }
    let what = if parent.is_some() { "commit" } else { "commit (initial)" };
    let subject = message.subject.lines().next().unwrap_or_default();
    transaction.set_target(BRANCH, commit, Some(&signature), &format!("{what}: {subject}"))?;
    transaction.commit()?;

    if !place.bare {
        write_index(place, tree, &files)?;
    }
    Ok(Outcome::Created(commit))
}

/// Opens the repository at a place, `None` if there is nothing yet.
fn open(place: &Place) -> Result<Option<git2::Repository>, Fault> {
    let directory = place.git_directory();
    let reading = |source| Fault::Io { action: "it cannot be read", source };
    if place.directory.is_symlink() {
        return Err(Fault::Link);
    }
    match fs::symlink_metadata(&directory) {
        Ok(metadata) if metadata.is_symlink() => return Err(Fault::Link),
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(if place.bare { Fault::Occupied } else { Fault::Gitlink }),
        Err(error) if error.kind() == io::ErrorKind::NotFound || error.kind() == io::ErrorKind::NotADirectory => {
            let looks_bare = ["HEAD", "objects", "refs"].iter().all(|name| place.directory.join(name).exists());
            return if looks_bare { Err(Fault::Bare) } else { Ok(None) };
        }
        Err(error) => return Err(reading(error)),
    }
    if place.bare && directory.join(".git").exists() {
        return Err(Fault::NotBare);
    }
    if place.bare && !directory.join("HEAD").exists() {
        let is_empty = fs::read_dir(&directory).map_err(reading)?.next().is_none();
        return if is_empty { Ok(None) } else { Err(Fault::Occupied) };
    }

    let config = git2::Config::open(&directory.join("config"))?;
    refuse_extensions(&config)?;
    if config.get_entry("core.worktree").is_ok() {
        return Err(Fault::WorkTreeElsewhere);
    }
    if config.get_bool("core.bare").unwrap_or(false) != place.bare {
        return Err(if place.bare { Fault::NotBare } else { Fault::Bare });
    }
    let flags = RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::NO_DOTGIT;
    let repository = git2::Repository::open_ext(&directory, flags, [""; 0])?;
    repository.set_config(&config)?;
    Ok(Some(repository))
}

/// Refuses the repository formats that libgit2 1.9.7 does not know (`src/libgit2/repository.c`, `builtin_extensions`), in
/// our own words. Git 2.47 writes `objectformat = sha256`, `refstorage = reftable` and `partialclone = <remote>`.
fn refuse_extensions(config: &git2::Config) -> Result<(), Fault> {
    let mut entries = config.entries(Some("^extensions\\."))?;
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.name()?.trim_start_matches("extensions.");
        let value = if entry.has_value() { entry.value()? } else { "true" };
        match name {
            "objectformat" if value != "sha1" => return Err(Fault::ObjectFormat(value.to_owned())),
            "refstorage" => return Err(Fault::RefStorage(value.to_owned())),
            "objectformat" | "noop" | "preciousobjects" | "relativeworktrees" | "worktreeconfig" => {}
            _ => return Err(Fault::Extension(name.to_owned())),
        }
    }
    Ok(())
}

/// Refuses to come between another Git command and its work.
fn refuse_if_in_use(repository: &git2::Repository) -> Result<(), Fault> {
    for lock in ["index.lock", "HEAD.lock", "refs/heads/main.lock"] {
        let lock = repository.path().join(lock);
        if lock.exists() {
            return Err(Fault::Locked(lock));
        }
    }
    Err(Fault::Busy(match repository.state() {
        RepositoryState::Clean => return Ok(()),
        RepositoryState::Merge => "merge",
        RepositoryState::Revert | RepositoryState::RevertSequence => "revert",
        RepositoryState::CherryPick | RepositoryState::CherryPickSequence => "cherry-pick",
        RepositoryState::Bisect => "bisect",
        RepositoryState::Rebase | RepositoryState::RebaseInteractive | RepositoryState::RebaseMerge => "rebase",
        RepositoryState::ApplyMailbox | RepositoryState::ApplyMailboxOrRebase => "`git am`",
    }))
}

fn locked(repository: &git2::Repository, error: git2::Error) -> Fault {
    match error.code() {
        ErrorCode::Locked => Fault::Locked(repository.path().join(format!("{BRANCH}.lock"))),
        _ => error.into(),
    }
}

fn tip_of(repository: &git2::Repository) -> Result<Option<Oid>, Fault> {
    match repository.refname_to_id(BRANCH) {
        Ok(id) => Ok(Some(id)),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Tells whether idpack made a commit for an environment, and nobody touched it since.
fn is_ours(commit: &git2::Commit<'_>, environment: &str) -> bool {
    let named = |trailers: git2::MessageTrailersStrs| trailers.iter().any(|trailer| trailer == (TRAILER, environment));
    let (author, committer) = (commit.author(), commit.committer());
    commit.message().and_then(git2::message_trailers_strs).is_ok_and(named)
        && author.name_bytes() == committer.name_bytes()
        && author.email_bytes() == committer.email_bytes()
        && author.when() == committer.when()
}

/// Refuses a tip, and looks for the last commit of ours below it, as far as people remember.
fn not_ours(tip: &git2::Commit<'_>, environment: &str) -> Fault {
    let below = std::iter::successors(tip.parent(0).ok(), |commit| commit.parent(0).ok());
    let last = below.take(1000).find(|commit| is_ours(commit, environment)).map(|commit| commit.id());
    Fault::NotOurs { tip: tip.id(), last }
}

/// Tells whether the index is that of the tip. One that is still the parent's, or missing, may be written anew: a run
/// stopped between branch and index. Any other holds changes that somebody staged.
fn is_index_current(repository: &git2::Repository, tip: Option<&Tip>, parent: Option<Oid>) -> Result<bool, Fault> {
    let path = repository.path().join("index");
    if !path.exists() {
        return Ok(tip.is_none());
    }
    let index = git2::Index::open(&path)?;
    let no_files = BTreeMap::new();
    let files = tip.map_or(&no_files, |tip| &tip.files);
    match objects::index_files(&index) {
        Some(staged) if staged == *files => Ok(true),
        Some(staged) if parent.is_some() && parent == Some(objects::hash_trees(&staged)?) => Ok(false),
        _ => Err(Fault::Staged(objects::index_differences(&index, files))),
    }
}

/// Makes the index say what the tree says, with what the file system knows of the files.
fn write_index(place: &Place, tree: &Tree, files: &BTreeMap<RepoPath, Digest>) -> Result<(), Fault> {
    let path = place.git_directory().join("index");
    let mut index = git2::Index::open(&path)?;
    index.clear()?;
    for (path, file) in tree {
        let on_disk = place.directory.join(path.as_str());
        index.add(&objects::index_entry(path, files[path], &on_disk, file.text().as_bytes()))?;
    }
    index.write().map_err(|error| match error.code() {
        ErrorCode::Locked => Fault::Locked(path.with_extension("lock")),
        _ => error.into(),
    })
}

/// Creates an empty repository, whole or not at all. It has what `gitrepository-layout(5)` requires and nothing else:
/// libgit2's and Git's own `init` add a template of samples, and let the user's configuration choose it and the branch.
fn create(place: &Place, lock: &Lock) -> Result<git2::Repository, Fault> {
    let creating = |source| Fault::Io { action: "a repository cannot be created", source };
    let parent = if place.bare { place.directory.parent() } else { Some(place.directory.as_path()) };
    fs::create_dir_all(parent.unwrap_or(Path::new("."))).map_err(creating)?;
    let new = tempfile::Builder::new().prefix(".tmp").tempdir_in(lock.directory()).map_err(creating)?;
    let made = ["objects", "objects/pack", "refs", "refs/heads"]
        .iter()
        .try_for_each(|name| fs::create_dir(new.path().join(name)))
        .and_then(|()| fs::write(new.path().join("config"), CONFIG[usize::from(place.bare)]))
        .and_then(|()| fs::write(new.path().join("HEAD"), format!("ref: {BRANCH}\n")))
        .and_then(|()| output::open_directory(new.path()))
        // Fails unless there is nothing, or, on Unix, an empty directory.
        .and_then(|()| fs::rename(new.path(), place.git_directory()));
    match made {
        Err(_) if place.git_directory().join("HEAD").exists() => Err(Fault::Moved),
        Err(error) => Err(creating(error)),
        Ok(()) => open(place)?.ok_or(Fault::Moved),
    }
}
