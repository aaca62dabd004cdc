//! What idpack remembers about the files that it wrote.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Error, Lock, STATE_DIRECTORY, replace};
use crate::tree::RepoPath;

/// The version of the marker's format.
const VERSION: u32 = 1;

/// The name that Git gives to a content: the hash of a blob in a SHA-1 repository. Written in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Digest(pub(crate) git2::Oid);

impl Digest {
    /// Returns the digest of a file's content.
    ///
    /// # Errors
    ///
    /// [`Error::Digest`] for a content that was made to collide: libgit2 detects the known attacks on SHA-1.
    pub fn of(content: &[u8]) -> Result<Self, Error> {
        let id = git2::Oid::hash_object(git2::ObjectType::Blob, content);
        id.map(Self).map_err(|error| Error::Digest(error.message().to_owned()))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        git2::Oid::from_str(&text).map(Self).map_err(|_| format!("`{text}` is not a digest"))
    }
}

/// What idpack notes about an environment when it writes its files: `.idpack/<environment>.json`. It is never committed,
/// so that another version of idpack alone changes no repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marker {
    version: u32,
    tool: String,
    inputs: BTreeMap<String, Digest>,
    #[serde(serialize_with = "write_paths", deserialize_with = "read_paths")]
    files: BTreeMap<RepoPath, Digest>,
    /// What an interrupted run was about to write; absent otherwise.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        serialize_with = "write_paths",
        deserialize_with = "read_paths"
    )]
    pending: BTreeMap<RepoPath, Digest>,
}

/// The part of a marker that every version of idpack understands.
#[derive(Deserialize)]
struct Header {
    version: u32,
}

impl Marker {
    /// Creates the marker of files that stand on disk.
    #[must_use]
    pub fn new(inputs: BTreeMap<String, Digest>, files: BTreeMap<RepoPath, Digest>) -> Self {
        Self::interrupted(inputs, files, BTreeMap::new())
    }

    /// Creates the marker of a run that may stop at any point between the files that are there and those to be written.
    pub(super) fn interrupted(
        inputs: BTreeMap<String, Digest>,
        files: BTreeMap<RepoPath, Digest>,
        pending: BTreeMap<RepoPath, Digest>,
    ) -> Self {
        Self { version: VERSION, tool: env!("CARGO_PKG_VERSION").to_owned(), inputs, files, pending }
    }

    /// Reads the marker of an environment, `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Marker`] if its text is damaged or made by a newer idpack, [`Error::Io`] if it cannot be read.
    pub fn read(output: &Path, environment: &str) -> Result<Option<Self>, Error> {
        let path = Self::path(output, environment);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::Io { action: "read", path, source }),
        };
        let read = serde_json::from_str(&text).and_then(|Header { version }| match version {
            VERSION => serde_json::from_str(&text),
            _ => Err(serde_json::Error::custom(format!("format {version} is of another idpack than this one"))),
        });
        read.map(Some).map_err(|error| Error::Marker { path, reason: error.to_string() })
    }

    /// Returns the environments that idpack wrote to an output directory, sorted.
    #[must_use]
    pub fn environments(output: &Path) -> Vec<String> {
        let entries = fs::read_dir(output.join(STATE_DIRECTORY)).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".json")?.to_owned()));
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    /// Returns the version of idpack that wrote the marker.
    #[must_use]
    pub fn tool(&self) -> &str {
        &self.tool
    }

    /// Returns the digests of what the files were made from, by name.
    #[must_use]
    pub fn inputs(&self) -> &BTreeMap<String, Digest> {
        &self.inputs
    }

    /// Returns the digests of the files that idpack left on disk.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<RepoPath, Digest> {
        &self.files
    }

    /// Returns where the marker of an environment stands.
    pub(super) fn path(output: &Path, environment: &str) -> PathBuf {
        output.join(STATE_DIRECTORY).join(format!("{environment}.json"))
    }

    /// Returns every content that idpack may have left behind: what it wrote, and what it was about to write.
    pub(super) fn known(&self) -> impl Iterator<Item = (&RepoPath, &Digest)> {
        self.files.iter().chain(&self.pending)
    }

    /// Writes the marker, whole or not at all.
    pub(super) fn write(&self, path: &Path, lock: &Lock) -> Result<(), Error> {
        let io = |source| Error::Io { action: "write", path: path.to_owned(), source };
        let mut text = serde_json::to_string_pretty(self).map_err(|error| io(error.into()))?;
        text.push('\n');
        replace(path, text.as_bytes(), true, lock).map_err(io)
    }
}

fn write_paths<S: serde::Serializer>(paths: &BTreeMap<RepoPath, Digest>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(paths.iter().map(|(path, digest)| (path.as_str(), digest)))
}

/// Reads paths with the scrutiny of [`RepoPath`]: a marker must not make idpack delete a file elsewhere.
fn read_paths<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<RepoPath, Digest>, D::Error> {
    let paths = BTreeMap::<String, Digest>::deserialize(deserializer)?;
    paths.into_iter().map(|(path, digest)| Ok((RepoPath::new(path).map_err(D::Error::custom)?, digest))).collect()
}
