//! What there is to judge: files by path, read one by one, so that only what is being looked at is in memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::WalkBuilder;

use super::{Edits, ReadError, RepoPath, Tree};
use crate::source::Source;

/// What lies at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A symbolic link, whatever it leads to; or anything else that is there and cannot be looked into.
    Link,
    /// A symbolic link that leads nowhere, or to a directory that it lies in.
    Dangling,
    /// A FIFO, a socket or a device.
    Special,
    /// A directory with a `.git`: the root of a Git repository. Only said of lists that were not found on disk, see
    /// [`Listing::has_git`].
    Repository,
}

/// What a path leads to, links followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A directory.
    Directory,
    /// Something else.
    Other,
    /// Nothing.
    Missing,
    /// What cannot be seen from here.
    Unknown,
}

/// Files to be judged.
#[derive(Debug)]
pub struct Listing {
    entries: BTreeMap<RepoPath, Kind>,
    /// Symbolic links that lead out of the repository, with what they lead to.
    pub(super) outward: BTreeMap<RepoPath, String>,
    pub(super) store: Arc<Store>,
    is_named: bool,
    edits: Edits,
}

/// Where the files are.
#[derive(Debug)]
pub(super) enum Store {
    Memory(BTreeMap<RepoPath, Part>),
    /// Below this directory; findings call them by the second and their path.
    Directory(PathBuf, PathBuf),
    /// Files that were named one by one, with what findings call them.
    Files(BTreeMap<RepoPath, (PathBuf, String)>),
    /// What came through a pipe.
    Spool(tempfile::NamedTempFile),
}

/// How much of a file is looked at together, in bytes, unless a document is larger. Longer files are cut where Kubernetes
/// cuts them too, at lines that begin with `---`.
pub const MAX_WHOLE: usize = 256 << 10;
/// The longest document, in bytes, that is read; [`crate::yaml`] refuses anything longer than half of it.
const MAX_DOCUMENT: usize = 64 << 20;
/// What findings call standard input.
pub const STDIN: &str = "-";

impl Listing {
    fn new(entries: BTreeMap<RepoPath, Kind>, store: Store) -> Self {
        let is_named = matches!(store, Store::Files(_) | Store::Spool(_));
        Self { entries, outward: BTreeMap::new(), store: Arc::new(store), is_named, edits: Edits::default() }
    }

    /// Gives files the texts that they are to have.
    #[must_use]
    pub fn edited(&self, edits: &Edits) -> Self {
        let (entries, outward, store) = (self.entries.clone(), self.outward.clone(), Arc::clone(&self.store));
        Self { entries, outward, store, is_named: self.is_named, edits: edits.clone() }
    }

    /// Returns the whole text of a file as it is, if it is one and can be read.
    #[must_use]
    pub fn text(&self, path: &RepoPath) -> Option<String> {
        let mut text = String::new();
        for part in self.edited(&Edits::default()).read(path).ok()? {
            let part = part.ok().filter(|part| part.fault.is_none())?;
            text.push_str(part.source.text());
        }
        Some(text)
    }

    /// Lists the files of a tree in memory.
    #[must_use]
    pub fn of_tree(tree: &Tree) -> Self {
        let part = |source: &Arc<Source>| Part { source: Arc::clone(source), fault: None };
        Self::of_parts(tree.iter().map(|(path, source)| (path.clone(), part(source))).collect(), [])
    }

    /// Lists files in memory, and what else was found among them: links, or files whose texts nobody needs.
    #[must_use]
    pub fn of_parts(files: BTreeMap<RepoPath, Part>, others: impl IntoIterator<Item = (RepoPath, Kind)>) -> Self {
        let entries = files.keys().map(|path| (path.clone(), Kind::File)).chain(others).collect();
        Self::new(entries, Store::Memory(files))
    }

