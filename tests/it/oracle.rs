use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Returns the program that the environment variable `variable` names, else the one called `name` on `PATH`.
///
/// Without either, says `not run: <name>` past the test harness' capture and returns `None`; the caller then returns.
///
/// # Panics
///
/// If the variable names no file, and if the program is missing while `IDPACK_ORACLES=require`.
pub(crate) fn tool(name: &str, variable: &str) -> Option<PathBuf> {
    let found = find(name, variable, environment).unwrap_or_else(|reason| panic!("{reason}"));
    if found.is_none() {
        writeln!(io::stderr(), "not run: {name}").expect("standard error is open");
    }
    found
}

/// Reads a variable of the test run, which says where the tools are; nothing that is tested depends on it.
#[expect(clippy::disallowed_methods, reason = "the machine that tests run on says where its tools are")]
fn environment(name: &str) -> Option<OsString> {
    env::var_os(name)
}

fn find(name: &str, variable: &str, environment: impl Fn(&str) -> Option<OsString>) -> Result<Option<PathBuf>, String> {
    if let Some(path) = environment(variable).map(PathBuf::from) {
        return if path.is_file() {
            Ok(Some(path))
        } else {
            Err(format!("{variable} names no file: {}", path.display()))
        };
    }
    let path = environment("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|directory| directory.join(name)).find(|path| path.is_file());
    if found.is_none() && environment("IDPACK_ORACLES").is_some_and(|value| value == "require") {
        return Err(format!("{name} is required: install it or name it in {variable}"));
    }
    Ok(found)
}

/// An empty directory, and programs that run in it and see nothing of the machine but `PATH`.
pub(crate) struct Sandbox(TempDir);

impl Sandbox {
    /// Makes a new one; it is removed when the value is dropped.
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a temporary directory can be made"))
    }

    /// Returns the absolute path of `relative`.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(relative)
    }

    /// Writes a file and the directories above it.
    pub(crate) fn write(&self, relative: impl AsRef<Path>, text: &str) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("directories can be made");
        fs::write(path, text).expect("the file can be written");
    }

    /// Returns a command that starts in the sandbox, which is also its home, with no configuration of Git and in UTC.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.0.path()).env_clear();
        command.env("PATH", environment("PATH").unwrap_or_default());
        command.envs([
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("TZ", "UTC"),
            ("LC_ALL", "C"),
        ]);
        command.env("HOME", self.0.path());
        command
    }

    /// Returns the command `idpack` of this build.
    pub(crate) fn idpack(&self) -> Command {
        self.command(env!("CARGO_BIN_EXE_idpack"))
    }
}

/// Runs a command that has to succeed and returns what it wrote to standard output.
///
/// # Panics
///
/// If it cannot be started or fails, with everything that it wrote.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("programs write UTF-8");
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{stdout}{stderr}", output.status);
    stdout
}

#[test]
fn a_variable_goes_before_the_path() {
    let sandbox = Sandbox::new();
    sandbox.write("named", "");
    sandbox.write("bin/judge", "");
    let environment = |name: &str| match name {
        "JUDGE" => Some(sandbox.path("named").into()),
        "PATH" => Some(sandbox.path("bin").into()),
        _ => None,
    };
    assert_eq!(find("judge", "JUDGE", environment), Ok(Some(sandbox.path("named"))));
    assert_eq!(find("judge", "OTHER", environment), Ok(Some(sandbox.path("bin/judge"))));
    assert_eq!(find("absent", "OTHER", environment), Ok(None));
}

#[test]
fn a_tool_may_not_be_absent_where_oracles_are_required() {
    let required = |name: &str| (name == "IDPACK_ORACLES").then(|| "require".into());
    let reason = find("absent", "ABSENT", required).expect_err("it is required");
    assert_eq!(reason, "absent is required: install it or name it in ABSENT");
}

#[test]
fn a_variable_that_names_no_file_is_a_mistake() {
    let wrong = |name: &str| (name == "JUDGE").then(|| "/nowhere/judge".into());
    assert_eq!(find("judge", "JUDGE", wrong), Err("JUDGE names no file: /nowhere/judge".to_owned()));
}

#[test]
fn programs_in_a_sandbox_see_nothing_of_the_machine() {
    let sandbox = Sandbox::new();
    let variables = run(&mut sandbox.command("env"));
    let mut names: Vec<_> = variables.lines().filter_map(|line| line.split('=').next()).collect();
    names.sort_unstable();
    assert_eq!(names, ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "HOME", "LC_ALL", "PATH", "TZ"]);
}

#[test]
fn idpack_starts() {
    run(Sandbox::new().idpack().arg("--version"));
}

#[test]
fn git_in_a_sandbox_has_no_identity() {
    let Some(git) = tool("git", "IDPACK_GIT") else { return };
    let sandbox = Sandbox::new();
    let origins = run(sandbox.command(git).args(["config", "--list", "--show-origin"]));
    assert_eq!(origins, "");
}
