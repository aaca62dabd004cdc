//! The template of an `ApplicationSet`, and what its generators fill it in with (argo-cd v3.1.7, `applicationset/generators`).

use std::collections::BTreeSet;

use super::Object;
use super::application::sources;
use super::object::fills_in;
use crate::source::Span;
use crate::yaml::{Node, Value};

/// An `ApplicationSet` as somebody wrote it.
#[derive(Clone, Copy, Debug)]
pub struct WrittenSet<'a> {
    /// All of it.
    node: &'a Node,
    /// Its `spec`.
    pub spec: &'a Node,
    /// Whether its templates are Go templates, and not only names between braces.
    pub is_go: bool,
}

/// The parameters that generators give.
#[derive(Debug, Default)]
pub struct Parameters {
    /// Their names, the parts of those in a mapping joined by dots.
    names: BTreeSet<String>,
    /// The beginnings of names of which nobody knows the rest.
    open: BTreeSet<String>,
}

/// What stands between `{{` and `}}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag<'a> {
    /// All of it, with the braces.
    pub whole: &'a str,
    /// What is between them, without blanks around it.
    pub inner: &'a str,
}

/// What pull requests give (`pull_request.go`).
const PULL_REQUEST: [&str; 11] = [
    "author",
    "branch",
    "branch_slug",
    "head_sha",
    "head_short_sha",
    "head_short_sha_7",
    "labels",
    "number",
    "target_branch",
    "target_branch_slug",
    "title",
];
/// What repositories of an SCM provider give (`scm_provider.go`).
const SCM_PROVIDER: [&str; 10] = [
    "branch",
    "branchNormalized",
    "labels",
    "organization",
    "repository",
    "repository_id",
    "sha",
    "short_sha",
    "short_sha_7",
    "url",
];
/// What clusters give (`cluster.go`).
const CLUSTER: [&str; 4] = ["name", "nameNormalized", "project", "server"];
/// What directories give, to Go templates and to others (`git.go`).
const DIRECTORY: [[&str; 2]; 4] = [
    ["path.path", "path"],
    ["path.basename", "path.basename"],
    ["path.basenameNormalized", "path.basenameNormalized"],
    ["path.segments", "path[0]"],
];
/// The actions in a Go template that give `.` another meaning, or leave text out.
const BLOCKS: [&str; 6] = ["block", "define", "if", "range", "template", "with"];

impl<'a> Object<'a> {
    /// Returns the `ApplicationSet` that it is, unless Backstage still fills it in.
    #[must_use]
    pub fn application_set(&self) -> Option<WrittenSet<'a>> {
        let node = self.of_kind("argoproj.io", "ApplicationSet")?;
        let spec = node.get("spec").filter(|spec| !spec.span.text().contains("${{"))?;
        Some(WrittenSet { node, spec, is_go: spec.get("goTemplate").and_then(Node::as_bool) == Some(true) })
    }
}

