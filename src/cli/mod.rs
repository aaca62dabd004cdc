//! The command line: reads the world, calls the pipeline, prints.
//!
//! Results go to standard output, progress and errors to standard error.

use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Parser as _;

pub use exit::Exit;

use crate::config;
use crate::descriptor;
use crate::diagnostic::{Diagnostic, has_errors, nearest};
use crate::idpbuilder::argument::Remote;
use crate::pipeline::{self, Project, Resolved};
use crate::report::{Coverage, Report, human};
use crate::tree::{self, ReadError};

mod args;
mod build;
mod checks;
mod context;
mod diff;
mod exit;
mod explain;
mod fix;
mod init;
mod interrupt;
mod progress;
mod schema;
mod timings;
mod validate;

/// Why a command could not do its work.
struct Failure {
    exit: Exit,
    message: String,
    help: Option<String>,
}

impl Failure {
    fn usage(message: impl fmt::Display, help: impl Into<Option<String>>) -> Self {
        Self { exit: Exit::Usage, message: message.to_string(), help: help.into() }
    }

    /// A path to a package that idpbuilder takes for a directory of a Git repository.
    fn misread(argument: &Path, remote: &Remote<'_>) -> Self {
        let Remote { clone_url, path, is_url, .. } = remote;
        let shown = argument.display();
        let help = if *is_url {
            "clone it, and name the directory".to_owned()
        } else {
            format!("it tries to clone that for ever; write `{}`", shown.to_string().replace("//", "/"))
        };
        let message = format!("idpbuilder takes `{shown}` for directory `{path}` of a Git repository at `{clone_url}`");
        Self::usage(message, help)
    }
}

impl From<pipeline::Error> for Failure {
    fn from(error: pipeline::Error) -> Self {
        let exit = if error.is_of_the_machine() { Exit::Fault } else { Exit::Findings };
        Self { exit, message: error.to_string(), help: error.help() }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self { exit: Exit::Fault, message: format!("cannot print: {error}"), help: None }
    }
}

/// Runs the command that the arguments of the process ask for.
#[must_use]
pub fn run() -> Exit {
    let arguments = match args::Cli::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // A help text on a closed pipe is nobody's loss.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Clean };
        }
    };
    interrupt::watch();
    let directory = arguments.directory.as_deref();
    let done: Result<Exit, Vec<Failure>> = match &arguments.command {
        args::Command::Init { path } => init::run(&directory.unwrap_or(Path::new("")).join(path)),
        args::Command::Render(options) => build::render(directory, options),
        args::Command::Build(options) => build::build(directory, options),
        args::Command::Validate(options) => in_threads(options.jobs, || validate::run(directory, options)),
        args::Command::Diff(options) => diff::run(directory, options),
        args::Command::Explain(options) => explain::run(directory, options),
        args::Command::Checks { format } => checks::run(*format),
        args::Command::Schema { config, pack } => schema::run(*config, *pack),
    };
    match done {
        Ok(exit) => exit,
        Err(failures) => complain(&failures),
    }
}

/// Prints why a command failed, and returns the worst exit code among the reasons.
fn complain(failures: &[Failure]) -> Exit {
    let mut stderr = anstream::stderr();
    let error = anstyle::AnsiColor::Red.on_default().bold();
    for failure in failures {
        let _ = writeln!(stderr, "{error}error{error:#}: {}", failure.message);
        if let Some(help) = &failure.help {
            let _ = writeln!(stderr, "  help: {help}");
        }
    }
    let exits = failures.iter().map(|failure| failure.exit);
    exits.max_by_key(|exit| *exit as u8).unwrap_or(Exit::Fault)
}

/// Prints something that changes no result.
fn warn(message: &str) {
    let style = anstyle::AnsiColor::Yellow.on_default().bold();
    let _ = writeln!(anstream::stderr(), "{style}warning{style:#}: {message}");
}

impl From<Failure> for Vec<Failure> {
    fn from(failure: Failure) -> Self {
        vec![failure]
    }
}

