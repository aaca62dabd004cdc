//! What Argo CD does with what it is told: fields that exclude each other, words that it does not know, projects.

mod application_destination;

use super::Check;

/// The checks of this group.
pub(super) static CHECKS: &[&Check] = &[&application_destination::CHECK];
