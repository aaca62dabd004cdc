//! `NetworkPolicies`, as far as they decide who reaches a pod and whom it reaches.

use super::Object;
use super::text;
use crate::source::{Located, Span};
use crate::yaml::{Node, Value};

/// A `NetworkPolicy` of `networking.k8s.io`.
#[derive(Debug)]
pub struct NetworkPolicy {
    /// Its manifest, in [`ManifestSet::manifests`](super::ManifestSet::manifests).
    pub manifest: usize,
    /// `spec.podSelector`.
    pub pods: Labels,
    /// What may come in, unless it says nothing about that.
    pub ingress: Option<Box<[PolicyRule]>>,
    /// What may go out, unless it says nothing about that.
    pub egress: Option<Box<[PolicyRule]>>,
}

/// One thing that a policy allows.
#[derive(Debug)]
pub struct PolicyRule {
    /// `from` or `to`; none stands for everybody.
    pub peers: Box<[PolicyPeer]>,
    /// `ports`; none stands for all.
    pub ports: Box<[PolicyPort]>,
}

/// One end of the connections that a rule allows. A block of addresses has neither selector.
#[derive(Debug, PartialEq, Eq)]
pub struct PolicyPeer {
    /// `podSelector`.
    pub pods: Option<Labels>,
    /// `namespaceSelector`; without it, the namespace of the policy is meant.
    pub namespaces: Option<Labels>,
}

/// A port that a rule allows.
#[derive(Debug)]
pub struct PolicyPort {
    /// `port`, or the entry without one.
    pub span: Span,
    /// `port` and `endPort` if they are numbers; all ports if there is none.
    pub numbers: Option<(i64, i64)>,
    /// `port` if it is a name.
    pub name: Option<Box<str>>,
    /// Whether `protocol` is UDP.
    pub is_udp: bool,
}

/// A selector of labels. An empty one selects everything.
#[derive(Debug, PartialEq, Eq)]
pub struct Labels {
    /// `matchLabels`.
    equal: Box<[(Box<str>, Box<str>)]>,
    /// Whether there are `matchExpressions`.
    is_more: bool,
}

impl NetworkPolicy {
    pub(super) fn of(object: &Object<'_>) -> Option<Self> {
        let node = object.of_kind("networking.k8s.io", "NetworkPolicy")?;
        let rules = |key, peers| node.items_at(&["spec", key]).map(|rule| PolicyRule::of(rule, peers)).collect();
        let ingress: Box<[PolicyRule]> = rules("ingress", "from");
        let egress: Box<[PolicyRule]> = rules("egress", "to");
        let types: Vec<&str> = node.items_at(&["spec", "policyTypes"]).filter_map(Node::as_str).collect();
        // Without types, a policy is about what comes in, and about what goes out if it says something about that
        // (kubernetes/api v0.34.0, networking/v1/types.go).
        let is_about = |name, by_default| if types.is_empty() { by_default } else { types.contains(&name) };
        let is_egress = is_about("Egress", !egress.is_empty());
        Some(Self {
            manifest: object.manifest,
            pods: Labels::of(node.at(&["spec", "podSelector"])),
            ingress: is_about("Ingress", true).then_some(ingress),
            egress: is_egress.then_some(egress),
        })
    }
}

impl PolicyRule {
    /// Reads a rule whose peers stand below `peers`, `from` or `to`.
    #[must_use]
    pub fn of(node: &Node, peers: &str) -> Self {
        let peer = |node: &Node| PolicyPeer {
            pods: node.get("podSelector").map(|selector| Labels::of(Some(selector))),
            namespaces: node.get("namespaceSelector").map(|selector| Labels::of(Some(selector))),
        };
        Self {
            peers: node.items_at(&[peers]).map(peer).collect(),
            ports: node.items_at(&["ports"]).map(PolicyPort::of).collect(),
        }
    }

    /// Tells whether it allows a port, as far as numbers say so.
    #[must_use]
    pub fn allows(&self, port: i64) -> bool {
        self.ports.is_empty() || self.ports.iter().any(|it| it.covers(port))
    }

    /// Tells whether one of its ports is a name, of which only the pod knows the number.
    #[must_use]
    pub fn has_names(&self) -> bool {
        self.ports.iter().any(|port| port.name.is_some())
    }
}

