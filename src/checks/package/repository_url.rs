//! The URL of a repository that idpbuilder makes is the one that it has.

use std::collections::BTreeMap;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};
use crate::idpbuilder::CNOE_SCHEME;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "repository-url",
        summary: "URL at which idpbuilder does not serve the repository that it names",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("repository_url.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    // Where nobody says what the cluster is like, the URL may know it better.
    if scope.cluster_is_assumed {
        return;
    }
    let asked = scope.package.repositories.asked.iter();
    let served: BTreeMap<&str, _> =
        asked.filter_map(|it| Some((it.name.as_deref()?, (it.gitea_url.as_deref()?, it.url)))).collect();
    let readers = scope.package.repositories.readers.iter();
    for reader in readers.filter(|it| !it.url.starts_with(CNOE_SCHEME) && scope.package.is_exact(it.manifest)) {
        let written = reader.url.trim_end_matches(".git");
        let name = written.rsplit('/').next().unwrap_or_default();
        let Some((url, origin)) = served.get(name).filter(|(url, _)| url.trim_end_matches(".git") != written) else {
            continue;
        };
        findings.push(
            Diagnostic::new(&CHECK.rule, &reader.url.span, format!("repository `{name}` is not served at this URL"))
                .related(&origin.span, "idpbuilder makes the repository of this directory")
                .help(format!("write `repoURL: {url}`"))
                .fix(Fix::Text(reader.url.span.clone(), (*url).to_owned())),
        );
    }
}
