//! What objects refer to by name, by label or by port, where both ends are in the tree.

mod binding_subject;
mod disruption_budget_selector;
mod ingress_backend_service_port;
mod probe_port_name;
mod reference_key_missing;
mod reference_missing;
mod reference_namespace;
mod service_selector;
mod service_target_port_name;

use std::collections::BTreeSet;

use super::{Check, Scope};
use crate::diagnostic::{Diagnostic, Rule, is_misspelt};
use crate::manifest::{Label, Manifest, Need, Workload};
use crate::package::Place;
use crate::schema::names;

/// The checks of this group.
pub(super) static CHECKS: &[&Check] = &[
    &binding_subject::CHECK,
    &disruption_budget_selector::CHECK,
    &ingress_backend_service_port::CHECK,
    &probe_port_name::CHECK,
    &reference_key_missing::CHECK,
    &reference_missing::CHECK,
    &reference_namespace::CHECK,
    &service_selector::CHECK,
    &service_target_port_name::CHECK,
];

/// Returns what objects that reach a cluster as they are written refer to, each with the object and the place where it is looked
/// for. What leads to a virtual cluster is left out: others look after that.
fn references<'a>(scope: &Scope<'a>) -> Vec<(&'a Manifest, Place<'a>, &'a Need)> {
    let routes = scope
        .network
        .routes()
        .filter_map(|(exposure, route, _)| Some((exposure.manifest.index, route.backend.service.as_ref()?.as_str())));
    let to_virtual_clusters: BTreeSet<(usize, &str)> = routes.collect();
    let mut references = Vec::new();
    for manifest in scope.manifests.manifests().iter().filter(|manifest| !manifest.needs.is_empty()) {
        let Some(place) = scope.objects.place(manifest) else { continue };
        for need in &manifest.needs {
            // What is no name, a template may become one.
            let is_name = names::subdomain(&need.name.replace(':', "-")).is_ok();
            if !is_name || to_virtual_clusters.contains(&(manifest.index, need.name.as_str())) {
                continue;
            }
            let place = match &need.namespace {
                Some(_) if scope.objects.is_moved(manifest) => continue,
                Some(namespace) => place.within(namespace),
                None => place,
            };
            references.push((manifest, place, need));
        }
    }
    references
}

/// Returns the object beside a place that was probably meant by a name that nothing has, with its name.
fn meant<'a>(scope: &Scope<'a>, place: Place<'a>, need: &Need) -> Option<(&'a Manifest, &'a str)> {
    let (objects, name) = (scope.objects, need.name.as_str());
    if !objects.named(need.kind, name).is_empty() || objects.may_be_made(name) || objects.is_open(place) {
        return None;
    }
    if let Some(near) = objects.near(place, need.kind, name) {
        return Some((near, near.name.as_ref()?.as_str()));
    }
    objects.near_made(place, name).filter(|_| need.kind.name == "Secret")
}

/// Labels that controllers give to pods when they make them.
const GIVEN: [&str; 8] = [
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/job-name",
    "controller-revision-hash",
    "job-name",
    "pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];
/// What the keys of labels have in them that pods get and lose while they run: who leads, and who is ready.
const CHANGING: [&str; 9] = ["active", "hash", "leader", "master", "primary", "replica", "role", "standby", "state"];

/// A label by which something nearly selects pods.
struct Miss<'a> {
    /// The label that they do not have.
    wrong: &'a Label,
    /// The workload that has all the others.
    workload: &'a Workload,
    /// What it has instead.
    instead: Option<(&'a str, &'a str)>,
}

/// How a label that pods do not have was meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Likeness {
    /// It is one of theirs, misspelt.
    Misspelt,
    /// They have the same key, or the same value, or neither.
    Alike,
}

