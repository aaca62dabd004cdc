//! A progress bar for long work that somebody watches.

use indicatif::{ProgressBar, ProgressStyle};

/// Work of this many environments or more gets a bar; fewer are done before it could be read.
const LONG: usize = 50;

/// Returns a bar on standard error, or one that shows nothing.
pub(super) fn bar(what: &'static str, environments: usize) -> ProgressBar {
    if environments < LONG || !super::is_watched() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(environments as u64);
    match ProgressStyle::with_template("{msg:>10} {bar:30} {pos}/{len}") {
        Ok(style) => bar.with_style(style).with_message(what),
        Err(_) => bar.with_message(what),
    }
}
