//! What becomes of files: what idpbuilder and Argo CD read, create and pass over.

mod application_field_dropped;
mod application_name_duplicate;
mod application_name_reserved;
mod application_namespace;
mod application_without_source;
mod cnoe_directory;
mod cnoe_not_rewritten;
mod cnoe_revision;
mod cnoe_url;
mod file_not_read;
mod git_directory_in_source;
mod incomplete_manifest;
mod kustomization_resource_missing;
mod not_a_manifest;
mod package_file_documents;
mod package_file_name;
mod package_without_application;
mod repository_name;
mod repository_name_duplicate;
mod repository_url;
mod source_file_ignored;
mod source_path_missing;
mod source_special_file;
mod source_without_kustomization;
mod unknown_kind;

use super::Check;

/// The checks of this group.
pub(super) static CHECKS: &[&Check] = &[
    &application_field_dropped::CHECK,
    &application_name_duplicate::CHECK,
    &application_name_reserved::CHECK,
    &application_namespace::CHECK,
    &application_without_source::CHECK,
    &cnoe_directory::CHECK,
    &cnoe_not_rewritten::CHECK,
    &cnoe_revision::CHECK,
    &cnoe_url::CHECK,
    &file_not_read::CHECK,
    &git_directory_in_source::CHECK,
    &incomplete_manifest::CHECK,
    &kustomization_resource_missing::CHECK,
    &not_a_manifest::CHECK,
    &package_file_documents::CHECK,
    &package_file_name::CHECK,
    &package_without_application::CHECK,
    &repository_name::CHECK,
    &repository_name_duplicate::CHECK,
    &repository_url::CHECK,
    &source_file_ignored::CHECK,
    &source_path_missing::CHECK,
    &source_special_file::CHECK,
    &source_without_kustomization::CHECK,
    &unknown_kind::CHECK,
];
