//! The kinds that Kubernetes itself defines, in the versions 1.25 to 1.37.
//!
//! The schemas of the newest version are generated from k8s-openapi and from `kubernetes-overlay.yaml`, which has what the API
//! server demands beyond them, by a test (`tests/it/schema/generate.rs`), and embedded. What was different before stands in
//! `kubernetes.versions`. A kind is compiled when the first object of it is seen.

mod document;
mod history;

use std::fmt::Write as _;

use super::{KUBERNETES_SCHEMA, Schema, validation};
use crate::diagnostic::{self, Diagnostic, Effect, Fix, Rule, Severity};
use crate::yaml::Node;

pub(super) use document::{LABELLED, object_meta, object_meta_definitions};

/// A minor version of Kubernetes.
pub type Version = (u32, u32);

// With another version of the types this does not compile: then the embedded definitions are others too.
k8s_openapi::k8s_if_1_37! {
    /// The newest version whose kinds these are.
    pub const NEWEST: Version = (1, 37);
}

/// The oldest version of which is known which fields it had. Older ones count as this one.
pub const OLDEST: Version = (1, 25);

/// The number of versions from [`OLDEST`] to [`NEWEST`].
const MINORS: usize = (NEWEST.1 - OLDEST.1 + 1) as usize;

/// An API version works, but Kubernetes advises against it.
pub static API_DEPRECATED: Rule = Rule {
    id: "kubernetes-api-deprecated",
    summary: "API version that works, but that Kubernetes advises against",
    severity: Severity::Warning,
    effect: Effect::Style,
    page: include_str!("kubernetes-api-deprecated.md"),
};

/// An API version is gone, or not there yet.
pub static API_REMOVED: Rule = Rule {
    id: "kubernetes-api-removed",
    summary: "API version that the Kubernetes version does not serve, or not any more",
    severity: Severity::Error,
    effect: Effect::ApiReject,
    page: include_str!("kubernetes-api-removed.md"),
};

/// Returns the schema of a kind in a version of Kubernetes, or `None` when there is none. A version that is not covered counts
/// as the nearest that is; whether it serves the kind does not matter.
#[must_use]
pub fn schema(version: Version, api_version: &str, kind: &str) -> Option<&'static Schema> {
    document::schema(version, api_version, kind)
}

/// Returns the faults of an object for a version of Kubernetes, or `None` when it does not name a kind of Kubernetes' own, or
/// one of which only the name is known. A version that is not covered counts as the nearest that is. A `List` is none: what
/// reads manifests takes its items out.
#[must_use]
pub fn check(version: Version, node: &Node) -> Option<Vec<Diagnostic>> {
    let (api_version, kind) = (node.get("apiVersion")?, node.get("kind")?);
    let (version_name, kind_name) = (api_version.as_str()?, kind.as_str()?);
    let version = history::nearest(version);
    let known = history::kind_of(version_name, kind_name);
    if let Some(reason) = known.and_then(|known| unserved(known, version, version_name, kind_name)) {
        return Some(vec![advise(&API_REMOVED, version, api_version, kind_name, reason)]);
    }
    let deprecated = known.and_then(|known| deprecation(known, version, version_name, kind_name));
    let advice = deprecated.map(|message| advise(&API_DEPRECATED, version, api_version, kind_name, message));
    match schema(version, version_name, kind_name) {
        Some(schema) => {
            let mut findings = schema.check(&KUBERNETES_SCHEMA, node);
            validation::check(version, node, &mut findings);
            findings.extend(advice);
            Some(findings)
        }
        None if known.is_some() => advice.map(|advice| vec![advice]),
        None => unknown(version, api_version, kind).map(|finding| vec![finding]),
    }
}

/// Says why a version does not serve a kind that others do.
fn unserved(known: &history::Kind, version: Version, api_version: &str, kind: &str) -> Option<String> {
    let (major, minor) = version;
    match (known.served.since, known.served.until) {
        (Some(since), _) if version < since => Some(format!(
            "`{api_version}` has `{kind}` from Kubernetes {}.{} on, not in {major}.{minor}",
            since.0, since.1
        )),
        (_, Some(until)) if until <= version => {
            Some(format!("Kubernetes {}.{} and later have no `{kind}` in `{api_version}`", until.0, until.1))
        }
        _ => None,
    }
}

