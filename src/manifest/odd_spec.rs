//! What is out of the ordinary in the `spec` of an Application, or of the template of an `ApplicationSet`.

use super::Object;
use super::object::fills_in;
use crate::diagnostic;
use crate::idpbuilder;
use crate::schema::argocd;
use crate::source::{Located, Span, Spanned};
use crate::yaml::{Entry, Node, Value};

/// The keys that an Application has its sources below.
const SOURCES: [&str; 2] = ["source", "sources"];

/// What is out of the ordinary about an Application or `ApplicationSet`.
#[derive(Debug)]
pub struct OddSpec {
    /// Its manifest, in [`ManifestSet::manifests`](super::ManifestSet::manifests).
    pub manifest: usize,
    /// Says more if it has neither `source` nor `sources`.
    pub no_source: Option<NoSource>,
    /// The fields that idpbuilder does not pass on.
    pub dropped: Box<[DroppedField]>,
    /// The sources that Argo CD does not look at, unless an `ApplicationSet` may take away what hides them.
    pub hidden: Box<[HiddenSource]>,
}

/// `source` or `sources`, where something else counts.
#[derive(Debug)]
pub struct HiddenSource {
    /// Its key.
    pub key: Spanned<String>,
    /// The key that counts.
    pub by: Spanned<String>,
}

/// An Application or a template without `source` and `sources`.
#[derive(Debug)]
pub struct NoSource {
    /// The key `spec` that they should stand below.
    pub span: Span,
    /// `sourceHydrator`, which takes their place from Argo CD 2.14 on.
    pub hydrator: Option<Span>,
    /// Whether `sources` is there, and empty.
    pub is_empty: bool,
    /// Whether an `ApplicationSet` may add a source when it fills in the template: by `templatePatch` or by a generator's own
    /// `template`.
    pub is_patched: bool,
}

/// A field that Argo CD has, and the types that idpbuilder reads Applications into do not: they are those of
/// [`idpbuilder::ARGOCD_TYPES`].
#[derive(Debug)]
pub struct DroppedField {
    /// Where it is in the object; the span is that of its key.
    pub path: Spanned<String>,
    /// Whether it is `syncPolicy.automated.enabled: false`: what is left of it says the opposite.
    pub turns_sync_on: bool,
}

impl OddSpec {
    /// Looks at an object. Most have nothing of the kind.
    pub(super) fn of(object: &Object<'_>) -> Option<Self> {
        let application = object.of_kind("argoproj.io", "Application");
        let node = application.or_else(|| object.of_kind("argoproj.io", "ApplicationSet"))?;
        let no_source = match application {
            Some(_) => NoSource::of(node, &[node]),
            None => node.at(&["spec", "template"]).and_then(|template| {
                let no_source = NoSource::of(template, &[node, template])?;
                Some(NoSource { is_patched: fills_in(node), ..no_source })
            }),
        };
        let fields = argocd::newer_fields(idpbuilder::ARGOCD_TYPES, object.target.argocd, node).into_iter();
        let dropped: Box<[_]> = fields
            .filter_map(|argocd::NewerField { path, entry }| {
                let is_switch = path.ends_with(".syncPolicy.automated.enabled");
                let turns_sync_on = is_switch && entry.value.as_bool() == Some(false);
                // What says nothing is not missed, and automated sync is on without being told.
                let says_something = turns_sync_on || !is_switch && !entry.value.is_zero();
                let path = Spanned::new(path, entry.key.span.clone());
                says_something.then_some(DroppedField { path, turns_sync_on })
            })
            .collect();
        let hidden = object.application().filter(|it| !it.is_patched).map(|it| hidden(it.spec(), object.target.argocd));
        let hidden = hidden.unwrap_or_default();
        let is_odd = no_source.is_some() || !dropped.is_empty() || !hidden.is_empty();
        is_odd.then_some(Self { manifest: object.manifest, no_source, dropped, hidden })
    }
}

impl NoSource {
    /// Looks for a source in the `spec` of an object. If one of the objects around has the key in the wrong place or misspelt, the
    /// schema has said so.
    fn of(node: &Node, around: &[&Node]) -> Option<Self> {
        let entry = node.as_mapping()?.entry("spec")?;
        let spec = &entry.value;
        let is_missing = |key: &str| spec.get(key).is_none_or(Node::is_null);
        let is_empty = spec.get("sources").and_then(Node::as_sequence).is_some_and(<[_]>::is_empty);
        let is_odd = spec.as_mapping().is_some() && is_missing("source") && (is_missing("sources") || is_empty);
        let below = ["destination", "syncPolicy"].into_iter().filter_map(|key| spec.get(key));
        let is_misplaced = around.iter().copied().chain(below).any(|node| hints_at_source(node, &[]));
        if !is_odd || is_misplaced || hints_at_source(spec, &SOURCES) {
            return None;
        }
        let hydrator = spec.as_mapping()?.entry("sourceHydrator").filter(|entry| !entry.value.is_null());
        let hydrator = hydrator.map(|entry| entry.key.span.clone());
        Some(Self { span: entry.key.span.clone(), hydrator, is_empty, is_patched: false })
    }
}

/// Finds the sources that do not count: `sourceHydrator` goes before `sources`, which go before `source` (argo-cd v3.1.7,
/// pkg/apis/application/v1alpha1/types.go).
fn hidden(spec: Option<&Node>, version: argocd::Version) -> Box<[HiddenSource]> {
    let is_there = |entry: &&Entry| match &entry.value.value {
        Value::Sequence(items) => !items.is_empty(),
        Value::Mapping(_) => entry.key.value != "sourceHydrator" || version >= (2, 14),
        _ => false,
    };
    let spec = spec.and_then(Node::as_mapping);
    let keys = ["sourceHydrator", "sources", "source"];
    let mut there = keys.iter().filter_map(|key| spec?.entry(key).filter(is_there));
    let Some(first) = there.next() else { return Box::default() };
    there.map(|entry| HiddenSource { key: entry.key.clone(), by: first.key.clone() }).collect()
}

/// Tells whether an object has a source in the wrong place or by a misspelt key, but for the keys that are right there.
fn hints_at_source(node: &Node, right: &[&str]) -> bool {
    node.as_mapping().into_iter().flatten().any(|entry| {
        let key = entry.key.as_str();
        !right.contains(&key) && (key == "repoURL" || diagnostic::nearest(key, SOURCES).is_some())
    })
}

located! {
    OddSpec: no_source, dropped, hidden;
    HiddenSource: key, by;
    NoSource: span, hydrator;
    DroppedField: path;
}