/// Does the work in as many threads as the user wants.
fn in_threads<T: Send>(
    threads: Option<NonZeroUsize>,
    work: impl FnOnce() -> Result<T, Vec<Failure>> + Send,
) -> Result<T, Vec<Failure>> {
    let Some(threads) = threads else { return work() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.get()).build().map_err(|error| Failure {
        exit: Exit::Fault,
        message: format!("cannot start {threads} threads: {error}"),
        help: None,
    })?;
    pool.install(work)
}

/// Finds the project: the directory given if it is one, else the nearest directory upwards from the current one that has
/// descriptors or settings. Returns where it is and what findings call it.
fn find_project(directory: Option<&Path>) -> Result<Option<(PathBuf, PathBuf)>, Failure> {
    let is_project =
        |directory: &Path| directory.join(descriptor::DIRECTORY).is_dir() || directory.join(config::FILE).is_file();
    if let Some(directory) = directory {
        if !directory.is_dir() {
            return Err(Failure::usage(format_args!("there is no directory `{}`", directory.display()), None));
        }
        return Ok(is_project(directory).then(|| (directory.to_owned(), tree::plain(directory))));
    }
    let here = std::env::current_dir().map_err(|error| Failure {
        exit: Exit::Fault,
        message: format!("no current directory: {error}"),
        help: None,
    })?;
    let found = here.ancestors().enumerate().find(|(_, directory)| is_project(directory));
    Ok(found.map(|(depth, root)| {
        let shown: PathBuf = ["..", "/"].concat().repeat(depth).into();
        (root.to_owned(), shown.components().collect())
    }))
}

/// Reads the project: the directory given, or the nearest one upwards that has descriptors.
fn read_project(directory: Option<&Path>) -> Result<Project, Vec<Failure>> {
    let found = find_project(directory)?.filter(|(root, _)| root.join(descriptor::DIRECTORY).is_dir());
    let Some((root, shown)) = found else {
        return Err(match directory {
            Some(directory) => Failure::usage(
                format!("`{}` has no directory `{}`", directory.display(), descriptor::DIRECTORY),
                format!("`idpack init {}` starts a project there", directory.display()),
            ),
            None => Failure::usage(
                format!("no `{}` here or in a directory above", descriptor::DIRECTORY),
                "`idpack init` starts a project; `-C DIR` names one".to_owned(),
            ),
        }
        .into());
    };
    Project::read(&root, &shown).map_err(|errors| unreadable(&errors))
}

/// Says what cannot be read.
fn unreadable(errors: &[ReadError]) -> Vec<Failure> {
    errors.iter().map(|error| Failure::usage(error, None)).collect()
}

/// Makes sure that there is something to do and that all names mean something.
fn check_names(resolved: &Resolved, wanted: &[String]) -> Result<(), Failure> {
    let names = resolved.names();
    for name in wanted {
        if !names.contains(name.as_str()) {
            let help = match nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are: {}", names.iter().copied().collect::<Vec<_>>().join(", ")),
            };
            return Err(Failure::usage(format!("there is no environment `{name}`"), help));
        }
    }
    if names.is_empty() {
        let message = format!("`{}/` describes no environment", descriptor::DIRECTORY);
        return Err(Failure::usage(
            message,
            "a file whose name starts with `_` is a base, not an environment".to_owned(),
        ));
    }
    Ok(())
}

/// Prints findings. Tells whether they forbid to go on.
fn print_findings(findings: &[Diagnostic]) -> io::Result<bool> {
    let report = Report { findings, coverage: Coverage::default() };
    put_with(|out| human::write(&report, out))?;
    Ok(has_errors(findings))
}

/// Prints a line of results.
fn print(line: impl fmt::Display) -> io::Result<()> {
    put(format_args!("{line}\n"))
}

/// Writes to standard output.
fn put(text: fmt::Arguments<'_>) -> io::Result<()> {
    put_with(|out| out.write_fmt(text))
}

/// Writes to standard output. A reader that has gone away changes neither what is done nor the exit code.
fn put_with(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> io::Result<()> {
    let mut stdout = io::BufWriter::new(anstream::stdout().lock());
    match write(&mut stdout).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Tells whether somebody watches standard error.
fn is_watched() -> bool {
    io::stderr().is_terminal()
}
