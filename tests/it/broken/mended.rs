//! What can be mended in broken documents is mended once and for all, and nothing gets worse.

use std::fmt::Write as _;

use idpack::diagnostic::Severity;
use idpack::fix::Mending;
use idpack::tree::Edits;
use rayon::prelude::*;

use super::{BTreeMap, Case, Diagnostic, Part, RepoPath, cases};

impl Case {
    /// Returns what is found once files have other texts.
    fn findings_after(&self, edits: &Edits) -> Vec<Diagnostic> {
        let files: BTreeMap<RepoPath, Part> = self
            .files
            .iter()
            .map(|(path, part)| {
                let text = edits.get(path.as_str()).map(|text| Part::new(path.as_str(), text.as_bytes().to_vec(), 1));
                (path.clone(), text.unwrap_or_else(|| part.clone()))
            })
            .collect();
        self.findings_in(&files)
    }

    /// Returns the text of a file.
    fn text(&self, shown: &str) -> Option<String> {
        let part = self.files.iter().find(|(path, _)| path.as_str() == shown)?.1;
        part.fault.is_none().then(|| part.source.text().to_owned())
    }

    /// Mends what can be mended; returns the texts, how many findings that were, and what is found then.
    fn mended(&self) -> (Edits, usize, Vec<Diagnostic>) {
        let mut mending = Mending::default();
        loop {
            let mut findings = self.findings_after(&mending.edits);
            if mending.round(&mut findings, true, &|shown| self.text(shown)).is_some() {
                return (mending.edits, mending.fixed, findings);
            }
        }
    }
}

/// Counts errors by what they say.
fn errors(findings: &[Diagnostic]) -> BTreeMap<(&'static str, &str), usize> {
    let mut errors = BTreeMap::new();
    for finding in findings.iter().filter(|it| it.severity == Severity::Error) {
        *errors.entry((finding.rule.id, finding.message.as_str())).or_default() += 1;
    }
    errors
}

#[test]
fn a_second_run_finds_nothing_more_to_mend_and_nothing_gets_worse() {
    let cases = cases();
    let reports: Vec<(usize, String)> = cases
        .par_iter()
        .map(|case| {
            let before = case.findings_after(&Edits::default());
            let (edits, fixed, after) = case.mended();
            let known = errors(&before);
            let mut report = String::new();
            for ((rule, message), count) in errors(&after) {
                if known.get(&(rule, message)).is_none_or(|before| *before < count) {
                    writeln!(report, "{}: worse: {rule}: {message}", case.name).unwrap();
                }
            }
            if after.iter().any(|finding| finding.fix.is_some()) {
                writeln!(report, "{}: something is left", case.name).unwrap();
            }
            let changed = edits.iter().filter(|(path, text)| case.text(path).as_deref() != Some(*text)).count();
            if (changed == 0) != (fixed == 0) {
                writeln!(report, "{}: {fixed} mended in {changed} files", case.name).unwrap();
            }
            (fixed, report)
        })
        .collect();
    let fixed: usize = reports.iter().map(|(fixed, _)| fixed).sum();
    let told: String = reports.into_iter().map(|(_, report)| report).collect();
    assert!(told.is_empty(), "{told}");
    println!("{fixed} findings mended in {} cases", cases.len());
    assert!(fixed >= 100, "{fixed} findings mended");
}
