//! What the Kubernetes API server demands of values that go together, beyond what a schema of one value can say.
//!
//! One file per subject, named as the packages of k8s.io/kubernetes `pkg/apis/*/validation`, from whose `validation.go` at v1.36
//! the rules are; each was observed at a kube-apiserver 1.36.2, or is named with where it is written. Rules look at what is
//! there: a value of a wrong type, which the schema has reported, is none, and null counts as absent, as it does for the server.

mod autoscaling;
mod config;
mod containers;
pub mod cron;
mod definitions;
mod jobs;
mod metadata;
mod network;
mod pods;
mod quantity;
mod quota;
mod rbac;
mod resources;
mod scheduling;
mod selectors;
mod storage;
mod volumes;
mod workloads;

use super::kubernetes::Version;
use super::wording::{self, Place};
use super::{KUBERNETES_SCHEMA, MAX_FINDINGS};
use crate::diagnostic::{Diagnostic, Rule};
use crate::source::Span;
use crate::yaml::{Entry, Node};

/// Adds the faults of an object of Kubernetes' own to those that its schema found. What the schema has reported at a value or
/// inside it is not said again.
pub(super) fn check(version: Version, node: &Node, findings: &mut Vec<Diagnostic>) {
    let (Some(api_version), Some(kind)) = (text_at(node, "apiVersion"), text_at(node, "kind")) else { return };
    let mut report = Report::new(&KUBERNETES_SCHEMA, version, node, findings);
    metadata::check(&mut report);
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    match (group, kind) {
        ("", "ConfigMap") => config::config_map(&mut report, node),
        ("", "LimitRange") => quota::limit_range(&mut report, node),
        ("", "PersistentVolume") => storage::volume(&mut report, node),
        ("", "PersistentVolumeClaim") => storage::claim(&mut report, node),
        ("", "Pod") => pods::pod(&mut report, node),
        ("", "PodTemplate") => pods::template(&mut report, node),
        ("", "ReplicationController") => workloads::replication_controller(&mut report, node),
        ("", "ResourceQuota") => quota::resource_quota(&mut report, node),
        ("", "Secret") => config::secret(&mut report, node),
        ("", "Service") => network::service(&mut report, node),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definitions::definition(&mut report, node),
        ("apps", "DaemonSet") => workloads::daemon_set(&mut report, node),
        ("apps", "Deployment") => workloads::deployment(&mut report, node),
        ("apps", "ReplicaSet") => workloads::replica_set(&mut report, node),
        ("apps", "StatefulSet") => workloads::stateful_set(&mut report, node),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaling::autoscaler(&mut report, node),
        ("batch", "CronJob") => jobs::cron_job(&mut report, node),
        ("batch", "Job") => jobs::job(&mut report, node),
        ("networking.k8s.io", "Ingress") => network::ingress(&mut report, node),
        ("networking.k8s.io", "NetworkPolicy") => network::network_policy(&mut report, node),
        ("rbac.authorization.k8s.io", "ClusterRole") => rbac::cluster_role(&mut report, node),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding") => rbac::cluster_role_binding(&mut report, node),
        ("scheduling.k8s.io", "PriorityClass") => scheduling::priority_class(&mut report, node),
        ("storage.k8s.io", "StorageClass") => storage::class(&mut report, node),
        _ => {}
    }
    let found = report.found;
    findings.extend(found);
}

/// Adds the faults of the metadata of a custom resource, of which the server demands the same.
pub(super) fn check_metadata(rule: &'static Rule, node: &Node, findings: &mut Vec<Diagnostic>) {
    let mut report = Report::new(rule, super::kubernetes::NEWEST, node, findings);
    metadata::check(&mut report);
    let found = report.found;
    findings.extend(found);
}

/// What is found about one document.
struct Report<'a> {
    rule: &'static Rule,
    version: Version,
    root: &'a Node,
    /// Where the schema has reported something.
    told: Vec<Span>,
    found: Vec<Diagnostic>,
}

