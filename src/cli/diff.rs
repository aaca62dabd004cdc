//! `idpack diff`

use std::fmt::Write as _;
use std::path::Path;

use similar::TextDiff;

use super::args::{DiffArgs, RenderArgs};
use super::build::Job;
use super::{Exit, Failure, print};
use crate::output::{Change, ChangeKind};
use crate::pipeline::{Cause, Planned};

pub(super) fn run(directory: Option<&Path>, options: &DiffArgs) -> Result<Exit, Vec<Failure>> {
    // A diff shows hand edits instead of refusing them; it writes nothing.
    let options =
        RenderArgs { discard_edits: true, environments: options.environments.clone(), output: options.output.clone() };
    let Some(job) = Job::new(directory, &options, false, false)? else { return Ok(Exit::Findings) };
    let mut exit = Exit::Clean;
    for planned in job.plan()? {
        for change in planned.plan.iter().flat_map(|plan| &plan.changes) {
            exit = Exit::Findings;
            print(describe(&planned, change)).map_err(Failure::from)?;
        }
        let is_written = planned.plan.as_ref().is_some_and(|plan| plan.changes.is_empty());
        if is_written && !planned.committed().map_err(Failure::from)?.is_empty() {
            exit = Exit::Findings;
            print(format_args!("commit {}: its files are rendered and not committed", planned.rendered.name()))
                .map_err(Failure::from)?;
        }
    }
    Ok(exit)
}

fn describe(planned: &Planned<'_>, change: &Change) -> String {
    let verb = match change.kind() {
        ChangeKind::Create => "create",
        ChangeKind::Update => "change",
        ChangeKind::Delete => "delete",
    };
    let causes: Vec<String> = planned.causes(change).iter().map(Cause::to_string).collect();
    let path = format!("{}/{}", planned.rendered.name(), change.path);
    let mut text = format!("{verb} {path}: {}\n", causes.join("; "));
    let before = change.before.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
    let after = change.after.as_ref().map(|source| source.text()).unwrap_or_default();
    let diff = TextDiff::from_lines(before.as_ref(), after);
    let header = |exists: bool, side: &str| if exists { format!("{side}/{path}") } else { "/dev/null".to_owned() };
    let (old, new) = (header(change.before.is_some(), "a"), header(change.after.is_some(), "b"));
    let _ = write!(text, "{}", diff.unified_diff().header(&old, &new));
    text
}
