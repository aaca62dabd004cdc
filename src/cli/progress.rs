//! A progress bar for long work that somebody watches.

use indicatif::{ProgressBar, ProgressStyle};

/// Returns a bar on standard error, or one that shows nothing: for less than `long` things, which are done before it could be
/// read, or when nobody watches.
pub(super) fn bar(what: &'static str, long: usize, count: usize) -> ProgressBar {
    if count < long || !super::is_watched() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(count as u64);
    match ProgressStyle::with_template("{msg:>10} {bar:30} {pos}/{len}") {
        Ok(style) => bar.with_style(style).with_message(what),
        Err(_) => bar.with_message(what),
    }
}
