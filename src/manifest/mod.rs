//! Manifests: what YAML files say to Kubernetes, Argo CD, kustomize and Kind, as facts that know their place.

/// Visits the fields that know a place; some types have none.
macro_rules! located {
    ($($type:ident $(: $($field:ident),+)?;)*) => {
        $(impl Located for $type {
            fn spans(&mut self, visit: &mut dyn FnMut(&mut Span)) {
                let _ = visit;
                $($(self.$field.spans(visit);)+)?
            }
        })*
    };
}

mod application;
mod application_set;
mod argocd_config;
mod cnoe;
mod custom;
mod document;
mod embedded;
mod facts;
mod file;
mod hydrator;
mod keys;
mod kustomization;
mod large;
mod namespace;
mod needs;
mod network_policy;
mod object;
mod odd_spec;
mod placeholder;
mod project;
mod rbac;
mod refusal;
mod route;
mod secret;
mod selector;
mod service;
mod set_template;
mod sync_policy;
mod waves;
mod workload;

pub use application::{Application, ApplicationSource};
pub use application_set::{ApplicationSet, GitGenerator};
pub use argocd_config::{ArgocdConfig, OtherComparison};
pub use cnoe::CnoeText;
pub use custom::CustomResource;
pub use document::{Content, Document};
pub use embedded::line_of;
pub use facts::{Fact, Facts};
pub use file::{FileFacts, objects, read};
pub use hydrator::Hydrator;
pub use keys::Keys;
pub use kustomization::{KindCluster, Kustomization, PortMapping};
pub use large::LargeObject;
pub use namespace::{GuardedNamespace, POD_SECURITY, enforced};
pub use needs::{APP_PROJECT, Definition, Kind, Lack, Need, SERVICE, SERVICE_ACCOUNT};
pub use network_policy::{Labels, NetworkPolicy, PolicyPeer, PolicyPort, PolicyRule};
pub use object::{Judge, Object, WrittenApplication};
pub use odd_spec::{DroppedField, HiddenSource, NoSource, OddSpec};
pub use placeholder::is_template;
pub use project::AppProject;
pub use rbac::{Binding, Subject};
pub use refusal::{Refusal, RefusalReason};
pub use route::{Backend, HostRoute, RouteKind, RouteRule, ServicePort, WrittenRoute};
pub use secret::{ClusterConfig, ClusterSecret, SECRET_TYPE, decoded};
pub use selector::{Label, PodSelector};
pub use service::{POD_NAME_LABEL, Port, Service};
pub use set_template::{Parameters, Tag, WrittenSet, is_flat, is_parameter_name, tags, within};
pub use sync_policy::{IgnoredDifference, SyncPolicy};
pub use waves::{Phase, Step, WaveKey};
pub use workload::{KeyUse, Workload};

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::scope;
use crate::source::{Located, Span, Spanned};
use crate::tree::RepoPath;
use crate::yaml::{Entry, Node, Value};

/// Orders the resources of one sync (argoproj/argo-cd v3.1.7, gitops-engine/pkg/sync/common/types.go).
pub const SYNC_WAVE: &str = "argocd.argoproj.io/sync-wave";
/// Makes ingress-nginx hand a host's connections through unopened (kubernetes/ingress-nginx, annotations.md).
pub const SSL_PASSTHROUGH: &str = "nginx.ingress.kubernetes.io/ssl-passthrough";
/// Names the class of an Ingress as it was done before `spec.ingressClassName`.
pub const INGRESS_CLASS: &str = "kubernetes.io/ingress.class";
/// Makes Argo CD pass over a file of a directory (argo-cd v3.1.7, reposerver/repository/repository.go:75).
const SKIP_MARKER: &str = "+argocd:skip-file-rendering";
/// Annotations that somebody reads: those below these domains.
const READ_DOMAINS: [&str; 6] =
    ["argoproj.io", "cert-manager.io", "haproxy-ingress.github.io", "haproxy.org", "helm.sh", "kubernetes.io"];

/// One Kubernetes object.
#[derive(Debug)]
pub struct Manifest {
    /// Rank in [`ManifestSet::manifests`].
    pub index: usize,
    /// The file it stands in.
    pub path: RepoPath,
    /// `apiVersion`.
    pub api_version: Spanned<String>,
    /// `kind`.
    pub kind: Spanned<String>,
    /// `metadata.name`, unless it is empty or no string.
    pub name: Option<Spanned<String>>,
    /// `metadata.namespace` as written; where the object ends up, `package` knows.
    pub namespace: Option<Spanned<String>>,
    /// Whether somebody knows the fields of its kind, and has looked at them.
    pub has_schema: bool,
    /// Its annotations that Argo CD or a controller reads.
    annotations: Box<[Entry]>,
    /// What it does not work without.
    pub needs: Box<[Need]>,
}

