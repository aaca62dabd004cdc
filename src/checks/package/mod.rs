//! What becomes of files: what idpbuilder and Argo CD read, create and pass over.

mod application_field_dropped;
mod application_name_duplicate;
mod application_name_reserved;
mod application_namespace;
mod application_without_source;
mod file_not_read;
mod incomplete_manifest;
mod not_a_manifest;
mod package_file_documents;
mod package_file_name;
mod package_without_application;
mod unknown_kind;

use super::Check;

/// The checks of this group.
pub(super) static CHECKS: &[&Check] = &[
    &application_field_dropped::CHECK,
    &application_name_duplicate::CHECK,
    &application_name_reserved::CHECK,
    &application_namespace::CHECK,
    &application_without_source::CHECK,
    &file_not_read::CHECK,
    &incomplete_manifest::CHECK,
    &not_a_manifest::CHECK,
    &package_file_documents::CHECK,
    &package_file_name::CHECK,
    &package_without_application::CHECK,
    &unknown_kind::CHECK,
];
