//! `AppProjects`: what Argo CD lets Applications do.

use std::collections::BTreeMap;

use globset::GlobBuilder;

use super::text;
use super::{ManifestSet, Object};
use crate::source::{Located, Span};
use crate::yaml::Node;

/// An `AppProject` of Argo CD.
#[derive(Debug)]
pub struct AppProject {
    /// Its manifest, in [`ManifestSet::manifests`](super::ManifestSet::manifests).
    pub manifest: usize,
    /// `spec.sourceNamespaces`: where else Applications of this project may be.
    pub source_namespaces: Box<[Box<str>]>,
    /// `spec.sourceRepos`.
    source_repos: Box<[Box<str>]>,
    /// `spec.destinations`.
    destinations: Box<[Destination]>,
    /// `spec.clusterResourceWhitelist`.
    cluster_allowed: Box<[KindPattern]>,
    /// `spec.clusterResourceBlacklist`.
    cluster_denied: Box<[KindPattern]>,
    /// `spec.namespaceResourceWhitelist`, which permits everything if it is missing.
    namespace_allowed: Box<[KindPattern]>,
    /// `spec.namespaceResourceBlacklist`.
    namespace_denied: Box<[KindPattern]>,
}

/// Patterns of clusters and namespaces.
#[derive(Debug)]
struct Destination {
    server: Box<str>,
    name: Box<str>,
    namespace: Box<str>,
}

impl ManifestSet {
    /// Returns the `AppProjects` by their names. Of several with one name, nobody knows which one it will be.
    #[must_use]
    pub fn projects(&self) -> BTreeMap<&str, Vec<&AppProject>> {
        let mut projects: BTreeMap<&str, Vec<&AppProject>> = BTreeMap::new();
        for project in &self.facts.projects {
            if let Some(name) = &self.manifest_of(project).name {
                projects.entry(name.as_str()).or_default().push(project);
            }
        }
        projects
    }
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
            source_namespaces: node
                .items_at(&["spec", "sourceNamespaces"])
                .filter_map(Node::as_str)
                .map(Box::from)
                .collect(),
            source_repos: node.items_at(&["spec", "sourceRepos"]).filter_map(Node::as_str).map(Box::from).collect(),
            destinations: node.items_at(&["spec", "destinations"]).map(Destination::of).collect(),
            cluster_allowed: patterns("clusterResourceWhitelist"),
            cluster_denied: patterns("clusterResourceBlacklist"),
            namespace_allowed: patterns("namespaceResourceWhitelist"),
            namespace_denied: patterns("namespaceResourceBlacklist"),
        })
    }

    /// Tells whether it lets Applications create objects of a kind that has no namespace: the kind has to be allowed, and must
    /// not be denied (argo-cd v3.1.7, `app_project_types.go`, `IsGroupKindPermitted`). What depends on names is taken for
    /// permitted.
    #[must_use]
    pub fn permits_cluster_kind(&self, group: &str, kind: &str) -> bool {
        self.cluster_allowed.iter().any(|pattern| pattern.fits(group, kind))
            && !self.cluster_denied.iter().any(|pattern| pattern.denies(group, kind))
    }

    /// Tells the same of a kind with namespaces, which is allowed if no kind is.
    #[must_use]
    pub fn permits_namespaced_kind(&self, group: &str, kind: &str) -> bool {
        (self.namespace_allowed.is_empty() || self.namespace_allowed.iter().any(|pattern| pattern.fits(group, kind)))
            && !self.namespace_denied.iter().any(|pattern| pattern.denies(group, kind))
    }

    /// Tells whether it lets Applications load a repository: some pattern has to fit, and none that begins with `!` may
    /// (`IsSourcePermitted`).
    #[must_use]
    pub fn permits_source(&self, url: &str) -> bool {
        let url = normalized(url);
        let fits = |pattern: &str| match pattern.strip_prefix('!') {
            Some(denied) => !fits(&normalized(denied), &url, true),
            None => pattern == "*" || fits(&normalized(pattern), &url, true),
        };
        let is_denied = |pattern: &str| pattern.starts_with('!') && !fits(pattern);
        self.source_repos.iter().any(|pattern| fits(pattern)) && !self.source_repos.iter().any(|it| is_denied(it))
    }

    /// Tells whether it lets Applications deploy into a namespace of a cluster, of which the URL, the name or both are known
    /// (`isDestinationMatched`). What depends on the one that is not known is taken for permitted.
    #[must_use]
    pub fn permits_destination(&self, server: Option<&str>, name: Option<&str>, namespace: &str) -> bool {
        // An empty pattern fits no cluster.
        let cluster = |pattern: &str, known: Option<&str>| match known {
            Some(text) => fits_unless_denied(pattern, text),
            None => !pattern.is_empty(),
        };
        let mut is_matched = false;
        for it in &self.destinations {
            let parts = [
                (&it.server, cluster(&it.server, server)),
                (&it.name, cluster(&it.name, name)),
                (&it.namespace, fits_unless_denied(&it.namespace, namespace)),
            ];
            let [(_, server), (_, name), (_, namespace)] = parts;
            if (server || name) && namespace {
                is_matched = true;
            } else if parts.iter().any(|(pattern, fits)| pattern.starts_with('!') && !fits) {
                return false;
            }
        }
        is_matched
    }
}

