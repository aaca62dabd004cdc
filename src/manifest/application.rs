//! What an Argo CD Application says.

use super::Object;
use super::cnoe::{self, CnoeText};
use super::{HostRoute, SyncPolicy, embedded, strings, text};
use crate::diagnostic::Diagnostic;
use crate::schema;
use crate::source::{Located, Span, Spanned};
use crate::vcluster;
use crate::yaml::Node;

/// An Argo CD Application.
#[derive(Debug)]
pub struct Application {
    /// Its manifest, in [`super::ManifestSet::manifests`].
    pub manifest: usize,
    /// `spec.project`.
    pub project: Option<Spanned<String>>,
    /// `spec.destination.server`.
    pub server: Option<Spanned<String>>,
    /// `spec.destination.name`.
    pub cluster: Option<Spanned<String>>,
    /// `spec.destination.namespace`.
    pub namespace: Option<Spanned<String>>,
    /// What it says about its syncs.
    pub sync: SyncPolicy,
    /// `spec.sources`, or the one `spec.source`.
    pub sources: Box<[ApplicationSource]>,
    /// What says `cnoe://` besides their `repoURL`.
    pub cnoe: Box<[CnoeText]>,
}

/// Where an Application takes manifests from.
#[derive(Debug)]
pub struct ApplicationSource {
    /// The source as a whole.
    pub span: Span,
    /// `repoURL`.
    pub repo_url: Option<Spanned<String>>,
    /// `path` within a Git repository.
    pub path: Option<Spanned<String>>,
    /// `chart` within a Helm repository.
    pub chart: Option<Spanned<String>>,
    /// `targetRevision`.
    pub target_revision: Option<Spanned<String>>,
    /// Where `kustomize` changes what is loaded, by patches, prefixes and the like.
    pub kustomize: Option<Span>,
    /// `directory.recurse`.
    pub recurse: bool,
    /// `directory.include`.
    pub include: Option<Spanned<String>>,
    /// `directory.exclude`.
    pub exclude: Option<Spanned<String>>,
    /// `helm.releaseName`.
    pub release_name: Option<Spanned<String>>,
    /// `helm.namespace`.
    pub release_namespace: Option<Spanned<String>>,
    /// `helm.valuesObject`, else what `helm.values` reads as. Argo CD ignores the second if there is the first.
    pub values: Option<Node>,
    /// What the vCluster chart renders of these values to lead connections to the virtual cluster.
    pub routes: Box<[HostRoute]>,
    /// Whether `helm` takes further values from somewhere else: `valueFiles`, `parameters` or `fileParameters`.
    pub further_values: bool,
    /// `helm.skipSchemaValidation`.
    pub skip_schema_validation: Option<Spanned<bool>>,
    /// Whether the chart refuses these values, so that nobody knows what they were meant to be.
    pub faulty_values: bool,
    /// `helm.valueFiles`.
    pub value_files: Vec<Spanned<String>>,
    /// `helm.ignoreMissingValueFiles`.
    pub ignore_missing_value_files: Option<Spanned<bool>>,
    /// `ref`, by which other sources of the Application refer to files of this one.
    pub reference: Option<Spanned<String>>,
}

/// Returns the sources in the `spec` of an Application. Argo CD ignores `source` if there are `sources` (argo-cd v3.1.7,
/// pkg/apis/application/v1alpha1/types.go).
pub(super) fn sources(spec: &Node) -> impl Iterator<Item = &Node> {
    let several = spec.get("sources").and_then(Node::as_sequence).unwrap_or_default();
    several.iter().chain(spec.get("source").filter(|_| several.is_empty()))
}

impl Application {
    /// Returns the `repoURL`s of its sources.
    pub fn urls(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.sources.iter().filter_map(|source| source.repo_url.as_ref())
    }

    pub(super) fn of(object: &mut Object<'_>) -> Option<Self> {
        let node = object.of_kind("argoproj.io", "Application")?;
        let spec = node.get("spec");
        let source = |source| ApplicationSource::of(source, object.findings);
        Some(Self {
            manifest: object.manifest,
            project: text(node, &["spec", "project"]),
            server: text(node, &["spec", "destination", "server"]),
            cluster: text(node, &["spec", "destination", "name"]),
            namespace: text(node, &["spec", "destination", "namespace"]),
            sync: SyncPolicy::of(node),
            sources: spec.into_iter().flat_map(sources).map(source).collect(),
            cnoe: spec.map_or_else(Box::default, cnoe::of_application),
        })
    }
}

