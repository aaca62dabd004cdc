//! The `NetworkPolicies` around virtual clusters.

use std::collections::BTreeMap;

use super::VirtualCluster;
use crate::manifest::{Labels, Manifest, ManifestSet, NetworkPolicy, PolicyPeer, PolicyRule};
use crate::package::Package;
use crate::vcluster::POD_LABEL;
use crate::yaml::Node;

/// The label that every Namespace has, with its name.
pub const NAMESPACE: &str = "kubernetes.io/metadata.name";

/// The `NetworkPolicies` of a tree by their namespaces.
#[derive(Debug)]
pub struct Policies<'a> {
    package: &'a Package<'a>,
    by_namespace: BTreeMap<Option<&'a str>, Vec<(&'a Manifest, &'a NetworkPolicy)>>,
}

impl<'a> Policies<'a> {
    /// Sorts the policies of a tree.
    #[must_use]
    pub fn of(manifests: &'a ManifestSet, package: &'a Package<'a>) -> Self {
        let mut by_namespace: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for policy in &manifests.facts.network_policies {
            let manifest = manifests.manifest_of(policy);
            let namespace = package.namespace_of(manifest).map(|namespace| namespace.as_str());
            by_namespace.entry(namespace).or_default().push((manifest, policy));
        }
        Self { package, by_namespace }
    }

    /// Returns the policies in the namespace of a virtual cluster that may be for pods with these labels.
    #[must_use]
    pub fn around(
        &self,
        virtual_cluster: &VirtualCluster<'_>,
        pods: &[(&str, &str)],
    ) -> Vec<(&'a Manifest, &'a NetworkPolicy)> {
        let Some(namespace) = virtual_cluster.namespace else { return Vec::new() };
        let here = virtual_cluster.application.destination();
        let named = self.by_namespace.get(&Some(namespace.as_str())).into_iter().flatten();
        let is_here = |manifest| self.package.destination_of(manifest).is_none_or(|cluster| cluster == here);
        named.filter(|(manifest, policy)| is_here(manifest) && !policy.pods.excludes(pods)).copied().collect()
    }

    /// Returns the policies that may be for any namespace: no Application applies them, and they name none.
    pub fn anywhere(&self) -> impl Iterator<Item = &'a NetworkPolicy> {
        self.by_namespace.get(&None).into_iter().flatten().map(|(_, policy)| *policy)
    }
}

/// Returns the labels of the pods of a virtual cluster's control plane (chart/templates/statefulset.yaml).
#[must_use]
pub fn control_plane<'a>(virtual_cluster: &VirtualCluster<'a>) -> [(&'static str, &'a str); 2] {
    [POD_LABEL, ("release", virtual_cluster.release.as_str())]
}

/// Returns the label of the pods that run within a virtual cluster.
#[must_use]
pub fn workloads<'a>(virtual_cluster: &VirtualCluster<'a>) -> [(&'static str, &'a str); 1] {
    [("vcluster.loft.sh/managed-by", virtual_cluster.release.as_str())]
}

/// Returns what makes the chart of a virtual cluster render policies.
#[must_use]
pub fn switch<'a>(virtual_cluster: &VirtualCluster<'a>) -> Option<&'a Node> {
    virtual_cluster.switched_on(&["policies", "networkPolicy", "enabled"])
}

/// Reads rules out of the values of a virtual cluster.
#[must_use]
pub fn rules(virtual_cluster: &VirtualCluster<'_>, path: &[&str], peers: &str) -> Vec<PolicyRule> {
    let list = virtual_cluster.value(&["policies", "networkPolicy"]).and_then(|policy| policy.at(path));
    let list = list.and_then(Node::as_sequence).unwrap_or_default();
    list.iter().map(|rule| PolicyRule::of(rule, peers)).collect()
}

/// Tells whether pods of a namespace may be among those that a peer stands for. Of a namespace nobody knows, they may.
#[must_use]
pub fn may_be_from(peer: &PolicyPeer, namespace: Option<&str>) -> bool {
    match (&peer.namespaces, namespace) {
        (Some(labels), Some(namespace)) => !labels.excludes(&[(NAMESPACE, namespace)]),
        (Some(_), None) => true,
        (None, _) => peer.pods.is_none(),
    }
}

/// Tells whether all peers of a rule are pods of the control plane of a virtual cluster, seen from a namespace.
#[must_use]
pub fn leads_to(rule: &PolicyRule, virtual_cluster: &VirtualCluster<'_>, from: Option<&str>) -> bool {
    let home = virtual_cluster.namespace_name();
    let is_there = |labels: &Option<Labels>| match labels {
        Some(labels) => labels.names(&[(NAMESPACE, home)]),
        None => from == Some(home),
    };
    let names = |peer: &PolicyPeer| {
        is_there(&peer.namespaces) && peer.pods.as_ref().is_some_and(|pods| pods.names(&control_plane(virtual_cluster)))
    };
    !rule.peers.is_empty() && rule.peers.iter().all(names)
}
