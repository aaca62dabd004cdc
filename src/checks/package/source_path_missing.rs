//! The path of a source is there.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::package::Reader;
use crate::tree::Target;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "source-path-missing",
        summary: "`path` that the repository of its source does not have",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("source_path_missing.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let readers = scope.package.repositories.readers.iter();
    findings.extend(readers.filter(|it| scope.package.is_exact(it.manifest)).filter_map(finding));
}

fn finding(reader: &Reader<'_>) -> Option<Diagnostic> {
    let path = reader.source?.path.as_ref()?;
    let base = match reader.base.as_deref()? {
        "" => "the directory of the package".to_owned(),
        base => format!("`{base}`"),
    };
    let (message, help) = match (reader.target, &reader.directory) {
        (Target::Missing, None) => (
            format!("`path: {path}` leads out of the repository, which is made of {base}"),
            "write a path that counts from the root of the repository, without a slash in front".to_owned(),
        ),
        (Target::Missing, Some(_)) => (
            format!("there is no directory `{path}` in the repository, which is made of {base}"),
            match &reader.near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("create it in {base}, or write `path: .` for all of it"),
            },
        ),
        (Target::Other, _) => (
            format!("`path: {path}` leads to a file, and Argo CD wants a directory"),
            "name the directory of the file; `directory.include` can choose the file".to_owned(),
        ),
        (Target::Directory | Target::Unknown, _) => return None,
    };
    Some(Diagnostic::new(&CHECK.rule, &path.span, message).help(help))
}
