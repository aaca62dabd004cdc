//! One run at a time.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::{Error, STATE_DIRECTORY};

/// How the name of a temporary file or directory begins. No environment's name does.
pub(super) const TEMPORARY: &str = ".tmp";

/// The right to write to an output directory. It ends when the value is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    directory: PathBuf,
    file: File,
}

impl Lock {
    /// Locks an output directory, which is created if need be, and removes what a run that died left half-written.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] if another run holds the lock, [`Error::State`] if `.idpack` is a link or a file, [`Error::Io`]
    /// where the machine refuses.
    pub fn acquire(output: &Path) -> Result<Self, Error> {
        let directory = output.join(STATE_DIRECTORY);
        let io = |action, path: &Path, source| Error::Io { action, path: path.to_owned(), source };
        fs::create_dir_all(output).map_err(|error| io("create the directory", output, error))?;
        match fs::create_dir(&directory) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(io("create the directory", &directory, error));
            }
            _ => {}
        }
        require(&directory, fs::Metadata::is_dir)?;

        let path = directory.join("lock");
        if path.symlink_metadata().is_ok() {
            require(&path, fs::Metadata::is_file)?;
        }
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|error| io("open", &path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Locked(path)),
            Err(TryLockError::Error(error)) => return Err(io("lock", &path, error)),
        }

        let lock = Self { directory, file };
        lock.clear()?;
        Ok(lock)
    }

    /// Returns `.idpack`, the place for temporary files: on the file system of the output, outside any repository, and
    /// cleared by the next run. Their names begin with `.tmp`.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Removes temporary files, whose writers are dead because we hold the lock, and hides the directory from the Git
    /// repository that may surround the output.
    fn clear(&self) -> Result<(), Error> {
        let io = |source| Error::Io { action: "clear", path: self.directory.clone(), source };
        let mut is_ignored = false;
        for entry in fs::read_dir(&self.directory).map_err(io)? {
            let entry = entry.map_err(io)?;
            let name = entry.file_name();
            is_ignored |= name == ".gitignore";
            if name.as_encoded_bytes().starts_with(TEMPORARY.as_bytes()) {
                let is_directory = entry.file_type().map_err(io)?.is_dir();
                let removed =
                    if is_directory { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
                removed.map_err(io)?;
            }
        }
        if is_ignored { Ok(()) } else { fs::write(self.directory.join(".gitignore"), "*\n").map_err(io) }
    }
}

impl Drop for Lock {
    /// Unlocks. Closing the file alone would not do while a child process of another thread still holds a copy of it, as
    /// it does between `fork` and `exec`. The end of this process closes it if the system refuses.
    fn drop(&mut self) {
        drop(self.file.unlock());
    }
}

/// Refuses a link, or anything else that is not of the kind asked for.
fn require(path: &Path, is_expected: impl Fn(&fs::Metadata) -> bool) -> Result<(), Error> {
    match path.symlink_metadata() {
        Ok(metadata) if is_expected(&metadata) => Ok(()),
        Ok(_) => Err(Error::State(path.to_owned())),
        Err(source) => Err(Error::Io { action: "read", path: path.to_owned(), source }),
    }
}