impl PolicyPort {
    fn of(node: &Node) -> Self {
        let port = node.get("port");
        let first = port.and_then(Node::as_i64);
        let last = node.get("endPort").and_then(Node::as_i64);
        let name = port.and_then(Node::as_str);
        Self {
            span: port.map_or(&node.span, |port| &port.span).clone(),
            numbers: match first {
                Some(first) => Some((first, last.unwrap_or(first))),
                None => name.is_none().then_some((1, 65_535)),
            },
            name: name.map(Box::from),
            is_udp: text(node, &["protocol"]).is_some_and(|protocol| protocol.value == "UDP"),
        }
    }

    /// Tells whether its numbers cover a port.
    #[must_use]
    pub fn covers(&self, port: i64) -> bool {
        self.numbers.is_some_and(|(first, last)| (first..=last).contains(&port))
    }

    /// Tells whether it is exactly this port.
    #[must_use]
    pub fn is(&self, port: i64) -> bool {
        self.numbers == Some((port, port))
    }
}

impl Labels {
    fn of(node: Option<&Node>) -> Self {
        let labels = node.and_then(|node| node.get("matchLabels")).and_then(Node::as_mapping);
        let pair = |key: &str, value: &Node| match &value.value {
            Value::String(value) => Some((Box::from(key), Box::from(value.as_str()))),
            _ => None,
        };
        Self {
            equal: labels.into_iter().flatten().filter_map(|it| pair(it.key.as_str(), &it.value)).collect(),
            is_more: node.is_some_and(|node| node.items_at(&["matchExpressions"]).next().is_some()),
        }
    }

    /// Tells whether it selects everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.equal.is_empty() && !self.is_more
    }

    /// Returns the value that it asks for of a label.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        self.equal.iter().find(|label| &*label.0 == key).map(|label| &*label.1)
    }

    /// Tells whether it asks for some of these labels and for nothing else.
    #[must_use]
    pub fn names(&self, labels: &[(&str, &str)]) -> bool {
        let is_one = |(key, value): &(Box<str>, Box<str>)| labels.contains(&(&**key, &**value));
        !self.is_more && !self.equal.is_empty() && self.equal.iter().all(is_one)
    }

    /// Tells whether something with these labels, and perhaps others, cannot be selected.
    #[must_use]
    pub fn excludes(&self, labels: &[(&str, &str)]) -> bool {
        let differs = |(key, value): &(Box<str>, Box<str>)| labels.iter().any(|it| it.0 == &**key && it.1 != &**value);
        self.equal.iter().any(differs)
    }
}

located! {
    NetworkPolicy: ingress, egress;
    PolicyRule: ports;
    PolicyPort: span;
}

#[cfg(test)]
mod tests {
    use crate::manifest;

    #[test]
    fn policies_are_about_what_they_say() {
        let about = |spec: &str| {
            let text =
                format!("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p}}\nspec: {spec}\n");
            let (set, _) = manifest::parse(&[("p.yaml", &text)]);
            let policy = &set.facts.network_policies[0];
            (policy.ingress.as_ref().map(|rules| rules.len()), policy.egress.as_ref().map(|rules| rules.len()))
        };
        assert_eq!(about("{podSelector: {}}"), (Some(0), None));
        assert_eq!(about("{podSelector: {}, egress: [{}]}"), (Some(0), Some(1)));
        assert_eq!(about("{podSelector: {}, policyTypes: [Egress]}"), (None, Some(0)));
        assert_eq!(about("{podSelector: {}, policyTypes: [Ingress], egress: [{}]}"), (Some(0), None));
    }

    #[test]
    fn ports_and_labels_are_compared_as_kubernetes_does() {
        let text = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec:\n\
                    \x20 podSelector: {matchLabels: {app: vcluster, release: r}}\n  ingress:\n\
                    \x20 - ports: [{port: 443}, {port: 8000, endPort: 9000}, {port: https}, {protocol: UDP}]\n\
                    \x20 - ports: [{port: https}]\n  - {}\n";
        let (set, _) = manifest::parse(&[("p.yaml", text)]);
        let policy = &set.facts.network_policies[0];
        let rules = policy.ingress.as_ref().unwrap();
        let ports = &rules[0].ports;
        assert!(ports[0].is(443) && ports[1].covers(8443) && !ports[1].is(8443) && !ports[2].covers(443));
        assert!(ports[3].covers(53) && ports[3].is_udp);
        assert!(!rules[1].allows(443) && rules[1].has_names() && rules[2].allows(443));
        let pods = |release| [("app", "vcluster"), ("release", release)];
        assert!(policy.pods.names(&pods("r")) && !policy.pods.names(&pods("s")));
        assert!(policy.pods.excludes(&pods("s")) && !policy.pods.excludes(&[("other", "x")]));
    }
}
