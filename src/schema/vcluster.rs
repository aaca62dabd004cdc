//! The values of the vCluster chart, by chart version.
//!
//! `vcluster-values.fields` says which keys exist and since when; `fields` explains its form. The chart has a JSON Schema in it
//! that knows no other keys, and Helm refuses to render values that break it.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use serde_json::Value;

use super::fields::{self, Release};
use super::{Schema, VCLUSTER_VALUES};
use crate::diagnostic::{Diagnostic, Severity};
use crate::yaml::Node;

/// A version of the chart.
pub type Version = (u32, u32, u32);

/// The versions that the field table covers, oldest first: the minor versions with their last patch each.
const MINORS: [(u32, u32); 17] = [
    (20, 6),
    (21, 6),
    (22, 6),
    (23, 3),
    (24, 2),
    (25, 2),
    (26, 5),
    (27, 3),
    (28, 2),
    (29, 3),
    (30, 5),
    (31, 3),
    (32, 3),
    (33, 4),
    (34, 7),
    (35, 3),
    (36, 1),
];

/// The oldest version that the table covers.
const OLDEST: Version = (0, MINORS[0].0, 0);

/// The schemas by version, and that of all versions together, each compiled on first use.
static SCHEMAS: LazyLock<BTreeMap<Option<Version>, OnceLock<Option<Schema>>>> =
    LazyLock::new(|| versions().map(Some).chain([None]).map(|version| (version, OnceLock::new())).collect());

/// Returns the versions that the field table covers, oldest first.
pub fn versions() -> impl Iterator<Item = Version> {
    MINORS.into_iter().flat_map(|(minor, last)| (0..=last).map(move |patch| (0, minor, patch)))
}

/// Returns the faults of the values of a release, for the chart version as an Application's `targetRevision` writes it.
///
/// A version that is younger than the table counts as the newest of it, and what is wrong then is only a warning; of an older
/// one nothing is known. Of a range nobody knows what it will choose, so it allows whatever any version does.
#[must_use]
pub fn check(revision: &str, values: &Node) -> Vec<Diagnostic> {
    let written = pinned(revision);
    if written.is_some_and(|version| version < OLDEST) {
        return Vec::new();
    }
    let version = written.map(known);
    let compiled = SCHEMAS.get(&version).filter(|_| !values.is_null());
    let schema =
        compiled.and_then(|compiled| compiled.get_or_init(|| Schema::compile(&document(version)).ok()).as_ref());
    let mut findings = schema.map_or_else(Vec::new, |schema| schema.check(&VCLUSTER_VALUES, values));
    if written != version {
        for finding in &mut findings {
            finding.severity = Severity::Warning;
        }
    }
    findings
}

/// Says that a revision is one version, and none that the table covers; with the version that it counts as, if it counts as any.
#[must_use]
pub fn uncovered(revision: &str) -> Option<Option<Version>> {
    let version = pinned(revision)?;
    let (last, newest) = MINORS[MINORS.len() - 1];
    let is_covered = (OLDEST..=(0, last, newest)).contains(&version);
    (!is_covered).then(|| Some(known(version)).filter(|_| version >= OLDEST))
}

/// Reads a revision that is one version, with or without `v`; a pre-release counts as its release.
#[must_use]
pub fn pinned(revision: &str) -> Option<Version> {
    let version = revision.strip_prefix('v').unwrap_or(revision);
    let release = version.split(['-', '+']).next()?;
    let mut numbers = release.split('.').map(|number| {
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        // More than fits is newer than everything.
        is_number.then(|| number.parse().unwrap_or(u32::MAX))
    });
    let version = (numbers.next()??, numbers.next()??, numbers.next()??);
    numbers.next().is_none().then_some(version)
}

/// Returns the version that the table covers for a version.
fn known(version: Version) -> Version {
    versions().take_while(|known| *known <= version).last().unwrap_or((0, MINORS[0].0, 0))
}

/// Puts the schema of a version together, or that of all versions.
fn document(version: Option<Version>) -> Value {
    let all = known((0, 0, 0))..=known((u32::MAX, 0, 0));
    let release = Release {
        product: "vCluster",
        versions: version.map_or(all, |version| version..=version),
        name: version.map(|(major, minor, patch)| format!("{major}.{minor}.{patch}")),
    };
    let fields = fields::read(include_str!("vcluster-values.fields"), &release);
    let mut schema = fields.root;
    schema["$defs"] = Value::Object(fields.groups);
    schema
}
