//! Kinds that somebody defined: by custom resource definitions that are validated along with them, and by the schema files of a
//! user.
//!
//! A schema file goes before a definition, because a person chose it. Neither changes how the kinds of Kubernetes itself and
//! of Argo CD are judged: their schemas here know more than published ones.

mod definition;
mod files;
pub(super) mod formats;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::{Schema, argocd, kubernetes, validation};
use crate::diagnostic::{self, Diagnostic, Effect, Fix, Rule, Severity};
use crate::source::{Located, Source, Span};
use crate::yaml::{self, Node};

/// A custom resource definition whose schema cannot be used.
pub static CUSTOM_RESOURCE_DEFINITION: Rule = Rule {
    id: "custom-resource-definition",
    summary: "CustomResourceDefinition whose schema is none",
    severity: Severity::Error,
    effect: Effect::ApiReject,
    page: include_str!("custom-resource-definition.md"),
};

/// A custom resource does not conform to its definition.
pub static CUSTOM_RESOURCE_SCHEMA: Rule = Rule {
    id: "custom-resource-schema",
    summary: "custom resource that its definition does not accept",
    severity: Severity::Error,
    effect: Effect::ApiReject,
    page: include_str!("custom-resource-schema.md"),
};

/// A file among the schemas of a user cannot be used.
pub static SCHEMA_FILE: Rule = Rule {
    id: "schema-file",
    summary: "file among the project's schemas that is no schema",
    severity: Severity::Error,
    effect: Effect::NotGenerated,
    page: include_str!("schema-file.md"),
};

/// The schemas of kinds that neither Kubernetes nor Argo CD defines. Filled first, then shared: a schema is compiled when the
/// first object of its kind is checked.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// By group and kind.
    definitions: BTreeMap<(String, String), Definition>,
    /// By path.
    files: BTreeMap<String, Entry>,
    /// From the name that kubeconform gives a schema to the path of its file.
    names: BTreeMap<String, String>,
}

/// The versions of a custom kind.
#[derive(Debug, Default)]
struct Definition(BTreeMap<String, Versions>);

/// The schemas of one version: several when definitions disagree, and none when no definition serves it.
type Versions = Vec<Entry>;

/// A schema, compiled on first use.
#[derive(Debug)]
struct Entry {
    document: Value,
    compiled: OnceLock<Result<Schema, String>>,
    /// What to call it, and where, when it turns out to be none.
    rule: &'static Rule,
    span: Span,
}

impl Entry {
    fn new(rule: &'static Rule, document: Value, span: &Span) -> Self {
        Self { document, compiled: OnceLock::new(), rule, span: span.clone() }
    }

    /// Returns the faults of an object, or what is wrong with the schema.
    fn check(&self, node: &Node, compile: impl FnOnce() -> Result<Schema, String>) -> Vec<Diagnostic> {
        match self.compiled.get_or_init(compile) {
            Ok(schema) => {
                let mut findings = schema.check(&CUSTOM_RESOURCE_SCHEMA, node);
                validation::check_metadata(&CUSTOM_RESOURCE_SCHEMA, node, &mut findings);
                findings
            }
            Err(reason) => {
                vec![Diagnostic::new(self.rule, &self.span, format!("this schema cannot be used: {reason}"))]
            }
        }
    }
}

impl Located for Catalogue {
    fn spans(&mut self, visit: &mut dyn FnMut(&mut Span)) {
        let definitions = self.definitions.values_mut().flat_map(|definition| definition.0.values_mut().flatten());
        for entry in definitions.chain(self.files.values_mut()) {
            visit(&mut entry.span);
        }
    }
}