impl Manifest {
    /// Returns the API group, empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// Names the object for messages.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("{} `{name}`", self.kind),
            None => format!("{} without a name", self.kind),
        }
    }

    /// Returns where the name stands, or the kind of an object without one.
    #[must_use]
    pub fn name_span(&self) -> &Span {
        self.name.as_ref().map_or(&self.kind.span, |name| &name.span)
    }

    /// Returns an annotation, whatever its type.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&Node> {
        self.annotations.iter().find(|entry| entry.key.value == key).map(|entry| &entry.value)
    }

    /// Returns its annotations that Argo CD or a controller reads.
    #[must_use]
    pub fn annotations(&self) -> &[Entry] {
        &self.annotations
    }

    /// Returns the sync wave if one is written that Argo CD understands. A number that somebody forgot to quote counts,
    /// since it tells what was meant; the schema has something to say about it.
    #[must_use]
    pub fn wave(&self) -> Option<Spanned<i64>> {
        let node = self.annotation(SYNC_WAVE)?;
        let wave = node.as_str().map_or_else(|| node.as_i64(), parse_wave)?;
        Some(Spanned::new(wave, node.span.clone()))
    }

    /// Tells whether this is another manifest of the same object.
    #[must_use]
    pub fn is_same_object(&self, other: &Self) -> bool {
        self.index != other.index
            && self.name.is_some()
            && identity(self) == identity(other)
            && self.group() == other.group()
    }

    /// Tells whether idpbuilder creates it from the root of a package (pkg/controllers/localbuild/controller.go:953-958).
    #[must_use]
    pub fn is_argocd_application(&self) -> bool {
        is_argocd_application(&self.api_version, &self.kind)
    }

    /// Returns the directory of the file, empty at the root.
    #[must_use]
    pub fn directory(&self) -> &str {
        directory(self.path.as_str())
    }
}

/// Tells whether an object is an Application or `ApplicationSet` of Argo CD, whatever its version.
fn is_argocd_application(api_version: &str, kind: &str) -> bool {
    api_version.starts_with("argoproj.io/") && matches!(kind, "Application" | "ApplicationSet")
}

