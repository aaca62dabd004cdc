//! From findings to texts without their faults.
//!
//! A fix says what is meant; here it becomes changes of the text as it is now. The text is read again afterwards, and has to
//! say what it said before, but for what was meant: otherwise nothing changes, and the reason is told.

use std::fmt;
use std::ops::Range;

use crate::diagnostic::{Change, Fix};
use crate::source::Source;

use edit::Planned;
use place::Texts;

mod edit;
mod mending;
mod place;

pub use mending::{Mending, Refused, work_out};

/// What becomes of a text.
#[derive(Debug)]
pub struct Fixed {
    /// The text afterwards.
    pub text: String,
    /// What became of each fix, in the order in which they were given.
    pub outcomes: Vec<Outcome>,
}

/// What becomes of a fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is made, by these changes of the text as it was.
    Made(Vec<Change>),
    /// It would be made by these changes, after one that is made at the same place.
    Waits(Vec<Change>),
    /// It is not made.
    Refused(Refusal),
}

/// Why a fix is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The file cannot be changed: generated text, or a part of a revision.
    NotAFile,
    /// The text at its place is another one, or cannot be read.
    NotThere,
    /// The value was not written here, but behind an anchor.
    Alias,
    /// A comment stands where something would go.
    Comment,
    /// No other way to write it would change nothing else.
    NotAlone,
    /// With it, something else is wrong.
    Worse,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAFile => "the file cannot be changed from here",
            Self::NotThere => "the text at this place is another one by now, or cannot be read",
            Self::Alias => "the value is written elsewhere, behind an anchor",
            Self::Comment => "a comment would be lost",
            Self::NotAlone => "more than this would change",
            Self::Worse => "an error would come to light that cannot be mended; write it by hand, and run this again",
        })
    }
}

/// Works out what fixes make of a text, which findings call `name`. Of fixes at overlapping places the first is made, and the
/// others wait until findings about the new text are there.
#[must_use]
pub fn fix(name: &str, text: &str, fixes: &[&Fix]) -> Fixed {
    let source = Source::new(name, text);
    let starts = document_starts(text);
    let mut outcomes = vec![Outcome::Refused(Refusal::NotThere); fixes.len()];
    let mut wanted: Vec<(usize, usize)> = fixes
        .iter()
        .enumerate()
        .filter_map(|(rank, fix)| Some((source.offset(fix.span()?.position())?, rank)))
        .collect();
    wanted.sort_unstable();
    let document = |offset: usize| starts.partition_point(|start| *start <= offset) - 1;
    let mut done: Vec<(Range<usize>, String)> = Vec::new();
    for group in wanted.chunk_by(|a, b| document(a.0) == document(b.0)) {
        let Some((first, _)) = group.first() else { continue };
        let start = starts.get(document(*first)).copied().unwrap_or_default();
        let end = starts.get(document(*first) + 1).copied().unwrap_or(text.len());
        let Some(part) = text.get(start..end) else { continue };
        let texts = Texts::read(part);
        let mut planned: Vec<(usize, Planned)> = Vec::new();
        let mut waiting: Vec<(usize, Planned)> = Vec::new();
        for (offset, rank) in group {
            match edit::plan(&texts, offset - start, fixes[*rank]) {
                Ok(edit) if planned.iter().any(|(_, other)| other.hinders(&edit)) => waiting.push((*rank, edit)),
                Ok(edit) => planned.push((*rank, edit)),
                Err(refusal) => outcomes[*rank] = Outcome::Refused(refusal),
            }
        }
        // If they do not go together, or one of them has to go, each has to hold alone.
        if edit::apply(&texts, &edits(&planned)).is_none() {
            let (alone, others) = planned.into_iter().partition(|(_, edit)| edit::apply(&texts, &[edit]).is_some());
            let others: Vec<(usize, Planned)> = others;
            for (rank, _) in &others {
                outcomes[*rank] = Outcome::Refused(Refusal::NotAlone);
            }
            planned = alone;
            if edit::apply(&texts, &edits(&planned)).is_none() && !planned.is_empty() {
                waiting.extend(planned.split_off(1));
            }
        }
        let changes = |edit: &Planned| {
            let place = |offset: usize| source.position(u32::try_from(start + offset).unwrap_or(u32::MAX));
            vec![Change { start: place(edit.range.start), end: place(edit.range.end), text: edit.text.clone() }]
        };
        for (rank, edit) in waiting {
            outcomes[rank] = if planned.iter().any(|(_, other)| other.is_same(&edit)) {
                Outcome::Made(changes(&edit))
            } else if edit::apply(&texts, &[&edit]).is_some() {
                Outcome::Waits(changes(&edit))
            } else {
                Outcome::Refused(Refusal::NotAlone)
            };
        }
        for (rank, edit) in planned {
            outcomes[rank] = Outcome::Made(changes(&edit));
            done.push((start + edit.range.start..start + edit.range.end, edit.text));
        }
    }
    Fixed { text: edit::splice(text, done), outcomes }
}

fn edits(planned: &[(usize, Planned)]) -> Vec<&Planned> {
    planned.iter().map(|(_, edit)| edit).collect()
}

/// Returns where the documents of a text begin: Kubernetes cuts texts at lines that begin with `---`, and nothing reaches
/// from one into another.
fn document_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices("\n---").map(|(at, _)| at + 1)).collect()
}
