//! Files of JSON Schema, named as kubeconform names them.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::SCHEMA_FILE;
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

/// Reads a file.
pub(super) fn read(source: &Arc<Source>) -> Result<Value, Diagnostic> {
    let reason = match serde_json::from_str(source.text()) {
        Ok(document @ (Value::Object(_) | Value::Bool(_))) => return Ok(document),
        Ok(_) => return Err(Diagnostic::new(&SCHEMA_FILE, &Span::new(source, 0, 1), "a JSON Schema is a mapping")),
        Err(error) => error,
    };
    let lines = source.text().split_inclusive('\n').take(reason.line().saturating_sub(1));
    let at = lines.map(str::len).sum::<usize>() + reason.column().saturating_sub(1);
    // The place is the finding's own.
    let text = reason.to_string();
    let text = text.split(" at line ").next().unwrap_or(&text);
    Err(Diagnostic::new(&SCHEMA_FILE, &Span::new(source, at, at + 1), format!("this is no JSON: {text}")))
}

/// Reports each `$ref` that would have to be fetched: nothing is.
pub(super) fn remote_references(document: &Value, source: &Arc<Source>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    references(document, &mut |target| {
        if target.contains("://") && !found.contains(&target) {
            found.push(target);
        }
    });
    let finding = |target: &str| {
        let written = Value::from(target).to_string();
        let start = source.text().find(&written).unwrap_or_default();
        let message = format!("`{target}` would have to be fetched");
        Diagnostic::new(&SCHEMA_FILE, &Span::new(source, start, start + written.len()), message)
            .help("put the file beside this one and refer to it by its name")
    };
    found.into_iter().map(finding).collect()
}

/// Calls a function with each `$ref` in a schema.
fn references<'a>(schema: &'a Value, found: &mut impl FnMut(&'a str)) {
    match schema {
        Value::Object(keywords) => {
            if let Some(target) = keywords.get("$ref").and_then(Value::as_str) {
                found(target);
            }
            keywords.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// Returns the name under which a file is looked up: with its directory, if that is a group.
pub(super) fn name_of(path: &str) -> String {
    let stem = path.strip_suffix(".json").unwrap_or(path).to_lowercase();
    let mut parts = stem.rsplit('/');
    let name = parts.next().unwrap_or_default();
    match parts.next() {
        Some(group) if name.contains('_') => format!("{group}/{name}"),
        _ => name.to_owned(),
    }
}

/// Returns the names that the schema of a kind may have, the most telling first.
pub(super) fn names(api_version: &str, kind: &str) -> Vec<String> {
    let names = match api_version.split_once('/') {
        Some((group, version)) => {
            let label = group.split('.').next().unwrap_or_default();
            vec![format!("{group}/{kind}_{version}"), format!("{kind}-{label}-{version}")]
        }
        None => vec![format!("{kind}-{api_version}")],
    };
    names.iter().map(|name| name.to_lowercase()).collect()
}

/// The drafts of JSON Schema, as their `$schema` names them.
const DRAFTS: [&str; 5] = ["draft-04", "draft-06", "draft-07", "2019-09", "2020-12"];

/// Makes a schema stand alone: what it takes from other files becomes part of it. `read` returns the content of a file.
///
/// # Errors
///
/// Names a `$ref` that leads nowhere.
pub(super) fn bundle<'a>(
    path: &str,
    document: &Value,
    read: &impl Fn(&str) -> Option<&'a Value>,
) -> Result<Value, String> {
    let mut bundled = document.clone();
    let mut wanted = Vec::new();
    redirect(&mut bundled, path, path, &mut wanted);
    let mut parts = Map::new();
    while let Some((file, pointer)) = wanted.get(parts.len()).cloned() {
        let part = read(&file).and_then(|document| document.pointer(&pointer));
        let mut part = part.ok_or_else(|| format!("a `$ref` leads nowhere: there is no `{file}#{pointer}`"))?.clone();
        redirect(&mut part, &file, path, &mut wanted);
        parts.insert(part_name(parts.len()), part);
    }
    if let Value::Object(keywords) = &mut bundled {
        // Some name no draft but "the newest".
        keywords.retain(|key, value| {
            key != "$schema" || value.as_str().is_some_and(|draft| DRAFTS.iter().any(|known| draft.contains(known)))
        });
        keywords.remove("$id");
        if !parts.is_empty() {
            match keywords.entry("$defs").or_insert_with(|| json!({})) {
                Value::Object(definitions) => definitions.extend(parts),
                other => *other = Value::Object(parts),
            }
        }
    }
    Ok(bundled)
}

/// Names the part of a bundle that is wanted as number `index`.
fn part_name(index: usize) -> String {
    format!("idpack.{index}")
}

/// Lets each `$ref` in a schema of `file` that leads out of the file `root` point at the part of the bundle that takes its place,
/// and notes those parts.
fn redirect(schema: &mut Value, file: &str, root: &str, wanted: &mut Vec<(String, String)>) {
    match schema {
        Value::Object(keywords) => {
            if let Some(Value::String(target)) = keywords.get_mut("$ref") {
                let (other, pointer) = target.split_once('#').unwrap_or((target, ""));
                let other = if other.is_empty() { file.to_owned() } else { beside(file, other) };
                let part = (other, pointer.to_owned());
                *target = if part.0 == root {
                    format!("#{}", part.1)
                } else {
                    let index = wanted.iter().position(|known| *known == part).unwrap_or_else(|| {
                        wanted.push(part);
                        wanted.len() - 1
                    });
                    format!("#/$defs/{}", part_name(index))
                };
            }
            keywords.values_mut().for_each(|value| redirect(value, file, root, wanted));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redirect(item, file, root, wanted)),
        _ => {}
    }
}

/// Returns the path of a file that is named relative to another.
fn beside(file: &str, name: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_the_names_of_kubeconform() {
        let cases = [
            ("schemas/certificate-cert-manager-v1.json", "cert-manager.io/v1", "Certificate"),
            ("schemas/cert-manager.io/certificate_v1.json", "cert-manager.io/v1", "Certificate"),
            ("schemas/widget-v1.json", "v1", "Widget"),
            ("master-standalone-strict/certificate-cert-manager-v1.json", "cert-manager.io/v1", "Certificate"),
        ];
        for (path, api_version, kind) in cases {
            assert!(names(api_version, kind).contains(&name_of(path)), "{path}");
        }
        assert!(!names("b.io/v1", "C").contains(&name_of("a.io/c_v1.json")));
    }

    #[test]
    fn names_are_relative_to_the_file() {
        assert_eq!(beside("a/b.json", "c.json"), "a/c.json");
        assert_eq!(beside("a/b.json", "../c/./d.json"), "c/d.json");
        assert_eq!(beside("b.json", "c.json"), "c.json");
    }
}
