//! Sync waves: what they order, and what they do not.

mod argocd_cm_health_key;
mod argocd_cm_incomplete;
mod argocd_wave_regression;
mod exposure_before_vcluster;
mod sync_wave_key;
mod sync_wave_not_integer;
mod wave_child_not_automated;
mod wave_deadlock;
mod wave_order;
mod wave_without_health;
mod wave_without_parent;

use super::Check;

/// The checks of this group.
pub(super) static CHECKS: &[&Check] = &[
    &argocd_cm_health_key::CHECK,
    &argocd_cm_incomplete::CHECK,
    &argocd_wave_regression::CHECK,
    &exposure_before_vcluster::CHECK,
    &sync_wave_key::CHECK,
    &sync_wave_not_integer::CHECK,
    &wave_child_not_automated::CHECK,
    &wave_deadlock::CHECK,
    &wave_order::CHECK,
    &wave_without_health::CHECK,
    &wave_without_parent::CHECK,
];
