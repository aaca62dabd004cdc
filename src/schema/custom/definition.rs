//! From the schema of a custom resource definition to a strict JSON Schema.
//!
//! What an API server does with an object before it applies the schema is part of the result: it drops null where that is not
//! `nullable`, fills in defaults, and knows `apiVersion`, `kind` and `metadata` without being told (k8s.io/apiextensions-apiserver
//! `pkg/apiserver/schema`: `pruning`, `defaulting`, `objectmeta`, `listtype`). Rules in CEL (`x-kubernetes-validations`) are not
//! evaluated.

use serde_json::{Map, Value, json};

use super::super::{LIST_MAP_KEYS, Schema, kubernetes};
use super::{CUSTOM_RESOURCE_DEFINITION, formats};
use crate::diagnostic::{self, Diagnostic, Fix};
use crate::yaml::{Mapping, Node};

/// The types that a schema can name.
const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

/// Converts the schema of one version. What it refers to in `$defs` is [`kubernetes::object_meta_definitions`].
pub(super) fn convert(
    schema: &Node,
    api_version: &str,
    kind: &str,
    drops_status: bool,
    findings: &mut Vec<Diagnostic>,
) -> Value {
    if schema.get("type").and_then(Node::as_str) != Some("object") {
        let span = schema.get("type").map_or(&schema.span, |kind| &kind.span);
        let message = "the schema of a custom resource has to have the type `object`";
        findings.push(Diagnostic::new(&CUSTOM_RESOURCE_DEFINITION, span, message));
    }
    let mut converted = structural(schema, findings);
    let mut metadata = kubernetes::object_meta("dns-subdomain");
    let restricted = ["name", "generateName"].into_iter().filter_map(|key| {
        Some((key, loose(schema.at(&["properties", "metadata", "properties", key])?, None, findings)))
    });
    let restricted: Map<String, Value> = restricted.map(|(key, value)| (key.to_owned(), value)).collect();
    if !restricted.is_empty() {
        metadata["allOf"] = json!([{"properties": restricted}]);
    }
    let mut implied =
        vec![("apiVersion", json!({"const": api_version})), ("kind", json!({"const": kind})), ("metadata", metadata)];
    if drops_status && schema.at(&["properties", "status"]).is_some() {
        implied.push(("status", json!(true)));
    }
    imply(&mut converted, implied, &["apiVersion", "kind", "metadata"]);
    converted
}

/// Adds properties, and keys that are required.
fn imply<'a>(schema: &mut Value, properties: impl IntoIterator<Item = (&'a str, Value)>, required: &[&str]) {
    for (key, value) in properties {
        schema["properties"][key] = value;
    }
    let mut keys = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    keys.retain(|key| !required.iter().any(|known| key == known));
    keys.extend(required.iter().map(|key| Value::from(*key)));
    schema["required"] = keys.into();
}

