//! `idpack render` and `idpack build`

use std::collections::BTreeSet;
use std::path::Path;

use indicatif::ProgressBar;
use rayon::prelude::*;

use super::args::{BuildArgs, LevelArgs, RenderArgs, VersionArgs};
use super::context::Context;
use super::{Exit, Failure, check_names, interrupt, print, print_findings, progress, read_project};
use crate::descriptor;
use crate::diagnostic::has_errors;
use crate::git::Outcome;
use crate::output::{self, ChangeKind, Lock, Marker};
use crate::pack;
use crate::pipeline::{self, Identity, Planned, Project, Rendered, Target, Watch};
use crate::policy;
use crate::tree::Edits;

/// Where the repositories go unless anybody says otherwise.
pub(super) const OUTPUT: &str = "out";
/// Who commits unless anybody says otherwise.
const AUTHOR: (&str, &str) = ("idpack", "idpack@idpack.dev");

/// Work on this many environments or more gets a progress bar.
const LONG: usize = 50;

/// A project with the environments that were asked for, rendered.
pub(super) struct Job {
    pub(super) project: Project,
    /// All environments that are described, also those that were not asked for.
    names: BTreeSet<String>,
    /// How each cluster is created, with all of its environments.
    commands: Vec<String>,
    pub(super) rendered: Vec<Rendered>,
    pub(super) target: Target,
}

impl Job {
    /// Reads, resolves and renders. `None` if there are errors, which have been printed. With `checks` the result is
    /// judged too.
    pub(super) fn new(
        directory: Option<&Path>,
        options: &RenderArgs,
        checks: bool,
        bare: bool,
    ) -> Result<Option<Self>, Vec<Failure>> {
        let project = read_project(directory)?;
        let context = Context::new(directory, &LevelArgs::default(), &VersionArgs::default(), &Edits::default())?;
        let configured = project.config.output.as_deref().unwrap_or(OUTPUT);
        let output = options.output.clone().unwrap_or_else(|| project.root.join(configured));
        for inputs in [descriptor::DIRECTORY, pack::DIRECTORY].map(|directory| project.root.join(directory)) {
            let inside =
                |path: &Path| Some(std::path::absolute(path).ok()?.starts_with(std::path::absolute(&inputs).ok()?));
            if inside(&output) == Some(true) {
                let message = format!("the output directory `{}` is among the project's own files", output.display());
                return Err(Failure::usage(message, "what is written there would be read as input".to_owned()).into());
            }
        }
        let (resolved, mut findings) = project.resolve();
        findings.extend(context.findings);
        let mut suppressions = project.suppressions();
        if has_errors(&findings) {
            let judged = policy::apply(findings, suppressions, false, &context.levels, None);
            print_findings(&judged.findings).map_err(Failure::from)?;
            return Ok(None);
        }
        check_names(&resolved, &options.environments)?;
        let names = resolved.names().into_iter().map(str::to_owned).collect();
        let wanted =
            |name: &str| options.environments.is_empty() || options.environments.iter().any(|wanted| wanted == name);
        let count = resolved.names().iter().filter(|name| wanted(name)).count();
        let shown = options.output.clone().unwrap_or_else(|| project.shown_root.join(configured));
        let commands = pipeline::create_commands(&resolved, |name| shown.join(name));
        let bar = progress::bar("rendering", LONG, count);
        let (rendered, found) = resolved.render(wanted, &shown, &|| bar.inc(1)).map_err(Failure::from)?;
        bar.finish_and_clear();
        findings.extend(found);
        let is_rendered = !has_errors(&findings);
        if checks && is_rendered {
            let bar = progress::bar("checking", LONG, count);
            let verdict =
                pipeline::validate(&rendered, &context.versions, Watch { done: &|| bar.inc(1), ..Watch::default() });
            findings.extend(verdict.findings);
            suppressions.extend(verdict.suppressions);
            bar.finish_and_clear();
        }
        // Whether a comment is of use, only checks can tell; and what ended the work before them, no comment can take back.
        let complete = checks && is_rendered;
        let judged = policy::apply(findings, suppressions, complete, &context.levels, None);
        let is_faulty = print_findings(&judged.findings).map_err(Failure::from)?;
        let target = Target { output, bare, discard_edits: options.discard_edits };
        Ok((!is_faulty).then_some(Self { project, names, commands, rendered, target }))
    }

    /// Compares what was rendered with what is there.
    pub(super) fn plan(&self) -> Result<Vec<Planned<'_>>, Vec<Failure>> {
        self.target.plan(&self.rendered).map_err(|errors| errors.into_iter().map(Failure::from).collect())
    }

    fn lock(&self) -> Result<Lock, Failure> {
        Lock::acquire(&self.target.output).map_err(|error| Failure::from(pipeline::Error::from(error)))
    }
}

pub(super) fn render(directory: Option<&Path>, options: &RenderArgs) -> Result<Exit, Vec<Failure>> {
    let Some(job) = Job::new(directory, options, false, false)? else { return Ok(Exit::Findings) };
    let lock = job.lock()?;
    let planned = job.plan()?;
    let bar = progress::bar("writing", LONG, planned.len());
    each(&planned, &bar, |planned| planned.apply(&lock))?;
    for planned in &planned {
        print(format_args!("{}  {}", planned.rendered.name(), changes(planned))).map_err(Failure::from)?;
    }
    Ok(Exit::Clean)
}

