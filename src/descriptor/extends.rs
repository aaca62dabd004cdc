//! `extends`: finding the base of a descriptor and merging the two.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{DESCRIPTOR_EXTENDS, DIRECTORY, document_span};
use crate::diagnostic::{Diagnostic, nearest};
use crate::source::Source;
use crate::tree::{RepoPath, Tree};
use crate::yaml::{self, Entry, Mapping, Node, Value};

/// The parsed files below `environments/`.
pub(super) struct Files {
    files: BTreeMap<RepoPath, Parsed>,
}

/// A file, and its document unless that is faulty.
type Parsed = (Arc<Source>, Option<Node>);

/// A descriptor with its bases merged in.
pub(super) struct Merged {
    pub(super) root: Node,
    pub(super) files: Vec<(RepoPath, Arc<Source>)>,
}

impl Files {
    /// Parses every file once; a faulty one is explained once, however many extend it.
    pub(super) fn read(tree: &Tree, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let files = tree.iter().map(|(path, source)| {
            let (node, found) = yaml::read_one(source);
            diagnostics.extend(found);
            (path.clone(), (Arc::clone(source), node))
        });
        Self { files: files.collect() }
    }

    /// Returns the files that describe an environment of their own.
    pub(super) fn environments(&self) -> impl Iterator<Item = &RepoPath> {
        self.files.keys().filter(|path| !file_name(path).starts_with('_'))
    }

    /// Merges a file with everything that it extends. `None` if one of them could not be read.
    pub(super) fn resolve(&self, path: &RepoPath, diagnostics: &mut Vec<Diagnostic>) -> Option<Merged> {
        let (source, node) = self.files.get(path)?;
        let mut root = node.clone()?;
        let mut files = vec![(path.clone(), Arc::clone(source))];
        while let Some(extends) = take_extends(&mut root) {
            let (base_path, base) = self.base(&files, &extends, diagnostics)?;
            files.push((base_path.clone(), Arc::clone(&base.0)));
            let over = std::mem::replace(&mut root, base.1.clone()?);
            merge(&mut root, over, Place::Document);
        }
        drop_nulls(&mut root, Place::Document);
        if root.is_null() {
            root = Node::new(Mapping::default(), &document_span(source));
        }
        Some(Merged { root, files })
    }

    /// Finds the file that `extends` names, relative to the file that says so.
    fn base(
        &self,
        chain: &[(RepoPath, Arc<Source>)],
        extends: &Node,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<(&RepoPath, &Parsed)> {
        let name = extends.as_str()?;
        let directory = chain.last()?.0.ancestors().last().unwrap_or(DIRECTORY);
        let target = join(directory, name);
        let found = ["", ".yaml", ".yml"].iter().find_map(|extension| {
            let path = RepoPath::new(format!("{target}{extension}")).ok()?;
            self.files.get_key_value(&path)
        });
        let Some((path, base)) = found else {
            let names =
                self.files.keys().map(|path| file_name(path).trim_end_matches(".yaml").trim_end_matches(".yml"));
            let missing =
                Diagnostic::new(&DESCRIPTOR_EXTENDS, &extends.span, format!("there is no `{target}.yaml` to extend"));
            diagnostics.push(match nearest(name, names) {
                Some(near) => missing.help(format!("did you mean `{near}`?")),
                None => missing.help(format!("`extends` names a file below `{DIRECTORY}/`, relative to this one")),
            });
            return None;
        };
        if let Some(position) = chain.iter().position(|(earlier, _)| earlier == path) {
            let circle = chain[position..].iter().map(|(path, _)| path.as_str()).chain([path.as_str()]);
            let circle = circle.collect::<Vec<_>>().join(" → ");
            diagnostics.push(
                Diagnostic::new(&DESCRIPTOR_EXTENDS, &extends.span, format!("`extends` leads in a circle: {circle}"))
                    .help("take `extends` out of one of them"),
            );
            return None;
        }
        Some((path, base))
    }
}

/// Takes `spec.extends` out of a document; what is no string stays for the schema to complain about.
fn take_extends(root: &mut Node) -> Option<Node> {
    let Value::Mapping(document) = &mut root.value else { return None };
    let Value::Mapping(spec) = &mut document.get_mut("spec")?.value else { return None };
    spec.get("extends")?.as_str()?;
    spec.remove("extends")
}

/// Where in a descriptor a merge is, as far as the rules of merging differ.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Document,
    Spec,
    Packages,
    /// In free values, where `null` has a meaning of its own.
    Values,
    Other,
}

impl Place {
    fn below(self, key: &str) -> Self {
        match (self, key) {
            (Self::Document, "spec") => Self::Spec,
            (Self::Spec, "packages") => Self::Packages,
            (Self::Values, _) | (Self::Other | Self::Packages, "values") => Self::Values,
            _ => Self::Other,
        }
    }
}

/// Lays `over` on `base`: mappings merge, packages merge by name, everything else is replaced.
fn merge(base: &mut Node, over: Node, place: Place) {
    match (&mut base.value, over) {
        (Value::Mapping(merged), Node { value: Value::Mapping(changes), span }) => {
            for Entry { key, value } in changes {
                match merged.get_mut(&key.value) {
                    Some(old) => merge(old, value, place.below(&key.value)),
                    None => merged.insert(key, value),
                }
            }
            base.span = span;
        }
        (Value::Sequence(merged), Node { value: Value::Sequence(changes), span }) if place == Place::Packages => {
            for package in changes {
                match merged.iter_mut().find(|earlier| package_name(earlier) == package_name(&package)) {
                    Some(earlier) => merge(earlier, package, Place::Packages),
                    None => merged.push(package),
                }
            }
            base.span = span;
        }
        (_, over) => *base = over,
    }
}

fn package_name(package: &Node) -> Option<&str> {
    package.get("name").or_else(|| package.get("pack"))?.as_str()
}

/// Removes the keys that were unset.
fn drop_nulls(node: &mut Node, place: Place) {
    if place == Place::Values {
        return;
    }
    match &mut node.value {
        Value::Mapping(mapping) => {
            mapping.retain(|entry| !entry.value.is_null());
            for entry in mapping.iter_mut() {
                drop_nulls(&mut entry.value, place.below(&entry.key.value));
            }
        }
        Value::Sequence(items) => items.iter_mut().for_each(|item| drop_nulls(item, place)),
        _ => {}
    }
}

/// Joins a directory and a relative path, going up for each `..`.
fn join(directory: &str, name: &str) -> String {
    let mut parts: Vec<&str> = directory.split('/').collect();
    for part in name.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

fn file_name(path: &RepoPath) -> &str {
    path.as_str().rsplit('/').next().unwrap_or_default()
}