    /// Lists everything below a directory but `.git`. Links are not followed. With `gitignore`, what `.gitignore` files
    /// there and above say counts.
    ///
    /// # Errors
    ///
    /// Names every directory that cannot be listed, and every name that is not UTF-8.
    pub fn of_directory(root: &Path, shown: &Path, gitignore: bool) -> Result<Self, Vec<ReadError>> {
        let listing = Self::walk(root, shown, gitignore, gitignore)?;
        // A directory that is ignored as a whole, such as one of generated files, was named all the same.
        if gitignore && listing.entries.is_empty() { Self::walk(root, shown, true, false) } else { Ok(listing) }
    }

    pub(super) fn walk(root: &Path, shown: &Path, gitignore: bool, parents: bool) -> Result<Self, Vec<ReadError>> {
        let (mut entries, mut links, mut errors) = (BTreeMap::new(), Vec::new(), Vec::new());
        let walk = WalkBuilder::new(root)
            .standard_filters(false)
            .git_ignore(gitignore)
            .parents(parents)
            .require_git(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .build();
        for entry in walk {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    errors.push(walk_error(&error, root, shown));
                    continue;
                }
            };
            let Some(kind) = entry.file_type().filter(|_| entry.depth() > 0) else { continue };
            let kind = match kind {
                kind if kind.is_dir() => continue,
                kind if kind.is_file() => Kind::File,
                kind if kind.is_symlink() => link(entry.path()),
                _ => Kind::Special,
            };
            let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
            match path.to_str() {
                Some(name) => {
                    let path = RepoPath::existing(name.replace(std::path::MAIN_SEPARATOR, "/"));
                    if let Some(target) = entry.path_is_symlink().then(|| entry.path().read_link().ok()).flatten() {
                        let target = target.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
                        links.push((path.clone(), target));
                    }
                    entries.insert(path, kind);
                }
                None => errors
                    .push(ReadError { path: shown.join(path), reason: "its name is not UTF-8; rename it".to_owned() }),
            }
        }
        let store = Store::Directory(root.to_owned(), shown.to_owned());
        if !errors.is_empty() {
            return Err(errors);
        }
        let above = if links.is_empty() { 0 } else { super::links::depth(root) };
        Ok(Self::new(entries, store).with_links(links, above))
    }

    /// Lists files that were named one by one; findings call them as they were named.
    ///
    /// # Errors
    ///
    /// Names each path that is no regular file.
    pub fn of_files(paths: &[PathBuf]) -> Result<Self, Vec<ReadError>> {
        let (mut files, mut errors) = (BTreeMap::new(), Vec::new());
        for path in paths {
            let reason = match path.metadata() {
                Ok(metadata) if metadata.is_file() => {
                    let name = plain(path).to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
                    files.insert(RepoPath::existing(&name), (path.clone(), name));
                    continue;
                }
                Ok(_) => "it is neither a directory nor a regular file; `-` reads standard input".to_owned(),
                Err(error) => error.to_string(),
            };
            errors.push(ReadError { path: path.clone(), reason });
        }
        let entries = files.keys().map(|path| (path.clone(), Kind::File)).collect();
        if errors.is_empty() { Ok(Self::new(entries, Store::Files(files))) } else { Err(errors) }
    }

    /// Takes all of a stream, which findings call `-`.
    ///
    /// # Errors
    ///
    /// What the stream or the directory for temporary files reports.
    pub fn of_stream(mut stream: impl Read) -> io::Result<Self> {
        let mut spool = tempfile::NamedTempFile::new()?;
        io::copy(&mut stream, &mut spool)?;
        spool.flush()?;
        Ok(Self::new(BTreeMap::from([(RepoPath::existing(STDIN), Kind::File)]), Store::Spool(spool)))
    }

    /// Walks through what there is, in the order of the paths.
    pub fn iter(&self) -> impl Iterator<Item = (&RepoPath, Kind)> {
        self.entries.iter().map(|(path, kind)| (path, *kind))
    }

    /// Returns the regular file at a path.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&RepoPath> {
        let (path, kind) = self.entries.get_key_value(&RepoPath::existing(path))?;
        (*kind == Kind::File).then_some(path)
    }

    /// Tells what a path leads to, also if `.gitignore` hides it.
    #[must_use]
    pub fn target(&self, path: &str) -> Target {
        let key = RepoPath::existing(path);
        match self.entries.get(&key) {
            _ if self.is_single() => return Target::Unknown,
            Some(Kind::File | Kind::Special) => return Target::Other,
            Some(Kind::Dangling) => return Target::Missing,
            Some(Kind::Repository) => return Target::Directory,
            _ if path.is_empty() || self.below(path).next().is_some() => return Target::Directory,
            Some(Kind::Link) | None => {}
        }
        match &*self.store {
            Store::Directory(root, _) => match root.join(path).metadata() {
                Ok(metadata) if metadata.is_dir() => Target::Directory,
                Ok(_) => Target::Other,
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                    Target::Missing
                }
                Err(_) => Target::Unknown,
            },
            _ if self.entries.contains_key(&key)
                || key.ancestors().any(|it| self.entries.get(&RepoPath::existing(it)) == Some(&Kind::Link)) =>
            {
                Target::Unknown
            }
            _ => Target::Missing,
        }
    }

    /// Walks through what lies below a directory, in the order of the paths.
    pub fn below<'a>(&'a self, directory: &str) -> impl Iterator<Item = (&'a RepoPath, Kind)> + use<'a> {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let from = self.entries.range(RepoPath::existing(&prefix)..);
        from.take_while(move |(path, _)| path.as_str().starts_with(&prefix)).map(|(path, kind)| (path, *kind))
    }

    /// Tells whether a directory has a `.git`, of a repository, of a submodule or of a second working tree.
    #[must_use]
    pub fn has_git(&self, directory: &str) -> bool {
        let is_listed = || self.entries.get(&RepoPath::existing(directory)) == Some(&Kind::Repository);
        match &*self.store {
            Store::Directory(root, _) => root.join(directory).join(".git").symlink_metadata().is_ok(),
            _ => is_listed(),
        }
    }

    /// Returns the name of the directory that everything lies in, if it is known.
    #[must_use]
    pub fn root_name(&self) -> Option<&str> {
        match &*self.store {
            Store::Directory(root, _) => root.file_name()?.to_str(),
            _ => None,
        }
    }

    /// Tells whether it was named by itself, not found in a directory.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.is_named
    }

    /// Takes the files for ones that were named by themselves.
    #[must_use]
    pub fn named(self) -> Self {
        Self { is_named: true, ..self }
    }

    /// Returns what findings call all of it.
    #[must_use]
    pub fn name(&self) -> String {
        match &*self.store {
            Store::Directory(_, shown) if !shown.as_os_str().is_empty() => shown.to_string_lossy().into_owned(),
            Store::Spool(_) => STDIN.to_owned(),
            _ => ".".to_owned(),
        }
    }

    /// Returns what findings call a path.
    #[must_use]
    pub fn shown(&self, path: &RepoPath) -> String {
        match &*self.store {
            Store::Memory(files) => {
                files.get(path).map_or_else(|| path.to_string(), |part| part.source.name().to_owned())
            }
            Store::Directory(_, shown) => shown.join(path.as_str()).to_string_lossy().into_owned(),
            Store::Files(files) => files.get(path).map_or_else(|| path.to_string(), |(_, shown)| shown.clone()),
            Store::Spool(_) => STDIN.to_owned(),
        }
    }

    /// Says that a file of a project may not be a link.
    #[must_use]
    pub fn not_followed(&self, path: &RepoPath) -> ReadError {
        ReadError { path: PathBuf::from(self.shown(path)), reason: super::LINK.to_owned() }
    }

    /// Reads a file that a person wrote for idpack, as a whole.
    ///
    /// # Errors
    ///
    /// What the machine reports, and that a file is not UTF-8 or too long.
    pub fn read_whole(&self, path: &RepoPath) -> Result<Arc<Source>, ReadError> {
        let fail = |reason: &str| ReadError { path: PathBuf::from(self.shown(path)), reason: reason.to_owned() };
        let mut parts = self.read(path)?;
        let first = parts.next().transpose()?.ok_or_else(|| fail("it is gone"))?;
        match (first.fault, parts.next()) {
            (Some((_, help)), _) => Err(fail(help)),
            (None, Some(_)) => Err(fail("it is too long")),
            (None, None) => Ok(first.source),
        }
    }

    /// Reads a file, in parts if it is long. After an error nothing follows.
    ///
    /// # Errors
    ///
    /// What the machine reports.
    pub fn read(&self, path: &RepoPath) -> Result<Parts, ReadError> {
        let shown = self.shown(path);
        if let Some(text) = self.edits.get(&shown) {
            let text = text.as_bytes().to_vec();
            return Ok(if text.len() <= MAX_WHOLE {
                Parts::Whole(Some(Part::new(&shown, text, 1)))
            } else {
                Parts::Stream { reader: Box::new(io::Cursor::new(text)), shown, line: 1, ended: false }
            });
        }
        let file = match &*self.store {
            Store::Memory(files) => return Ok(Parts::Whole(files.get(path).cloned())),
            Store::Directory(root, _) => File::open(root.join(path.as_str())),
            Store::Files(files) => {
                files.get(path).map_or(Err(io::ErrorKind::NotFound.into()), |(path, _)| File::open(path))
            }
            Store::Spool(spool) => spool.reopen(),
        };
        let fail = |error: io::Error| ReadError { path: PathBuf::from(&shown), reason: error.to_string() };
        let mut file = file.map_err(fail)?;
        let length = file.metadata().map_err(fail)?.len();
        if length <= MAX_WHOLE as u64 {
            // One byte more, so that the end is seen without growing.
            let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(MAX_WHOLE) + 1);
            (&file).take(MAX_WHOLE as u64 + 1).read_to_end(&mut bytes).map_err(fail)?;
            if bytes.len() <= MAX_WHOLE {
                return Ok(Parts::Whole(Some(Part::new(&shown, bytes, 1))));
            }
        }
        file.rewind().map_err(fail)?;
        Ok(Parts::Stream { reader: Box::new(BufReader::new(file)), shown, line: 1, ended: false })
    }
}

