//! What kustomize and Kind are told.

use super::{is_candidate, number, strings, text, words};
use crate::source::{Located, Span, Spanned};
use crate::yaml::{Entry, Node};

/// A kustomization, as far as it decides what is applied.
#[derive(Debug)]
pub struct Kustomization {
    /// `resources`.
    pub resources: Vec<Spanned<String>>,
    /// `namespace`, which it gives to everything it loads.
    pub namespace: Option<Spanned<String>>,
    /// `commonAnnotations`, which it gives to everything it loads, as long as that is files beside it.
    pub annotations: Box<[Entry]>,
    /// Whether it changes what it loads in other ways: patches, prefixes, generators and the like.
    pub transforms: bool,
    /// Every string in it: files that it may name besides its resources, such as patches.
    pub names: Vec<String>,
    /// The files that patch what it loads: parts of objects.
    pub patches: Vec<String>,
    /// The directories that it takes in besides its resources: components and the like.
    pub parts: Vec<String>,
}

/// A Kind cluster configuration, as far as it decides what can be reached.
#[derive(Debug)]
pub struct KindCluster {
    /// The document as a whole.
    pub span: Span,
    /// `nodes[].extraPortMappings[]`.
    pub port_mappings: Vec<PortMapping>,
}

/// A port of the host machine that leads to a port of a Kind node.
#[derive(Debug)]
pub struct PortMapping {
    /// `hostPort`.
    pub host: Option<Spanned<i64>>,
    /// `containerPort`.
    pub container: Option<Spanned<i64>>,
    /// `protocol`.
    pub protocol: Option<Spanned<String>>,
    /// `listenAddress`.
    pub address: Option<Spanned<String>>,
}

impl Kustomization {
    pub(super) fn of(node: &Node) -> Self {
        const PLAIN: [&str; 5] = ["apiVersion", "kind", "metadata", "namespace", "resources"];
        const ANNOTATIONS: &str = "commonAnnotations";
        const PARTS: [&str; 6] = ["bases", "components", "configurations", "generators", "transformers", "validators"];
        let entries = node.as_mapping().into_iter().flatten();
        let resources = strings(node.items_at(&["resources"]));
        // What comes by way of a directory gets the annotations of several kustomizations, perhaps.
        let loads_files = resources.iter().all(|resource| !resource.contains('/') && is_candidate(resource));
        let annotations = node.get(ANNOTATIONS).and_then(Node::as_mapping).filter(|_| loads_files);
        let is_plain = |key: &str| PLAIN.contains(&key) || key == ANNOTATIONS && loads_files;
        Self {
            resources,
            namespace: text(node, &["namespace"]),
            annotations: annotations.into_iter().flatten().cloned().collect(),
            transforms: entries.into_iter().any(|entry| !is_plain(entry.key.as_str())),
            names: words(node),
            patches: {
                let paths = node.items_at(&["patches"]).filter_map(|patch| patch.get("path"));
                let paths = paths.chain(node.items_at(&["patchesStrategicMerge"]));
                paths.filter_map(Node::as_str).map(str::to_owned).collect()
            },
            parts: PARTS.iter().filter_map(|key| node.get(key)).flat_map(words).collect(),
        }
    }
}

impl KindCluster {
    pub(super) fn of(node: &Node) -> Self {
        let mappings = node.items_at(&["nodes"]).flat_map(|node| node.items_at(&["extraPortMappings"]));
        Self {
            span: node.span.clone(),
            port_mappings: mappings
                .map(|mapping| PortMapping {
                    host: number(mapping, &["hostPort"]),
                    container: number(mapping, &["containerPort"]),
                    protocol: text(mapping, &["protocol"]),
                    address: text(mapping, &["listenAddress"]),
                })
                .collect(),
        }
    }
}

located! {
    Kustomization: resources, namespace, annotations;
    KindCluster: span, port_mappings;
    PortMapping: host, container, protocol, address;
}