pub(super) fn build(directory: Option<&Path>, options: &BuildArgs) -> Result<Exit, Vec<Failure>> {
    let Some(job) = Job::new(directory, &options.render, true, options.bare)? else { return Ok(Exit::Findings) };
    let lock = job.lock()?;
    let planned = job.plan()?;
    let source = pipeline::source_commit(&job.project).map_err(Failure::from)?;
    let time = match options.date.map_or_else(source_date_epoch, |date| Ok(Some(date)))? {
        Some(seconds) => i64::from(seconds),
        None => source.map_or_else(now, |source| source.time),
    };
    let identity = identity(&job.project, options, time);
    let source = source.map(|source| source.id.to_string());
    let bar = progress::bar("committing", LONG, planned.len());
    let outcomes = each(&planned, &bar, |planned| planned.build(&identity, source.as_deref(), &lock))?;
    let width = planned.iter().map(|planned| planned.rendered.name().len()).max().unwrap_or_default();
    for (planned, outcome) in planned.iter().zip(&outcomes) {
        let outcome = match outcome {
            Outcome::Created(id) => format!("committed {}  {}", short(id), committed(planned)?),
            Outcome::Unchanged(id) => format!("unchanged {}", short(id)),
        };
        print(format_args!("{:width$}  {outcome}", planned.rendered.name())).map_err(Failure::from)?;
    }
    for name in Marker::environments(&job.target.output).iter().filter(|name| !job.names.contains(*name)) {
        print(format_args!("{name:width$}  no longer described; its repository is kept")).map_err(Failure::from)?;
    }
    if !options.bare {
        for command in &job.commands {
            print(format_args!("\n{command}")).map_err(Failure::from)?;
        }
    }
    Ok(Exit::Clean)
}

/// Does something with every environment, in parallel, and collects all failures.
fn each<'a, T: Send>(
    planned: &'a [Planned<'a>],
    bar: &ProgressBar,
    work: impl Fn(&'a Planned<'a>) -> Result<T, pipeline::Error> + Sync,
) -> Result<Vec<T>, Vec<Failure>> {
    let results: Vec<_> = planned
        .par_iter()
        .map(|planned| {
            if interrupt::came() {
                return Ok(None);
            }
            let result = work(planned);
            bar.inc(1);
            result.map(Some)
        })
        .collect();
    bar.finish_and_clear();
    let (mut done, mut failures, mut left) = (Vec::new(), Vec::new(), 0);
    for result in results {
        match result {
            Ok(Some(value)) => done.push(value),
            Ok(None) => left += 1,
            Err(error) => failures.push(Failure::from(error)),
        }
    }
    if left > 0 {
        failures.push(Failure {
            exit: Exit::Fault,
            message: format!("interrupted; {left} environments are as they were"),
            help: Some("the others are complete: run again to go on".to_owned()),
        });
    }
    if failures.is_empty() { Ok(done) } else { Err(failures) }
}

/// The author that was asked for.
fn identity(project: &Project, options: &BuildArgs, time: i64) -> Identity {
    let commit = &project.config.commit;
    let (name, email) = options.author.clone().unwrap_or_else(|| {
        let or = |configured: &Option<String>, default: &str| configured.clone().unwrap_or_else(|| default.to_owned());
        (or(&commit.name, AUTHOR.0), or(&commit.email, AUTHOR.1))
    });
    Identity { name, email, time }
}

/// The time that reproducible builds agree on; empty counts as unset. Git stores 32 bits of it.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
fn source_date_epoch() -> Result<Option<u32>, Failure> {
    match std::env::var("SOURCE_DATE_EPOCH").as_deref() {
        Err(_) | Ok("") => Ok(None),
        Ok(text) => text.parse().map(Some).map_err(|_| {
            let message =
                format!("SOURCE_DATE_EPOCH is `{text}`, and has to be seconds since 1970, at most {}", u32::MAX);
            Failure::usage(message, None)
        }),
    }
}

#[expect(clippy::disallowed_methods, reason = "the command line is where the clock is read")]
fn now() -> i64 {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since_epoch.map_or(0, |time| time.as_secs().try_into().unwrap_or(i64::MAX))
}

fn short(id: &git2::Oid) -> String {
    id.to_string()[..10].to_owned()
}

/// Counts what a render changed on disk.
fn changes(planned: &Planned<'_>) -> String {
    let changes = planned.plan.iter().flat_map(|plan| &plan.changes);
    in_words(changes.map(output::Change::kind), planned)
}

/// Counts what a commit changed.
fn committed(planned: &Planned<'_>) -> Result<String, Failure> {
    Ok(in_words(planned.committed().map_err(Failure::from)?.into_iter(), planned))
}

fn in_words(changes: impl Iterator<Item = ChangeKind>, planned: &Planned<'_>) -> String {
    let changes: Vec<ChangeKind> = changes.collect();
    let count = |kind| changes.iter().filter(|change| **change == kind).count();
    let counts = [(ChangeKind::Create, "new"), (ChangeKind::Update, "changed"), (ChangeKind::Delete, "removed")];
    let counts = counts.map(|(kind, word)| (count(kind), word));
    let words: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if words.is_empty() {
        "no file changed".to_owned()
    } else {
        format!("{} of {} files", words.join(", "), planned.rendered.tree.len())
    }
}
