//! What Argo CD does with what it is told: fields that exclude each other, words that it does not know, projects.

mod application_destination;
mod application_without_finalizer;
mod applicationset_generator;
mod applicationset_generator_empty;
mod applicationset_missing_key;
mod applicationset_name_duplicate;
mod applicationset_parameter;
mod applicationset_project_templated;
mod applicationset_rolling_sync;
mod applicationset_template_syntax;
mod argocd_annotation_key;
mod chart_without_version;
mod destination_server_url;
mod difference;
mod directory_pattern;
mod document_not_a_manifest;
mod finalizer_unknown;
mod helm_release_name;
mod helm_value_dotted;
mod helm_values_ignored;
mod hook_delete_policy;
mod hook_unknown;
mod hydrator_path_shared;
mod hydrator_root_path;
mod identity;
mod ignore_difference_kind;
mod ignore_difference_path;
mod ignore_difference_pointer;
mod ignore_differences_without_effect;
mod items_in_object;
mod json_not_a_manifest;
mod link_out_of_repository;
mod managed_namespace_metadata;
mod manifest_generate_paths;
mod multi_source_self_heal;
mod namespace_missing;
mod namespace_not_created;
mod object_duplicate;
mod object_shared;
mod object_too_large;
mod parameter_variable;
mod placeholder_left;
mod project_denies_all;
mod project_forbids;
mod project_invalid;
mod project_missing;
mod project_policy;
mod project_sync_window;
mod resource_option_unknown;
mod retry_backoff;
mod retry_without_limit;
mod source;
mod source_field_ignored;
mod source_ignored;
mod source_incomplete;
mod source_name_duplicate;
mod source_override_file;
mod source_path_outside;
mod source_reference;
mod source_reference_unused;
mod source_tools_conflict;
mod source_url;
mod sync_option_conflict;
mod sync_option_unknown;
mod sync_option_version;
mod value_file_missing;
mod value_file_single_source;
mod vocabulary;

use super::Check;

/// The checks of this group.
pub(super) static CHECKS: &[&Check] = &[
    &application_destination::CHECK,
    &application_without_finalizer::CHECK,
    &applicationset_generator::CHECK,
    &applicationset_generator_empty::CHECK,
    &applicationset_missing_key::CHECK,
    &applicationset_name_duplicate::CHECK,
    &applicationset_parameter::CHECK,
    &applicationset_project_templated::CHECK,
    &applicationset_rolling_sync::CHECK,
    &applicationset_template_syntax::CHECK,
    &argocd_annotation_key::CHECK,
    &chart_without_version::CHECK,
    &destination_server_url::CHECK,
    &directory_pattern::CHECK,
    &document_not_a_manifest::CHECK,
    &finalizer_unknown::CHECK,
    &helm_release_name::CHECK,
    &helm_value_dotted::CHECK,
    &helm_values_ignored::CHECK,
    &hook_delete_policy::CHECK,
    &hook_unknown::CHECK,
    &hydrator_path_shared::CHECK,
    &hydrator_root_path::CHECK,
    &ignore_difference_kind::CHECK,
    &ignore_difference_path::CHECK,
    &ignore_difference_pointer::CHECK,
    &ignore_differences_without_effect::CHECK,
    &items_in_object::CHECK,
    &json_not_a_manifest::CHECK,
    &link_out_of_repository::CHECK,
    &managed_namespace_metadata::CHECK,
    &manifest_generate_paths::CHECK,
    &multi_source_self_heal::CHECK,
    &namespace_missing::CHECK,
    &namespace_not_created::CHECK,
    &object_duplicate::CHECK,
    &object_shared::CHECK,
    &object_too_large::CHECK,
    &parameter_variable::CHECK,
    &placeholder_left::CHECK,
    &project_denies_all::CHECK,
    &project_forbids::CHECK,
    &project_invalid::CHECK,
    &project_missing::CHECK,
    &project_policy::CHECK,
    &project_sync_window::CHECK,
    &resource_option_unknown::CHECK,
    &retry_backoff::CHECK,
    &retry_without_limit::CHECK,
    &source_field_ignored::CHECK,
    &source_ignored::CHECK,
    &source_incomplete::CHECK,
    &source_name_duplicate::CHECK,
    &source_override_file::CHECK,
    &source_path_outside::CHECK,
    &source_reference::CHECK,
    &source_reference_unused::CHECK,
    &source_tools_conflict::CHECK,
    &source_url::CHECK,
    &sync_option_conflict::CHECK,
    &sync_option_unknown::CHECK,
    &sync_option_version::CHECK,
    &value_file_missing::CHECK,
    &value_file_single_source::CHECK,
];
