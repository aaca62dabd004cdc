//! What leads connections to a Service.

use super::{INGRESS_CLASS, number, text};
use crate::source::{Located, Span, Spanned};
use crate::yaml::Node;

/// An Ingress of `networking.k8s.io`.
#[derive(Debug)]
pub struct Ingress {
    /// Its manifest, in [`ManifestSet::manifests`].
    pub manifest: usize,
    /// `spec.ingressClassName`, else the annotation that it replaced.
    pub class: Option<Spanned<String>>,
    /// `spec.rules`.
    pub rules: Box<[IngressRule]>,
}

/// What an Ingress does with one host.
#[derive(Debug)]
pub struct IngressRule {
    /// The rule as a whole.
    pub span: Span,
    /// `host`, unless it is empty.
    pub host: Option<Spanned<String>>,
    /// `http.paths`.
    pub paths: Box<[IngressPath]>,
}

/// Where an Ingress leads the requests below one path.
#[derive(Debug)]
pub struct IngressPath {
    /// The entry as a whole.
    pub span: Span,
    /// `path`, unless it is empty.
    pub path: Option<Spanned<String>>,
    /// `pathType`.
    pub path_type: Option<Spanned<String>>,
    /// `backend.service.name`.
    pub service: Option<Spanned<String>>,
    /// `backend.service.port`.
    pub port: Option<Spanned<ServicePort>>,
}

/// How a backend names a port of its Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServicePort {
    /// `number`.
    Number(i64),
    /// `name`.
    Name(String),
}

impl std::fmt::Display for ServicePort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

impl Ingress {
    pub(super) fn of(manifest: usize, node: &Node) -> Self {
        Self {
            manifest,
            class: text(node, &["spec", "ingressClassName"])
                .or_else(|| text(node, &["metadata", "annotations", INGRESS_CLASS])),
            rules: node.items_at(&["spec", "rules"]).map(IngressRule::of).collect(),
        }
    }
}

impl IngressRule {
    pub(super) fn of(node: &Node) -> Self {
        Self {
            span: node.span.clone(),
            host: text(node, &["host"]),
            paths: node.items_at(&["http", "paths"]).map(IngressPath::of).collect(),
        }
    }
}

impl IngressPath {
    pub(super) fn of(node: &Node) -> Self {
        let port = ["backend", "service", "port"];
        let by_number = || number(node, &[&port[..], &["number"]].concat()).map(|it| it.map(ServicePort::Number));
        let by_name = || text(node, &[&port[..], &["name"]].concat()).map(|it| it.map(ServicePort::Name));
        Self {
            span: node.span.clone(),
            path: text(node, &["path"]),
            path_type: text(node, &["pathType"]),
            service: text(node, &["backend", "service", "name"]),
            port: by_number().or_else(by_name),
        }
    }
}

located! {
    Ingress: class, rules;
    IngressRule: span, host, paths;
    IngressPath: span, path, path_type, service, port;
}