/// Converts a schema that says which fields there are.
fn structural(schema: &Node, findings: &mut Vec<Diagnostic>) -> Value {
    let mut converted = constraints(schema, Some(schema), findings);
    let has = |key: &str| schema.get(key).and_then(Node::as_bool) == Some(true);
    let kind = schema.get("type").and_then(Node::as_str);
    if let Some(node) = schema.get("type").filter(|_| kind.is_none_or(|kind| !TYPES.contains(&kind))) {
        let finding = Diagnostic::new(&CUSTOM_RESOURCE_DEFINITION, &node.span, "this is no type of a schema");
        let near = diagnostic::nearest(kind.unwrap_or_default(), TYPES);
        let only = diagnostic::only_near(kind.unwrap_or_default(), TYPES);
        let finding = finding.fix_if(only.map(|only| Fix::Text(node.span.clone(), only.to_owned())));
        findings.push(finding.help(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write one of `{}`", TYPES.join("`, `")),
        }));
    } else if has("x-kubernetes-int-or-string") {
        converted.insert("type".to_owned(), json!(["integer", "string"]));
    } else if let Some(kind) = kind {
        converted.insert("type".to_owned(), kind.into());
    }
    if let Some(properties) = schema.get("properties").and_then(Node::as_mapping) {
        let required = required(schema);
        let children = properties.iter().map(|entry| {
            let child = structural(&entry.value, findings);
            let may_be_null = !required.contains(&entry.key.as_str()) || accepts_null(&entry.value);
            (entry.key.value.clone(), if may_be_null { nullable(child) } else { child })
        });
        let children: Map<_, _> = children.collect();
        converted.insert("properties".to_owned(), children.into());
    }
    match schema.get("additionalProperties") {
        Some(values) if values.as_mapping().is_some() => {
            let values = nullable(structural(values, findings));
            converted.insert("additionalProperties".to_owned(), values);
        }
        Some(values) => {
            drop(converted.insert("additionalProperties".to_owned(), json!(values.as_bool() != Some(false))));
        }
        None if kind == Some("object") && !has("x-kubernetes-preserve-unknown-fields") => {
            converted.insert("additionalProperties".to_owned(), false.into());
            converted.entry("properties").or_insert_with(|| json!({}));
        }
        None => {}
    }
    if let Some(items) = schema.get("items") {
        let item = structural(items, findings);
        converted.insert("items".to_owned(), if accepts_null(items) { nullable(item) } else { item });
    }
    match schema.get("x-kubernetes-list-type").and_then(Node::as_str) {
        Some("set") => drop(converted.insert("uniqueItems".to_owned(), true.into())),
        Some("map") => {
            if let Some(keys) = schema.get(LIST_MAP_KEYS) {
                converted.insert(LIST_MAP_KEYS.to_owned(), keys.to_json());
            }
        }
        _ => {}
    }
    let mut converted = Value::Object(converted);
    if has("x-kubernetes-embedded-resource") {
        embed(&mut converted);
    }
    converted
}

/// Makes a schema that of an object of any kind (k8s.io/apiextensions-apiserver, `validateEmbeddedResource`).
fn embed(schema: &mut Value) {
    let names = json!({"if": {"minLength": 1}, "then": {"format": "path-segment"}});
    let metadata = json!({
        "$ref": format!("#/$defs/{}", kubernetes::LABELLED),
        "properties": {"name": names, "generateName": names},
    });
    let kind = json!({"type": "string", "pattern": "^[A-Za-z]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?$"});
    let api_version = json!({"type": "string", "minLength": 1});
    imply(schema, [("apiVersion", api_version), ("kind", kind), ("metadata", metadata)], &["apiVersion", "kind"]);
}

/// Tells whether a value may be null even if its key is required, or as an item: a default takes its place otherwise.
fn accepts_null(schema: &Node) -> bool {
    schema.get("nullable").and_then(Node::as_bool) == Some(true) || schema.get("default").is_some()
}

/// Returns the keys that a schema requires.
fn required(schema: &Node) -> Vec<&str> {
    schema.items_at(&["required"]).filter_map(Node::as_str).collect()
}

/// Lets a schema accept null, whatever else it says.
fn nullable(mut schema: Value) -> Value {
    let Value::Object(keywords) = &mut schema else { return schema };
    if ["allOf", "anyOf", "oneOf", "not"].iter().any(|keyword| keywords.contains_key(*keyword)) {
        return json!({"anyOf": [{"type": "null"}, schema]});
    }
    if let Some(values) = keywords.get_mut("enum").and_then(Value::as_array_mut) {
        values.push(Value::Null);
    }
    match keywords.get_mut("type") {
        Some(Value::Array(kinds)) => kinds.push("null".into()),
        Some(kind) => *kind = json!([kind, "null"]),
        None => {}
    }
    schema
}

/// Converts a schema that only restricts what the fields of another may be, given that other one: `allOf` and its like.
fn loose(schema: &Node, fields: Option<&Node>, findings: &mut Vec<Diagnostic>) -> Value {
    let mut converted = constraints(schema, fields, findings);
    if let Some(properties) = schema.get("properties").and_then(Node::as_mapping) {
        let children = properties.iter().map(|entry| {
            let field = fields.and_then(|fields| fields.at(&["properties", entry.key.as_str()]));
            (entry.key.value.clone(), nullable(loose(&entry.value, field, findings)))
        });
        let children: Map<_, _> = children.collect();
        converted.insert("properties".to_owned(), children.into());
    }
    for (key, field) in [("items", "items"), ("additionalProperties", "additionalProperties")] {
        if let Some(child) = schema.get(key).filter(|child| child.as_mapping().is_some()) {
            let child = loose(child, fields.and_then(|fields| fields.get(field)), findings);
            converted.insert(key.to_owned(), nullable(child));
        }
    }
    Value::Object(converted)
}

