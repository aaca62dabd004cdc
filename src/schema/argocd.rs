//! The kinds of Argo CD, by minor version.
//!
//! `argocd-application.fields` says which fields an Application has and since when; its first lines explain the form. The
//! schema of a version is put together from it when it is first asked for.

use std::iter::Peekable;
use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use super::{APPLICATION_RUNTIME_FIELD, APPLICATION_SCHEMA, Schema, kubernetes};
use crate::diagnostic::Diagnostic;
use crate::yaml::Node;

/// A minor version of Argo CD.
pub type Version = (u32, u32);

/// The group and version of Argo CD's kinds.
pub const API_VERSION: &str = "argoproj.io/v1alpha1";

/// The versions that the field table covers, oldest first.
pub const VERSIONS: [Version; 11] =
    [(2, 10), (2, 11), (2, 12), (2, 13), (2, 14), (3, 0), (3, 1), (3, 2), (3, 3), (3, 4), (3, 5)];

/// Returns the schema of an Application in a version of Argo CD. A version that the table does not cover counts as the
/// nearest one that it does.
#[must_use]
pub fn application(version: Version) -> Option<&'static Schema> {
    static SCHEMAS: [OnceLock<Option<Schema>>; VERSIONS.len()] = [const { OnceLock::new() }; VERSIONS.len()];
    let index = VERSIONS.partition_point(|known| *known <= version).saturating_sub(1);
    SCHEMAS[index].get_or_init(|| Schema::compile(&document(VERSIONS[index])).ok()).as_ref()
}

/// Returns the faults of an Application for a version of Argo CD.
#[must_use]
pub fn check_application(version: Version, node: &Node) -> Vec<Diagnostic> {
    let mut findings = application(version).map_or_else(Vec::new, |schema| schema.check(&APPLICATION_SCHEMA, node));
    let entries = node.as_mapping().into_iter().flatten();
    let runtime = entries.filter(|entry| matches!(entry.key.as_str(), "operation" | "status"));
    findings.extend(runtime.map(|entry| {
        let message = format!("`{}` of an Application is written by Argo CD", entry.key.value);
        Diagnostic::new(&APPLICATION_RUNTIME_FIELD, &entry.key.span, message).help("remove it")
    }));
    findings
}

/// Puts the schema of a version together.
fn document(version: Version) -> Value {
    let fields = include_str!("argocd-application.fields");
    let mut lines = fields.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
    let mut schema = object(&mut lines, 0, version);
    let mut definitions = kubernetes::object_meta_definitions();
    while let Some(name) = lines.next().and_then(|line| line.strip_suffix(':')) {
        let mut group = object(&mut lines, 1, version);
        // Whether null may stand for the group depends on the field; there it is said again.
        group["type"] = json!(["object", "null"]);
        definitions.insert(name.to_owned(), group);
    }
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.insert("apiVersion".to_owned(), json!({"const": API_VERSION}));
        properties.insert("kind".to_owned(), json!({"const": "Application"}));
        properties.insert("metadata".to_owned(), kubernetes::object_meta("dns-subdomain"));
        properties.insert("operation".to_owned(), json!({"type": ["object", "null"]}));
        properties.insert("status".to_owned(), json!({"type": ["object", "null"]}));
    }
    schema["required"] = json!(["apiVersion", "kind", "metadata", "spec"]);
    schema["$defs"] = Value::Object(definitions);
    schema
}

/// Reads the fields of one object: the lines with this indentation, and what is indented deeper below each.
fn object<'a>(lines: &mut Peekable<impl Iterator<Item = &'a str>>, depth: usize, version: Version) -> Value {
    let (mut properties, mut unavailable, mut required) = (Map::new(), Map::new(), Vec::new());
    while let Some(line) = lines.next_if(|line| !line.ends_with(':') && indentation(line) == depth) {
        let field = Field::parse(line.trim_start());
        let below = match lines.peek() {
            Some(next) if indentation(next) > depth => Some(object(lines, depth + 1, version)),
            _ => None,
        };
        if let Some(reason) = field.absence(version) {
            unavailable.insert(field.name.to_owned(), reason.into());
            continue;
        }
        if field.is_required {
            required.push(field.name);
        }
        properties.insert(field.name.to_owned(), field.schema(below));
    }
    unavailable.retain(|name, _| !properties.contains_key(name));
    json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "required": required,
        "unavailable": unavailable,
    })
}

/// Returns how deep a line is indented, in steps of two blanks.
fn indentation(line: &str) -> usize {
    (line.len() - line.trim_start().len()) / 2
}

/// One line of the table.
struct Field<'a> {
    name: &'a str,
    is_list: bool,
    is_required: bool,
    kind: &'a str,
    since: Option<Version>,
    until: Option<Version>,
    pattern: Option<&'a str>,
    help: Option<&'a str>,
}

impl<'a> Field<'a> {
    fn parse(line: &'a str) -> Self {
        let (line, help) = line.split_once(" -- ").map_or((line, None), |(line, help)| (line, Some(help)));
        let (line, pattern) =
            line.split_once(" pattern ").map_or((line, None), |(line, pattern)| (line, Some(pattern)));
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default();
        let (name, is_required) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
        let (name, is_list) = name.strip_suffix("[]").map_or((name, false), |name| (name, true));
        let kind = words.next().unwrap_or_default();
        let after = |word| {
            let mut words = words.clone();
            words.find(|candidate| *candidate == word)?;
            let (major, minor) = words.next()?.split_once('.')?;
            Some((major.parse().ok()?, minor.parse().ok()?))
        };
        Self { name, is_list, is_required, kind, since: after("since"), until: after("until"), pattern, help }
    }

    /// Says why a version does not have the field.
    fn absence(&self, (major, minor): Version) -> Option<String> {
        match (self.since, self.until) {
            (Some(since), _) if (major, minor) < since => {
                Some(format!("exists from Argo CD {}.{} on, not in {major}.{minor}", since.0, since.1))
            }
            (_, Some(until)) if (major, minor) >= until => {
                Some(format!("exists before Argo CD {}.{} only, not in {major}.{minor}", until.0, until.1))
            }
            _ => None,
        }
    }

    /// Returns the schema of the value. The API server takes null for absence, but not in a list.
    fn schema(&self, below: Option<Value>) -> Value {
        let (mut schema, mut types) = match self.kind {
            "free" => (json!({}), vec!["object"]),
            "integer" => (json!({"minimum": i64::MIN, "maximum": i64::MAX}), vec!["integer"]),
            "int-or-string" => (json!({}), vec!["integer", "string"]),
            "object" => (below.unwrap_or_else(|| json!({})), vec!["object"]),
            kind => match kind.strip_prefix('{').and_then(|kind| kind.strip_suffix('}')) {
                Some(values) => (json!({"additionalProperties": {"type": [values, "null"]}}), vec!["object"]),
                None if kind.starts_with(|first: char| first.is_ascii_uppercase()) => {
                    (json!({"$ref": format!("#/$defs/{kind}")}), vec!["object"])
                }
                None => (json!({}), vec![kind]),
            },
        };
        if let Some(pattern) = self.pattern {
            schema["pattern"] = pattern.into();
        }
        if let Some(help) = self.help {
            schema["errorHelp"] = help.into();
        }
        if self.is_list {
            schema["type"] = json!(types);
            (schema, types) = (json!({"items": schema}), vec!["array"]);
        }
        if !self.is_required {
            types.push("null");
        }
        schema["type"] = json!(types);
        schema
    }
}
