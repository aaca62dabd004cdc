//! The `idpack` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    idpack::cli::run().into()
}
