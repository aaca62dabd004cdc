//! Places that somebody fills in, and such that somebody forgot to.

use super::Object;
use crate::diagnostic::Diagnostic;
use crate::idpbuilder::CNOE_SCHEME;
use crate::schema::PLACEHOLDER_UNCHECKED;
use crate::source::Span;
use crate::yaml::{Node, Value};

/// Directories whose files are templates, whatever the files are called: of Ansible, Backstage and the like.
const TEMPLATES: [&str; 4] = ["skeleton", "skeletons", "template", "templates"];

/// What a place has in it that somebody fills in, or should have.
const MARKS: [&str; 7] = ["$", "{{", "{%", "<no value>", "__", "@@", "#{"];

/// Drops what was found about values that somebody fills in before the object is applied: `${VAR}` by Flux and `envsubst`,
/// `$(VAR)` by kustomize and `OpenShift`, `${{ value }}` by Backstage. Says so at the first of them, once for a file. Text that a
/// template engine left behind is for `placeholder-left` to report.
pub(super) fn drop_unknown(node: &Node, kind: (&str, &str), found: Vec<Diagnostic>, findings: &mut Vec<Diagnostic>) {
    let text = node.span.text();
    if found.is_empty() || !MARKS.iter().any(|mark| text.contains(mark)) {
        findings.extend(found);
        return;
    }
    if is_template(node.span.source().name(), text) {
        return;
    }
    let mut later = Vec::new();
    collect(node, &mut later);
    let left: Vec<_> = left_in(kind, node).into_iter().map(|node| &node.span).collect();
    for finding in found {
        match later.iter().find(|(span, _)| **span == finding.span) {
            _ if left.contains(&&finding.span) => {}
            None => findings.push(finding),
            Some((span, placeholder)) if findings.iter().all(|it| it.rule.id != PLACEHOLDER_UNCHECKED.id) => {
                let message = format!("`{placeholder}` is filled in later: nobody has checked what comes of it");
                findings.push(Diagnostic::new(&PLACEHOLDER_UNCHECKED, span, message));
            }
            Some(_) => {}
        }
    }
}

/// Collects the keys and values that somebody fills in, with what says so.
fn collect<'a>(node: &'a Node, found: &mut Vec<(&'a Span, &'a str)>) {
    match &node.value {
        Value::String(text) => found.extend(placeholder(text).map(|placeholder| (&node.span, placeholder))),
        Value::Sequence(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Mapping(mapping) => {
            // Kubernetes itself fills in a path in a volume.
            for entry in mapping.iter().filter(|entry| entry.key.as_str() != "subPathExpr") {
                found.extend(placeholder(&entry.key).map(|placeholder| (&entry.key.span, placeholder)));
                collect(&entry.value, found);
            }
        }
        _ => {}
    }
}

/// Returns the first place in a text that somebody fills in before the object is applied.
fn placeholder(text: &str) -> Option<&str> {
    variable(text)
        .or_else(|| ["__", "@@"].into_iter().find_map(|mark| fenced(text, mark, mark)))
        .or_else(|| fenced(text, "#{", "}"))
}

/// Returns the first name in capitals between two marks, as `sed` and release tools replace them: `__NAME__`, `@@NAME@@`, `#{Name}`.
fn fenced<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let start = text.find(open)?;
    let name = start + open.len();
    let length = text.get(name..)?.find(close)?;
    let is_name = |c: char| {
        c.is_ascii_uppercase() || c.is_ascii_digit() || "_.".contains(c) || open != close && c.is_ascii_lowercase()
    };
    let inner = text.get(name..name + length)?;
    (inner.len() > 1 && inner.chars().all(is_name)).then(|| text.get(start..name + length + close.len()))?
}

/// Returns the first variable in a text: `${NAME}`, `$(NAME)`, `${{ name }}`, and `$NAME` in capitals.
fn variable(text: &str) -> Option<&str> {
    let starts_name = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '{');
    text.match_indices('$').find_map(|(start, _)| {
        let rest = text.get(start..)?;
        let close = match rest.get(1..2)? {
            "{" if rest.starts_with("${{") => "}}",
            "{" => "}",
            "(" => ")",
            _ => {
                let name = rest.get(1..)?;
                let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
                let length = name.find(|c| !is_name(c)).unwrap_or(name.len());
                let is_plain = length > 2 && !name.starts_with(|c: char| c.is_ascii_digit());
                return is_plain.then(|| rest.get(..=length))?;
            }
        };
        let end = rest.find(close)? + close.len();
        rest.get(2..)?.starts_with(starts_name).then(|| rest.get(..end))?
    })
}

