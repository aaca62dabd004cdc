//! `idpack validate`

use std::collections::BTreeSet;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::args::{ReadingArg, ValidateArgs};
use super::build::OUTPUT;
use super::context::Context;
use super::timings::Timings;
use super::{Exit, Failure, fix, print as print_line, progress, put_with, unreadable};
use crate::checks;
use crate::config;
use crate::descriptor;
use crate::diagnostic::{Diagnostic, has_errors};
use crate::fix::{Mending, work_out};
use crate::git;
use crate::idpbuilder::argument;
use crate::manifest;
use crate::output;
use crate::pack;
use crate::package::Reading;
use crate::pipeline::{self, Project, Settings, Verdict, Watch};
use crate::policy::{self, Baseline, Judged};
use crate::report::{self, Report, counted, github};
use crate::tree::{self, Edits, Listing, ReadError, STDIN};

/// This many files or more get a progress bar.
const LONG: usize = 2_000;

pub(super) fn run(directory: Option<&Path>, options: &ValidateArgs) -> Result<Exit, Vec<Failure>> {
    fix::check(options)?;
    let base = directory.unwrap_or(Path::new(""));
    let stream = fix::is_stream(options).then(|| standard_input(options)).transpose()?;
    let timings = options.timings.then(Timings::default);
    let input = Input { directory, base, options, stream: stream.as_ref(), timings: timings.as_ref() };
    let is_mending = options.mend.is_asked();
    let mut mending = Mending::default();
    let (mut run, refused) = loop {
        let mut run = input.judge(&mending.edits)?;
        let read = |shown: &str| fix::text(shown, options, input.stream);
        let findings = &mut run.judged.findings;
        if options.rev.is_some() {
            for finding in findings.iter_mut() {
                finding.fix = None;
            }
        }
        if !is_mending {
            work_out(findings, &read);
            break (run, Vec::new());
        }
        if let Some(refused) = mending.round(findings, run.complete, &read) {
            break (run, refused);
        }
    };
    if let Some(timings) = timings {
        timings.print().map_err(Failure::from)?;
    }
    let judged = &mut run.judged;
    let (complete, failures) = (run.complete, unreadable(&run.errors));
    let is_nothing = complete && failures.is_empty() && run.is_empty && !has_errors(&judged.findings);
    if options.update_baseline && complete && failures.is_empty() && !is_nothing {
        let baseline = Baseline::of(&judged.findings, &|name| run.place.relative(name));
        return write_baseline(run.baseline.as_deref(), &baseline).map_err(Into::into);
    }
    judged.findings.iter_mut().for_each(Diagnostic::shorten);
    let mended = is_mending && !is_nothing && failures.is_empty();
    let mended =
        mended.then(|| fix::finish(options, &mending, &judged.findings, &refused, stream.as_ref())).transpose()?;
    if let (Some(exit), false) = (mended, options.mend.fix) {
        return Ok(exit);
    }
    let coverage = report::Coverage { suppressed: judged.suppressed, known: judged.known, ..run.coverage };
    let report = Report { findings: &judged.findings, coverage };
    if !(is_nothing && report.findings.is_empty()) {
        print(&report, options)?;
    }
    if is_nothing {
        return Err(nothing(run.coverage.documents).into());
    }
    if !failures.is_empty() {
        return Err(failures);
    }
    if options.update_baseline {
        let message = "the baseline is as it was: something is wrong that idpack cannot go on after";
        return Err(Failure { exit: Exit::Findings, message: message.to_owned(), help: None }.into());
    }
    let is_bad = options.fail_on.severity().is_some_and(|least| judged.findings.iter().any(|it| it.severity >= least));
    Ok(if is_bad { Exit::Findings } else { Exit::Clean })
}

/// What is to be judged, and how.
struct Input<'a> {
    directory: Option<&'a Path>,
    base: &'a Path,
    options: &'a ValidateArgs,
    /// Standard input, which can be read only once.
    stream: Option<&'a Listing>,
    timings: Option<&'a Timings>,
}

/// What was found.
struct Run {
    judged: Judged,
    errors: Vec<ReadError>,
    coverage: report::Coverage,
    /// Whether nothing in it is meant for a cluster.
    is_empty: bool,
    /// Whether no fault ended the work.
    complete: bool,
    baseline: Option<PathBuf>,
    place: Place,
}

