//! What Argo CD does with what it is told: fields that exclude each other, words that it does not know, projects.

mod application_destination;
mod application_without_finalizer;
mod argocd_annotation_key;
mod destination_server_url;
mod finalizer_unknown;
mod hook_delete_policy;
mod hook_unknown;
mod ignore_difference_kind;
mod ignore_difference_path;
mod ignore_differences_without_effect;
mod managed_namespace_metadata;
mod multi_source_self_heal;
mod resource_option_unknown;
mod retry_backoff;
mod retry_without_limit;
mod sync_option_conflict;
mod sync_option_unknown;
mod sync_option_version;
mod vocabulary;

use super::Check;

/// The checks of this group.
pub(super) static CHECKS: &[&Check] = &[
    &application_destination::CHECK,
    &application_without_finalizer::CHECK,
    &argocd_annotation_key::CHECK,
    &destination_server_url::CHECK,
    &finalizer_unknown::CHECK,
    &hook_delete_policy::CHECK,
    &hook_unknown::CHECK,
    &ignore_difference_kind::CHECK,
    &ignore_difference_path::CHECK,
    &ignore_differences_without_effect::CHECK,
    &managed_namespace_metadata::CHECK,
    &multi_source_self_heal::CHECK,
    &resource_option_unknown::CHECK,
    &retry_backoff::CHECK,
    &retry_without_limit::CHECK,
    &sync_option_conflict::CHECK,
    &sync_option_unknown::CHECK,
    &sync_option_version::CHECK,
];