/// Tells whether a link leads somewhere else than around itself.
fn link(path: &Path) -> Kind {
    let parent = path.parent().and_then(|parent| parent.canonicalize().ok());
    match path.canonicalize() {
        Ok(target) if parent.as_ref().is_none_or(|parent| !parent.starts_with(&target)) => Kind::Link,
        _ => Kind::Dangling,
    }
}

/// Writes a path as short as it can be: `a/b` for `./a//b/.`. The current directory is empty.
#[must_use]
pub fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != std::path::Component::CurDir).collect()
}

/// A text as it was read.
#[derive(Clone, Debug)]
pub struct Part {
    /// The text.
    pub source: Arc<Source>,
    /// Where it stops to be UTF-8, as a byte offset, and what to do about it. The text is of no use then.
    pub fault: Option<(usize, &'static str)>,
}

/// The parts of a file, from its beginning.
pub enum Parts {
    /// All of it.
    Whole(Option<Part>),
    /// One after the other.
    Stream {
        /// What is left.
        reader: Box<dyn BufRead + Send>,
        /// What findings call the file.
        shown: String,
        /// The number of the next line.
        line: u32,
        /// Whether nothing is left.
        ended: bool,
    },
}

impl Iterator for Parts {
    type Item = Result<Part, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Whole(part) => part.take().map(Ok),
            Self::Stream { ended: true, .. } => None,
            Self::Stream { reader, shown, line, ended } => match read_part(reader) {
                Ok((bytes, _)) if bytes.is_empty() => None,
                Ok((bytes, is_last)) => {
                    *ended = is_last;
                    let first = *line;
                    let part = Part::new(shown, bytes, first);
                    let breaks = part.source.text().matches('\n').count();
                    *line = first.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
                    // Behind what is no text, nothing can be counted.
                    *ended |= part.fault.is_some();
                    Some(Ok(part))
                }
                Err(error) => {
                    *ended = true;
                    Some(Err(ReadError { path: PathBuf::from(&*shown), reason: error.to_string() }))
                }
            },
        }
    }
}

