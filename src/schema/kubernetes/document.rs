//! The schemas of Kubernetes' own kinds, put together from what is embedded.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use serde_json::{Map, Value, json};

use super::super::Schema;
use super::{ByKind, MINORS, OLDEST, Version, group, history, stability};

/// What is embedded. A run needs few of the definitions, so they stay text until then.
struct Bundle {
    /// The name of the definition.
    kinds: ByKind<&'static str>,
    /// JSON by the name of the definition.
    definitions: BTreeMap<&'static str, &'static str>,
}

static BUNDLE: LazyLock<Bundle> = LazyLock::new(|| {
    let (definitions, kinds): (Vec<_>, Vec<_>) =
        include_str!("../kubernetes.definitions").lines().partition(|line| line.ends_with('}'));
    let kind = |line: &'static str| {
        let (name, definition) = line.rsplit_once(' ')?;
        Some((name.split_once(' ')?, definition))
    };
    Bundle {
        kinds: kinds.into_iter().filter_map(kind).collect(),
        definitions: definitions.into_iter().filter_map(|line| line.split_once(' ')).collect(),
    }
});

/// The schemas of one version, each compiled on first use.
type Schemas = ByKind<OnceLock<Option<Schema>>>;

/// Returns the schema of a kind in a version of Kubernetes, or `None` when there is none. It does not matter whether that
/// version serves the kind.
pub(super) fn schema(version: Version, api_version: &str, kind: &str) -> Option<&'static Schema> {
    static SCHEMAS: [OnceLock<Schemas>; MINORS] = [const { OnceLock::new() }; MINORS];
    let version = history::nearest(version);
    let index = usize::try_from(version.1 - OLDEST.1).ok()?;
    let schemas = SCHEMAS[index].get_or_init(|| {
        let likewise = history::kinds()
            .filter(|(api_version, kind)| history::kind_of(api_version, kind).is_some_and(|known| known.same));
        kinds().chain(likewise).map(|kind| (kind, OnceLock::new())).collect()
    });
    let compiled = schemas.get(api_version, kind)?;
    compiled.get_or_init(|| Schema::compile(&document(version, api_version, kind)?).ok()).as_ref()
}

/// Returns the kinds with a definition as `(apiVersion, kind)`, sorted.
pub(super) fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    BUNDLE.kinds.keys()
}

/// Returns the name of the definition of a kind: its own, else that of the best version of the same kind.
fn definition_of(api_version: &str, kind: &str) -> Option<&'static str> {
    let name = BUNDLE.kinds.get(api_version, kind).copied();
    name.or_else(|| {
        let same = kinds().filter(|(other, other_kind)| *other_kind == kind && group(other) == group(api_version));
        let best = same.max_by_key(|(other, _)| stability(other))?;
        BUNDLE.kinds.get(best.0, best.1).copied()
    })
}

/// Puts the schema of a kind together: its definition, what that refers to, and the rules for objects that stand alone.
fn document(version: Version, api_version: &str, kind: &str) -> Option<Value> {
    let name = definition_of(api_version, kind)?;
    // The server gives a LimitRange without a name one.
    let required: &[_] =
        if kind == "LimitRange" { &["apiVersion", "kind"] } else { &["apiVersion", "kind", "metadata"] };
    let mut metadata = object_meta(name_format(version, kind));
    if kind == "LimitRange" {
        for keyword in ["if", "then", "type"] {
            metadata.as_object_mut().and_then(|keywords| keywords.remove(keyword));
        }
    }
    metadata["properties"]["finalizers"] = json!({"items": {"format": "finalizer"}});
    if KEPT_GENERATION.contains(&kind) {
        metadata["properties"]["generation"] = json!({"minimum": 0});
    }
    Some(json!({
        "$ref": format!("#/$defs/{name}"),
        "properties": {"apiVersion": {"const": api_version}, "kind": {"const": kind}, "metadata": metadata},
        "required": required,
        "$defs": definitions(version, &[name, LABELLED]),
    }))
}

/// The kinds whose generation the server takes as it is given; of all others it counts itself, from 1 on (k8s.io/kubernetes,
/// `PrepareForCreate` of each kind's strategy, v1.36).
const KEPT_GENERATION: [&str; 14] = [
    "ClusterRole",
    "ClusterRoleBinding",
    "ConfigMap",
    "HorizontalPodAutoscaler",
    "LimitRange",
    "Namespace",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "ResourceQuota",
    "Role",
    "RoleBinding",
    "Secret",
    "Service",
    "ServiceAccount",
];

