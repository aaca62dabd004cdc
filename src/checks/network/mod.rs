//! The path from a client to the API server of a virtual cluster, and the names on the way.

mod ingress_backend_headless;
mod ingress_backend_port;
mod ingress_backend_unknown;
mod ingress_class;
mod ingress_host_duplicate;
mod ingress_host_not_exact;
mod ingress_host_reserved;
mod ingress_namespace_mismatch;
mod ingress_path;
mod kind_port_mapping;
mod kubeconfig_port_mismatch;
mod kubeconfig_port_not_forwarded;
mod kubeconfig_server_invalid;
mod kubeconfig_server_not_in_sans;
mod passthrough_protocol_http;
mod san_missing_host;
mod ssl_passthrough_missing;

use super::Check;

/// The checks of this group.
pub(super) static CHECKS: &[&Check] = &[
    &ingress_backend_headless::CHECK,
    &ingress_backend_port::CHECK,
    &ingress_backend_unknown::CHECK,
    &ingress_class::CHECK,
    &ingress_host_duplicate::CHECK,
    &ingress_host_not_exact::CHECK,
    &ingress_host_reserved::CHECK,
    &ingress_namespace_mismatch::CHECK,
    &ingress_path::CHECK,
    &kind_port_mapping::CHECK,
    &kubeconfig_port_mismatch::CHECK,
    &kubeconfig_port_not_forwarded::CHECK,
    &kubeconfig_server_invalid::CHECK,
    &kubeconfig_server_not_in_sans::CHECK,
    &passthrough_protocol_http::CHECK,
    &san_missing_host::CHECK,
    &ssl_passthrough_missing::CHECK,
];
