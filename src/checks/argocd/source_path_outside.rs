//! A path stays in its repository.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};
use crate::manifest::ApplicationSource;
use crate::tree::join;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "source-path-outside",
        summary: "`path` that leads out of the repository of its source",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("source_path_outside.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let facts = &scope.manifests.facts;
    let of_applications = facts.applications.iter().map(|it| (scope.manifests.manifest_of(it), &it.sources));
    let of_sets = facts.application_sets.iter().map(|it| (scope.manifests.manifest_of(it), &it.sources));
    let exact = of_applications.chain(of_sets).filter(|(manifest, _)| scope.package.is_exact(manifest));
    for source in exact.flat_map(|(_, sources)| sources).filter(|source| source.chart.is_none()) {
        let Some(finding) = finding(source) else { continue };
        // Where the repository can be seen, `source-path-missing` says it.
        let mut readers = scope.package.repositories.readers.iter().filter_map(|reader| reader.source);
        if !readers.any(|seen| std::ptr::eq(seen, source)) {
            findings.push(finding);
        }
    }
}

fn finding(source: &ApplicationSource) -> Option<Diagnostic> {
    let path = source.path.as_ref().filter(|path| !path.contains("{{"))?;
    let inner = join("", path);
    let (message, help) = if path.starts_with('/') {
        (format!("`path: {path}` begins with a slash"), "write it from the root of the repository, without a slash")
    } else if inner.is_none() {
        (format!("`path: {path}` leads out of the repository"), "write it from the root of the repository")
    } else {
        return None;
    };
    let finding = Diagnostic::new(&CHECK.rule, &path.span, message).help(help);
    Some(match inner {
        Some(inner) => finding.fix(Fix::Text(path.span.clone(), if inner.is_empty() { ".".to_owned() } else { inner })),
        None => finding,
    })
}
