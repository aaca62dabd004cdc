//! What should not be in a repository: credentials, switches that turn protection off, versions that nobody chose, rights without
//! bounds.

mod chart_version_floating;
mod credential_in_manifest;
mod image_tag_floating;
mod ingress_host_claimable;
mod project_wildcard;
mod rbac_anonymous;
mod rbac_wildcard;
mod secret_data;
mod tls_verification_off;

use super::Check;

/// The checks of this group.
pub(super) static CHECKS: &[&Check] = &[
    &chart_version_floating::CHECK,
    &credential_in_manifest::CHECK,
    &image_tag_floating::CHECK,
    &ingress_host_claimable::CHECK,
    &project_wildcard::CHECK,
    &rbac_anonymous::CHECK,
    &rbac_wildcard::CHECK,
    &secret_data::CHECK,
    &tls_verification_off::CHECK,
];
