//! What the vCluster chart makes of its values, and what its pod does with them.

mod one_vcluster_per_namespace;
mod release_name;

use super::Check;

/// The checks of this group.
pub(super) static CHECKS: &[&Check] = &[&one_vcluster_per_namespace::CHECK, &release_name::CHECK];
