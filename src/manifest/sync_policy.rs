//! How an Application wants to be synced.

use super::namespace::pod_security;
use super::{strings, text};
use crate::source::{Located, Span, Spanned};
use crate::yaml::{Entry, Node};

/// What an Application says about its syncs.
#[derive(Debug)]
pub struct SyncPolicy {
    /// The key `spec.syncPolicy`.
    pub span: Option<Span>,
    /// Whether the Application is synced without anybody asking for it.
    pub is_automated: bool,
    /// `spec.syncPolicy.syncOptions`.
    pub options: Box<[Spanned<String>]>,
    /// The labels of `spec.syncPolicy.managedNamespaceMetadata` that the admission of pods reads.
    pub namespace_labels: Box<[Entry]>,
    /// `spec.ignoreDifferences`.
    pub ignored: Box<[IgnoredDifference]>,
}

/// Fields that Argo CD does not compare.
#[derive(Debug)]
pub struct IgnoredDifference {
    /// `group`, perhaps a pattern.
    pub group: Box<str>,
    /// `kind`, perhaps a pattern.
    pub kind: Box<str>,
    /// `jsonPointers` and `jqPathExpressions`.
    pub paths: Box<[Box<str>]>,
    /// Whether it is about the fields of certain managers.
    pub has_managers: bool,
}

impl SyncPolicy {
    /// Reads an Application.
    pub(super) fn of(node: &Node) -> Self {
        let entry = node.get("spec").and_then(|spec| spec.as_mapping()?.entry("syncPolicy"));
        let automated = node.at(&["spec", "syncPolicy", "automated"]).filter(|automated| !automated.is_null());
        // Anything but `enabled: false` (argo-cd v3.1.7, pkg/apis/application/v1alpha1/types.go, `IsAutomatedSyncEnabled`).
        let is_enabled = |automated: &Node| automated.get("enabled").and_then(Node::as_bool) != Some(false);
        Self {
            span: entry.map(|entry| entry.key.span.clone()),
            is_automated: automated.is_some_and(is_enabled),
            options: strings(node.items_at(&["spec", "syncPolicy", "syncOptions"])).into(),
            namespace_labels: pod_security(node.at(&["spec", "syncPolicy", "managedNamespaceMetadata", "labels"])),
            ignored: node.items_at(&["spec", "ignoreDifferences"]).map(IgnoredDifference::of).collect(),
        }
    }

    /// Tells whether a sync creates the namespace that the Application deploys into.
    #[must_use]
    pub fn creates_namespace(&self) -> bool {
        self.option("CreateNamespace=true").is_some()
    }

    /// Returns a sync option. Argo CD compares them as they are.
    #[must_use]
    pub fn option(&self, option: &str) -> Option<&Spanned<String>> {
        self.options.iter().find(|it| it.value == option)
    }
}

impl IgnoredDifference {
    fn of(node: &Node) -> Self {
        let read = |key| text(node, &[key]).map_or_else(Box::default, |text| Box::from(text.value));
        let paths = node.items_at(&["jsonPointers"]).chain(node.items_at(&["jqPathExpressions"]));
        Self {
            group: read("group"),
            kind: read("kind"),
            paths: paths.filter_map(Node::as_str).map(Box::from).collect(),
            has_managers: node.items_at(&["managedFieldsManagers"]).next().is_some(),
        }
    }
}

located! {
    SyncPolicy: span, options, namespace_labels;
}