impl Destination {
    fn of(node: &Node) -> Self {
        Self { server: word(node, "server"), name: word(node, "name"), namespace: word(node, "namespace") }
    }
}

impl KindPattern {
    fn of(node: &Node) -> Self {
        Self { group: word(node, "group"), kind: word(node, "kind"), is_named: node.get("name").is_some() }
    }

    /// Tells whether it stands for a kind, as Go's `filepath.Match` does.
    fn fits(&self, group: &str, kind: &str) -> bool {
        fits(&self.kind, kind, true) && fits(&self.group, group, true)
    }

    fn denies(&self, group: &str, kind: &str) -> bool {
        !self.is_named && self.fits(group, kind)
    }
}

fn word(node: &Node, key: &str) -> Box<str> {
    text(node, &[key]).map_or_else(Box::default, |text| Box::from(text.value))
}

/// Tells whether a pattern stands for a text, where `!` before a pattern turns it round.
fn fits_unless_denied(pattern: &str, text: &str) -> bool {
    match pattern.strip_prefix('!') {
        Some(denied) => !fits(denied, text, false),
        None => fits(pattern, text, false),
    }
}

/// Tells whether a pattern stands for a text. With separators `*` ends at a slash, unless there is a `**` in the pattern.
fn fits(pattern: &str, text: &str, has_separators: bool) -> bool {
    if pattern == text || !pattern.contains(['*', '?', '[', '{', '\\']) {
        return pattern == text;
    }
    let has_separators = has_separators && !pattern.contains("**") && text.contains('/');
    if pattern.trim_start_matches('*').is_empty() && !has_separators {
        return true;
    }
    let mut single = pattern.to_owned();
    while single.contains("**") {
        single = single.replace("**", "*");
    }
    let glob = || GlobBuilder::new(&single).literal_separator(has_separators).build().ok();
    glob().is_some_and(|glob| glob.compile_matcher().is_match(text))
}

/// Writes the URL of a repository in the form in which Argo CD compares it (`util/git/git.go`, `NormalizeGitURL`).
fn normalized(url: &str) -> String {
    let lower = url.trim().to_lowercase();
    let is_ssh = |text: &str| text.split_once('@').is_some_and(|(user, _)| !user.contains(['/', ':']));
    let plain = match lower.strip_prefix("ssh://") {
        Some(rest) => rest.to_owned(),
        None if is_ssh(&lower) => lower.replacen(':', "/", 1),
        None => lower,
    };
    let plain = plain.trim_end_matches('/');
    plain.strip_suffix(".git").unwrap_or(plain).to_owned()
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

    fn project(spec: &str) -> super::AppProject {
        let text = format!("apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {{name: p}}\nspec: {spec}\n");
        let (mut set, _) = manifest::parse(&[("p.yaml", &text)]);
        set.facts.projects.remove(0)
    }

    #[test]
    fn repositories_are_compared_as_argo_cd_does() {
        let permits =
            |patterns: &str, url: &str| project(&format!("{{sourceRepos: [{patterns}]}}")).permits_source(url);
        for (patterns, url) in [
            ("'*'", "https://git.example.com/a/b"),
            ("https://git.example.com/a/b.git", "https://GIT.example.com/a/b"),
            ("https://git.example.com/a/*", "https://git.example.com/a/b"),
            ("https://git.example.com/**", "https://git.example.com/a/b.git"),
            ("'git@git.example.com:a/*'", "ssh://git@git.example.com/a/b.git"),
            ("'*', '!https://git.example.com/other/*'", "https://git.example.com/a/b"),
            ("'!https://git.example.com/other/*'", "https://git.example.com/a/b"),
        ] {
            assert!(permits(patterns, url), "{patterns} {url}");
        }
        for (patterns, url) in [
            ("", "https://git.example.com/a/b"),
            ("https://git.example.com/*", "https://git.example.com/a/b"),
            ("https://git.example.com/a/c", "https://git.example.com/a/b"),
            ("'*', '!https://git.example.com/a/*'", "https://git.example.com/a/b"),
        ] {
            assert!(!permits(patterns, url), "{patterns} {url}");
        }
    }

    #[test]
    fn destinations_are_compared_as_argo_cd_does() {
        let (url, other) = ("https://kubernetes.default.svc", "https://10.0.0.1");
        let permits = |items: &str, server: &str, namespace: &str| {
            project(&format!("{{destinations: [{items}]}}")).permits_destination(Some(server), None, namespace)
        };
        for (items, namespace) in [
            ("{server: '*', namespace: '*'}", "a"),
            ("{server: 'https://kubernetes.default.svc', namespace: 'team-*'}", "team-a"),
            ("{name: in-cluster, namespace: a}", "a"),
            ("{server: '*', namespace: '*'}, {server: '*', namespace: '!kube-system'}", "a"),
        ] {
            assert!(permits(items, url, namespace), "{items} {namespace}");
        }
        for (items, server, namespace) in [
            ("", url, "a"),
            ("{server: '*', namespace: b}", url, "a"),
            ("{server: '*'}", url, "a"),
            ("{server: 'https://kubernetes.default.svc', namespace: '*'}", other, "a"),
            ("{server: '*', namespace: '*'}, {server: '*', namespace: '!kube-system'}", url, "kube-system"),
        ] {
            assert!(!permits(items, server, namespace), "{items} {server} {namespace}");
        }
    }
}
