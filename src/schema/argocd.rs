//! The kinds of Argo CD, by minor version.
//!
//! The tables `argocd-*.fields` say which fields they have and since when; `fields` explains their form. The schema of a kind
//! in a version is put together when it is first asked for.

use std::fmt::Write as _;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::fields::{self, Release};
use super::{APPLICATION_RUNTIME_FIELD, APPLICATION_SCHEMA, APPLICATIONSET_SCHEMA, APPPROJECT_SCHEMA};
use super::{Schema, kubernetes, validation};
use crate::diagnostic::{self, Diagnostic, Fix, Rule};
use crate::yaml::{Entry, Node};

/// A minor version of Argo CD.
pub type Version = (u32, u32);

/// The group and version of Argo CD's kinds.
pub const API_VERSION: &str = "argoproj.io/v1alpha1";

/// The versions that the field tables cover, oldest first.
pub const VERSIONS: [Version; 11] =
    [(2, 10), (2, 11), (2, 12), (2, 13), (2, 14), (3, 0), (3, 1), (3, 2), (3, 3), (3, 4), (3, 5)];

/// The group of Argo CD's kinds. Other programs have kinds in it too: Argo Workflows, Rollouts and Events, Image Updater.
const GROUP: &str = "argoproj.io";

/// Lists of the kinds, which `kubectl get` writes. They resemble the kinds and are others.
const LISTS: [&str; 3] = ["AppProjectList", "ApplicationList", "ApplicationSetList"];

/// A kind of Argo CD.
struct Kind {
    name: &'static str,
    rule: &'static Rule,
    /// Its own table, and those with groups that it refers to.
    tables: &'static [&'static str],
    /// The schemas in the order of [`VERSIONS`], each compiled on first use.
    schemas: [OnceLock<Option<Schema>>; VERSIONS.len()],
}

const APPLICATION_FIELDS: &str = include_str!("argocd-application.fields");

static KINDS: [Kind; 3] = [
    Kind::new("Application", &APPLICATION_SCHEMA, &[APPLICATION_FIELDS]),
    Kind::new(
        "ApplicationSet",
        &APPLICATIONSET_SCHEMA,
        &[include_str!("argocd-applicationset.fields"), APPLICATION_FIELDS],
    ),
    Kind::new("AppProject", &APPPROJECT_SCHEMA, &[include_str!("argocd-appproject.fields")]),
];

impl Kind {
    const fn new(name: &'static str, rule: &'static Rule, tables: &'static [&'static str]) -> Self {
        Self { name, rule, tables, schemas: [const { OnceLock::new() }; VERSIONS.len()] }
    }

    /// Returns the schema in a version; one that the tables do not cover counts as the nearest one that they do.
    fn schema(&self, version: Version) -> Option<&Schema> {
        let index = VERSIONS.partition_point(|known| *known <= version).saturating_sub(1);
        self.schemas[index].get_or_init(|| Schema::compile(&self.document(VERSIONS[index])).ok()).as_ref()
    }

    /// Puts the schema of a version together.
    fn document(&self, (major, minor): Version) -> Value {
        let version = (major, minor, 0);
        let name = Some(format!("{major}.{minor}"));
        let release = Release { product: "Argo CD", versions: version..=version, name };
        let mut schema = json!({});
        let mut definitions = kubernetes::object_meta_definitions();
        for table in self.tables.iter().rev() {
            let fields = fields::read(table, &release);
            definitions.extend(fields.groups);
            schema = fields.root;
        }
        if let Some(properties) = schema["properties"].as_object_mut() {
            properties.insert("apiVersion".to_owned(), json!({"const": API_VERSION}));
            properties.insert("kind".to_owned(), json!({"const": self.name}));
            properties.insert("metadata".to_owned(), kubernetes::object_meta("dns-subdomain"));
        }
        schema["required"] = json!(["apiVersion", "kind", "metadata", "spec"]);
        schema["$defs"] = Value::Object(definitions);
        schema
    }
}

/// Returns the names of the kinds that have a schema.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.name)
}

/// Returns the schema of a kind in a version of Argo CD. A version that the tables do not cover counts as the nearest one that
/// they do.
#[must_use]
pub fn schema(version: Version, kind: &str) -> Option<&'static Schema> {
    KINDS.iter().find(|known| known.name == kind)?.schema(version)
}