/// The keys of `kustomize` that change more than images and replicas (argo-cd v3.1.7, pkg/apis/application/v1alpha1/types.go).
const KUSTOMIZE: [&str; 7] =
    ["commonAnnotations", "commonLabels", "components", "namePrefix", "nameSuffix", "namespace", "patches"];

/// Tells whether a chart is that of vCluster, by its name, and a version that it may have.
fn is_vcluster(chart: Option<&Spanned<String>>, revision: Option<&Spanned<String>>) -> bool {
    let version = revision.and_then(|revision| schema::vcluster::pinned(revision));
    chart.is_some_and(|chart| chart.value == vcluster::CHART_NAME) && version.is_none_or(|(major, ..)| major == 0)
}

impl ApplicationSource {
    /// Tells whether it installs a virtual cluster. All versions of the chart so far are `0.x`; mirrors of it may be anywhere.
    #[must_use]
    pub fn is_vcluster(&self) -> bool {
        is_vcluster(self.chart.as_ref(), self.target_revision.as_ref())
    }

    /// Tells whether it only lends its files to other sources, and loads nothing (argo-cd v3.1.7,
    /// `reposerver/repository/repository.go`, "Skipping manifest generation for ref only source").
    #[must_use]
    pub fn is_reference_only(&self) -> bool {
        self.reference.is_some() && self.path.is_none() && self.chart.is_none()
    }

    pub(super) fn of(node: &Node, findings: &mut Vec<Diagnostic>) -> Self {
        let values = match node.at(&["helm", "valuesObject"]).filter(|values| !values.is_null()) {
            Some(values) => Some(values.clone()),
            None => node.at(&["helm", "values"]).and_then(|text| embedded::read(text, findings)),
        };
        let chart = text(node, &["chart"]);
        let target_revision = text(node, &["targetRevision"]);
        let mut faulty_values = false;
        let mut routes = Box::default();
        if let Some(values) = values.as_ref().filter(|_| is_vcluster(chart.as_ref(), target_revision.as_ref())) {
            let revision = target_revision.as_ref().map_or("", |revision| &revision.value);
            let faults = schema::vcluster::check(revision, values);
            let uncovered = schema::vcluster::uncovered(revision);
            faulty_values = !faults.is_empty() || uncovered == Some(None);
            findings.extend(faults);
            routes = HostRoute::of_chart(values);
            if let Some((revision, known)) = target_revision.as_ref().zip(uncovered) {
                let message = format!("idpack has no facts about version {revision} of the vCluster chart");
                let help = match known {
                    Some((major, minor, patch)) => {
                        format!("its values were judged as those of {major}.{minor}.{patch}")
                    }
                    None => "its values were not judged".to_owned(),
                };
                findings.push(Diagnostic::new(&schema::VCLUSTER_VERSION, &revision.span, message).help(help));
            }
        }
        let switch = |key| {
            let switch = node.at(&["helm", key])?;
            Some(Spanned::new(switch.as_bool()?, switch.span.clone()))
        };
        let further = ["valueFiles", "parameters", "fileParameters"];
        Self {
            span: node.span.clone(),
            repo_url: text(node, &["repoURL"]),
            path: text(node, &["path"]),
            chart,
            target_revision,
            kustomize: KUSTOMIZE.iter().find_map(|key| Some(node.at(&["kustomize", key])?.span.clone())),
            recurse: node.at(&["directory", "recurse"]).and_then(Node::as_bool).unwrap_or_default(),
            include: text(node, &["directory", "include"]),
            exclude: text(node, &["directory", "exclude"]),
            release_name: text(node, &["helm", "releaseName"]),
            release_namespace: text(node, &["helm", "namespace"]),
            values,
            skip_schema_validation: switch("skipSchemaValidation"),
            routes,
            faulty_values,
            further_values: further.iter().any(|key| node.items_at(&["helm", key]).next().is_some()),
            value_files: strings(node.items_at(&["helm", "valueFiles"])),
            ignore_missing_value_files: switch("ignoreMissingValueFiles"),
            reference: text(node, &["ref"]),
        }
    }
}

located! {
    Application: project, server, cluster, namespace, sync, sources, cnoe;
    ApplicationSource: span, repo_url, path, chart, target_revision, kustomize, include, exclude, release_name, release_namespace, values, routes,
        skip_schema_validation, value_files, ignore_missing_value_files, reference;
}
