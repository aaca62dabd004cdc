//! The path from a client to the API server of a virtual cluster, and the names on the way.

mod cluster_secret_credentials;
mod cluster_secret_expiry;
mod cluster_secret_tls;
mod cluster_secret_unlabelled;
mod cluster_secret_unreachable;
mod ingress_annotation_value;
mod ingress_backend_headless;
mod ingress_backend_port;
mod ingress_backend_unknown;
mod ingress_class;
mod ingress_host_duplicate;
mod ingress_host_not_exact;
mod ingress_host_reserved;
mod ingress_namespace_mismatch;
mod ingress_nginx_retired;
mod ingress_path;
mod ingress_sync_shared;
mod ingress_without_namespace;
mod kind_host_port_duplicate;
mod kind_port_mapping;
mod kubeconfig_insecure;
mod kubeconfig_port_mismatch;
mod kubeconfig_port_not_forwarded;
mod kubeconfig_secret_rbac;
mod kubeconfig_secret_reserved;
mod kubeconfig_server_ignored;
mod kubeconfig_server_invalid;
mod kubeconfig_server_not_in_sans;
mod passthrough_ignored_setting;
mod passthrough_protocol_http;
mod passthrough_without_https;
mod placeholder_host;
mod release_namespace;
mod remote_cluster_local_name;
mod san_invalid;
mod san_missing_host;
mod san_unused;
mod service_target_port;
mod ssl_passthrough_missing;
mod tlsroute_without_parent;

use super::Check;
use crate::diagnostic::{Diagnostic, nearest};
use crate::network::VirtualCluster;

/// Ends a finding about a host that the certificate of a virtual cluster does not name.
fn add_san(finding: Diagnostic, virtual_cluster: &VirtualCluster<'_>, host: &str) -> Diagnostic {
    let mut help = format!("add `{host}` to `controlPlane.proxy.extraSANs`");
    if let Some(near) = nearest(host, virtual_cluster.sans.iter().map(String::as_str)) {
        help = format!("if `{near}` was meant, write it here; otherwise {help}");
    }
    finding.related(virtual_cluster.sans_span, "the names that are added to the certificate belong here").help(help)
}

/// The checks of this group.
pub(super) static CHECKS: &[&Check] = &[
    &cluster_secret_credentials::CHECK,
    &cluster_secret_expiry::CHECK,
    &cluster_secret_tls::CHECK,
    &cluster_secret_unlabelled::CHECK,
    &cluster_secret_unreachable::CHECK,
    &ingress_annotation_value::CHECK,
    &ingress_backend_headless::CHECK,
    &ingress_backend_port::CHECK,
    &ingress_backend_unknown::CHECK,
    &ingress_class::CHECK,
    &ingress_host_duplicate::CHECK,
    &ingress_host_not_exact::CHECK,
    &ingress_host_reserved::CHECK,
    &ingress_namespace_mismatch::CHECK,
    &ingress_nginx_retired::CHECK,
    &ingress_path::CHECK,
    &ingress_sync_shared::CHECK,
    &ingress_without_namespace::CHECK,
    &kind_host_port_duplicate::CHECK,
    &kind_port_mapping::CHECK,
    &kubeconfig_insecure::CHECK,
    &kubeconfig_port_mismatch::CHECK,
    &kubeconfig_port_not_forwarded::CHECK,
    &kubeconfig_secret_rbac::CHECK,
    &kubeconfig_secret_reserved::CHECK,
    &kubeconfig_server_ignored::CHECK,
    &kubeconfig_server_invalid::CHECK,
    &kubeconfig_server_not_in_sans::CHECK,
    &passthrough_ignored_setting::CHECK,
    &passthrough_protocol_http::CHECK,
    &passthrough_without_https::CHECK,
    &placeholder_host::CHECK,
    &release_namespace::CHECK,
    &remote_cluster_local_name::CHECK,
    &san_invalid::CHECK,
    &san_missing_host::CHECK,
    &san_unused::CHECK,
    &service_target_port::CHECK,
    &ssl_passthrough_missing::CHECK,
    &tlsroute_without_parent::CHECK,
];