impl<'a> WrittenSet<'a> {
    /// Returns its generators.
    pub fn generators(&self) -> impl Iterator<Item = &'a Node> {
        self.spec.items_at(&["generators"])
    }

    /// Tells whether Applications may have more than the template says: by `templatePatch`, or by a template of a generator.
    #[must_use]
    pub fn is_patched(&self) -> bool {
        fills_in(self.node)
    }

    /// Returns the names and addresses in its template, in which no brace can stand for itself.
    #[must_use]
    pub fn addresses(&self) -> Vec<&'a Node> {
        let Some(template) = self.spec.get("template") else { return Vec::new() };
        let mut places: Vec<_> = ["name", "namespace"].map(|key| template.at(&["metadata", key])).into();
        if let Some(spec) = template.get("spec") {
            places.push(spec.get("project"));
            places.extend(["name", "namespace", "server"].map(|key| spec.at(&["destination", key])));
            for source in sources(spec) {
                places.extend(["chart", "path", "repoURL", "targetRevision"].map(|key| source.get(key)));
                places.push(source.at(&["helm", "releaseName"]));
                places.extend(source.items_at(&["helm", "valueFiles"]).map(Some));
            }
        }
        places.into_iter().flatten().filter(|node| node.as_str().is_some()).collect()
    }

    /// Returns all texts that are filled in.
    #[must_use]
    pub fn texts(&self) -> Vec<&'a Node> {
        fn collect<'a>(node: &'a Node, texts: &mut Vec<&'a Node>) {
            match &node.value {
                Value::String(_) => texts.push(node),
                Value::Sequence(items) => items.iter().for_each(|item| collect(item, texts)),
                Value::Mapping(mapping) => mapping.iter().for_each(|entry| collect(&entry.value, texts)),
                _ => {}
            }
        }
        let mut texts = Vec::new();
        for key in ["template", "templatePatch"] {
            self.spec.get(key).into_iter().for_each(|node| collect(node, &mut texts));
        }
        texts
    }

    /// Returns the parameters that all of its generators give together, or `None` if nobody knows them all.
    #[must_use]
    pub fn parameters(&self) -> Option<Parameters> {
        let mut parameters = Parameters::default();
        let is_known = self.generators().all(|generator| parameters.add(generator, self.is_go, 0));
        is_known.then_some(parameters)
    }

    /// Returns the elements that it makes one Application of each, if there is nothing else that it makes any of.
    #[must_use]
    pub fn elements(&self) -> Option<Vec<&'a Node>> {
        let mut elements = Vec::new();
        for generator in self.generators() {
            let entries = generator.as_mapping()?;
            let list = entries.get("list").filter(|list| entries.len() == 1 && list.get("elementsYaml").is_none())?;
            elements.extend(list.items_at(&["elements"]));
        }
        Some(elements)
    }

    /// Returns what becomes of a text for an element, if its tags ask for nothing but strings of it.
    #[must_use]
    pub fn filled_in(&self, text: &str, element: &Node) -> Option<String> {
        let (tags, unclosed) = tags(text, self.is_go);
        let mut filled = text.to_owned();
        for tag in tags {
            let name = self.parameter(tag)?;
            let value = element.get(name).or_else(|| name.split('.').try_fold(element, |node, part| node.get(part)));
            filled = filled.replace(tag.whole, value?.as_str()?);
        }
        unclosed.is_none().then_some(filled)
    }

    /// Returns the name of the parameter that a tag is replaced by, if it asks for one and nothing else.
    #[must_use]
    pub fn parameter<'t>(&self, tag: Tag<'t>) -> Option<&'t str> {
        let name = if self.is_go { tag.inner.trim_matches('-').trim().strip_prefix('.')? } else { tag.inner };
        let is_part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
        let is_name = if self.is_go { name.split('.').all(is_part) } else { is_parameter_name(name) };
        is_name.then_some(name)
    }
}

/// Tells whether a text can be the name of a parameter where templates are names between braces.
#[must_use]
pub fn is_parameter_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphanumeric() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || "_-./[]".contains(c))
}

impl Parameters {
    /// Takes in what a generator gives. Tells whether that is all.
    pub fn add(&mut self, generator: &Node, is_go: bool, depth: usize) -> bool {
        let mut is_known = true;
        for entry in generator.as_mapping().into_iter().flatten().filter(|entry| !entry.value.is_null()) {
            let it = &entry.value;
            match entry.key.as_str() {
                "selector" => continue,
                "clusters" if it.get("flatList").is_none() => {
                    self.names.extend(CLUSTER.map(str::to_owned));
                    self.open.extend(["metadata.annotations.", "metadata.labels."].map(str::to_owned));
                }
                "git" if it.items_at(&["directories"]).next().is_some() => {
                    let prefix = it.get("pathParamPrefix").and_then(Node::as_str).filter(|prefix| !prefix.is_empty());
                    let prefix = prefix.map(|prefix| format!("{prefix}.")).unwrap_or_default();
                    let name = |[go, other]: [&str; 2]| format!("{prefix}{}", if is_go { go } else { other });
                    self.names.extend(DIRECTORY.map(name));
                }
                "list" if it.get("elementsYaml").is_none() => {
                    it.items_at(&["elements"]).for_each(|element| self.flatten(element, ""));
                }
                "matrix" | "merge" if depth < 2 => {
                    is_known &= it.items_at(&["generators"]).all(|inner| self.add(inner, is_go, depth + 1));
                }
                "pullRequest" => self.names.extend(PULL_REQUEST.map(str::to_owned)),
                "scmProvider" => self.names.extend(SCM_PROVIDER.map(str::to_owned)),
                _ => is_known = false,
            }
            self.add_values(it, |_| true);
        }
        is_known
    }

    /// Takes in the values that a generator adds to what it finds, as far as they do not depend on that.
    pub fn add_constants(&mut self, generator: &Node) {
        self.add_values(generator, |value| value.as_str().is_some_and(|text| !text.contains("{{")));
    }

    fn add_values(&mut self, generator: &Node, fits: impl Fn(&Node) -> bool) {
        let values = generator.get("values").and_then(Node::as_mapping).into_iter().flatten();
        let fitting = values.filter(|entry| fits(&entry.value));
        self.names.extend(fitting.map(|entry| format!("values.{}", entry.key.value)));
    }

