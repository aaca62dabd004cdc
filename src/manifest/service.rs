//! What Services say.

use super::Object;
use super::route::{ServicePort, port};
use super::selector::{Label, labels};
use super::{number, text};
use crate::source::{Located, Span, Spanned};
use crate::yaml::Node;

/// The label that `StatefulSet`s give to each of their pods.
pub const POD_NAME_LABEL: &str = "statefulset.kubernetes.io/pod-name";

/// A Service, but for those that stand for a name outside of the cluster.
#[derive(Debug)]
pub struct Service {
    /// Its manifest, in [`ManifestSet::manifests`](super::ManifestSet::manifests).
    pub manifest: usize,
    /// `spec.selector`.
    pub selector: Box<[Label]>,
    /// `spec.ports`.
    pub ports: Box<[Port]>,
    /// Where it says that it has no address of its own: `clusterIP: None`.
    pub headless: Option<Span>,
    /// `spec.externalName`, if that is its type: the name that it stands for.
    pub external_name: Option<Spanned<String>>,
}

/// A port of a Service.
#[derive(Debug)]
pub struct Port {
    /// `name`.
    pub name: Option<String>,
    /// `port`.
    pub number: Option<Spanned<i64>>,
    /// `targetPort`, which is the same as `port` unless it is written.
    pub target: Option<Spanned<ServicePort>>,
    /// Whether it is for something else than TCP.
    pub is_other_protocol: bool,
}

impl Service {
    pub(super) fn of(object: &Object<'_>) -> Option<Self> {
        let spec = object.of_kind("", "Service")?.get("spec")?;
        let is_external = spec.get("type").and_then(Node::as_str) == Some("ExternalName");
        let external_name = text(spec, &["externalName"]).filter(|name| is_external && name.contains(".svc"));
        if is_external && external_name.is_none() {
            return None;
        }
        let headless = spec.get("clusterIP").filter(|address| address.as_str() == Some("None"));
        Some(Self {
            manifest: object.manifest,
            selector: spec.get("selector").filter(|_| !is_external).map(labels).unwrap_or_default(),
            ports: spec.items_at(&["ports"]).map(Port::of).collect(),
            headless: headless.map(|address| address.span.clone()),
            external_name,
        })
    }

    /// Tells whether it may select the pods of a virtual cluster, or stand for the Service of one: most selectors have none of
    /// the labels of these.
    #[must_use]
    pub fn may_be_for_virtual_cluster(&self) -> bool {
        let is_known = |label: &Label| matches!(&*label.key, "app" | "release" | POD_NAME_LABEL);
        let is_foreign = |label: &Label| &*label.key == "app" && **label.value != *"vcluster";
        self.external_name.is_some() || self.selector.iter().any(is_known) && !self.selector.iter().any(is_foreign)
    }

    /// Returns the port that a backend names.
    #[must_use]
    pub fn port(&self, wanted: &ServicePort) -> Option<&Port> {
        self.ports.iter().find(|port| match wanted {
            ServicePort::Number(number) => port.number.as_ref().is_some_and(|it| it.value == *number),
            ServicePort::Name(name) => port.name.as_ref() == Some(name),
        })
    }
}

impl Port {
    fn of(node: &Node) -> Self {
        Self {
            name: text(node, &["name"]).map(|name| name.value),
            number: number(node, &["port"]),
            target: port(node, &["targetPort"]),
            is_other_protocol: text(node, &["protocol"]).is_some_and(|protocol| protocol.value != "TCP"),
        }
    }

    /// Returns the port of the pod that it leads to, with the place that says so.
    #[must_use]
    pub fn leads_to(&self) -> Option<Spanned<ServicePort>> {
        let same = || Some(self.number.clone()?.map(ServicePort::Number));
        self.target.clone().or_else(same)
    }
}

located! {
    Service: selector, ports, headless, external_name;
    Port: number, target;
}