/// Reads a wave as Go's `strconv.Atoi` does: an optional sign and decimal digits, nothing around them.
#[must_use]
pub fn parse_wave(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// Returns the directory part of a path with `/` between its parts, empty at the root.
#[must_use]
pub fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// A document that looks like a manifest and lacks what would make it one.
#[derive(Debug)]
pub struct Fragment {
    /// Where the document begins: its first key.
    pub span: Span,
    /// The key that is missing, `apiVersion` or `kind`.
    pub missing: &'static str,
    /// The keys that are there.
    pub keys: Vec<Spanned<String>>,
}

/// All manifests of a tree, in the order of their paths.
#[derive(Debug, Default)]
pub struct ManifestSet {
    manifests: Vec<Manifest>,
    /// Indexes of named manifests, by kind, namespace and name.
    order: Vec<usize>,
    /// What they say.
    pub facts: Facts,
    /// The kustomizations, by directory. They are no objects of a cluster and therefore no manifests.
    pub kustomizations: BTreeMap<String, Kustomization>,
    /// The Kind cluster configurations. They are no manifests either.
    pub kind_clusters: Vec<KindCluster>,
    /// Documents that are nearly manifests.
    pub fragments: Vec<Fragment>,
    /// What idpbuilder finds in files that lie beside an Application or at the root, unless a file has nothing but other objects
    /// in it, or is one Application.
    pub documents: BTreeMap<String, Vec<Document>>,
    /// The files that Argo CD stops at once it loads their directory.
    pub refusals: BTreeMap<String, Refusal>,
    /// The files that say to Argo CD that they are none of its business.
    pub skipped: BTreeSet<String>,
}

impl ManifestSet {
    /// Puts together what the files of a tree say, in the order of their paths.
    #[must_use]
    pub fn collect(files: impl IntoIterator<Item = FileFacts>) -> Self {
        let mut set = Self::default();
        for mut file in files {
            let first = set.manifests.len();
            file.manifests.iter_mut().for_each(|it| it.index += first);
            set.manifests.append(&mut file.manifests);
            set.facts.append(file.facts, first);
            set.kind_clusters.append(&mut file.kind_clusters);
            set.fragments.append(&mut file.fragments);
            if !file.pieces.is_empty() {
                document::append(set.documents.entry(file.path.as_str().to_owned()).or_default(), file.pieces);
            }
            if let Some(kustomization) = file.kustomization {
                set.kustomizations.insert(directory(file.path.as_str()).to_owned(), *kustomization);
            }
            if let Some(refusal) = file.refusal {
                set.refusals.entry(file.path.as_str().to_owned()).or_insert(*refusal);
            }
            if file.is_skipped {
                set.skipped.insert(file.path.as_str().to_owned());
            }
        }
        let applications = set.manifests.iter().filter(|manifest| manifest.is_argocd_application());
        let homes: BTreeSet<&str> = applications.map(Manifest::directory).chain([""]).collect();
        let is_odd = |it: &Document| !matches!(it.content, Content::Object | Content::Foreign | Content::Fragment);
        set.documents.retain(|path, documents| homes.contains(directory(path)) && documents.iter().any(is_odd));
        let mut order: Vec<usize> =
            (0..set.manifests.len()).filter(|index| set.manifests[*index].name.is_some()).collect();
        order.sort_by(|a, b| identity(&set.manifests[*a]).cmp(&identity(&set.manifests[*b])));
        set.order = order;
        set
    }

    /// Returns all manifests, sorted by path.
    #[must_use]
    pub fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }

    /// Returns the objects of a kind by the namespace and name that are written in them; an empty namespace stands for
    /// none.
    pub fn find(&self, kind: &str, namespace: &str, name: &str) -> impl Iterator<Item = &Manifest> {
        let wanted = (kind, namespace, name);
        let start = self.order.partition_point(|index| identity(&self.manifests[*index]) < wanted);
        self.order[start..].iter().map(|index| &self.manifests[*index]).take_while(move |it| identity(it) == wanted)
    }

    /// Tells whether an object is in a namespace, if its kind is known: one of Kubernetes or Argo CD, or one that is defined in
    /// the tree.
    #[must_use]
    pub fn is_namespaced(&self, manifest: &Manifest) -> Option<bool> {
        scope::is_namespaced(manifest.group(), &manifest.kind).or_else(|| {
            let defines = |it: &&Definition| it.kind == manifest.kind.value && it.group == manifest.group();
            let mut scopes = self.facts.definitions.iter().filter(defines).map(|it| it.is_namespaced);
            let first = scopes.next()?;
            first.filter(|_| scopes.all(|other| other == first))
        })
    }

    /// Returns the entry of a file in [`ManifestSet::documents`]; nothing if there is none.
    #[must_use]
    pub fn documents_of(&self, path: &str) -> &[Document] {
        self.documents.get(path).map_or(&[], Vec::as_slice)
    }

    /// Tells whether the wave of an object is what its author meant, as far as one can see: no key was meant to give it
    /// another, and none has a value that is no wave.
    #[must_use]
    pub fn knows_wave(&self, manifest: &Manifest) -> bool {
        manifest.fact_in(&self.facts.wave_keys).is_none()
            && (manifest.annotation(SYNC_WAVE).is_none() || manifest.wave().is_some())
    }
}

/// Tells whether a file may hold manifests, by its name; tools differ in what case they accept, and people in what they
/// write.
#[must_use]
pub fn is_candidate(path: &str) -> bool {
    let extension = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, extension)| extension);
    extension.is_some_and(|it| ["yaml", "yml", "json"].iter().any(|known| it.eq_ignore_ascii_case(known)))
        || is_kustomization_file(path)
}

/// Tells whether idpbuilder reads a file at the root of a package, by its name (`pkg/util/util.go`, `IsYamlFile`).
#[must_use]
pub fn is_package_file(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| matches!(extension, "yaml" | "yml"))
}

/// The files that kustomize reads by itself (kubernetes-sigs/kustomize, api/konfig/general.go).
pub const KUSTOMIZATION_FILES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Tells whether kustomize reads a file by itself.
#[must_use]
pub fn is_kustomization_file(path: &str) -> bool {
    KUSTOMIZATION_FILES.contains(&path.rsplit('/').next().unwrap_or_default())
}

fn identity<'a>(manifest: &'a Manifest) -> (&'a str, &'a str, &'a str) {
    let or_empty = |text: &'a Option<Spanned<String>>| text.as_ref().map_or("", |text| text.value.as_str());
    (&manifest.kind, or_empty(&manifest.namespace), or_empty(&manifest.name))
}

