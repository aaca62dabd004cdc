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
mod ignore_difference_kind;
mod ignore_difference_path;
mod ignore_differences_without_effect;
mod items_in_object;
mod json_not_a_manifest;
mod managed_namespace_metadata;
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
use crate::yaml::{Node, Value};

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
    &ignore_differences_without_effect::CHECK,
    &items_in_object::CHECK,
    &json_not_a_manifest::CHECK,
    &managed_namespace_metadata::CHECK,
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

/// The keys of a source (argo-cd v3.5.1, pkg/apis/application/v1alpha1/types.go).
const SOURCE_KEYS: [&str; 11] = [
    "chart",
    "directory",
    "helm",
    "kustomize",
    "name",
    "path",
    "plugin",
    "ref",
    "repoURL",
    "tagPrefix",
    "targetRevision",
];

/// Tells whether a node has a key with a value that Go does not take for nothing.
fn has(node: &Node, key: &str) -> bool {
    node.get(key).is_some_and(|value| !is_nothing(value))
}

/// Tells whether Go leaves a value out of what it writes, so that nobody can tell it from one that is missing.
fn is_nothing(node: &Node) -> bool {
    match &node.value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Sequence(items) => items.is_empty(),
        Value::Mapping(mapping) => mapping.into_iter().all(|entry| is_nothing(&entry.value)),
        Value::Bool(true) | Value::Integer(_) | Value::Float(_) => false,
    }
}

/// Tells whether a source has no key but its own: what another one was meant to be, the schema has said.
fn is_well_spelt(source: &Node) -> bool {
    source.as_mapping().is_some_and(|keys| keys.iter().all(|entry| SOURCE_KEYS.contains(&entry.key.as_str())))
}

/// Returns the texts of a source that may name a file of another source.
fn files(source: &Node) -> impl Iterator<Item = &Node> {
    let parameters = source.items_at(&["helm", "fileParameters"]).filter_map(|parameter| parameter.get("path"));
    source.items_at(&["helm", "valueFiles"]).chain(parameters)
}

/// Returns the `$name` that the path of a file begins with: the source that it is in, or so it should be.
fn referred(file: &Node) -> Option<&str> {
    file.as_str().filter(|path| path.starts_with('$'))?.split('/').next()
}

/// Tells whether the path of a file is written as if it were in another source, and does not begin with a variable that Argo CD has.
fn is_source_file(file: &Node) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    file.as_str()
        .and_then(|path| path.strip_prefix('$')?.split_once('/'))
        .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(is_plain) && !name.starts_with("ARGOCD_"))
}
