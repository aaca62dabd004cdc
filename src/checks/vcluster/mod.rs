//! What the vCluster chart makes of its values, and what its pod does with them.

mod one_vcluster_per_namespace;
mod release_name;
mod schema_validation_skipped;
mod vcluster_version_unpinned;

use super::Check;

/// The checks of this group.
pub(super) static CHECKS: &[&Check] = &[
    &one_vcluster_per_namespace::CHECK,
    &release_name::CHECK,
    &schema_validation_skipped::CHECK,
    &vcluster_version_unpinned::CHECK,
];
