//! Sources refer to each other by names that are there.

use std::collections::BTreeMap;

use super::source::{files, has, referred};
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity, nearest};
use crate::manifest::{Object, WrittenApplication};
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "source-reference",
        summary: "`ref` of a source, or a value file there, that does not work",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("source_reference.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application().filter(|it| it.single_source().is_none()) else { return };
    let sources: Vec<_> = application.sources().collect();
    let mut found = Vec::new();
    let mut targets = BTreeMap::new();
    let mut is_open = application.is_patched;
    // Argo CD does not look at the `ref` of a source that is alone.
    for source in sources.iter().copied().filter(|source| has(source, "ref") && sources.len() > 1) {
        let Some((node, name)) = source.get("ref").and_then(|node| Some((node, application.known(node)?))) else {
            is_open = true;
            continue;
        };
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) {
            let message = format!("`{name}` cannot be a `ref`: only letters, digits, `-` and `_` are allowed");
            found.push(Diagnostic::new(&CHECK.rule, &node.span, message).help("rename it, here and in value files"));
        } else if let Some(first) = targets.get(name).copied().and_then(|first: &Node| first.get("ref")) {
            let message = format!("another source has `ref: {name}`, too");
            let finding = Diagnostic::new(&CHECK.rule, &node.span, message).related(&first.span, "the first");
            found.push(finding.help("give each a name of its own, and say in value files which one is meant"));
        }
        targets.entry(name).or_insert(source);
    }
    for source in sources {
        let mut used: Vec<&Node> = Vec::new();
        for file in files(source) {
            let Some(name) = referred(file).filter(|name| !application.is_template || !name.contains("{{")) else {
                continue;
            };
            match targets.get(name.trim_start_matches('$')) {
                Some(target) if !used.iter().any(|seen| std::ptr::eq(*seen, *target)) => {
                    found.extend(of_target(&application, source, target, &used, file));
                    used.push(target);
                }
                Some(_) => {}
                None if is_open => {}
                None => found.push(undefined(file, name, targets.keys().copied())),
            }
        }
    }
    findings.extend(found.into_iter().map(Diagnostic::of_whole));
}

fn undefined<'a>(file: &Node, name: &str, known: impl Iterator<Item = &'a str>) -> Diagnostic {
    let known: Vec<_> = known.collect();
    let plain = name.trim_start_matches('$');
    let near = nearest(plain, known.iter().copied());
    let help = match near {
        Some(near) => format!("did you mean `${near}`?"),
        None => format!("add a source with the repository of the file and `ref: {plain}`"),
    };
    let message = format!("there is no source `{name}` to refer to");
    let finding = Diagnostic::new(&CHECK.rule, &file.span, message).help(help);
    let path = file.as_str().and_then(|path| path.strip_prefix(name));
    match (near, path, known.len()) {
        (Some(near), Some(path), 1) => finding.fix(Fix::Text(file.span.clone(), format!("${near}{path}"))),
        _ => finding,
    }
}

/// Reports a source that cannot be referred to, or not from there: `used` are those that the source refers to already.
fn of_target(
    application: &WrittenApplication<'_>,
    source: &Node,
    target: &Node,
    used: &[&Node],
    file: &Node,
) -> Option<Diagnostic> {
    let reference = target.get("ref")?;
    if has(target, "chart") {
        let message = "value files cannot come from a source that is a chart";
        let finding = Diagnostic::new(&CHECK.rule, &reference.span, message).related(&file.span, "the value file");
        return Some(finding.help("take them from a Git repository"));
    }
    let revision = |node: &Node| {
        node.get("targetRevision").map_or(Some(String::new()), |it| application.known(it).map(str::to_owned))
    };
    let repository = |node: &Node| {
        application.known(node.get("repoURL")?).map(|url| url.to_lowercase().trim_end_matches(".git").to_owned())
    };
    let (url, wanted) = (repository(target)?, revision(target)?);
    let is_same_repository = |other: &&Node| repository(other).as_ref() == Some(&url);
    let mut others = used.iter().copied().filter(is_same_repository);
    let other = others.find(|other| revision(other).is_some_and(|it| it != wanted)).or_else(|| {
        let own = Some(source).filter(|source| !has(source, "chart")).filter(is_same_repository)?;
        are_distinct(&revision(own)?, &wanted).then_some(own)
    })?;
    let named = |revision: String| if revision.is_empty() { "no revision".to_owned() } else { format!("`{revision}`") };
    let message = format!(
        "one repository is asked for at {} and at {}, and Argo CD has it at one revision only",
        named(revision(other)?),
        named(wanted)
    );
    let place = |node: &Node| node.get("targetRevision").map_or(node.span.clone(), |revision| revision.span.clone());
    let finding = Diagnostic::new(&CHECK.rule, &file.span, message).related(&place(other), "one revision");
    Some(finding.related(&place(target), "the other").help("write the same `targetRevision` in both sources"))
}

/// Tells whether two revisions are hardly the same commit. The default branch may be any branch, and a short hash stand for a long one.
fn are_distinct(one: &str, other: &str) -> bool {
    let [one, other] =
        [one, other].map(|it| it.trim_start_matches("refs/").trim_start_matches("heads/").trim_start_matches("tags/"));
    let is_range = |it: &str| it.contains(|c: char| "*^~<>=|, ".contains(c)) || it == "HEAD";
    !is_range(one) && !is_range(other) && !one.starts_with(other) && !other.starts_with(one)
}