impl Part {
    /// Makes a text of bytes; findings call it `shown`, and its first line has the number `first_line`.
    #[must_use]
    pub fn new(shown: &str, bytes: Vec<u8>, first_line: u32) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self { source: Source::part(shown, text, first_line), fault: None },
            Err(error) => {
                let bytes = error.as_bytes();
                let help = if matches!(bytes, [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..]) {
                    "this is UTF-16: save the file as UTF-8"
                } else {
                    "save the file as UTF-8, or remove it from here if it is no text"
                };
                let fault = Some((error.utf8_error().valid_up_to(), help));
                // What comes behind the fault is not worth keeping.
                let shown_bytes = &bytes[..bytes.len().min(error.utf8_error().valid_up_to() + 8)];
                Self { source: Source::part(shown, String::from_utf8_lossy(shown_bytes), first_line), fault }
            }
        }
    }
}

/// Says what could not be listed.
fn walk_error(error: &ignore::Error, root: &Path, shown: &Path) -> ReadError {
    let path = match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } => match err.as_ref() {
            ignore::Error::WithPath { path, .. } => Some(path),
            _ => None,
        },
        _ => None,
    };
    let below = path.and_then(|path| path.strip_prefix(root).ok()).unwrap_or(Path::new(""));
    // The text of the error inside names the path once more.
    let reason = error.io_error().map_or_else(|| error.to_string(), |error| error.kind().to_string());
    ReadError { path: if below.as_os_str().is_empty() { shown.to_owned() } else { shown.join(below) }, reason }
}