/// Converts the keywords that restrict a value and say nothing of its fields. `fields` is the schema that does.
fn constraints(schema: &Node, fields: Option<&Node>, findings: &mut Vec<Diagnostic>) -> Map<String, Value> {
    let empty = Mapping::default();
    let mut converted = Map::new();
    for entry in schema.as_mapping().unwrap_or(&empty) {
        let (key, node) = (entry.key.as_str(), &entry.value);
        let value = match key {
            "enum" => node.as_sequence().map(|_| node.to_json()),
            "minimum" | "maximum" | "multipleOf" => Some(node.to_json()).filter(Value::is_number),
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {
                node.as_i64().filter(|limit| *limit >= 0).map(Value::from)
            }
            "uniqueItems" => node.as_bool().map(Value::from),
            "pattern" => node.as_str().map(Value::from).filter(|pattern| is_pattern(pattern, node, findings)),
            "required" => {
                // What has a default is there before anybody looks.
                let has_default = |key: &str| {
                    fields
                        .and_then(|fields| fields.at(&["properties", key]))
                        .is_some_and(|it| it.get("default").is_some())
                };
                let keys: Vec<_> = required(schema).into_iter().filter(|key| !has_default(key)).collect();
                Some(json!(keys)).filter(|_| !keys.is_empty())
            }
            "allOf" | "anyOf" | "oneOf" => {
                let branches = node.as_sequence().unwrap_or_default().iter();
                let branches: Vec<_> = branches.map(|branch| loose(branch, fields, findings)).collect();
                let says_nothing = |branch: &Value| branch.as_object().is_some_and(Map::is_empty);
                let is_needless = branches.is_empty() || key == "anyOf" && branches.iter().any(says_nothing);
                Some(json!(branches)).filter(|_| !is_needless)
            }
            "not" => node.as_mapping().map(|_| loose(node, fields, findings)),
            _ => None,
        };
        if let Some(value) = value {
            converted.insert(key.to_owned(), value);
        }
    }
    for (flag, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if schema.get(flag).and_then(Node::as_bool) == Some(true)
            && let Some(limit) = converted.remove(bound)
        {
            converted.insert(flag.to_owned(), limit);
        }
    }
    format(schema, &mut converted);
    converted
}

/// Converts the format: of a number a range, of a string a grammar.
fn format(schema: &Node, converted: &mut Map<String, Value>) {
    let Some(format) = schema.get("format").and_then(Node::as_str) else { return };
    let range: Option<(i64, i64)> = match (schema.get("type").and_then(Node::as_str), format) {
        (Some("integer"), "int32") => Some((i32::MIN.into(), i32::MAX.into())),
        (Some("integer"), "int64") => Some((i64::MIN, i64::MAX)),
        (None | Some("string"), format) => {
            if let Some(name) = formats::known(format) {
                converted.insert("format".to_owned(), name.into());
            }
            None
        }
        _ => None,
    };
    if let Some((minimum, maximum)) = range {
        let narrow = json!([{"minimum": minimum, "maximum": maximum}]);
        match (converted.contains_key("minimum"), converted.contains_key("maximum"), converted.get_mut("allOf")) {
            (false, false, _) => {
                converted.insert("minimum".to_owned(), minimum.into());
                converted.insert("maximum".to_owned(), maximum.into());
            }
            (_, _, Some(Value::Array(all))) => all.extend(narrow.as_array().cloned().unwrap_or_default()),
            _ => drop(converted.insert("allOf".to_owned(), narrow)),
        }
    }
}

/// Tells whether a pattern is one, and says so if it is not.
fn is_pattern(pattern: &Value, node: &Node, findings: &mut Vec<Diagnostic>) -> bool {
    let fits = Schema::compile(&json!({"pattern": pattern})).is_ok();
    if !fits {
        let message = "this is no regular expression that Kubernetes understands (RE2)";
        findings.push(Diagnostic::new(&CUSTOM_RESOURCE_DEFINITION, &node.span, message));
    }
    fits
}
