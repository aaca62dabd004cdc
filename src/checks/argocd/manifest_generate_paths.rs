//! What is to be looked at for changes covers what an Application is made of.

use globset::GlobBuilder;

use super::source::has;
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::{Object, WrittenApplication};
use crate::tree::join;
use crate::yaml::Node;

const KEY: &str = "argocd.argoproj.io/manifest-generate-paths";

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "manifest-generate-paths",
        summary: "`manifest-generate-paths` that leaves out what an Application is made of",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("manifest_generate_paths.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

/// What an Application takes from a repository.
struct Part<'a> {
    /// Where it says so.
    node: &'a Node,
    /// The path from the root of the repository.
    path: String,
    is_directory: bool,
}

impl Part<'_> {
    fn is_covered(&self, covered: &[String]) -> bool {
        is_covered(&self.path, self.is_directory, covered)
    }
}

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application().filter(|it| !it.is_patched) else { return };
    let Some(annotation) = application.node.at(&["metadata", "annotations", KEY]) else { return };
    if application.spec().is_none_or(|spec| has(spec, "sourceHydrator")) {
        return;
    }
    let Some(covered) = application.known(annotation).and_then(|text| covered(text, &application)) else { return };
    let mut parts = application.sources().filter(|source| !has(source, "chart")).filter_map(directory);
    let directory = parts.find(|part| !part.is_covered(&covered));
    let mut files = application.sources().flat_map(|source| value_files(source, &application));
    let Some(part) = directory.or_else(|| files.find(|part| !part.is_covered(&covered))) else { return };
    let what = if part.is_directory { "directory" } else { "value file" };
    let message = format!("Argo CD does not look for changes in the {what} `{}`: no path here covers it", part.path);
    let help = if part.is_directory {
        "add `.`, which is the `path` of the source; paths are separated by `;`, and `*` ends at a slash".to_owned()
    } else {
        format!("add `/{}`; paths are separated by `;`", part.path)
    };
    let related = if part.is_directory { "this is loaded" } else { "this is read" };
    findings.push(
        Diagnostic::new(&CHECK.rule, &annotation.span, message).related(&part.node.span, related).help(help).of_whole(),
    );
}

/// Returns what the annotation covers, from the root of the repository (argo-cd v3.1.7, `util/app/path/path.go`,
/// `GetAppRefreshPaths`). `None` if there is nothing, so that all changes count, or if something is still to be filled in.
fn covered(annotation: &str, application: &WrittenApplication<'_>) -> Option<Vec<String>> {
    let mut covered = Vec::new();
    for item in annotation.split(';').map(str::trim).filter(|item| !item.is_empty()) {
        if item.starts_with('/') {
            covered.push(clean("", item));
            continue;
        }
        for source in application.sources() {
            let path = source.get("path").filter(|path| !path.is_null());
            covered.push(clean(path.map_or(Some(""), |path| application.known(path))?, item));
        }
    }
    let are_known = || application.sources().filter_map(|it| it.get("path")).all(|it| application.known(it).is_some());
    (!covered.is_empty() && are_known()).then_some(covered)
}

/// Joins paths as Go does below `/`, where `..` leads nowhere.
fn clean(base: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

fn directory(source: &Node) -> Option<Part<'_>> {
    let node = source.get("path").filter(|path| !path.is_null())?;
    Some(Part { node, path: join("", node.as_str()?)?, is_directory: true })
}

/// Returns the value files of a source that are in a Git repository.
fn value_files<'a>(source: &'a Node, application: &WrittenApplication<'a>) -> impl Iterator<Item = Part<'a>> {
    let named = |name: &str| application.sources().any(|it| it.get("ref").and_then(Node::as_str) == Some(name));
    let of = move |node: &'a Node| {
        let text = application.known(node).filter(|it| !it.contains("://"))?;
        let path = match text.strip_prefix('$') {
            Some(rest) => {
                let (_, path) = rest.split_once('/').filter(|(name, _)| named(name))?;
                join("", path)?
            }
            None if has(source, "chart") => return None,
            None if text.starts_with('/') => join("", text)?,
            None => join(source.get("path").and_then(Node::as_str)?, text)?,
        };
        Some(path).filter(|path| !path.contains(['$', '*', '?', '[', '{'])).map(|path| Part {
            node,
            path,
            is_directory: false,
        })
    };
    let files: Vec<Part<'a>> = source.items_at(&["helm", "valueFiles"]).filter_map(of).collect();
    files.into_iter()
}

/// Tells whether a change in a part can be seen: below one of the paths, or by a pattern, of which `*` ends at a slash
/// (`AppFilesHaveChanged`). Of a directory it is enough that something in it is covered.
fn is_covered(path: &str, is_directory: bool, covered: &[String]) -> bool {
    let path: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    covered.iter().any(|covered| {
        let pattern: Vec<&str> = covered.split('/').filter(|part| !part.is_empty()).collect();
        let is_deep_enough = if is_directory { pattern.len() > path.len() } else { pattern.len() == path.len() };
        path.starts_with(&pattern)
            || is_deep_enough && pattern.iter().zip(&path).all(|(pattern, part)| fits(pattern, part))
    })
}

/// Tells whether a pattern fits one part of a path. What cannot be read fits.
fn fits(pattern: &str, part: &str) -> bool {
    pattern == part
        || pattern.contains(['*', '?', '[', '{', '\\'])
            && GlobBuilder::new(pattern).build().map_or(true, |glob| glob.compile_matcher().is_match(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_cover_what_lies_below_and_patterns_what_they_fit() {
        let is_covered = |paths: &str, path: &str, is_directory| {
            let covered: Vec<String> = paths.split(';').map(|path| clean("apps/web", path)).collect();
            is_covered(path, is_directory, &covered)
        };
        for paths in [".", "..", "../..", "../../..", "templates", "*.yaml", "../*/values.yaml", "a;."] {
            assert!(is_covered(paths, "apps/web", true), "{paths}");
        }
        for paths in ["../api", "../*", "../**", "../webhook", "../w"] {
            assert!(!is_covered(paths, "apps/web", true), "{paths}");
        }
        for paths in [".", "values.yaml", "*.yaml", "val?es.yaml", "../*/values.yaml"] {
            assert!(is_covered(paths, "apps/web/values.yaml", false), "{paths}");
        }
        for paths in ["templates", "../*", "*.yml", "values", "values.yaml/a"] {
            assert!(!is_covered(paths, "apps/web/values.yaml", false), "{paths}");
        }
    }
}
