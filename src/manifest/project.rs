//! `AppProjects`: what Argo CD lets Applications do.

use globset::GlobBuilder;

use super::Object;
use super::text;
use crate::source::{Located, Span};
use crate::yaml::Node;

/// An `AppProject` of Argo CD.
#[derive(Debug)]
pub struct AppProject {
    /// Its manifest, in [`ManifestSet::manifests`](super::ManifestSet::manifests).
    pub manifest: usize,
    /// `spec.clusterResourceWhitelist`.
    cluster_allowed: Box<[KindPattern]>,
    /// `spec.clusterResourceBlacklist`.
    cluster_denied: Box<[KindPattern]>,
}

/// A pattern of kinds.
#[derive(Debug)]
struct KindPattern {
    group: Box<str>,
    kind: Box<str>,
    /// Whether only objects of certain names are meant.
    is_named: bool,
}

impl AppProject {
    pub(super) fn of(object: &Object<'_>) -> Option<Self> {
        let node = object.of_kind("argoproj.io", "AppProject")?;
        let patterns = |key| node.items_at(&["spec", key]).map(KindPattern::of).collect();
        Some(Self {
            manifest: object.manifest,
            cluster_allowed: patterns("clusterResourceWhitelist"),
            cluster_denied: patterns("clusterResourceBlacklist"),
        })
    }

    /// Tells whether it lets Applications create objects of a kind that has no namespace: the kind has to be allowed, and must
    /// not be denied (argo-cd v3.1.7, `app_project_types.go`, `IsGroupKindPermitted`). What depends on names is taken for
    /// permitted.
    #[must_use]
    pub fn permits_cluster_kind(&self, group: &str, kind: &str) -> bool {
        let denies = |pattern: &KindPattern| !pattern.is_named && pattern.fits(group, kind);
        self.cluster_allowed.iter().any(|pattern| pattern.fits(group, kind)) && !self.cluster_denied.iter().any(denies)
    }
}

impl KindPattern {
    fn of(node: &Node) -> Self {
        let read = |key| text(node, &[key]).map_or_else(Box::default, |text| Box::from(text.value));
        Self { group: read("group"), kind: read("kind"), is_named: node.get("name").is_some() }
    }

    /// Tells whether it stands for a kind, as Go's `filepath.Match` does.
    fn fits(&self, group: &str, kind: &str) -> bool {
        let matches = |pattern: &str, text: &str| {
            let glob = || GlobBuilder::new(pattern).literal_separator(true).build().ok();
            pattern == text || glob().is_some_and(|glob| glob.compile_matcher().is_match(text))
        };
        matches(&self.kind, kind) && matches(&self.group, group)
    }
}

located! {
    AppProject;
}

#[cfg(test)]
mod tests {
    use crate::manifest;

    #[test]
    fn kinds_without_namespace_have_to_be_allowed() {
        let permits = |spec: &str| {
            let text =
                format!("apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {{name: p}}\nspec: {spec}\n");
            let (set, _) = manifest::parse(&[("p.yaml", &text)]);
            set.facts.projects[0].permits_cluster_kind("rbac.authorization.k8s.io", "ClusterRole")
        };
        assert!(!permits("{}"));
        assert!(!permits("{clusterResourceWhitelist: []}"));
        assert!(!permits("{clusterResourceWhitelist: [{group: '', kind: Namespace}]}"));
        assert!(!permits("{clusterResourceWhitelist: [{group: '', kind: '*'}]}"));
        assert!(permits("{clusterResourceWhitelist: [{group: '*', kind: '*'}]}"));
        assert!(permits("{clusterResourceWhitelist: [{group: rbac.*, kind: ClusterRole*}]}"));
        let both = "clusterResourceWhitelist: [{group: '*', kind: '*'}], clusterResourceBlacklist";
        assert!(!permits(&format!("{{{both}: [{{group: '*', kind: ClusterRole}}]}}")));
        assert!(permits(&format!("{{{both}: [{{group: '*', kind: ClusterRole, name: admin}}]}}")));
    }
}
