//! `idpack validate`

use std::io;
use std::path::Path;

use super::args::{ReadingArg, ValidateArgs};
use super::build::OUTPUT;
use super::context::Context;
use super::{Exit, Failure, print as print_line, progress, put_with};
use crate::descriptor;
use crate::diagnostic::{Diagnostic, has_errors};
use crate::git;
use crate::idpbuilder::Cluster;
use crate::manifest;
use crate::output;
use crate::pack;
use crate::package::Reading;
use crate::pipeline::{self, Project, Settings, Verdict};
use crate::policy::{self, Baseline};
use crate::report::{self, Report, counted, github};
use crate::tree::{self, Listing, ReadError};

/// This many files or more get a progress bar.
const LONG: usize = 2_000;

pub(super) fn run(directory: Option<&Path>, options: &ValidateArgs) -> Result<Exit, Vec<Failure>> {
    let context = Context::new(directory, &options.levels, &options.versions)?;
    let mut verdict = verdict(directory, options, &context)?;
    verdict.findings.extend(context.findings.iter().cloned());
    let mut failures: Vec<Failure> = verdict.errors.iter().map(|error| Failure::usage(error, None)).collect();
    let (is_empty, documents) = (verdict.files_with_manifests == 0, verdict.coverage.documents);
    let path = options.baseline.clone().or_else(|| context.baseline.clone());
    let baseline = match &path {
        Some(path) if !options.update_baseline => Some(read_baseline(path)?),
        _ => None,
    };
    let mut judged = policy::apply(verdict.findings, verdict.suppressions, &context.levels, baseline.as_ref());
    if options.update_baseline {
        let path = path.ok_or_else(|| {
            Failure::usage(
                "no baseline is named",
                "add `--baseline FILE`, or `validate.baseline` in idpack.yaml".to_owned(),
            )
        })?;
        let baseline = Baseline::of(&judged.findings);
        output::overwrite(&path, &baseline.to_text()).map_err(|error| Failure {
            exit: Exit::Fault,
            message: format!("cannot write `{}`: {error}", path.display()),
            help: None,
        })?;
        print_line(format_args!("`{}` knows {} now", path.display(), counted(baseline.len(), "finding")))
            .map_err(Failure::from)?;
        return Ok(Exit::Clean);
    }
    let coverage = report::Coverage { suppressed: judged.suppressed, known: judged.known, ..verdict.coverage };
    judged.findings.iter_mut().for_each(Diagnostic::shorten);
    let report = Report { findings: &judged.findings, coverage };
    let is_nothing = failures.is_empty() && is_empty && !has_errors(report.findings);
    if !(is_nothing && report.findings.is_empty()) {
        print(&report, options)?;
    }
    if is_nothing {
        failures.push(nothing(documents));
    }
    if !failures.is_empty() {
        return Err(failures);
    }
    let is_bad = options.fail_on.severity().is_some_and(|least| judged.findings.iter().any(|it| it.severity >= least));
    Ok(if is_bad { Exit::Findings } else { Exit::Clean })
}

/// Success without evidence would be worth nothing.
fn nothing(documents: usize) -> Failure {
    let message = match documents {
        0 => "there is nothing to validate".to_owned(),
        1 => "there is nothing to validate: the one document has neither `apiVersion` nor `kind`".to_owned(),
        count => format!("there is nothing to validate: none of {count} documents has `apiVersion` and `kind`"),
    };
    Failure::usage(message, "name a directory or a file with manifests".to_owned())
}

/// Reads and judges what the arguments name.
fn verdict(directory: Option<&Path>, options: &ValidateArgs, context: &Context) -> Result<Verdict, Vec<Failure>> {
    let base = directory.unwrap_or(Path::new(""));
    let reading = options.reading.map_or(Reading::Found, ReadingArg::reading);
    let is_forced = options.reading.is_some();
    if options.paths.is_empty() {
        let Some(root) = context.project.as_deref().filter(|_| !is_forced) else {
            let help =
                "`idpack validate PATH` judges any directory or file, `idpack validate -` standard input".to_owned();
            return Err(Failure::usage("there is no project here, and no PATH is named", help).into());
        };
        return project(root, &context.shown_project, options, context);
    }
    let mut all = Verdict::default();
    let mut files = Vec::new();
    for path in &options.paths {
        if path.as_os_str() == "-" {
            let listing = Listing::of_stream(io::stdin().lock()).map_err(|error| Failure {
                exit: Exit::Usage,
                message: format!("cannot read standard input: {error}"),
                help: None,
            })?;
            all = all.and(judge(&listing, reading, context));
            continue;
        }
        let path = base.join(path);
        let is_directory = path.is_dir() || options.rev.is_some();
        if !is_directory {
            files.push(path);
        } else if !is_forced && is_project(&path, options)? {
            all = all.and(project(&path, &path, options, context)?);
        } else {
            all = all.and(judge(&listing(&path, reading, options)?, reading, context));
        }
    }
    if !files.is_empty() {
        let listing = Listing::of_files(&files).map_err(|errors| unreadable(&errors))?;
        all = all.and(judge(&listing, reading, context));
    }
    Ok(all)
}

