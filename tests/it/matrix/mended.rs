//! A fault in one line is mended to what was there before it, or not at all.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use idpack::fix::Mending;
use rayon::prelude::*;

use super::format::{Case, Entry, Files};
use super::{Matrix, Output, judge, key};

/// Cases in which something else is right as well, with the reason.
const OTHERWISE: [(&str, &str); 7] = [
    ("one slash in the URL of a Git repository", "the scheme was another one"),
    ("the name of a cluster as its server", "the name is the same cluster"),
    ("the second of two hooks with a letter missing", "the fault added a hook"),
    ("a finalizer with its parts in the wrong order", "the fault lost how to delete"),
    ("a finalizer in the singular", "the fault lost how to delete"),
    ("a redirect of an ordinary host with a word that is no boolean", "the fault was made in another annotation"),
    ("a parameter without its dot in a set with Go templates", "the fault lost the quotes"),
];

/// Tells whether two outputs differ in one line only.
fn differ_in_one_line(before: &Files, after: &Files) -> bool {
    let same_paths = before.keys().eq(after.keys());
    let mut changed = 0;
    for (path, entry) in after {
        let (Some(old), Some(new)) = (before.get(path).and_then(Entry::text), entry.text()) else { continue };
        let lines = |text: &str| text.lines().count();
        changed += old.lines().zip(new.lines()).filter(|(old, new)| old != new).count();
        changed += lines(&old).abs_diff(lines(&new));
    }
    same_paths && changed == 1
}

/// Mends a case, and says what is wrong with the result. Returns whether anything was mended.
fn mend(case: &Case, output: &Output) -> Option<(bool, String)> {
    let mut files = output.files.clone();
    case.apply(&mut files).ok()?;
    if case.near_miss.is_some() || !differ_in_one_line(&output.files, &files) {
        return None;
    }
    let broken = files.clone();
    let read = |shown: &str| broken.get(shown).and_then(Entry::text);
    let mut mending = Mending::default();
    loop {
        let mut findings = judge(&files, output, case).ok()?;
        if mending.round(&mut findings, true, &read).is_some() {
            break;
        }
        for (path, text) in mending.edits.iter() {
            files.insert(path.to_owned(), Entry::file(text));
        }
    }
    let mut report = String::new();
    for (path, text) in mending.edits.iter() {
        let right = output.files.get(path).and_then(Entry::text);
        if right.as_deref() != Some(text) && mending.fixed > 0 {
            let lines = right.unwrap_or_default();
            for (old, new) in lines.lines().zip(text.lines()).filter(|(old, new)| old != new) {
                let _ = writeln!(report, "  {path}\n  -{old}\n  +{new}");
            }
        }
    }
    Some((mending.fixed > 0, report))
}

#[test]
fn what_is_mended_in_one_line_is_what_was_there_before() {
    let matrix = Matrix::read();
    let results: Vec<(&Case, bool, String)> = matrix
        .cases
        .par_iter()
        .filter_map(|case| {
            let (is_mended, report) = mend(case, &matrix.outputs[&key(case, &matrix.bases)])?;
            Some((case, is_mended, report))
        })
        .collect();
    let mut told = String::new();
    for (case, _, report) in results.iter().filter(|(.., report)| !report.is_empty()) {
        if !OTHERWISE.iter().any(|(name, _)| *name == case.name) {
            let _ = writeln!(told, "{}: {}\n{report}", case.place, case.name);
        }
    }
    let mended = results.iter().filter(|(_, is_mended, _)| *is_mended).count();
    println!("{mended} of {} faults in one line are mended", results.len());
    // What is left alone has more than one way to be right, or leads to what idpack does not know.
    let left: BTreeSet<&str> =
        results.iter().filter(|(_, is_mended, _)| !is_mended).flat_map(|(case, ..)| case.expected()).collect();
    println!("left alone: {left:?}");
    assert!(told.is_empty(), "{told}");
    assert!(mended >= 10, "{mended} mended");
}
