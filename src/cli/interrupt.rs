//! Ctrl-C between two environments: what has begun is finished, so that neither a lock of Git nor half a repository stays.

use std::sync::atomic::{AtomicBool, Ordering};

static CAME: AtomicBool = AtomicBool::new(false);

/// Listens for the signals that end a program. A second one ends it at once.
pub(super) fn watch() {
    // Without a handler the signal ends the program, which the next run copes with.
    let _ = ctrlc::try_set_handler(|| {
        if CAME.swap(true, Ordering::Relaxed) {
            end();
        }
    });
}

#[expect(clippy::exit, reason = "somebody asked twice")]
fn end() {
    std::process::exit(130);
}

/// Tells whether a signal came.
pub(super) fn came() -> bool {
    CAME.load(Ordering::Relaxed)
}
