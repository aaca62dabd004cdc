//! The kinds that Kubernetes itself defines: Kubernetes 1.37.
//!
//! Their schemas are generated from k8s-openapi by a test (`tests/it/schema/generate.rs`) and embedded compressed. What the API
//! server demands beyond them stands in `kubernetes-overlay.yaml`. A kind is compiled when the first object of it is seen.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{LazyLock, OnceLock};

use flate2::read::GzDecoder;
use k8s_openapi::api::{apps, batch, core, networking, rbac};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::{KUBERNETES_SCHEMA, Schema};
use crate::diagnostic::{self, Diagnostic};
use crate::source::Source;
use crate::yaml::{self, Mapping, Node};

// With another version of the types this does not compile: then the embedded file is another too.
k8s_openapi::k8s_if_1_37! {
    /// The version whose kinds these are.
    pub const VERSION: (u32, u32) = (1, 37);
}

/// What the embedded file holds.
#[derive(Deserialize)]
struct Bundle {
    /// From `apiVersion kind` to the name of its definition.
    kinds: BTreeMap<String, String>,
    /// Not parsed before a kind needs them.
    definitions: BTreeMap<String, Box<RawValue>>,
}

/// The embedded definitions. A damaged file would read as one without kinds; a test compiles them all.
static BUNDLE: LazyLock<Bundle> = LazyLock::new(|| {
    let mut text = Vec::new();
    let read = GzDecoder::new(include_bytes!("kubernetes.json.gz").as_slice()).read_to_end(&mut text);
    let bundle = read.ok().and_then(|_| serde_json::from_slice(&text).ok());
    bundle.unwrap_or(Bundle { kinds: BTreeMap::new(), definitions: BTreeMap::new() })
});

/// What the server demands beyond its schemas, by definition; the file says more.
static OVERLAY: LazyLock<Value> = LazyLock::new(|| {
    let source = Source::new("kubernetes-overlay.yaml", include_str!("kubernetes-overlay.yaml"));
    yaml::read_one(&source).0.map_or(Value::Null, |node| node.to_json())
});

/// The schemas by `apiVersion kind`, each compiled on first use.
static SCHEMAS: LazyLock<BTreeMap<&str, OnceLock<Option<Schema>>>> =
    LazyLock::new(|| BUNDLE.kinds.keys().map(|kind| (kind.as_str(), OnceLock::new())).collect());

/// Returns the schema of a kind, or `None` when Kubernetes has no such kind in this version of its group.
#[must_use]
pub fn schema(api_version: &str, kind: &str) -> Option<&'static Schema> {
    let name = format!("{api_version} {kind}");
    let compiled = SCHEMAS.get(name.as_str())?;
    compiled.get_or_init(|| Schema::compile(&document(api_version, kind)?).ok()).as_ref()
}

/// Returns the faults of an object, or `None` when it does not name a kind of Kubernetes' own. A `List` is none: what reads
/// manifests takes its items out.
#[must_use]
pub fn check(node: &Node) -> Option<Vec<Diagnostic>> {
    let (api_version, kind) = (node.get("apiVersion")?, node.get("kind")?);
    let (version_name, kind_name) = (api_version.as_str()?, kind.as_str()?);
    if let Some(schema) = schema(version_name, kind_name) {
        let mut findings = schema.check(&KUBERNETES_SCHEMA, node);
        if findings.is_empty() {
            findings.extend(second_opinion(version_name, kind_name, node));
        }
        return Some(findings);
    }
    if !is_builtin_group(version_name) || kind_name == "List" {
        return None;
    }
    let (major, minor) = VERSION;
    let message = format!("`{version_name}` has no kind `{kind_name}` in Kubernetes {major}.{minor}");
    let here: Vec<_> = kinds().filter(|(_, known)| *known == kind_name).map(|(group, _)| group).collect();
    Some(vec![match (here.as_slice(), diagnostic::nearest(kind_name, kinds_of(version_name))) {
        ([], None) => Diagnostic::new(&KUBERNETES_SCHEMA, &kind.span, message),
        ([], Some(near)) => {
            Diagnostic::new(&KUBERNETES_SCHEMA, &kind.span, message).help(format!("did you mean `{near}`?"))
        }
        (groups, _) => Diagnostic::new(&KUBERNETES_SCHEMA, &api_version.span, message)
            .help(format!("write `apiVersion: {}`", groups.join("` or `apiVersion: "))),
    }])
}

/// Asks the types of k8s-openapi about an object in which its schema finds no fault. They know less, but nobody of this
/// project wrote them.
fn second_opinion(api_version: &str, kind: &str, node: &Node) -> Option<Diagnostic> {
    let read: fn(&Node) -> Result<(), yaml::Error> = match (api_version, kind) {
        ("apps/v1", "Deployment") => typed::<apps::v1::Deployment>,
        ("apps/v1", "StatefulSet") => typed::<apps::v1::StatefulSet>,
        ("batch/v1", "Job") => typed::<batch::v1::Job>,
        ("networking.k8s.io/v1", "Ingress") => typed::<networking::v1::Ingress>,
        ("networking.k8s.io/v1", "NetworkPolicy") => typed::<networking::v1::NetworkPolicy>,
        ("rbac.authorization.k8s.io/v1", "Role") => typed::<rbac::v1::Role>,
        ("rbac.authorization.k8s.io/v1", "RoleBinding") => typed::<rbac::v1::RoleBinding>,
        ("v1", "ConfigMap") => typed::<core::v1::ConfigMap>,
        ("v1", "Namespace") => typed::<core::v1::Namespace>,
        ("v1", "Secret") => typed::<core::v1::Secret>,
        ("v1", "Service") => typed::<core::v1::Service>,
        ("v1", "ServiceAccount") => typed::<core::v1::ServiceAccount>,
        _ => return None,
    };
    read(node).err()?;
    let error = read(&without_leniency(node)).err()?;
    Some(Diagnostic::new(&KUBERNETES_SCHEMA, &error.span, error.message))
}