/// Reads whole documents until there are enough of them. Tells whether nothing follows.
fn read_part(reader: &mut dyn BufRead) -> io::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::with_capacity(MAX_WHOLE + MAX_WHOLE / 8);
    loop {
        let start = bytes.len();
        let room = (MAX_DOCUMENT - start) as u64;
        if room == 0 {
            // Not in the middle of a character: it is too long, and not broken.
            let end = (0..4).map(|back| start - back).find(|end| bytes[*end - 1] < 0x80 || bytes[*end - 1] >= 0xC0);
            bytes.truncate(end.map_or(start, |end| if bytes[end - 1] < 0x80 { end } else { end - 1 }));
            return Ok((bytes, true));
        }
        if (&mut *reader).take(room).read_until(b'\n', &mut bytes)? == 0 {
            return Ok((bytes, true));
        }
        if start >= MAX_WHOLE && reader.fill_buf()?.starts_with(b"---") {
            return Ok((bytes, false));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(bytes: &[u8]) -> Vec<Part> {
        let listing = Listing::of_stream(bytes).unwrap();
        let (path, kind) = listing.iter().next().unwrap();
        assert_eq!((path.as_str(), kind), ("-", Kind::File));
        listing.read(path).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn long_texts_are_cut_between_documents_only() {
        let document = format!("a: {}\nb: |\n  --- no separator\n", "x".repeat(100));
        let text = vec![document; 6000].join("---\n");
        let parts = parts(text.as_bytes());
        assert!(parts.len() >= 3, "{}", parts.len());
        let joined: String = parts.iter().map(|part| part.source.text()).collect();
        assert!(joined == text);
        for part in &parts[1..] {
            assert!(part.source.text().starts_with("---\n"));
        }
        let mut line = 1;
        for part in &parts {
            assert_eq!(part.source.position(0).line, line);
            line += u32::try_from(part.source.text().matches('\n').count()).unwrap();
        }
    }

    #[test]
    fn one_document_is_never_cut() {
        let text = "a: 1\n".repeat(200_000);
        assert_eq!(parts(text.as_bytes()).len(), 1);
    }

    #[test]
    fn what_is_not_utf8_says_so() {
        let part = parts(b"a: b\nc: \xff\xfe\n").remove(0);
        assert_eq!(part.fault.unwrap().0, 8);
        assert!(parts(b"\xff\xfea\0:\0").remove(0).fault.unwrap().1.contains("UTF-16"));
    }
}
