//! Objects that somebody else than Kubernetes and Argo CD reads, and what they may make.

use std::collections::BTreeSet;

use super::Object;
use crate::schema;
use crate::source::{Located, Span};
use crate::yaml::{Node, Value};

/// An object of a kind that an operator reads, which may make other objects of it.
#[derive(Debug)]
pub struct CustomResource {
    /// Its manifest, in [`super::ManifestSet::manifests`].
    pub manifest: usize,
    /// The names in it: those of what it makes may be among them.
    pub names: Box<[Box<str>]>,
    /// Whether it makes nothing but what it names.
    pub is_plain: bool,
    /// Whether it makes a Secret.
    pub makes_secret: bool,
}

/// The kinds that make a Secret of a name that they say: a group, and the kind.
const SECRETS: [(&str, &str); 3] =
    [("bitnami.com", "SealedSecret"), ("cert-manager.io", "Certificate"), ("external-secrets.io", "ExternalSecret")];

/// The kinds whose operators make nothing, or only what the object names: a group, and its kinds if not all are.
const PLAIN: [(&str, &[&str]); 13] = [
    ("argoproj.io", &[]),
    ("bitnami.com", &["SealedSecret"]),
    ("cert-manager.io", &[]),
    ("external-secrets.io", &[]),
    ("generators.external-secrets.io", &[]),
    ("gateway.networking.k8s.io", &["GRPCRoute", "HTTPRoute", "ReferenceGrant", "TCPRoute", "TLSRoute", "UDPRoute"]),
    ("kyverno.io", &[]),
    ("monitoring.coreos.com", &["PodMonitor", "PrometheusRule", "ServiceMonitor"]),
    ("networking.istio.io", &[]),
    ("projectcontour.io", &["HTTPProxy", "TLSCertificateDelegation"]),
    ("security.istio.io", &[]),
    ("traefik.containo.us", &[]),
    ("traefik.io", &[]),
];

impl CustomResource {
    pub(super) fn of(object: &Object<'_>) -> Option<Self> {
        let version = object.node.get("apiVersion")?.as_str()?;
        let is_argocd =
            object.group == "argoproj.io" && matches!(object.kind, "Application" | "ApplicationSet" | "AppProject");
        if is_argocd || schema::kubernetes::is_builtin_group(version) {
            return None;
        }
        let mut names = BTreeSet::new();
        find_names(object.node, &mut names);
        let is_this = |(group, kinds): &(&str, &[&str])| {
            *group == object.group && (kinds.is_empty() || kinds.contains(&object.kind))
        };
        let names = names.into_iter().map(Box::from).collect();
        let makes_secret = SECRETS.contains(&(object.group, object.kind));
        Some(Self { manifest: object.manifest, names, is_plain: PLAIN.iter().any(is_this), makes_secret })
    }
}

/// Finds all values of keys like `name` and `secretName`.
fn find_names<'a>(node: &'a Node, names: &mut BTreeSet<&'a str>) {
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| find_names(item, names)),
        Value::Mapping(entries) => {
            for entry in entries {
                match &entry.value.value {
                    Value::String(text) if entry.key.ends_with("name") || entry.key.ends_with("Name") => {
                        names.insert(text);
                    }
                    _ => find_names(&entry.value, names),
                }
            }
        }
        _ => {}
    }
}

located! {
    CustomResource;
}
