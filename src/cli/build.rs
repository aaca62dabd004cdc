//! `idpack render` and `idpack build`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use rayon::prelude::*;

use super::args::{BuildArgs, RenderArgs};
use super::{Exit, Failure, check_names, print, print_findings, progress, read_project};
use crate::diagnostic::has_errors;
use crate::git::Outcome;
use crate::output::{ChangeKind, Lock, Marker};
use crate::pipeline::{self, Identity, Planned, Project, Rendered, Target};

/// Where the repositories go unless anybody says otherwise.
const OUTPUT: &str = "out";
/// Who commits unless anybody says otherwise.
const AUTHOR: (&str, &str) = ("idpack", "idpack@idpack.dev");

/// A project with the environments that were asked for, rendered.
pub(super) struct Job {
    pub(super) project: Project,
    /// All environments that are described, also those that were not asked for.
    names: BTreeSet<String>,
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
        let configured = project.config.output.as_deref().unwrap_or(OUTPUT);
        let output = options.output.clone().unwrap_or_else(|| project.root.join(configured));
        let (resolved, mut findings) = project.resolve();
        if !has_errors(&findings) {
            check_names(&resolved, &options.environments)?;
        }
        let names = resolved.names().into_iter().map(str::to_owned).collect();
        let wanted =
            |name: &str| options.environments.is_empty() || options.environments.iter().any(|wanted| wanted == name);
        let count = resolved.names().iter().filter(|name| wanted(name)).count();
        let shown = shown_output(&project, options, configured);
        let bar = progress::bar("rendering", count);
        let (rendered, found) = resolved.render(wanted, &shown, &|| bar.inc(1)).map_err(Failure::from)?;
        bar.finish_and_clear();
        findings.extend(found);
        if checks && !has_errors(&findings) {
            let bar = progress::bar("checking", count);
            findings.extend(pipeline::validate(&rendered, &|| bar.inc(1)));
            bar.finish_and_clear();
        }
        let is_faulty = print_findings(&pipeline::settle(findings)).map_err(Failure::from)?;
        let target = Target { output, bare, discard_edits: options.discard_edits };
        Ok((!is_faulty).then_some(Self { project, names, rendered, target }))
    }

    /// Compares what was rendered with what is there.
    pub(super) fn plan(&self) -> Result<Vec<Planned<'_>>, Vec<Failure>> {
        self.target.plan(&self.rendered).map_err(|errors| errors.into_iter().map(Failure::from).collect())
    }

    fn lock(&self) -> Result<Lock, Failure> {
        Lock::acquire(&self.target.output).map_err(|error| Failure::from(pipeline::Error::from(error)))
    }
}

/// What people call the output directory: as they gave it, or relative to where they are.
fn shown_output(project: &Project, options: &RenderArgs, configured: &str) -> PathBuf {
    options.output.clone().unwrap_or_else(|| project.shown_root.join(configured))
}

pub(super) fn render(directory: Option<&Path>, options: &RenderArgs) -> Result<Exit, Vec<Failure>> {
    let Some(job) = Job::new(directory, options, false, false)? else { return Ok(Exit::Findings) };
    let lock = job.lock()?;
    let planned = job.plan()?;
    let bar = progress::bar("writing", planned.len());
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
    let identity = identity(&job.project, options, source.map(|source| source.time));
    let source = source.map(|source| source.id.to_string());
    let bar = progress::bar("committing", planned.len());
    let outcomes = each(&planned, &bar, |planned| planned.build(&identity, source.as_deref(), &lock))?;
    let width = planned.iter().map(|planned| planned.rendered.name().len()).max().unwrap_or_default();
    for (planned, outcome) in planned.iter().zip(&outcomes) {
        let outcome = match outcome {
            Some(Outcome::Created(id)) => format!("committed {}  {}", short(id), changes(planned)),
            Some(Outcome::Unchanged(id)) => format!("unchanged {}", short(id)),
            None => changes(planned),
        };
        print(format_args!("{:width$}  {outcome}", planned.rendered.name())).map_err(Failure::from)?;
    }
    for name in Marker::environments(&job.target.output).iter().filter(|name| !job.names.contains(*name)) {
        print(format_args!("{name:width$}  no longer described; its repository is kept")).map_err(Failure::from)?;
    }
    let shown = shown_output(&job.project, &options.render, job.project.config.output.as_deref().unwrap_or(OUTPUT));
    if !options.bare {
        for command in pipeline::create_commands(&job.rendered, |name| shown.join(name)) {
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
            let result = work(planned);
            bar.inc(1);
            result
        })
        .collect();
    bar.finish_and_clear();
    let (mut done, mut failures) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => done.push(value),
            Err(error) => failures.push(Failure::from(error)),
        }
    }
    if failures.is_empty() { Ok(done) } else { Err(failures) }
}

/// The author that was asked for, and the time: given, else that of the source commit, else now.
fn identity(project: &Project, options: &BuildArgs, source_time: Option<i64>) -> Identity {
    let commit = &project.config.commit;
    let (name, email) = options.author.clone().unwrap_or_else(|| {
        let or = |configured: &Option<String>, default: &str| configured.clone().unwrap_or_else(|| default.to_owned());
        (or(&commit.name, AUTHOR.0), or(&commit.email, AUTHOR.1))
    });
    Identity { name, email, time: options.date.or(source_time).unwrap_or_else(now) }
}

#[expect(clippy::disallowed_methods, reason = "the command line is where the clock is read")]
fn now() -> i64 {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since_epoch.map_or(0, |time| time.as_secs().try_into().unwrap_or(i64::MAX))
}

fn short(id: &git2::Oid) -> String {
    id.to_string()[..10].to_owned()
}

/// Counts the changes of an environment in words.
fn changes(planned: &Planned<'_>) -> String {
    let Some(plan) = &planned.plan else { return format!("{} files", planned.rendered.tree.len()) };
    let count = |kind| plan.changes.iter().filter(|change| change.kind() == kind).count();
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