/// Returns a string below a node with its place. An empty one counts as none, as it does for Go's `omitempty` readers.
fn text(node: &Node, path: &[&str]) -> Option<Spanned<String>> {
    let node = node.at(path)?;
    let text = node.as_str().filter(|text| !text.is_empty())?;
    Some(Spanned::new(text.to_owned(), node.span.clone()))
}

fn number(node: &Node, path: &[&str]) -> Option<Spanned<i64>> {
    let node = node.at(path)?;
    Some(Spanned::new(node.as_i64()?, node.span.clone()))
}

/// Returns the strings of a list with their places.
fn strings<'a>(items: impl Iterator<Item = &'a Node>) -> Vec<Spanned<String>> {
    items.filter_map(|item| Some(Spanned::new(item.as_str()?.to_owned(), item.span.clone()))).collect()
}

/// Returns all strings below a node.
fn words(node: &Node) -> Vec<String> {
    match &node.value {
        Value::String(text) => vec![text.clone()],
        Value::Sequence(items) => items.iter().flat_map(words).collect(),
        Value::Mapping(mapping) => mapping.iter().flat_map(|entry| words(&entry.value)).collect(),
        _ => Vec::new(),
    }
}

/// Reads files for a test: their paths and texts. Returns what is wrong with the texts, and not what schemas find.
#[cfg(test)]
pub(crate) fn parse(files: &[(&str, &str)]) -> (ManifestSet, Vec<crate::diagnostic::Diagnostic>) {
    use crate::schema;
    let target = schema::Target {
        argocd: (3, 0),
        is_argocd_named: true,
        kubernetes: schema::kubernetes::NEWEST,
        custom: Vec::new(),
        is_final: true,
    };
    let facts = files.iter().filter(|(path, _)| is_candidate(path)).map(|(path, text)| {
        let part = crate::tree::Part { source: crate::source::Source::new(*path, *text), fault: None };
        read(&RepoPath::new(*path).unwrap(), &part, &target, |_, _| ())
    });
    let mut facts: Vec<_> = facts.collect();
    facts.sort_by(|a, b| a.path.cmp(&b.path));
    let findings = facts.iter_mut().flat_map(|facts| std::mem::take(&mut facts.findings));
    let findings = findings.filter(|finding| crate::yaml::is_about_syntax(finding.rule)).collect();
    (ManifestSet::collect(facts), findings)
}

located! {
    Manifest: api_version, kind, name, namespace, annotations, needs;
    Fragment: span, keys;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_are_read_as_go_reads_them() {
        for (text, wave) in [("10", 10), ("+10", 10), ("-5", -5), ("010", 10)] {
            assert_eq!(parse_wave(text), Some(wave), "{text}");
        }
        for text in ["", "+", "10 ", " 10", "10.0", "1_0", "0x10", "9223372036854775808", "ten"] {
            assert_eq!(parse_wave(text), None, "{text}");
        }
    }

    #[test]
    fn only_objects_of_a_cluster_are_manifests() {
        let (set, findings) = parse(&[
            ("Chart.yaml", "apiVersion: v2\nname: chart\n"),
            ("a/kustomization.yaml", "resources: [b.yaml]\n"),
            ("b.json", "{\"apiVersion\": \"v1\", \"kind\": \"Secret\"}"),
            ("broken.yaml", "apiVersion: v1\nmetadata: {name: x}\n"),
            ("kind.yaml", "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\nnodes: []\n"),
            (
                "list.yaml",
                "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: s}}\n",
            ),
            ("two.yml", "apiVersion: v1\nkind: ConfigMap\n---\napiVersion: v1\nkind: Service\n"),
            ("values.yaml", "replicas: 3\n"),
        ]);
        assert_eq!(findings.len(), 0);
        let kinds: Vec<_> = set.manifests().iter().map(|it| (it.path.as_str(), it.kind.as_str())).collect();
        assert_eq!(
            kinds,
            [("b.json", "Secret"), ("list.yaml", "Secret"), ("two.yml", "ConfigMap"), ("two.yml", "Service")]
        );
        assert_eq!(set.find("Secret", "", "s").count(), 1);
        assert_eq!(set.kustomizations.keys().collect::<Vec<_>>(), ["a"]);
        assert_eq!(set.kind_clusters.len(), 1);
        assert_eq!(set.fragments.iter().map(|it| it.missing).collect::<Vec<_>>(), ["kind"]);
    }
}