impl Input<'_> {
    /// Judges it as it is to be.
    fn judge(&self, edits: &Edits) -> Result<Run, Vec<Failure>> {
        let Self { directory, base, options, .. } = *self;
        // The settings of a project go with it, wherever it is judged from.
        let named = match options.paths.as_slice() {
            [path] if options.reading.is_none() && is_project(&base.join(path)) => Some(base.join(path)),
            _ => None,
        };
        let context = Context::new(named.as_deref().or(directory), &options.levels, &options.versions, edits)?;
        let mut verdict = self.verdict(&context, edits)?;
        verdict.findings.extend(context.findings.iter().cloned());
        let path = options.baseline.as_ref().map(|path| base.join(path)).or_else(|| context.baseline.clone());
        let place = Place::of(path.as_deref(), options.rev.as_deref());
        let relative = |name: &str| place.relative(name);
        let baseline = match &path {
            Some(path) if !options.update_baseline => Some(read_baseline(path)?),
            _ => None,
        };
        let known = baseline.as_ref().map(|baseline| policy::Known { baseline, place: &relative });
        let complete = !verdict.is_partial;
        let judged = policy::apply(verdict.findings, verdict.suppressions, complete, &context.levels, known.as_ref());
        Ok(Run {
            judged,
            errors: verdict.errors,
            coverage: verdict.coverage,
            is_empty: verdict.files_with_manifests == 0,
            complete,
            baseline: path,
            place,
        })
    }
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

impl Input<'_> {
    /// Reads and judges what the arguments name; paths count from `base`.
    fn verdict(&self, context: &Context, edits: &Edits) -> Result<Verdict, Vec<Failure>> {
        let Self { base, options, stream, timings, .. } = *self;
        let around: checks::Around<'_> = match &timings {
            Some(timings) => &|name, work| timings.around(name, work),
            None => Watch::default().around,
        };
        let cluster = options.cluster.over(context.cluster.as_ref());
        let project = |root: &Path, shown: &Path, revision: Option<&Listing>| {
            if options.cluster.is_given() {
                let help = "`spec.cluster` of the descriptors says what the cluster is like";
                return Err(Failure::usage("this is a project of idpack", help.to_owned()).into());
            }
            project(root, shown, revision, context, around, edits)
        };
        let reading = options.reading.map_or(Reading::Found, ReadingArg::reading);
        let judge = |listing: &Listing| {
            let target = context.versions.of(cluster.as_ref());
            let is_assumed = cluster.is_none();
            let cluster = cluster.clone().unwrap_or_default();
            let settings = Settings { target: &target, cluster: &cluster, cluster_is_assumed: is_assumed, reading };
            let files = listing.iter().filter(|(path, _)| manifest::is_candidate(path.as_str())).count();
            let bar = progress::bar("checking", LONG, files);
            let verdict = pipeline::judge(listing, settings, Watch { done: &|| bar.inc(1), around });
            bar.finish_and_clear();
            verdict
        };
        if options.paths.is_empty() {
            if options.reading.is_some() {
                let help = "`--as` says who reads a directory: name it, as in `idpack validate out/dev --as package`";
                return Err(Failure::usage("no PATH is named", help.to_owned()).into());
            }
            let Some(root) = &context.project else {
                let help = "`idpack validate PATH` judges any directory or file, `idpack validate -` standard input";
                return Err(Failure::usage("there is no project here, and no PATH is named", help.to_owned()).into());
            };
            let listing = options.rev.as_ref().map(|revision| revision_of(root, revision)).transpose()?;
            return project(root, &context.shown_project, listing.as_ref());
        }
        let mut all = Verdict::default();
        let (mut files, mut seen) = (Vec::new(), BTreeSet::new());
        for named in &options.paths {
            if !seen.insert(tree::plain(named)) {
                continue;
            }
            if let Some(remote) = named.to_str().filter(|_| reading == Reading::Package).and_then(argument::remote) {
                return Err(Failure::misread(named, &remote).into());
            }
            let path = base.join(named);
            let next = if let Some(stream) = stream.filter(|_| named.as_os_str() == STDIN) {
                judge(&stream.edited(edits))
            } else if let Some(revision) = &options.rev {
                let listing = revision_of(&path, revision)?;
                let descriptors = format!("{}/", descriptor::DIRECTORY);
                if options.reading.is_none() && pipeline::has_descriptors(&listing, &descriptors) {
                    project(&path, &tree::plain(&path), Some(&listing))?
                } else {
                    judge(&listing)
                }
            } else if !path.is_dir() {
                // idpbuilder and Argo CD take such addresses, too.
                if !path.is_file() && named.to_str().is_some_and(argument::is_url) {
                    let message = format!("idpack does not fetch `{}`", named.display());
                    return Err(Failure::usage(message, "clone it, and name the directory".to_owned()).into());
                }
                files.push(path);
                continue;
            } else if options.reading.is_none() && is_project(&path) {
                project(&path, &tree::plain(&path), None)?
            } else {
                // Who reads a package does not ask Git what to leave out.
                let gitignore = matches!(reading, Reading::Found | Reading::Plain);
                let listing = Listing::of_directory(&path, &tree::plain(&path), gitignore);
                judge(&listing.map_err(|errors| unreadable(&errors))?.edited(edits))
            };
            all = all.and(next);
        }
        if !files.is_empty() {
            let listing = Listing::of_files(&files).map_err(|errors| unreadable(&errors))?;
            all = all.and(judge(&listing.edited(edits)));
        }
        Ok(all)
    }
}

