//! How idpack ends.

use std::process::ExitCode;

/// The exit codes, a public interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, and nothing found.
    Clean,
    /// Findings of level error, drift, or something that a person has to clear away first.
    Findings,
    /// Wrong usage, or input that cannot be read.
    Usage,
    /// A fault of idpack or of its machine.
    Fault,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Fault => 3,
        })
    }
}