impl<'a> Report<'a> {
    fn new(rule: &'static Rule, version: Version, root: &'a Node, findings: &[Diagnostic]) -> Self {
        let told = findings.iter().map(|finding| finding.span.clone()).collect();
        Self { rule, version, root, told, found: Vec::new() }
    }

    /// Reports a value: "`path` …".
    fn value(&mut self, node: &'a Node, sentence: impl AsRef<str>) {
        let Some(place) = self.place(node) else { return };
        let message = format!("{} {}", place.subject(), sentence.as_ref());
        self.add(place.value_span(), message, None);
    }

    /// Reports a value that goes together with another one: "`path` …", and what is at the other place.
    fn pair(&mut self, node: &'a Node, sentence: impl AsRef<str>, other: &Node, remark: &str) {
        let Some(place) = self.place(node) else { return };
        let message = format!("{} {}", place.subject(), sentence.as_ref());
        self.add(place.value_span(), message, Some((&other.span, remark)));
    }

    /// Reports a key of a mapping: "`path.key` …".
    fn key(&mut self, mapping: &'a Node, key: &str, sentence: impl AsRef<str>) {
        let Some(entry) = mapping.as_mapping().and_then(|mapping| mapping.entry(key)) else { return };
        let Some(place) = self.place(&entry.value) else { return };
        let message = format!("{} {}", place.subject(), sentence.as_ref());
        self.add(&entry.key.span, message, None);
    }

    /// Reports that a mapping lacks a key.
    fn missing(&mut self, mapping: &'a Node, key: &str, because: &str) {
        let Some(place) = self.place(mapping) else { return };
        let message = format!("`{}` is missing{because}", wording::join(&place.path, key));
        self.add(place.head_span(), message, None);
    }

    /// Returns the place of a node, unless something was reported there.
    fn place(&self, node: &'a Node) -> Option<Place<'a>> {
        let is_within = |span: &Span, outer: &Span| outer.start() <= span.start() && span.end() <= outer.end();
        if self.found.len() >= MAX_FINDINGS || self.told.iter().any(|span| is_within(span, &node.span)) {
            return None;
        }
        let place = Place::to(self.root, node);
        let is_told = place.key.is_some_and(|key| self.told.iter().any(|span| is_within(span, key)));
        (!is_told).then_some(place)
    }

    fn add(&mut self, span: &Span, message: String, other: Option<(&Span, &str)>) {
        let mut finding = Diagnostic::new(self.rule, span, message);
        finding.of_whole = true;
        if let Some((span, remark)) = other {
            finding = finding.related(span, remark);
        }
        self.told.push(span.clone());
        self.found.push(finding);
    }
}

/// Returns the value of a key, unless it is null.
fn child<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    node.get(key).filter(|value| !value.is_null())
}

/// Follows keys downwards, as far as nothing is null.
fn below<'a>(node: &'a Node, path: &[&str]) -> Option<&'a Node> {
    path.iter().try_fold(node, |node, key| child(node, key))
}

/// Returns the text of a key.
fn text_at<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.get(key)?.as_str()
}

/// Returns the text of a key; none counts as empty.
fn text_or_empty<'a>(node: &'a Node, key: &str) -> &'a str {
    text_at(node, key).unwrap_or_default()
}

/// Returns the whole number of a key.
fn number_at(node: &Node, key: &str) -> Option<i64> {
    node.get(key)?.as_i64()
}

/// Tells whether a key is `true`.
fn is_true(node: &Node, key: &str) -> bool {
    node.get(key).and_then(Node::as_bool) == Some(true)
}

/// Returns the items of a list.
fn items<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).and_then(Node::as_sequence).unwrap_or_default()
}

/// Returns the entries of a mapping.
fn entries<'a>(node: &'a Node, key: &str) -> impl Iterator<Item = &'a Entry> {
    node.get(key).and_then(Node::as_mapping).into_iter().flatten()
}