fn standard_input(options: &ValidateArgs) -> Result<Listing, Failure> {
    if options.rev.is_some() {
        return Err(Failure::usage("standard input has no revisions", "leave `--rev` out".to_owned()));
    }
    Listing::of_stream(io::stdin().lock())
        .map_err(|error| Failure::usage(format_args!("cannot read standard input: {error}"), None))
}

fn revision_of(path: &Path, revision: &str) -> Result<Listing, Vec<Failure>> {
    let wanted =
        |path: &str| manifest::is_candidate(path) || path.starts_with(pack::DIRECTORY) || path.ends_with(".gitignore");
    git::read_revision(path, revision, wanted).map_err(|error| {
        let help = path.is_file().then(|| "`--rev` wants a directory; name the one that the file is in".to_owned());
        Failure::usage(error, help).into()
    })
}

/// Tells whether a directory is a project of idpack.
fn is_project(path: &Path) -> bool {
    let below = path.join(descriptor::DIRECTORY);
    // One that cannot be read is reported when it is read as what it seems to be.
    let has_descriptors =
        || Listing::of_directory(&below, &below, false).map_or(true, |listing| pipeline::has_descriptors(&listing, ""));
    below.is_dir() && (path.join(config::FILE).is_file() || has_descriptors())
}

/// Judges a project, from its descriptors to what they are rendered to.
fn project(
    root: &Path,
    shown: &Path,
    revision: Option<&Listing>,
    context: &Context,
    around: checks::Around<'_>,
    edits: &Edits,
) -> Result<Verdict, Vec<Failure>> {
    let project = match revision {
        None => Project::read(root, shown),
        Some(listing) => Project::of_listing(root, listing),
    };
    let project = project.map_err(|errors| unreadable(&errors))?.edited(edits);
    let output = shown.join(project.config.output.as_deref().unwrap_or(OUTPUT));
    let verdict = pipeline::judge_project(&project, &output, &context.versions, Watch { around, ..Watch::default() });
    verdict.map_err(|error| Failure::from(error).into())
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

fn write_baseline(path: Option<&Path>, baseline: &Baseline) -> Result<Exit, Failure> {
    let Some(path) = path else {
        let help = "add `--baseline FILE`, or `validate.baseline` in idpack.yaml".to_owned();
        return Err(Failure::usage("no baseline is named", help));
    };
    output::overwrite(path, &baseline.to_text()).map_err(|error| Failure {
        exit: Exit::Fault,
        message: format!("cannot write `{}`: {error}", path.display()),
        help: None,
    })?;
    print_line(format_args!("`{}` knows {} now", path.display(), counted(baseline.len(), "finding")))?;
    Ok(Exit::Clean)
}

/// How a baseline calls files: by their way from its own directory, so that it fits wherever idpack runs.
struct Place {
    directory: PathBuf,
    /// What the names of files of a revision begin with, and where that is on disk.
    revision: Option<(String, PathBuf)>,
}

impl Place {
    fn of(baseline: Option<&Path>, revision: Option<&str>) -> Self {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let directory =
            absolute(baseline.and_then(Path::parent).filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new(".")));
        let here = absolute(Path::new("."));
        let root = git::root_of(&here).or_else(|| git::root_of(&directory)).unwrap_or(&here).to_owned();
        Self { directory, revision: revision.map(|revision| (format!("{revision}:"), root)) }
    }

    fn relative(&self, name: &str) -> String {
        let path = match &self.revision {
            Some((prefix, root)) if name.starts_with(prefix) => root.join(&name[prefix.len()..]),
            _ => std::path::absolute(name).unwrap_or_else(|_| name.into()),
        };
        let (from, to): (Vec<_>, Vec<_>) = (lexical(&self.directory), lexical(&path));
        let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        let up = from[shared..].iter().map(|_| "..".to_owned());
        up.chain(to[shared..].iter().cloned()).collect::<Vec<_>>().join("/")
    }
}

/// Returns the parts of an absolute path without `..`.
fn lexical(path: &Path) -> Vec<String> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            _ => {}
        }
    }
    parts
}

/// Prints the report, and leaves a summary where GitHub looks for one.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
fn print(report: &Report<'_>, options: &ValidateArgs) -> Result<(), Failure> {
    let format = options.format;
    if options.mend.fix && fix::is_stream(options) {
        // Standard output has the mended text.
        return Ok(report::write(format, report, &pipeline::rules(), &mut anstream::stderr())?);
    }
    put_with(|out| report::write(format, report, &pipeline::rules(), out))?;
    if format != report::Format::Github {
        return Ok(());
    }
    if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty())
        && let Err(error) = output::append(Path::new(&path), &github::summary(report))
    {
        // The verdict has been printed, and stands.
        let message = format!("cannot write the summary `{}`: {error}", Path::new(&path).display());
        super::warn(&message);
    }
    Ok(())
}