/// Says that a version advises against a kind.
fn deprecation(known: &history::Kind, version: Version, api_version: &str, kind: &str) -> Option<String> {
    let (major, minor) = known.deprecated.filter(|deprecated| *deprecated <= version)?;
    let mut message = format!("`{kind}` in `{api_version}` is deprecated since Kubernetes {major}.{minor}");
    if let Some((major, minor)) = known.served.until {
        // Writing to a string cannot fail.
        let _ = write!(message, ", and gone from {major}.{minor} on");
    }
    Some(message)
}

/// Makes a finding at an `apiVersion`, with what to write there.
fn advise(rule: &'static Rule, version: Version, api_version: &Node, kind: &str, message: String) -> Diagnostic {
    let name = api_version.as_str().unwrap_or_default();
    let successor = successor(version, name, kind).map(|(api_version, other)| match other {
        Some(other) => format!("write `apiVersion: {api_version}` and `kind: {other}`"),
        None => format!("write `apiVersion: {api_version}`"),
    });
    let note = history::kind_of(name, kind).and_then(|known| known.note).map(str::to_owned);
    let finding = Diagnostic::new(rule, &api_version.span, message);
    match successor.into_iter().chain(note).collect::<Vec<_>>() {
        help if help.is_empty() => finding,
        help => finding.help(help.join("; ")),
    }
}

/// Returns what a version has in place of a kind: its `apiVersion`, and the kind if it is called differently.
fn successor(version: Version, api_version: &str, kind: &str) -> Option<(&'static str, Option<&'static str>)> {
    if let Some(successor) = history::kind_of(api_version, kind).and_then(|known| known.successor) {
        return Some(successor);
    }
    let others = kinds().chain(history::kinds()).filter(|(other, other_kind)| {
        *other != api_version && *other_kind == kind && group(other) == group(api_version)
    });
    let served = others.filter(|(other, kind)| is_served(version, other, kind));
    served.map(|(other, _)| other).max_by_key(|other| stability(other)).map(|other| (other, None))
}

/// Tells whether a version serves a kind that is known.
fn is_served(version: Version, api_version: &str, kind: &str) -> bool {
    history::kind_of(api_version, kind).is_none_or(|known| known.served.contains(version))
}

/// Orders API versions: `v1alpha1`, `v1beta1`, `v1beta2`, `v1`, `v2`.
fn stability(api_version: &str) -> (u32, u32, u32) {
    let name = api_version.rsplit_once('/').map_or(api_version, |(_, name)| name).trim_start_matches('v');
    let number = |text: &str| text.parse().unwrap_or_default();
    match (name.split_once("alpha"), name.split_once("beta")) {
        (Some((major, minor)), _) => (0, number(major), number(minor)),
        (_, Some((major, minor))) => (1, number(major), number(minor)),
        _ => (2, number(name), 0),
    }
}

/// Explains an `apiVersion` and a kind that no version has, or returns `None` when they may be those of a custom resource.
fn unknown(version: Version, api_version: &Node, kind: &Node) -> Option<Diagnostic> {
    let (version_name, kind_name) = (api_version.as_str()?, kind.as_str()?);
    let served = || kinds().filter(|(known, kind)| is_served(version, known, kind));
    let plain = version_name.trim().to_lowercase();
    if plain != version_name && served().any(|known| known == (plain.as_str(), kind_name)) {
        let fault =
            if version_name.trim() == version_name { "is written in lower case" } else { "has a blank beside it" };
        let finding = Diagnostic::new(&KUBERNETES_SCHEMA, &api_version.span, format!("`{version_name}` {fault}"));
        return Some(
            finding.help(format!("write `apiVersion: {plain}`")).fix(Fix::Text(api_version.span.clone(), plain)),
        );
    }
    let here: Vec<_> = served().filter(|(_, known)| *known == kind_name).map(|(group, _)| group).collect();
    if !is_builtin_group(version_name) {
        return misspelt_group(api_version, kind_name, &here);
    }
    if kind_name == "List" {
        return None;
    }
    let (major, minor) = version;
    let message = format!("`{version_name}` has no kind `{kind_name}` in Kubernetes {major}.{minor}");
    let siblings = served().filter(|(known, _)| *known == version_name).map(|(_, kind)| kind);
    let siblings: Vec<&str> = siblings.collect();
    let only = diagnostic::only_near(kind_name, siblings.iter().copied());
    let kind_fix = only.map(|near| Fix::Text(kind.span.clone(), near.to_owned()));
    Some(match (here.as_slice(), diagnostic::nearest(kind_name, siblings)) {
        ([], None) => Diagnostic::new(&KUBERNETES_SCHEMA, &kind.span, message),
        ([], Some(near)) => {
            let finding = Diagnostic::new(&KUBERNETES_SCHEMA, &kind.span, message);
            finding.help(format!("did you mean `{near}`?")).fix_if(kind_fix)
        }
        (groups, _) => {
            let finding = Diagnostic::new(&KUBERNETES_SCHEMA, &api_version.span, message);
            finding.help(write_one_of(groups)).fix_if(only_one(api_version, groups))
        }
    })
}

