//! Why a repository cannot be used.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::output;

/// Why a repository could not be read or written. Nothing was changed unless [`Fault`] says so.
#[derive(Debug, thiserror::Error)]
#[error("`{}` {fault}", path.display())]
pub struct Error {
    /// The directory of the repository.
    pub path: PathBuf,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a repository, worded to follow its name.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// An object format other than SHA-1.
    #[error("names its objects by {0}, which libgit2 cannot read")]
    ObjectFormat(String),
    /// References elsewhere than in files.
    #[error("keeps its branches in the format {0}, which libgit2 cannot read")]
    RefStorage(String),
    /// Another extension of the repository format.
    #[error("needs the Git extension `{0}`, which libgit2 does not know")]
    Extension(String),
    /// Git's protection against the repositories of other users.
    #[error("belongs to another user, and Git trusts only what is declared safe")]
    Owner,
    /// `.git` is a file: a linked worktree or a submodule.
    #[error("is a linked worktree or a submodule (its `.git` is a file); idpack commits to repositories of their own")]
    Gitlink,
    /// `.git`, or a bare repository's directory, is a symbolic link.
    #[error("is reached through a symbolic link, which idpack does not follow")]
    Link,
    /// The configuration names another working tree.
    #[error("has its working tree elsewhere (`core.worktree`)")]
    WorkTreeElsewhere,
    /// Bare, and a working tree is wanted.
    #[error("is a bare repository, and one with a working tree is wanted")]
    Bare,
    /// Not bare, and a bare one is wanted.
    #[error("is a repository with a working tree, and a bare one is wanted")]
    NotBare,
    /// Neither empty nor a repository.
    #[error("is not empty and not a Git repository")]
    Occupied,
    /// HEAD names a commit.
    #[error("has no branch checked out (its HEAD is detached)")]
    Detached,
    /// HEAD names another branch.
    #[error("has `{0}` checked out, and idpack commits to `main`")]
    OtherBranch(String),
    /// The tip is not a commit that idpack made as it is.
    #[error("has a commit at the tip of `main` that idpack did not make for this environment: {tip}")]
    NotOurs {
        /// The tip.
        tip: git2::Oid,
        /// The last commit before it that idpack did make.
        last: Option<git2::Oid>,
    },
    /// Somebody was faster.
    #[error("was committed to while idpack was running; its branch is as the other left it")]
    Moved,
    /// Git stopped in the middle of something.
    #[error("is in the middle of a {0}")]
    Busy(&'static str),
    /// Another Git command is at work, or died.
    #[error("is locked: `{}` exists", .0.display())]
    Locked(PathBuf),
    /// Changes that somebody means to commit.
    #[error("has staged changes: {}", Sample(.0))]
    Staged(Vec<String>),
    /// The author that was asked for cannot stand in a commit.
    #[error("cannot get a commit by `{}`", .0.escape_debug())]
    Identity(String),
    /// The tree cannot be committed.
    #[error("cannot get this commit: {0}")]
    Tree(#[from] output::Error),
    /// The machine refused.
    #[error("cannot be used: {action}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// libgit2 refused; a damaged repository, as a rule.
    #[error("cannot be used: {0}")]
    Git(String),
}

impl Error {
    /// Returns what to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let path = shown(&self.path);
        Some(match &self.fault {
            Fault::ObjectFormat(_) | Fault::Extension(_) => {
                format!("move `{path}` away; idpack makes a repository that every Git reads")
            }
            Fault::RefStorage(_) => format!("run `git -C {path} refs migrate --ref-format=files`"),
            Fault::Owner => format!("run `git config --global --add safe.directory {path}`, or run as its owner"),
            Fault::Gitlink | Fault::Link | Fault::Occupied | Fault::WorkTreeElsewhere => {
                "choose another output directory, or move this one away".to_owned()
            }
            Fault::Bare => "add `--bare`, or move the repository away".to_owned(),
            Fault::NotBare => "leave out `--bare`, or choose another output directory".to_owned(),
            Fault::Detached | Fault::OtherBranch(_) => format!("run `git -C {path} symbolic-ref HEAD refs/heads/main`"),
            Fault::NotOurs { tip, last: Some(last) } => format!(
                "move what it changes into the descriptor or a template; then keep the commit with \
                 `git -C {path} branch theirs {tip}` and take `main` back with `git -C {path} reset --hard {last}`"
            ),
            Fault::NotOurs { .. } => format!("choose another output directory, or move `{path}` away"),
            Fault::Moved => "run again".to_owned(),
            Fault::Busy(what) => format!("finish or abort the {what}"),
            Fault::Locked(lock) => {
                format!("wait for the other Git command; if there is none, it has died: delete `{}`", shown(lock))
            }
            Fault::Staged(_) => format!("unstage them with `git -C {path} reset`, or move them away"),
            Fault::Identity(_) => "name and email must not be empty nor contain `<`, `>` or a line break".to_owned(),
            Fault::Tree(error) => return error.help().map(str::to_owned),
            Fault::Io { .. } => return None,
            Fault::Git(text) if text.contains(".gitconfig") || text.contains("/git/config") => {
                "Git's settings for this user cannot be read: is HOME that of another user?".to_owned()
            }
            Fault::Git(text)
                if ["No space left", "Permission denied", "Read-only"].iter().any(|fault| text.contains(fault)) =>
            {
                "the repository is as it was: see to the disk or its permissions and run again".to_owned()
            }
            Fault::Git(_) => format!("look at it with `git -C {path} fsck`, or move it away to start afresh"),
        })
    }
}

impl From<git2::Error> for Fault {
    /// Recognises what has a meaning of its own; the rest keeps libgit2's words.
    fn from(error: git2::Error) -> Self {
        match error.code() {
            git2::ErrorCode::Owner => Self::Owner,
            git2::ErrorCode::Modified => Self::Moved,
            _ => Self::Git(error.message().to_owned()),
        }
    }
}

/// Names three of many.
struct Sample<'a>(&'a [String]);

impl fmt::Display for Sample<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<String> = self.0.iter().take(3).map(|name| format!("`{name}`")).collect();
        f.write_str(&shown.join(", "))?;
        match self.0.len().saturating_sub(3) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