/// Returns the faults of an object for a version of Argo CD in the order of the text, or `None` when it does not name a kind of Argo CD, nor anything
/// that was meant to.
#[must_use]
pub fn check(version: Version, node: &Node) -> Option<Vec<Diagnostic>> {
    let (api_version, kind) = (node.get("apiVersion")?, node.get("kind")?);
    let (version_name, kind_name) = (api_version.as_str()?, kind.as_str()?);
    if version_name.split('/').next() != Some(GROUP) {
        return None;
    }
    let missing = format!("`{version_name}` has no kind `{kind_name}`");
    let Some(known) = KINDS.iter().find(|known| known.name == kind_name) else {
        let near = diagnostic::nearest(kind_name, kinds().chain(LISTS))?;
        let fix = diagnostic::only_near(kind_name, kinds().chain(LISTS))
            .map(|near| Fix::Text(kind.span.clone(), near.to_owned()));
        let meant = KINDS.iter().find(|known| known.name == near)?;
        let finding = Diagnostic::new(meant.rule, &kind.span, missing).help(format!("did you mean `{near}`?"));
        return Some(vec![finding.fix_if(fix)]);
    };
    if version_name != API_VERSION {
        let help = format!("write `apiVersion: {API_VERSION}`");
        let fix = Fix::Text(api_version.span.clone(), API_VERSION.to_owned());
        return Some(vec![Diagnostic::new(known.rule, &api_version.span, missing).help(help).fix(fix)]);
    }
    let mut findings = known.schema(version).map_or_else(Vec::new, |schema| schema.check(known.rule, node));
    validation::check_metadata(known.rule, node, &mut findings);
    if kind_name == "Application" {
        findings.extend(runtime_fields(node));
        diagnostic::sort(&mut findings);
    }
    Some(findings)
}

/// A field that is there, and that an earlier version of Argo CD does not have.
pub struct NewerField<'a> {
    /// Where it is in the object, as in `spec.sources[0].name`.
    pub path: String,
    /// Its key and value.
    pub entry: &'a Entry,
}

/// Returns the fields in the `spec` of an object that a version of Argo CD has and an earlier one does not. What stands below such
/// a field goes with it and is not named.
#[must_use]
pub fn newer_fields(earlier: Version, version: Version, node: &Node) -> Vec<NewerField<'_>> {
    let kind = node.get("kind").and_then(Node::as_str).unwrap_or_default();
    let mut found = Vec::new();
    if let (Some(earlier), Some(current), Some(spec)) = (schema(earlier, kind), schema(version, kind), node.get("spec"))
    {
        let [earlier, current] = [earlier, current].map(|schema| Below { root: &schema.root, at: &schema.root });
        compare(earlier.property("spec"), current.property("spec"), spec, &mut "spec".to_owned(), &mut found);
    }
    found
}

/// A schema in another.
#[derive(Clone, Copy)]
struct Below<'s> {
    root: &'s Value,
    at: &'s Value,
}

impl<'s> Below<'s> {
    /// Goes on to one of its parts, by way of the group that it may refer to.
    fn part(self, at: &'s Value) -> Self {
        let group = at["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/"));
        Self { at: group.map_or(at, |group| &self.root["$defs"][group]), ..self }
    }

    fn property(self, key: &str) -> Option<Self> {
        Some(self.part(self.at.get("properties")?.get(key)?))
    }

    fn items(self) -> Option<Self> {
        Some(self.part(self.at.get("items")?))
    }
}

fn compare<'a>(
    earlier: Option<Below<'_>>,
    current: Option<Below<'_>>,
    node: &'a Node,
    path: &mut String,
    found: &mut Vec<NewerField<'a>>,
) {
    let (Some(earlier), Some(current)) = (earlier, current) else { return };
    let length = path.len();
    for entry in node.as_mapping().into_iter().flatten() {
        path.push('.');
        path.push_str(&entry.key);
        match (earlier.property(&entry.key), current.property(&entry.key)) {
            (None, Some(_)) => found.push(NewerField { path: path.clone(), entry }),
            (earlier, current) => compare(earlier, current, &entry.value, path, found),
        }
        path.truncate(length);
    }
    for (rank, item) in node.as_sequence().into_iter().flatten().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(path, "[{rank}]");
        compare(earlier.items(), current.items(), item, path, found);
        path.truncate(length);
    }
}

/// Reports the fields of an Application that only Argo CD writes.
fn runtime_fields(node: &Node) -> impl Iterator<Item = Diagnostic> {
    let entries = node.as_mapping().into_iter().flatten();
    // Generators leave an empty `status` behind, which says nothing.
    let is_runtime = |entry: &&Entry| match entry.key.as_str() {
        "operation" => true,
        "status" => !entry.value.is_zero(),
        _ => false,
    };
    entries.filter(is_runtime).map(|entry| {
        let message = format!("`{}` of an Application is written by Argo CD", entry.key.value);
        let fix = Fix::Remove(entry.key.span.clone());
        Diagnostic::new(&APPLICATION_RUNTIME_FIELD, &entry.key.span, message).help("remove it").fix(fix)
    })
}
