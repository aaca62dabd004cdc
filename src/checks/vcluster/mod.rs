//! What the vCluster chart makes of its values, and what its pod does with them.

mod kubeconfig_secret_conflict;
mod namespace_pod_security;
mod network_policy_vcluster_port;
mod one_vcluster_per_namespace;
mod project_cluster_resources;
mod release_name;
mod schema_validation_skipped;
mod vcluster_api_port;
mod vcluster_backing_stores;
mod vcluster_deprecated_value;
mod vcluster_disruption_budget;
mod vcluster_enabled_text;
mod vcluster_integration_crds;
mod vcluster_metrics_certificates;
mod vcluster_metrics_crd;
mod vcluster_network_policy_blocks;
mod vcluster_network_policy_open;
mod vcluster_null_section;
mod vcluster_pod_security;
mod vcluster_quota_service;
mod vcluster_quota_without_limits;
mod vcluster_replicas;
mod vcluster_scheduler_nodes;
mod vcluster_server_side_apply;
mod vcluster_sync_both_ways;
mod vcluster_sync_mappings;
mod vcluster_value_not_allowed;
mod vcluster_version_unpinned;
mod vcluster_volume_snapshots;
mod vcluster_without_persistence;

use super::{Check, Scope};
use crate::network::VirtualCluster;
use crate::schema::vcluster::Version;

/// The checks of this group.
pub(super) static CHECKS: &[&Check] = &[
    &kubeconfig_secret_conflict::CHECK,
    &namespace_pod_security::CHECK,
    &network_policy_vcluster_port::CHECK,
    &one_vcluster_per_namespace::CHECK,
    &project_cluster_resources::CHECK,
    &release_name::CHECK,
    &schema_validation_skipped::CHECK,
    &vcluster_api_port::CHECK,
    &vcluster_backing_stores::CHECK,
    &vcluster_deprecated_value::CHECK,
    &vcluster_disruption_budget::CHECK,
    &vcluster_enabled_text::CHECK,
    &vcluster_integration_crds::CHECK,
    &vcluster_metrics_certificates::CHECK,
    &vcluster_metrics_crd::CHECK,
    &vcluster_network_policy_blocks::CHECK,
    &vcluster_network_policy_open::CHECK,
    &vcluster_null_section::CHECK,
    &vcluster_pod_security::CHECK,
    &vcluster_quota_service::CHECK,
    &vcluster_quota_without_limits::CHECK,
    &vcluster_replicas::CHECK,
    &vcluster_scheduler_nodes::CHECK,
    &vcluster_server_side_apply::CHECK,
    &vcluster_sync_both_ways::CHECK,
    &vcluster_sync_mappings::CHECK,
    &vcluster_value_not_allowed::CHECK,
    &vcluster_version_unpinned::CHECK,
    &vcluster_volume_snapshots::CHECK,
    &vcluster_without_persistence::CHECK,
];

/// The first version whose values have the keys of today.
const OLDEST: Version = (0, 20, 0);

/// Returns the virtual clusters of which everything is known that decides what the chart makes of them: all values are in the
/// Application, and the chart accepts them.
fn judged<'a>(scope: &Scope<'a>) -> impl Iterator<Item = &'a VirtualCluster<'a>> {
    scope
        .network
        .virtual_clusters
        .iter()
        .filter(move |it| it.has_all_values() && it.version().is_none_or(|version| version >= OLDEST))
}