/// Returns the definitions that [`object_meta`] refers to.
pub(in crate::schema) fn object_meta_definitions() -> Map<String, Value> {
    definitions(super::NEWEST, &[LABELLED])
}

/// Returns what holds for the metadata of an object that stands alone, in contrast to that of a template.
pub(in crate::schema) fn object_meta(name_format: &str) -> Value {
    let generate_name = match name_format {
        "path-segment" => "path-segment",
        "dns-label" => "generate-label",
        "dns-1035-label" => "generate-1035-label",
        _ => "generate-name",
    };
    json!({
        "$ref": format!("#/$defs/{LABELLED}"),
        "type": "object",
        "properties": {
            "name": {"if": {"minLength": 1}, "then": {"format": name_format}},
            "namespace": {"if": {"minLength": 1}, "then": {"format": "dns-label"}},
            "generateName": {"if": {"minLength": 1}, "then": {"format": generate_name}},
            "resourceVersion": {
                "not": {"type": "string", "pattern": "^0*[1-9][0-9]{0,18}$"},
                "errorMessage": "is of an object that is there already, and may not be given for a new one",
                "errorHelp": "remove it",
            },
        },
        "if": {"not": {"properties": {"generateName": {"type": "string", "minLength": 1}}, "required": ["generateName"]}},
        "then": {"properties": {"name": {"type": "string", "minLength": 1}}, "required": ["name"]},
    })
}

/// The definition of the overlay for metadata whose labels and annotations the server looks at.
pub(in crate::schema) const LABELLED: &str = "idpack.ObjectMeta";

/// The definition with the name of a Service in an Ingress.
const SERVICE_BACKEND: &str = "io.k8s.api.networking.v1.IngressServiceBackend";

/// Returns the format of the names of Services: before 1.36 they begin with a letter.
fn service_name_format(version: Version) -> &'static str {
    if version < (1, 36) { "dns-1035-label" } else { "dns-label" }
}

/// Returns the format of the names of a kind (k8s.io/kubernetes, `ValidateName` of each kind's strategy, v1.36).
fn name_format(version: Version, kind: &str) -> &'static str {
    match kind {
        "Namespace" => "dns-label",
        "Service" => service_name_format(version),
        "StatefulSet" if version >= (1, 27) => "dns-label",
        "ClusterRole" | "ClusterRoleBinding" | "PodDisruptionBudget" | "Role" | "RoleBinding" => "path-segment",
        _ => "dns-subdomain",
    }
}

/// Returns definitions and all that they refer to, as a version has them.
fn definitions(version: Version, names: &[&str]) -> Map<String, Value> {
    let mut found = Map::new();
    let mut wanted: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    while let Some(name) = wanted.pop() {
        if found.contains_key(&name) {
            continue;
        }
        let definition = BUNDLE.definitions.get(name.as_str()).and_then(|text| serde_json::from_str(text).ok());
        let mut definition = definition.unwrap_or(Value::Null);
        if name == SERVICE_BACKEND {
            definition["properties"]["name"]["format"] = service_name_format(version).into();
        }
        age(&mut definition, &name, version);
        references(&definition, &mut wanted);
        found.insert(name, definition);
    }
    found
}

/// Takes the fields out of a definition that a version does not have, and puts those in that only it still has; nobody knows
/// what their values may be.
fn age(definition: &mut Value, name: &str, version: Version) {
    for field in history::fields_of(name) {
        let Some(reason) = field.served.absence(version) else {
            if let Some(properties) = definition["properties"].as_object_mut() {
                properties.entry(field.name).or_insert(Value::Bool(true));
            }
            continue;
        };
        if let Some(properties) = definition["properties"].as_object_mut() {
            properties.remove(field.name);
        }
        if let Some(required) = definition.get_mut("required").and_then(Value::as_array_mut) {
            required.retain(|key| key != field.name);
        }
        definition["unavailable"][field.name] = reason.into();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_a_definition() {
        for (kind, definition) in &BUNDLE.kinds.0 {
            assert!(BUNDLE.definitions.contains_key(definition), "{kind:?}");
        }
        for definition in BUNDLE.definitions.values() {
            let mut wanted = Vec::new();
            references(&serde_json::from_str(definition).unwrap(), &mut wanted);
            assert!(wanted.iter().all(|name| BUNDLE.definitions.contains_key(name.as_str())), "{definition}");
        }
        assert!(BUNDLE.kinds.0.len() > 100);
    }
}
