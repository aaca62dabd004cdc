//! What the checks about sources of Applications have in common.

use crate::yaml::Node;

/// The keys of a source (argo-cd v3.5.1, pkg/apis/application/v1alpha1/types.go).
pub(super) const SOURCE_KEYS: [&str; 11] = [
    "chart",
    "directory",
    "helm",
    "kustomize",
    "name",
    "path",
    "plugin",
    "ref",
    "repoURL",
    "tagPrefix",
    "targetRevision",
];

/// Tells whether a node has a key with a value that Go does not take for nothing.
pub(super) fn has(node: &Node, key: &str) -> bool {
    node.get(key).is_some_and(|value| !value.is_zero())
}

/// Tells whether a source has no key but its own: what another one was meant to be, the schema has said.
pub(super) fn is_well_spelt(source: &Node) -> bool {
    source.as_mapping().is_some_and(|keys| keys.iter().all(|entry| SOURCE_KEYS.contains(&entry.key.as_str())))
}

/// Returns the texts of a source that may name a file of another source.
pub(super) fn files(source: &Node) -> impl Iterator<Item = &Node> {
    let parameters = source.items_at(&["helm", "fileParameters"]).filter_map(|parameter| parameter.get("path"));
    source.items_at(&["helm", "valueFiles"]).chain(parameters)
}

/// Returns the `$name` that the path of a file begins with: the source that it is in, or so it should be.
pub(super) fn referred(file: &Node) -> Option<&str> {
    file.as_str().filter(|path| path.starts_with('$'))?.split('/').next()
}

/// Tells whether the path of a file is written as if it were in another source, and does not begin with a variable that Argo CD has.
pub(super) fn is_source_file(file: &Node) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    file.as_str()
        .and_then(|path| path.strip_prefix('$')?.split_once('/'))
        .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(is_plain) && !name.starts_with("ARGOCD_"))
}
