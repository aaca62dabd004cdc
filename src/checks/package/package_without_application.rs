//! A package has something that idpbuilder creates.

use std::collections::BTreeMap;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::idpbuilder::Profile;
use crate::manifest::Manifest;
use crate::source::{Source, Span};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "package-without-application",
        summary: "package in which idpbuilder finds nothing to create",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("package_without_application.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// How many directories with Applications the help names.
const NAMED: usize = 3;

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    if !scope.package.is_empty {
        return;
    }
    let mut directories: BTreeMap<&str, Vec<&Manifest>> = BTreeMap::new();
    for manifest in scope.manifests.manifests().iter().filter(|manifest| manifest.is_argocd_application()) {
        directories.entry(manifest.directory()).or_default().push(manifest);
    }
    let first = directories.values().flatten().next();
    let span = first.map_or_else(
        || Span::whole(&Source::new(scope.package.root.as_str(), "")),
        |manifest| manifest.kind.span.clone(),
    );
    let message = "no Application lies directly in the directory of this package, so idpbuilder installs nothing";
    findings.push(Diagnostic::new(&CHECK.rule, &span, message).help(help(scope, &directories)));
}

fn help(scope: &Scope<'_>, directories: &BTreeMap<&str, Vec<&Manifest>>) -> String {
    // Applications deep below may well be the children of others.
    let mut nearest: Vec<_> = directories.iter().collect();
    nearest.sort_by_key(|(directory, _)| directory.matches('/').count());
    let place = |path: &str| match scope.package.root.trim_end_matches('/') {
        "." | "" => path.to_owned(),
        root => format!("{root}/{path}"),
    };
    let takes_files = scope.cluster.profile >= Profile::V0_10;
    let Some((directory, [first, ..])) = nearest.first().map(|(directory, found)| (directory, found.as_slice())) else {
        let file = if takes_files { ", or the file itself" } else { "" };
        return format!("name the directory that holds the Application{file}; it may be the one above this");
    };
    let found =
        nearest.iter().take(NAMED).map(|(directory, found)| format!("{} in `{}`", found.len(), place(directory)));
    let more = if nearest.len() > NAMED { " and elsewhere" } else { "" };
    let found = format!("found {}{more}", found.collect::<Vec<_>>().join(", "));
    let file = if takes_files {
        format!(", or a file by itself: `--package {}`", place(first.path.as_str()))
    } else {
        String::new()
    };
    format!(
        "{found}: give the directory with the Applications, `idpbuilder create --package {}`{file}",
        place(directory)
    )
}
