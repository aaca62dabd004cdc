//! Who may do something.

use super::Object;
use crate::source::{Located, Span};
use crate::yaml::Node;

/// A `RoleBinding` or a `ClusterRoleBinding`, as far as it is for workloads.
#[derive(Debug)]
pub struct Binding {
    /// Its manifest, in [`super::ManifestSet::manifests`].
    pub manifest: usize,
    /// Whether it counts in its own namespace only.
    pub is_local: bool,
    /// `subjects`, but for people and their groups.
    pub subjects: Box<[Subject]>,
}

/// A subject that service accounts are, or belong to.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// One service account, by its namespace and name. Without a namespace the API server refuses it.
    ServiceAccount(String, String),
    /// All service accounts of a namespace.
    Namespace(String),
    /// All service accounts.
    Everyone,
}

impl Binding {
    pub(super) fn of(object: &Object<'_>) -> Option<Self> {
        let of_kind = |kind| object.of_kind("rbac.authorization.k8s.io", kind);
        let local = of_kind("RoleBinding");
        let subjects = local.or_else(|| of_kind("ClusterRoleBinding"))?.items_at(&["subjects"]);
        Some(Self {
            manifest: object.manifest,
            is_local: local.is_some(),
            subjects: subjects.filter_map(Subject::of).collect(),
        })
    }
}

impl Subject {
    /// Reads a subject. Service accounts are users and groups as well (kubernetes/kubernetes,
    /// staging/src/k8s.io/apiserver/pkg/authentication/serviceaccount/util.go).
    fn of(node: &Node) -> Option<Self> {
        let text = |key| node.get(key).and_then(Node::as_str);
        let name = text("name")?;
        match text("kind")? {
            "ServiceAccount" => Some(Self::ServiceAccount(text("namespace")?.to_owned(), name.to_owned())),
            "User" => {
                let (namespace, name) = name.strip_prefix("system:serviceaccount:")?.split_once(':')?;
                Some(Self::ServiceAccount(namespace.to_owned(), name.to_owned()))
            }
            "Group" => match name {
                "system:authenticated" | "system:serviceaccounts" => Some(Self::Everyone),
                _ => Some(Self::Namespace(name.strip_prefix("system:serviceaccounts:")?.to_owned())),
            },
            _ => None,
        }
    }
}

located! {
    Binding;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest;

    #[test]
    fn service_accounts_are_named_in_four_ways() {
        let subjects = "{kind: ServiceAccount, name: a, namespace: ns}, {kind: User, name: 'system:serviceaccount:ns:b'}, \
                        {kind: Group, name: 'system:serviceaccounts:ns'}, {kind: Group, name: 'system:serviceaccounts'}, \
                        {kind: User, name: c}, {kind: Group, name: d}, {kind: ServiceAccount, name: e}";
        let text = format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: x}}\nsubjects: [{subjects}]\n"
        );
        let (set, _) = manifest::parse(&[("a.yaml", &text)]);
        let account = |name: &str| Subject::ServiceAccount("ns".to_owned(), name.to_owned());
        let expected = [account("a"), account("b"), Subject::Namespace("ns".to_owned()), Subject::Everyone];
        assert!(set.facts.bindings[0].is_local);
        assert_eq!(*set.facts.bindings[0].subjects, expected);
    }
}