/// Returns the names and addresses in which a template engine left something: `{{ … }}`, `{% … %}`, `<no value>`. Other fields
/// may hold templates of another program; files that are templates as a whole are not looked at.
fn left_in<'a>((group, kind): (&str, &str), node: &'a Node) -> Vec<&'a Node> {
    let is_residue = |text: &str| text.contains("{{") || text.contains("{%") || text.contains("<no value>");
    if !is_residue(node.span.text()) {
        return Vec::new();
    }
    let mut places: Vec<_> = ["name", "generateName", "namespace"].map(|key| node.at(&["metadata", key])).into();
    match (group, kind) {
        ("argoproj.io", "Application") => {
            places.extend(["name", "namespace", "server"].map(|key| node.at(&["spec", "destination", key])));
            let spec = node.get("spec");
            places.extend(spec.into_iter().flat_map(super::application::sources).map(|source| source.get("repoURL")));
        }
        ("networking.k8s.io", "Ingress") => {
            places.extend(node.items_at(&["spec", "rules"]).map(|rule| rule.get("host")));
            places.extend(node.items_at(&["spec", "tls"]).flat_map(|tls| tls.items_at(&["hosts"])).map(Some));
        }
        ("gateway.networking.k8s.io", _) => places.extend(node.items_at(&["spec", "hostnames"]).map(Some)),
        ("" | "apps" | "batch", _) => {
            let pods =
                [&["spec"][..], &["spec", "template", "spec"], &["spec", "jobTemplate", "spec", "template", "spec"]];
            for pod in pods.into_iter().filter_map(|path| node.at(path)) {
                let containers = pod.items_at(&["containers"]).chain(pod.items_at(&["initContainers"]));
                places.extend(containers.map(|container| container.get("image")));
            }
        }
        _ => {}
    }
    // What stands behind `cnoe://` is told with what idpbuilder makes of it.
    let is_left = |place: &&Node| place.as_str().is_some_and(|text| is_residue(text) && !text.starts_with(CNOE_SCHEME));
    let left: Vec<_> = places.into_iter().flatten().filter(is_left).collect();
    let source = node.span.source();
    let is_template = !left.is_empty() && (source.text().contains("${{") || lies_among_templates(source.name()));
    if is_template { Vec::new() } else { left }
}

/// Tells whether a file is a template of Ansible, Backstage, Helmfile or the like, by where it lies and what is in it.
#[must_use]
pub fn is_template(path: &str, text: &str) -> bool {
    const FILES: [&str; 2] = ["helmfile.yaml", "helmfile.yml"];
    let is_helmfile = path.rsplit('/').next().is_some_and(|name| FILES.contains(&name));
    (is_helmfile || lies_among_templates(path)) && (text.contains("{{") || text.contains("{%"))
}

/// Tells whether a file lies where templates do.
fn lies_among_templates(path: &str) -> bool {
    path.contains("{{") || path.split('/').rev().skip(1).any(|part| TEMPLATES.contains(&part))
}

impl<'a> Object<'a> {
    /// Returns the names and addresses in which a template engine left something.
    #[must_use]
    pub fn residue(&self) -> Vec<&'a Node> {
        left_in((self.group, self.kind), self.node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_has_a_name() {
        for (text, found) in [
            ("${VAR}", "${VAR}"),
            ("a-${VAR:-b}.c", "${VAR:-b}"),
            ("$$(HOST)", "$(HOST)"),
            ("${{ values.name }}-x", "${{ values.name }}"),
            ("${1}${_A}", "${_A}"),
            ("$APP_NAME", "$APP_NAME"),
            ("a-__NAME__.b", "__NAME__"),
            ("@@HOST@@", "@@HOST@@"),
            ("#{Octopus.Name}#", "#{Octopus.Name}"),
        ] {
            assert_eq!(placeholder(text), Some(found));
        }
        for text in [
            "$Va",
            "$AB",
            "__init__",
            "a__b__c",
            "@@",
            "#{}",
            "${}",
            "$()",
            "${1}",
            "${VAR",
            "$(VAR",
            "$$",
            "{{ name }}",
            "$( ls )",
            "$ä",
            "a$",
        ] {
            assert_eq!(placeholder(text), None, "{text}");
        }
    }

    #[test]
    fn templates_lie_in_directories_of_their_own() {
        for path in ["roles/web/templates/a.yaml", "skeleton/manifests/a.yaml", "{{cookiecutter.name}}/a.yaml"] {
            assert!(lies_among_templates(path), "{path}");
        }
        assert!(!lies_among_templates("apps/templates.yaml"));
        assert!(!lies_among_templates("a.yaml"));
    }
}
