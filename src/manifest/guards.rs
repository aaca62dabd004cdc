//! What stands between an object and its purpose: few files have something of the kind, and there may be many files.

use super::network_policy::NetworkPolicy;
use super::project::AppProject;
use crate::source::{Located, Span};
use crate::yaml::{Entry, Node};

/// The objects of a tree that restrict others.
#[derive(Debug, Default)]
pub struct Guards {
    /// The `NetworkPolicies`.
    pub network_policies: Vec<NetworkPolicy>,
    /// The `AppProjects`.
    pub projects: Vec<AppProject>,
    /// The Namespaces that say what pods they admit.
    pub namespaces: Vec<GuardedNamespace>,
    /// Whether Argo CD is told, for all Applications, to compare `StatefulSets` in another way than it does by itself.
    pub compares_otherwise: bool,
}

/// A Namespace that says what pods it admits.
#[derive(Debug)]
pub struct GuardedNamespace {
    /// Its manifest, in [`ManifestSet::manifests`](super::ManifestSet::manifests).
    pub manifest: usize,
    /// Its labels for the admission of pods.
    pub labels: Box<[Entry]>,
}

/// The label that sets the level below which pods are refused (kubernetes/website, pod-security-admission.md).
pub const POD_SECURITY: &str = "pod-security.kubernetes.io/enforce";

impl Guards {
    /// Takes in an object if it is one of those that restrict others.
    pub(super) fn add(guards: &mut Option<Box<Self>>, manifest: usize, group: &str, kind: &str, node: &Node) {
        match (group, kind) {
            ("networking.k8s.io", "NetworkPolicy") => {
                guards.get_or_insert_default().network_policies.push(NetworkPolicy::of(manifest, node));
            }
            ("argoproj.io", "AppProject") => {
                guards.get_or_insert_default().projects.push(AppProject::of(manifest, node));
            }
            ("", "Namespace") => {
                let labels = pod_security(node.at(&["metadata", "labels"]));
                if !labels.is_empty() {
                    guards.get_or_insert_default().namespaces.push(GuardedNamespace { manifest, labels });
                }
            }
            ("", "ConfigMap") if compares_otherwise(node) => {
                guards.get_or_insert_default().compares_otherwise = true;
            }
            _ => {}
        }
    }

    /// Gives back what room is left.
    pub(super) fn shrink_to_fit(&mut self) {
        self.network_policies.shrink_to_fit();
        self.projects.shrink_to_fit();
        self.namespaces.shrink_to_fit();
    }

    /// Takes in those of another file, whose manifests have the ranks from `first` on.
    pub(super) fn append(&mut self, mut other: Self, first: usize) {
        other.network_policies.iter_mut().for_each(|it| it.manifest += first);
        other.projects.iter_mut().for_each(|it| it.manifest += first);
        other.namespaces.iter_mut().for_each(|it| it.manifest += first);
        self.compares_otherwise |= other.compares_otherwise;
        self.network_policies.append(&mut other.network_policies);
        self.projects.append(&mut other.projects);
        self.namespaces.append(&mut other.namespaces);
    }
}

/// Tells whether a `ConfigMap` is one of Argo CD's own that makes it ignore differences of `StatefulSets`, or ask the API server
/// (argo-cd v3.1.7, docs/user-guide/diffing.md and diff-strategies.md).
fn compares_otherwise(node: &Node) -> bool {
    let data = |key: &str| node.at(&["data", key]);
    match node.at(&["metadata", "name"]).and_then(Node::as_str) {
        Some("argocd-cm") => {
            let kinds = ["all", "apps_StatefulSet"];
            kinds.iter().any(|kind| data(&format!("resource.customizations.ignoreDifferences.{kind}")).is_some())
        }
        Some("argocd-cmd-params-cm") => {
            data("controller.diff.server.side").and_then(Node::as_str).is_some_and(|value| value == "true")
        }
        _ => false,
    }
}

/// Returns the labels that the admission of pods reads.
pub(super) fn pod_security(labels: Option<&Node>) -> Box<[Entry]> {
    let entries = labels.and_then(Node::as_mapping).into_iter().flatten();
    entries.filter(|entry| entry.key.starts_with("pod-security.kubernetes.io/")).cloned().collect()
}

/// Returns the level below which pods are refused, with its place.
#[must_use]
pub fn enforced(labels: &[Entry]) -> Option<&Node> {
    labels.iter().find(|entry| entry.key.value == POD_SECURITY).map(|entry| &entry.value)
}

impl Located for Guards {
    fn spans(&mut self, visit: &mut dyn FnMut(&mut Span)) {
        self.network_policies.spans(visit);
        self.namespaces.spans(visit);
    }
}

located! {
    GuardedNamespace: labels;
}

#[cfg(test)]
mod tests {
    use crate::manifest;

    #[test]
    fn argocd_may_be_told_to_compare_otherwise() {
        let compares = |name: &str, data: &str| {
            let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{{data}}}\n");
            manifest::parse(&[("a.yaml", &text)]).0.guards.compares_otherwise
        };
        let ignore = "resource.customizations.ignoreDifferences";
        assert!(compares("argocd-cm", &format!("{ignore}.apps_StatefulSet: ''")));
        assert!(compares("argocd-cm", &format!("{ignore}.all: ''")));
        assert!(!compares("argocd-cm", &format!("{ignore}.apps_Deployment: ''")));
        assert!(!compares("other", &format!("{ignore}.all: ''")));
        assert!(compares("argocd-cmd-params-cm", "controller.diff.server.side: 'true'"));
        assert!(!compares("argocd-cmd-params-cm", "controller.diff.server.side: 'false'"));
    }
}
