//! Argo CD Applications and the kustomizations beside them.

use crate::idpbuilder::{ARGOCD_NAMESPACE, CNOE_SCHEME};
use crate::model::{Destination, Environment, Wave};
use crate::source::{Span, Spanned};
use crate::yaml::{Node, Value};

/// Orders the Applications of one sync.
pub(super) const WAVE_ANNOTATION: &str = "argocd.argoproj.io/sync-wave";
/// Deletes what an Application installed together with it, children before their parent is gone. The path after the name
/// keeps the API server from warning about the name (argo-cd, `pkg/apis/application/v1alpha1/types.go`).
const FINALIZER: &str = "resources-finalizer.argocd.argoproj.io/foreground";
/// The cluster that Argo CD itself runs in.
const OWN_CLUSTER: &str = "https://kubernetes.default.svc";

/// What an Application needs to be written.
pub(super) struct Application<'a> {
    pub(super) name: Spanned<&'a str>,
    pub(super) wave: Option<&'a Spanned<Wave>>,
    pub(super) sources: Vec<Node>,
    pub(super) destination: Node,
    /// Creates the namespace if it is missing.
    pub(super) creates_namespace: bool,
}

impl Application<'_> {
    /// Returns the manifest.
    pub(super) fn manifest(self) -> Node {
        let span = &self.name.span;
        let at = |text: &str| Node::new(text, span);
        let mut metadata = vec![("name", at(&self.name)), ("namespace", at(ARGOCD_NAMESPACE))];
        if let Some(wave) = self.wave {
            let wave = Node::new(wave.to_string(), &wave.span);
            metadata.push(("annotations", Node::mapping(span, [(WAVE_ANNOTATION, wave)])));
        }
        metadata.push(("finalizers", Node::new(vec![at(FINALIZER)], span)));
        let mut sources = self.sources;
        let source = match sources.pop() {
            Some(only) if sources.is_empty() => ("source", only),
            last => {
                sources.extend(last);
                ("sources", Node::new(sources, span))
            }
        };
        let spec = [
            ("project", at("default")),
            source,
            ("destination", self.destination),
            ("syncPolicy", sync_policy(span, self.creates_namespace)),
        ];
        Node::mapping(
            span,
            [
                ("apiVersion", at("argoproj.io/v1alpha1")),
                ("kind", at("Application")),
                ("metadata", Node::mapping(span, metadata)),
                ("spec", Node::mapping(span, spec)),
            ],
        )
    }
}

/// Syncs by itself, removes what is gone, and does not give up after Argo CD's five tries: a chart repository or a
/// namespace may take longer to appear. Without `selfHeal` Argo CD 2.14 to 3.1 do not sync an Application with several
/// sources when only its spec changed.
fn sync_policy(span: &Span, creates_namespace: bool) -> Node {
    let at = |value: Value| Node::new(value, span);
    let backoff = [("duration", at("10s".into())), ("factor", at(Value::Integer(2))), ("maxDuration", at("3m".into()))];
    let retry = [("limit", at(Value::Integer(20))), ("backoff", Node::mapping(span, backoff))];
    let automated = [("prune", at(true.into())), ("selfHeal", at(true.into()))];
    let mut entries = vec![("automated", Node::mapping(span, automated)), ("retry", Node::mapping(span, retry))];
    if creates_namespace {
        entries.push(("syncOptions", Node::new(vec![at("CreateNamespace=true".into())], span)));
    }
    Node::mapping(span, entries)
}

/// Returns the destination of a package.
pub(super) fn destination(environment: &Environment, namespace: &Spanned<impl ToString>) -> Node {
    let span = &environment.destination.span;
    let cluster = match &environment.destination.value {
        Destination::Server(server) => ("server", Node::new(server.as_str(), span)),
        Destination::Name(name) => ("name", Node::new(name.as_str(), span)),
    };
    Node::mapping(span, [cluster, ("namespace", Node::new(namespace.to_string(), &namespace.span))])
}

/// Returns the destination of a parent: its children are Applications, which live where Argo CD does.
pub(super) fn argocd(span: &Span) -> Node {
    let at = |text: &str| Node::new(text, span);
    Node::mapping(span, [("server", at(OWN_CLUSTER)), ("namespace", at(ARGOCD_NAMESPACE))])
}

/// Returns a source in the repository that is being written. `directory` is the directory that idpbuilder makes a repository
/// of, `path` is relative to it.
pub(super) fn own_source(environment: &Environment, directory: &str, path: &str) -> Node {
    let span = &environment.name.span;
    match &environment.repository {
        None => git_source(&format!("{CNOE_SCHEME}{directory}"), span, path, "HEAD", span),
        Some(repository) => {
            let path = if path == "." { directory.to_owned() } else { format!("{directory}/{path}") };
            git_source(&repository.url, &repository.url.span, &path, &repository.revision, &repository.revision.span)
        }
    }
}

/// Returns a Git source.
pub(super) fn git_source(url: &str, url_span: &Span, path: &str, revision: &str, revision_span: &Span) -> Node {
    Node::mapping(
        url_span,
        [
            ("repoURL", Node::new(url, url_span)),
            ("path", Node::new(path, url_span)),
            ("targetRevision", Node::new(revision, revision_span)),
        ],
    )
}

/// Returns a kustomization that names its resources: what is renamed or removed stays in Gitea for ever, and a directory
/// without a list would go on applying it.
pub(super) fn kustomization(span: &Span, resources: &[String], annotations: Vec<(&str, Node)>) -> Node {
    let at = |text: &str| Node::new(text, span);
    let resources: Vec<Node> = resources.iter().map(|resource| at(resource)).collect();
    let mut entries = vec![
        ("apiVersion", at("kustomize.config.k8s.io/v1beta1")),
        ("kind", at("Kustomization")),
        ("resources", Node::new(resources, span)),
    ];
    if !annotations.is_empty() {
        entries.push(("commonAnnotations", Node::mapping(span, annotations)));
    }
    Node::mapping(span, entries)
}
