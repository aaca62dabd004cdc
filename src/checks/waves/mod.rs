//! Sync waves: what they order, and what they do not.

mod exposure_before_vcluster;
mod sync_wave_not_integer;
mod wave_without_health;
mod wave_without_parent;

use super::Check;

/// The checks of this group.
pub(super) static CHECKS: &[&Check] = &[
    &exposure_before_vcluster::CHECK,
    &sync_wave_not_integer::CHECK,
    &wave_without_health::CHECK,
    &wave_without_parent::CHECK,
];