/// Explains a group that is none of Kubernetes' own, if the kind is one of them and the group cannot be that of a custom
/// resource, which has a dot (k8s.io/apiextensions-apiserver, `ValidateCustomResourceDefinitionSpec`), or is one slip away.
fn misspelt_group(api_version: &Node, kind: &str, here: &[&str]) -> Option<Diagnostic> {
    let name = api_version.as_str()?;
    let group = group(name);
    let is_meant = |known: &&&str| is_slip(group, self::group(known));
    let meant: Vec<&str> = here.iter().filter(is_meant).copied().collect();
    let candidates = if meant.is_empty() { here } else { &meant };
    if candidates.is_empty() || meant.is_empty() && group.contains('.') {
        return None;
    }
    let message = format!("Kubernetes has no API group `{group}` with a kind `{kind}`");
    let finding = Diagnostic::new(&KUBERNETES_SCHEMA, &api_version.span, message);
    Some(finding.help(write_one_of(candidates)).fix_if(only_one(api_version, candidates)))
}

/// Returns what mends an `apiVersion` that can have been meant to be one only.
fn only_one(api_version: &Node, candidates: &[&str]) -> Option<Fix> {
    let [one] = candidates else { return None };
    Some(Fix::Text(api_version.span.clone(), (*one).to_owned()))
}

/// Tells whether two words differ in at most two neighbouring characters.
fn is_slip(a: &str, b: &str) -> bool {
    let start = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a.as_bytes()[start..], &b.as_bytes()[start..]);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    a.len().max(b.len()) - end <= 2
}

fn write_one_of(api_versions: &[&str]) -> String {
    format!("write `apiVersion: {}`", api_versions.join("` or `apiVersion: "))
}

/// Returns the kinds of the newest version as `(apiVersion, kind)`, sorted.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    document::kinds()
}

/// Returns the kinds of all versions as `(group, kind)`.
pub(super) fn all_kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    kinds().chain(history::kinds()).map(|(api_version, kind)| (group(api_version), kind))
}

/// Tells whether a group is or was Kubernetes' own, so that a kind of it without a schema does not exist.
#[must_use]
pub fn is_builtin_group(api_version: &str) -> bool {
    let group = group(api_version);
    kinds().chain(history::kinds()).any(|(known, _)| self::group(known) == group)
}

/// Returns the group of an `apiVersion`; that of the core is empty.
fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Something for each of many kinds, in the order of `apiVersion` and kind.
#[derive(Debug)]
struct ByKind<T>(Vec<((&'static str, &'static str), T)>);

impl<T> ByKind<T> {
    fn get(&self, api_version: &str, kind: &str) -> Option<&T> {
        let index = self.0.binary_search_by(|(known, _)| known.cmp(&(api_version, kind))).ok()?;
        self.0.get(index).map(|(_, value)| value)
    }

    fn keys(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.0.iter().map(|(kind, _)| *kind)
    }
}

impl<T> FromIterator<((&'static str, &'static str), T)> for ByKind<T> {
    fn from_iter<I: IntoIterator<Item = ((&'static str, &'static str), T)>>(entries: I) -> Self {
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_by_key(|(kind, _)| *kind);
        Self(entries)
    }
}