impl Catalogue {
    /// Adds the kinds of a custom resource definition. Returns what is wrong with its schemas; about its other fields the schema
    /// of custom resource definitions has something to say. Anything else is left alone.
    pub fn add_crd(&mut self, node: &Node) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        let text = |path: &[&str]| node.at(path).and_then(Node::as_str);
        if !is_definition(node) {
            return findings;
        }
        let (Some(group), Some(kind)) = (text(&["spec", "group"]), text(&["spec", "names", "kind"])) else {
            return findings;
        };
        for version in node.items_at(&["spec", "versions"]) {
            let Some(name) = version.get("name").filter(|name| name.as_str().is_some()) else { continue };
            let version_name = name.as_str().unwrap_or_default();
            let known = self.definitions.entry((group.to_owned(), kind.to_owned())).or_default();
            let entries = known.0.entry(version_name.to_owned()).or_default();
            if version.get("served").and_then(Node::as_bool) == Some(false) {
                continue;
            }
            let Some(schema) = version.at(&["schema", "openAPIV3Schema"]).filter(|it| it.as_mapping().is_some()) else {
                let message = format!("version `{version_name}` of `{kind}` has no schema");
                findings
                    .push(Diagnostic::new(&CUSTOM_RESOURCE_DEFINITION, &name.span, message).help(
                        "write `schema: {openAPIV3Schema: …}`; Kubernetes needs one for each version since 1.22",
                    ));
                continue;
            };
            let drops_status = version.at(&["subresources", "status"]).is_some();
            let api_version = format!("{group}/{version_name}");
            let document = definition::convert(schema, &api_version, kind, drops_status, &mut findings);
            if entries.iter().all(|entry| entry.document != document) {
                entries.push(Entry::new(&CUSTOM_RESOURCE_DEFINITION, document, &name.span));
            }
        }
        findings
    }

    /// Adds a file of the user's schema directory: a JSON Schema with a path as kubeconform names them
    /// (`KIND-GROUP-VERSION.json` with the first label of the group, `KIND-VERSION.json`, or `GROUP/KIND_VERSION.json`, in lower
    /// case), or custom resource definitions as YAML. Returns why it cannot be used.
    pub fn add_file(&mut self, path: &str, source: &Arc<Source>) -> Vec<Diagnostic> {
        match path.rsplit_once('.').map(|(_, extension)| extension) {
            Some("json") => self.add_json(path, source),
            Some("yaml" | "yml") => self.add_yaml(source),
            _ => Vec::new(),
        }
    }

    fn add_yaml(&mut self, source: &Arc<Source>) -> Vec<Diagnostic> {
        let (documents, mut findings) = yaml::read(source);
        for document in documents.iter().filter(|document| !document.is_null()) {
            if is_definition(document) {
                findings.extend(self.add_crd(document));
            } else {
                let message = "this is no CustomResourceDefinition of `apiextensions.k8s.io/v1`";
                let span = document.get("kind").map_or(&document.span, |kind| &kind.span);
                findings
                    .push(Diagnostic::new(&SCHEMA_FILE, span, message).help("a JSON Schema belongs in a `.json` file"));
            }
        }
        findings
    }

    fn add_json(&mut self, path: &str, source: &Arc<Source>) -> Vec<Diagnostic> {
        match files::read(source) {
            Ok(document) if document["kind"] == "CustomResourceDefinition" => self.add_yaml(source),
            Ok(document) => {
                let findings = files::remote_references(&document, source);
                if findings.is_empty() {
                    self.names.insert(files::name_of(path), path.to_owned());
                    let entry = Entry::new(&SCHEMA_FILE, document, &Span::new(source, 0, 1));
                    self.files.insert(path.to_owned(), entry);
                }
                findings
            }
            Err(finding) => vec![finding],
        }
    }

    /// Returns the faults of an object, or `None` when nothing defines its kind in its version.
    #[must_use]
    pub fn check(&self, node: &Node) -> Option<Vec<Diagnostic>> {
        let (version_name, kind_name) = (node.get("apiVersion")?.as_str()?, node.get("kind")?.as_str()?);
        if kubernetes::is_builtin_group(version_name) || is_argocd(version_name, kind_name) {
            return None;
        }
        let paths = files::names(version_name, kind_name).into_iter().filter_map(|name| self.names.get(&name));
        if let Some((path, entry)) = paths.into_iter().find_map(|path| Some((path, self.files.get(path)?))) {
            return Some(entry.check(node, || self.compile_file(path, entry)));
        }
        let (group, version) = version_name.split_once('/')?;
        let Definition(versions) = self.definitions.get(&(group.to_owned(), kind_name.to_owned()))?;
        let verdicts = versions.get(version).into_iter().flatten().map(|entry| {
            entry.check(node, || {
                let mut document = entry.document.clone();
                document["$defs"] = Value::Object(kubernetes::object_meta_definitions());
                Schema::compile(&document)
            })
        });
        let verdicts: Vec<_> = verdicts.collect();
        if verdicts.iter().any(Vec::is_empty) {
            return Some(Vec::new());
        }
        verdicts.into_iter().next()
    }

    /// Says what was probably meant by an object that nothing defines: another version of its kind, or another kind of its
    /// group.
    #[must_use]
    pub fn guess(&self, node: &Node) -> Option<Diagnostic> {
        let (api_version, kind) = (node.get("apiVersion")?, node.get("kind")?);
        let (version_name, kind_name) = (api_version.as_str()?, kind.as_str()?);
        if kubernetes::is_builtin_group(version_name) || is_argocd(version_name, kind_name) {
            return None;
        }
        let (group, version) = version_name.split_once('/')?;
        let Some(Definition(versions)) = self.definitions.get(&(group.to_owned(), kind_name.to_owned())) else {
            return self.unknown_kind(group, kind);
        };
        let message = format!("`{kind_name}` is not served in version `{version}` of `{group}`");
        let served = versions.iter().filter(|(_, entries)| !entries.is_empty()).map(|(version, _)| version.as_str());
        let finding = Diagnostic::new(&CUSTOM_RESOURCE_SCHEMA, &api_version.span, message);
        Some(match served.collect::<Vec<_>>().as_slice() {
            [] => finding,
            served => {
                let separator = format!("` or `apiVersion: {group}/");
                let only = if let [only] = served { Some(format!("{group}/{only}")) } else { None };
                let fix = only.map(|version| Fix::Text(api_version.span.clone(), version));
                finding.help(format!("write `apiVersion: {group}/{}`", served.join(&separator))).fix_if(fix)
            }
        })
    }

    /// Reports a kind that was probably meant to be another one of its group. Anything else may be defined elsewhere: many
    /// repositories hold only some definitions of a group.
    fn unknown_kind(&self, group: &str, kind: &Node) -> Option<Diagnostic> {
        let kind_name = kind.as_str()?;
        let siblings = self.definitions.keys().filter(|(known, _)| known == group).map(|(_, kind)| kind.as_str());
        let siblings: Vec<&str> = siblings.collect();
        let near = diagnostic::nearest(kind_name, siblings.iter().copied())?;
        let only = diagnostic::only_near(kind_name, siblings);
        let fix = only.map(|near| Fix::Text(kind.span.clone(), near.to_owned()));
        let message = format!("no CustomResourceDefinition here defines a kind `{kind_name}` of `{group}`");
        let finding = Diagnostic::new(&CUSTOM_RESOURCE_SCHEMA, &kind.span, message);
        Some(finding.help(format!("did you mean `{near}`?")).fix_if(fix))
    }

    /// Compiles the schema of a file, with what it takes from others.
    fn compile_file(&self, path: &str, entry: &Entry) -> Result<Schema, String> {
        let read = |path: &str| self.files.get(path).map(|entry| &entry.document);
        Schema::compile_foreign(&files::bundle(path, &entry.document, &read)?)
    }
}

/// Tells whether an object is a custom resource definition.
fn is_definition(node: &Node) -> bool {
    let is = |key, text| node.get(key).and_then(Node::as_str) == Some(text);
    is("apiVersion", "apiextensions.k8s.io/v1") && is("kind", "CustomResourceDefinition")
}

/// Tells whether a kind is Argo CD's own; Argo Rollouts and Workflows have kinds in the same group.
fn is_argocd(api_version: &str, kind: &str) -> bool {
    api_version == argocd::API_VERSION && argocd::kinds().any(|known| known == kind)
}