/// Finds the pods that something at a place was meant to select that selects none at all. `taken` are the workloads that others
/// of its kind select, by the ranks of their manifests.
fn missed<'a>(
    scope: &Scope<'a>,
    manifest: &'a Manifest,
    labels: &'a [Label],
    taken: &BTreeSet<usize>,
) -> Option<Miss<'a>> {
    let is_written = |label: &Label| names::label_value(&label.value).is_ok();
    let is_virtual = |label: &Label| {
        (&*label.key, &**label.value) == crate::vcluster::POD_LABEL || label.key.starts_with("vcluster.")
    };
    let place = scope.objects.place(manifest)?;
    if labels.is_empty() || !labels.iter().all(is_written) || labels.iter().any(is_virtual) {
        return None;
    }
    let wanted: Vec<&Label> = labels.iter().filter(|label| !GIVEN.contains(&&*label.key)).collect();
    let mut alike = Vec::new();
    for workload in scope.objects.workloads_at(place) {
        let Some((miss, likeness)) = compare(&wanted, workload) else { continue };
        if likeness == Likeness::Misspelt {
            return Some(miss);
        }
        alike.push(miss);
    }
    alike.retain(|miss| !taken.contains(&miss.workload.manifest));
    let name = manifest.name.as_ref()?;
    let is_namesake = |miss: &&Miss<'_>| {
        scope.manifests.manifest_of(miss.workload).name.as_ref().is_some_and(|it| it.value == name.value)
    };
    if let Some(rank) = alike.iter().position(|miss| is_namesake(&miss)) {
        return Some(alike.swap_remove(rank));
    }
    let is_only = alike.len() == 1 && wanted.len() > 1 && !scope.objects.may_have_more_pods(place);
    alike.pop().filter(|_| is_only)
}

/// Compares the labels that are wanted of pods with those that they have. Returns what they miss, if that is one label only.
fn compare<'a>(wanted: &[&'a Label], workload: &'a Workload) -> Option<(Miss<'a>, Likeness)> {
    let mut unfit = wanted.iter().filter(|label| workload.label(&label.key) != Some(&**label.value));
    let wrong = *unfit.next().filter(|_| unfit.clone().next().is_none())?;
    let (key, value): (&str, &str) = (&wrong.key, &wrong.value);
    let miss = |instead| Miss { wrong, workload, instead };
    let is_changing = CHANGING.iter().any(|word| key.contains(word));
    if let Some(has) = workload.label(key) {
        let likeness = if is_misspelt(value, has) { Likeness::Misspelt } else { Likeness::Alike };
        return (likeness == Likeness::Misspelt || !is_changing).then_some((miss(Some((key, has))), likeness));
    }
    let is_wanted = |key: &str| wanted.iter().any(|label| *label.key == *key);
    let mut equal = workload.labels.iter().filter(|label| *label.1 == *value && !is_wanted(&label.0));
    if let Some((other, _)) = equal.next() {
        let likeness = if is_misspelt(key, other) { Likeness::Misspelt } else { Likeness::Alike };
        return Some((miss(Some((other, value))), likeness));
    }
    // Some labels come to pods later on: from what runs in them, and from who watches over them.
    let is_plain = !key.contains('/') || key.starts_with("app.kubernetes.io/");
    (wanted.len() > 1 && is_plain && !is_changing).then_some((miss(None), Likeness::Alike))
}

impl Miss<'_> {
    /// Reports it.
    fn report(&self, rule: &'static Rule, scope: &Scope<'_>, message: String) -> Diagnostic {
        let (key, value) = (&self.wrong.key, &**self.wrong.value);
        let pods = scope.manifests.manifest_of(self.workload);
        let help = match self.instead {
            Some((other, has)) if *other == **key => format!("write `{key}: {has}`"),
            Some((other, has)) => format!("write `{other}: {has}` instead of `{key}: {value}`"),
            None => format!("take `{key}: {value}` out, or give it to the pods of {}", pods.label()),
        };
        let related = match self.instead {
            Some((other, has)) => format!("its pods have the label `{other}: {has}`"),
            None => format!("its pods have no label `{key}`"),
        };
        Diagnostic::new(rule, &self.wrong.value.span, message).related(pods.name_span(), related).help(help)
    }
}