    fn flatten(&mut self, element: &Node, prefix: &str) {
        for entry in element.as_mapping().into_iter().flatten() {
            let name = format!("{prefix}{}", entry.key.value);
            match entry.value.as_mapping() {
                Some(mapping) if !mapping.is_empty() => self.flatten(&entry.value, &format!("{name}.")),
                _ => drop(self.names.insert(name)),
            }
        }
    }

    /// Tells whether a parameter is given, or one of its parts.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        let name = name.split('[').next().unwrap_or_default();
        let is_within =
            |part: &str, whole: &str| part.strip_prefix(whole).is_some_and(|rest| rest.starts_with(['.', '[']));
        self.names.iter().any(|known| known == name || is_within(known, name) || is_within(name, known))
            || self.open.iter().any(|open| name.starts_with(open) || open.starts_with(&format!("{name}.")))
    }

    /// Tells whether a parameter is a mapping, of which parts are given.
    #[must_use]
    pub fn is_mapping(&self, name: &str) -> bool {
        let is_within = |part: &str| part.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
        self.names.iter().chain(&self.open).any(|part| is_within(part)) && !self.names.contains(name)
    }

    /// Returns the names of the parameters.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

/// Returns what stands between braces in a text, and the rest of it from where braces are not closed. In a Go template braces may
/// stand in strings.
#[must_use]
pub fn tags(text: &str, is_go: bool) -> (Vec<Tag<'_>>, Option<&str>) {
    let mut tags = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let open = &rest[start..];
        let Some(length) = (if is_go { end_of_action(open) } else { open.find("}}").map(|end| end + 2) }) else {
            return (tags, Some(open));
        };
        let (whole, behind) = open.split_at(length);
        let inner = whole.trim_start_matches("{{").trim_end_matches("}}").trim();
        tags.push(Tag { whole, inner });
        rest = behind;
    }
    (tags, None)
}

/// Returns where an action of a Go template ends, whose braces the text begins with.
fn end_of_action(text: &str) -> Option<usize> {
    let comment = ["{{/*", "{{- /*"].iter().any(|start| text.starts_with(start));
    if comment {
        return text.find("*/").and_then(|end| Some(end + text.get(end..)?.find("}}")? + 2));
    }
    let mut quote = None;
    let mut is_escaped = false;
    for (index, c) in text.char_indices().skip(2) {
        match quote {
            _ if is_escaped => is_escaped = false,
            Some('"' | '\'') if c == '\\' => is_escaped = true,
            Some(open) if open == c => quote = None,
            None if matches!(c, '"' | '`' | '\'') => quote = Some(c),
            None if text.get(index..).is_some_and(|rest| rest.starts_with("}}")) => return Some(index + 2),
            _ => {}
        }
    }
    None
}

/// Tells whether a Go template has only actions that are always taken, and in which `.` means all parameters.
#[must_use]
pub fn is_flat(tags: &[Tag<'_>]) -> bool {
    let first = |tag: &Tag<'_>| {
        tag.inner.trim_start_matches(['-', ' ']).split([' ', '(']).next().unwrap_or_default().to_owned()
    };
    !tags.iter().any(|tag| BLOCKS.contains(&first(tag).as_str()))
}

/// Returns where a part of a text is written, or the text as a whole if it is written differently.
#[must_use]
pub fn within(node: &Node, part: &str) -> Span {
    match node.span.text().find(part) {
        Some(at) => {
            let start = node.span.start() as usize + at;
            Span::new(node.span.source(), start, start + part.len())
        }
        None => node.span.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inner(text: &str, is_go: bool) -> Vec<&str> {
        tags(text, is_go).0.iter().map(|tag| tag.inner).collect()
    }

    #[test]
    fn braces_in_strings_of_go_templates_close_nothing() {
        assert_eq!(inner("a{{ x }}b{{y}}", false), ["x", "y"]);
        assert_eq!(inner(r#"{{ printf "}}\"" }}{{- .a -}}"#, true), [r#"printf "}}\"""#, "- .a -"]);
        assert_eq!(inner("{{/* it's }} */}}{{ .a }}", true), ["/* it's }} */", ".a"]);
        assert_eq!(tags("a{{ x }", true).1, Some("{{ x }"));
        assert_eq!(tags("a}} {b}", true), (Vec::new(), None));
    }

    #[test]
    fn parts_of_parameters_are_known() {
        let mut parameters = Parameters::default();
        parameters.names.extend(["path.segments", "a.b", "list"].map(str::to_owned));
        parameters.open.insert("metadata.labels.".to_owned());
        for name in
            ["path", "path.segments", "a", "a.b", "list.x", "metadata", "metadata.labels", "metadata.labels.env"]
        {
            assert!(parameters.has(name), "{name}");
        }
        for name in ["pat", "path.base", "ab", "metadata.name", "lists"] {
            assert!(!parameters.has(name), "{name}");
        }
    }
}
