//! `idpack validate --fix` and `--diff`

use std::io::Write as _;
use std::path::Path;

use similar::TextDiff;

use super::args::ValidateArgs;
use super::{Exit, Failure, put, warn};
use crate::diagnostic::{Diagnostic, Fix};
use crate::fix::{Mending, Refusal, Refused};
use crate::output;
use crate::report::{Format, counted};
use crate::tree::{self, Listing, STDIN};

/// How many fixes are named that are not made.
const TOLD: usize = 20;

/// Refuses what does not go together.
pub(super) fn check(options: &ValidateArgs) -> Result<(), Failure> {
    if !options.mend.is_asked() {
        return Ok(());
    }
    let reads_stream = is_stream(options);
    if reads_stream && options.paths.len() > 1 {
        let help = "mend the files in a run of their own".to_owned();
        return Err(Failure::usage(
            "what is mended of standard input goes to standard output, without the files",
            help,
        ));
    }
    if reads_stream && options.mend.fix && options.mend.diff {
        let help = "leave out `--diff` to get the text, or `--fix` to get the differences".to_owned();
        return Err(Failure::usage("the mended text of standard input and a diff cannot both be printed", help));
    }
    if options.mend.diff && !options.mend.fix && options.format != Format::Human {
        let help = format!("leave out `--format {}`, or add `--fix`", options.format.as_str());
        return Err(Failure::usage("`--diff` prints differences, and no findings", help));
    }
    Ok(())
}

/// Tells whether standard input is among what is judged.
pub(super) fn is_stream(options: &ValidateArgs) -> bool {
    options.paths.iter().any(|path| path.as_os_str() == STDIN)
}

/// Returns the text of a file that can be written anew.
pub(super) fn text(shown: &str, options: &ValidateArgs, stream: Option<&Listing>) -> Option<String> {
    match stream {
        Some(listing) if shown == STDIN => listing.text(listing.file(STDIN)?),
        _ => tree::read_again(shown, is_written(options)).ok(),
    }
}

/// Tells whether files are changed, or would be by the next run that is asked to.
fn is_written(options: &ValidateArgs) -> bool {
    options.mend.fix || !options.mend.diff
}

/// Prints what would change, or brings it to disk. Returns the exit code that this alone asks for.
pub(super) fn finish(
    options: &ValidateArgs,
    mending: &Mending,
    findings: &[Diagnostic],
    refused: &[Refused],
    stream: Option<&Listing>,
) -> Result<Exit, Vec<Failure>> {
    let mut changed = Vec::new();
    for (shown, after) in mending.edits.iter() {
        let before = text(shown, options, stream).unwrap_or_default();
        if before != after {
            changed.push((shown, before, after));
        }
    }
    if options.mend.diff {
        show(options, &changed).map_err(Failure::from)?;
    }
    if options.mend.fix && is_stream(options) {
        let untouched = text(STDIN, options, stream).unwrap_or_default();
        let after = mending.edits.get(STDIN).unwrap_or(&untouched);
        put(format_args!("{after}")).map_err(Failure::from)?;
    } else if options.mend.fix {
        let failures: Vec<Failure> = changed
            .iter()
            .filter_map(|(shown, before, after)| {
                let error = output::rewrite(Path::new(shown), before, after).err()?;
                Some(Failure { exit: Exit::Fault, message: format!("cannot write `{shown}`: {error}"), help: None })
            })
            .collect();
        if !failures.is_empty() {
            return Err(failures);
        }
    }
    for Refused { finding, reason } in refused.iter().take(TOLD) {
        if let Some(finding) = findings.get(*finding) {
            warn(&format!("{}: `{}` is not mended: {}", finding.span, finding.rule.id, explain(finding, *reason)));
        }
    }
    if refused.len() > TOLD {
        warn(&format!("{} are not mended", counted(refused.len() - TOLD, "more finding")));
    }
    let what = format!("{} in {}", counted(mending.fixed, "finding"), counted(changed.len(), "file"));
    let did = match (options.mend.fix, changed.is_empty()) {
        (_, true) => "there is nothing to fix".to_owned(),
        (true, false) => format!("fixed {what}"),
        (false, false) => format!("`--fix` would fix {what}"),
    };
    let _ = writeln!(anstream::stderr(), "{did}");
    Ok(if changed.is_empty() { Exit::Clean } else { Exit::Findings })
}

/// Says why a fix is not made; of a file that cannot be written, what the system says.
fn explain(finding: &Diagnostic, reason: Refusal) -> String {
    let shown =
        finding.fix.as_deref().and_then(Fix::span).map_or(finding.span.source().name(), |it| it.source().name());
    match (reason, tree::read_again(shown, true)) {
        (Refusal::NotAFile, Err(error)) => error.to_string(),
        _ => reason.to_string(),
    }
}

/// Prints differences: to standard output, unless a report for programs goes there.
fn show(options: &ValidateArgs, changed: &[(&str, String, &str)]) -> std::io::Result<()> {
    for (shown, before, after) in changed {
        let (old, new) = if shown.starts_with('/') || *shown == STDIN {
            ((*shown).to_owned(), (*shown).to_owned())
        } else {
            (format!("a/{shown}"), format!("b/{shown}"))
        };
        let diff = TextDiff::from_lines(before.as_str(), *after);
        let diff = diff.unified_diff().header(&old, &new).to_string();
        if options.format == Format::Human {
            put(format_args!("{diff}"))?;
        } else {
            write!(anstream::stderr(), "{diff}")?;
        }
    }
    Ok(())
}