fn unreadable(errors: &[ReadError]) -> Vec<Failure> {
    errors.iter().map(|error| Failure::usage(error, None)).collect()
}

/// Lists a directory, as it is or as it was.
fn listing(path: &Path, reading: Reading, options: &ValidateArgs) -> Result<Listing, Vec<Failure>> {
    if let Some(revision) = &options.rev {
        return revision_of(path, revision);
    }
    let shown = path.strip_prefix(".").unwrap_or(path);
    // Who reads a package does not ask Git what to leave out.
    let gitignore = matches!(reading, Reading::Found | Reading::Plain);
    Listing::of_directory(path, shown, gitignore).map_err(|errors| unreadable(&errors))
}

fn revision_of(path: &Path, revision: &str) -> Result<Listing, Vec<Failure>> {
    let wanted = |path: &str| manifest::is_candidate(path) || path.starts_with(pack::DIRECTORY);
    git::read_revision(path, revision, wanted).map_err(|error| Failure::usage(error, None).into())
}

/// Tells whether a directory is a project of idpack, now or at the revision.
fn is_project(path: &Path, options: &ValidateArgs) -> Result<bool, Vec<Failure>> {
    let prefix = format!("{}/", descriptor::DIRECTORY);
    Ok(match &options.rev {
        None => path.join(descriptor::DIRECTORY).is_dir(),
        Some(revision) => {
            let listing = revision_of(path, revision)?;
            listing.iter().any(|(path, _)| path.as_str().starts_with(&prefix))
        }
    })
}

/// Judges a project, from its descriptors to what they are rendered to.
fn project(root: &Path, shown: &Path, options: &ValidateArgs, context: &Context) -> Result<Verdict, Vec<Failure>> {
    let project = match &options.rev {
        None => Project::read(root, shown).map_err(|errors| unreadable(&errors))?,
        Some(revision) => {
            Project::of_listing(root, &revision_of(root, revision)?).map_err(|errors| unreadable(&errors))?
        }
    };
    let output = shown.join(project.config.output.as_deref().unwrap_or(OUTPUT));
    let verdict = pipeline::judge_project(&project, &output, &context.versions, &|| ());
    verdict.map_err(|error| Failure::from(error).into())
}

fn judge(listing: &Listing, reading: Reading, context: &Context) -> Verdict {
    let cluster = Cluster::default();
    let target = context.target(None);
    let settings = Settings { target: &target, cluster: &cluster, cluster_is_assumed: true, reading };
    let bar = progress::bar("checking", LONG, listing.iter().count());
    let verdict = pipeline::judge(listing, settings, &|| bar.inc(1));
    bar.finish_and_clear();
    verdict
}

fn read_baseline(path: &Path) -> Result<Baseline, Failure> {
    let root = path.parent().unwrap_or(Path::new(""));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let help = || "`--update-baseline` writes it from what is found now".to_owned();
    let file = tree::read_file(root, root, &name).map_err(|error| Failure::usage(error, help()))?;
    let (_, source) =
        file.ok_or_else(|| Failure::usage(format_args!("there is no baseline `{}`", path.display()), help()))?;
    Baseline::parse(source.text())
        .map_err(|error| Failure::usage(format_args!("`{}`: {error}", path.display()), help()))
}

/// Prints the report, and leaves a summary where GitHub looks for one.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
fn print(report: &Report<'_>, options: &ValidateArgs) -> Result<(), Failure> {
    let format = options.format;
    put_with(|out| report::write(format, report, &pipeline::rules(), out))?;
    if format != report::Format::Github {
        return Ok(());
    }
    match std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) {
        None => Ok(()),
        Some(path) => output::append(Path::new(&path), &github::summary(report)).map_err(|error| Failure {
            exit: Exit::Fault,
            message: format!("cannot write the summary `{}`: {error}", Path::new(&path).display()),
            help: None,
        }),
    }
}
