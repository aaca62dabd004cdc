//! Checks: what can be wrong about manifests that belong together.
//!
//! A check is a value: a rule, and a function that looks for what breaks it. It sees manifests, what becomes of them and the
//! network between them, never templates or text, so that it judges a repository that somebody else wrote exactly as it
//! judges our own. Each check is one file and one Markdown page, whose examples are executed by the tests.

mod application_namespace;
mod exposure_before_vcluster;
mod file_not_read;
mod incomplete_manifest;
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
mod one_vcluster_per_namespace;
mod package_without_application;
mod passthrough_protocol_http;
mod release_name;
mod san_missing_host;
mod ssl_passthrough_missing;
mod sync_wave_not_integer;
mod unknown_kind;
mod wave_without_health;
mod wave_without_parent;

use crate::diagnostic::{Diagnostic, Rule};
use crate::idpbuilder::Cluster;
use crate::manifest::ManifestSet;
use crate::network::Network;
use crate::package::Package;

/// What a check looks at.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The manifests of a tree.
    pub manifests: &'a ManifestSet,
    /// What becomes of them.
    pub package: &'a Package<'a>,
    /// The virtual clusters and the Ingresses that lead to them.
    pub network: &'a Network<'a>,
    /// The cluster that they are for.
    pub cluster: &'a Cluster,
    /// Whether nobody said so, and the cluster is what idpbuilder makes by default.
    pub cluster_is_assumed: bool,
}

impl Scope<'_> {
    /// Tells whether idpbuilder is known to read the tree, and does not only may.
    fn is_for_idpbuilder(&self) -> bool {
        !self.cluster_is_assumed || self.package.is_for_idpbuilder
    }

    /// Ends a help text that relies on a fact about the cluster with a word on where that fact is from.
    fn note_assumption(&self, help: String) -> String {
        if self.cluster_is_assumed { help + " (idpbuilder's defaults are assumed for this cluster)" } else { help }
    }
}

/// A rule, and how to find what breaks it.
#[derive(Debug)]
pub struct Check {
    /// What the check is about, with its page.
    pub rule: Rule,
    /// The version of idpack that had it first.
    pub since: &'static str,
    /// Adds what it finds.
    run: fn(&Scope<'_>, &mut Vec<Diagnostic>),
}

/// All checks, by id.
pub static CHECKS: &[&Check] = &[
    &application_namespace::CHECK,
    &exposure_before_vcluster::CHECK,
    &file_not_read::CHECK,
    &incomplete_manifest::CHECK,
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
    &one_vcluster_per_namespace::CHECK,
    &package_without_application::CHECK,
    &passthrough_protocol_http::CHECK,
    &release_name::CHECK,
    &san_missing_host::CHECK,
    &ssl_passthrough_missing::CHECK,
    &sync_wave_not_integer::CHECK,
    &unknown_kind::CHECK,
    &wave_without_health::CHECK,
    &wave_without_parent::CHECK,
];

/// Runs all checks. Returns their findings in no particular order.
#[must_use]
pub fn run(scope: &Scope<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for check in CHECKS {
        (check.run)(scope, &mut findings);
    }
    findings
}

/// Returns the rules of all checks, by id.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    CHECKS.iter().map(|check| &check.rule)
}
