//! `idpack explain`

use std::path::{Path, PathBuf};

use super::args::{ExplainArgs, LevelArgs, VersionArgs};
use super::context::{Context, find_rule};
use super::{Exit, Failure, print, put_with, unreadable};
use crate::idpbuilder::argument::{self, Remote};
use crate::idpbuilder::{Cluster, Profile};
use crate::package::Reading;
use crate::pipeline::{self, Settings, Watch};
use crate::policy;
use crate::report::prediction::Prediction;
use crate::report::{Coverage, Report};
use crate::tree::{self, Edits, Listing};

pub(super) fn run(directory: Option<&Path>, options: &ExplainArgs) -> Result<Exit, Vec<Failure>> {
    match (&options.check, &options.package) {
        (_, Some(argument)) => package(directory, argument, options),
        (Some(check), None) => Ok(page(check)?),
        (None, None) => Ok(Exit::Clean),
    }
}

fn page(id: &str) -> Result<Exit, Failure> {
    let rule = find_rule(id).map_err(|(message, help)| Failure::usage(message, help))?;
    let (severity, effect) = (rule.severity.as_str(), rule.effect.as_str());
    let page = rule.page.trim_start_matches(&format!("# {id}\n")).trim();
    print(format_args!("# {id}\n\n{}: {severity}; otherwise: {effect}.\n\n{page}", rule.summary))?;
    Ok(Exit::Clean)
}

/// Prints what idpbuilder will make of an argument of `--package`.
fn package(directory: Option<&Path>, argument: &str, options: &ExplainArgs) -> Result<Exit, Vec<Failure>> {
    if let Some(remote) = argument::remote(argument) {
        return explain_remote(argument, &remote).map_err(Into::into);
    }
    let context = Context::new(directory, &LevelArgs::default(), &VersionArgs::default(), &Edits::default())?;
    let stated = options.cluster.over(context.cluster.as_ref());
    let cluster = stated.clone().unwrap_or_default();
    let path = directory.unwrap_or(Path::new("")).join(argument);
    let (root, only) = root_of(argument, &path, &cluster)?;
    let listing = Listing::of_directory(&root, &tree::plain(&root), false);
    let listing = listing.map_err(|errors| unreadable(&errors))?;
    let target = context.versions.of(stated.as_ref());
    let settings = Settings {
        target: &target,
        cluster: &cluster,
        cluster_is_assumed: stated.is_none(),
        reading: Reading::Package,
    };
    let (verdict, printed) = pipeline::judge_and_look(&listing, settings, Watch::default(), |package| {
        let prediction = Prediction { argument, package, only: only.as_deref(), cluster: &cluster };
        put_with(|out| prediction.write(out))
    });
    printed.map_err(Failure::from)?;
    let judged = policy::apply(verdict.findings, verdict.suppressions, true, &context.levels, None);
    if !judged.findings.is_empty() {
        let report = Report { findings: &judged.findings, coverage: Coverage::default() };
        let command = format_args!("`idpack validate --as package {argument}` shows them");
        print(format_args!("\n{} in this package: {command}", report.counts())).map_err(Failure::from)?;
    }
    Ok(Exit::Clean)
}

/// Returns the directory that idpbuilder reads, and the one file that it takes from there if a file is named.
fn root_of(argument: &str, path: &Path, cluster: &Cluster) -> Result<(PathBuf, Option<String>), Failure> {
    if path.is_dir() {
        return Ok((path.to_owned(), None));
    }
    if !path.is_file() {
        let help = if argument::is_url(argument) {
            "idpbuilder takes it for a path too; write `//` between the repository and the directory in it"
        } else {
            "`idpbuilder create` ends at once with it"
        };
        return Err(Failure::usage(format_args!("there is no `{}`", path.display()), help.to_owned()));
    }
    if cluster.profile < Profile::V0_10 {
        let message = format_args!("idpbuilder {} takes directories only, and `{argument}` is a file", cluster.profile);
        return Err(Failure::usage(message, "name its directory".to_owned()));
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((parent.to_owned(), name))
}

/// Says what idpbuilder does with a directory of a Git repository, which idpack does not fetch.
fn explain_remote(argument: &str, remote: &Remote<'_>) -> Result<Exit, Failure> {
    let Remote { clone_url, path, .. } = remote;
    if !remote.is_url {
        return Err(Failure::misread(Path::new(argument), remote));
    }
    let directory = if path.is_empty() { "the root".to_owned() } else { format!("directory `{path}`") };
    print(format_args!("idpbuilder clones `{clone_url}` and reads {directory} of it"))?;
    if let Some(revision) = remote.revision {
        print(format_args!("  at revision `{revision}`, and with it whatever else is named of this repository"))?;
    }
    if let Some(doubt) = remote.doubt() {
        print(format_args!("  {doubt}"))?;
    }
    if remote.submodules {
        print("  with its submodules, which have to be public; `submodules=false` leaves them out")?;
    }
    print("  passing over symbolic links, and without credentials for private repositories")?;
    print("\nTo see what it makes of the directory, clone the repository and name the directory here.")?;
    Ok(Exit::Clean)
}