/// Reads an object as a type and forgets it.
fn typed<T: DeserializeOwned>(node: &Node) -> Result<(), yaml::Error> {
    yaml::from_node::<T>(node).map(drop)
}

/// Leaves out what Go accepts and k8s-openapi does not: null in maps and lists, line breaks in base64, claim templates that
/// say they are of another kind.
fn without_leniency(node: &Node) -> Node {
    let value = match &node.value {
        yaml::Value::Mapping(mapping) => {
            let mut kept = Mapping::default();
            for entry in mapping {
                let is_lenient = ["binaryData", "data", "volumeClaimTemplates"].contains(&entry.key.as_str());
                if !is_lenient && !entry.value.is_null() {
                    kept.insert(entry.key.clone(), without_leniency(&entry.value));
                }
            }
            kept.into()
        }
        yaml::Value::Sequence(items) => {
            items.iter().filter(|item| !item.is_null()).map(without_leniency).collect::<Vec<_>>().into()
        }
        scalar => scalar.clone(),
    };
    Node { value, span: node.span.clone() }
}

/// Returns the kinds of a version of a group.
fn kinds_of(api_version: &str) -> impl Iterator<Item = &'static str> {
    kinds().filter(move |(known, _)| *known == api_version).map(|(_, kind)| kind)
}

/// Returns the kinds as `(apiVersion, kind)`, sorted.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    BUNDLE.kinds.keys().filter_map(|name| name.split_once(' '))
}

/// Tells whether a group is Kubernetes' own, so that a kind of it without a schema does not exist.
#[must_use]
pub fn is_builtin_group(api_version: &str) -> bool {
    let group = group(api_version);
    group == "extensions" || kinds().any(|(known, _)| self::group(known) == group)
}

/// Returns the group of an `apiVersion`; that of the core is empty.
fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Puts the schema of a kind together: its definition, what that refers to, and the rules for objects that stand alone.
fn document(api_version: &str, kind: &str) -> Option<Value> {
    let name = BUNDLE.kinds.get(&format!("{api_version} {kind}"))?;
    // The server gives a LimitRange without a name one.
    let required: &[_] =
        if kind == "LimitRange" { &["apiVersion", "kind"] } else { &["apiVersion", "kind", "metadata"] };
    let mut metadata = if kind == "LimitRange" { json!({}) } else { object_meta(name_format(kind)) };
    metadata["properties"]["finalizers"] = json!({"items": {"format": "finalizer"}});
    Some(json!({
        "$ref": format!("#/$defs/{name}"),
        "properties": {"apiVersion": {"const": api_version}, "kind": {"const": kind}, "metadata": metadata},
        "required": required,
        "$defs": definitions(&[name, LABELLED]),
    }))
}

/// Returns the definitions that [`object_meta`] refers to.
pub(super) fn object_meta_definitions() -> Map<String, Value> {
    definitions(&[LABELLED])
}

/// Returns what holds for the metadata of an object that stands alone, in contrast to that of a template.
pub(super) fn object_meta(name_format: &str) -> Value {
    let generate_name = if name_format == "path-segment" { name_format } else { "generate-name" };
    json!({
        "$ref": format!("#/$defs/{LABELLED}"),
        "type": "object",
        "properties": {
            "name": {"if": {"minLength": 1}, "then": {"format": name_format}},
            "namespace": {"if": {"minLength": 1}, "then": {"format": "dns-label"}},
            "generateName": {"if": {"minLength": 1}, "then": {"format": generate_name}},
        },
        "if": {"not": {"properties": {"generateName": {"type": "string", "minLength": 1}}, "required": ["generateName"]}},
        "then": {"properties": {"name": {"type": "string", "minLength": 1}}, "required": ["name"]},
    })
}

/// The definition of the overlay for metadata whose labels and annotations the server looks at.
const LABELLED: &str = "idpack.ObjectMeta";

/// Returns the format of the names of a kind (k8s.io/kubernetes, `ValidateName` of each kind's strategy, v1.36).
fn name_format(kind: &str) -> &'static str {
    match kind {
        // Servers before 1.36 want a DNS label of RFC 1035 for a Service, which begins with a letter.
        "Namespace" | "Service" => "dns-label",
        "ClusterRole" | "ClusterRoleBinding" | "PodDisruptionBudget" | "Role" | "RoleBinding" => "path-segment",
        _ => "dns-subdomain",
    }
}

/// Returns definitions and all that they refer to, with the overlay merged in.
fn definitions(names: &[&str]) -> Map<String, Value> {
    let mut found = Map::new();
    let mut wanted: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    while let Some(name) = wanted.pop() {
        if found.contains_key(&name) {
            continue;
        }
        let generated = BUNDLE.definitions.get(&name).and_then(|raw| serde_json::from_str(raw.get()).ok());
        let mut definition = generated.unwrap_or(Value::Null);
        if let Some(more) = OVERLAY.get(&name) {
            merge(&mut definition, more);
        }
        references(&definition, &mut wanted);
        found.insert(name, definition);
    }
    found
}

/// Merges a schema over another: maps merge, everything else replaces.
fn merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}

/// Collects the names of the definitions that a schema refers to.
fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(keywords) => {
            let target =
                keywords.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix("#/$defs/"));
            found.extend(target.map(str::to_owned));
            keywords.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}
