//! What becomes of files: what idpbuilder and Argo CD read, create and pass over.

mod application_namespace;
mod file_not_read;
mod incomplete_manifest;
mod package_without_application;
mod unknown_kind;

use super::Check;

/// The checks of this group.
pub(super) static CHECKS: &[&Check] = &[
    &application_namespace::CHECK,
    &file_not_read::CHECK,
    &incomplete_manifest::CHECK,
    &package_without_application::CHECK,
    &unknown_kind::CHECK,
];
