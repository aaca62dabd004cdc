//! `cnoe://` leads to a directory.

use std::collections::BTreeMap;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::package::Repository;
use crate::tree::Target;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "cnoe-directory",
        summary: "`cnoe://` that leads to no directory",
        severity: Severity::Error,
        effect: Effect::IdpbuilderHangs,
        page: include_str!("cnoe_directory.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    // An `ApplicationSet` says the same in its generator and in its template.
    let mut missing: BTreeMap<(usize, &str), Vec<&Repository<'_>>> = BTreeMap::new();
    for it in &scope.package.repositories.asked {
        if it.is_templated || matches!(it.target, Target::Missing | Target::Other) {
            missing.entry((it.manifest.index, it.url.as_str())).or_default().push(it);
        }
    }
    for repositories in missing.values() {
        let [first, others @ ..] = &repositories[..] else { continue };
        findings.push(others.iter().fold(finding(first), |finding, other| {
            finding.related(&other.url.span, "the same is said here".to_owned())
        }));
    }
}

fn finding(it: &Repository<'_>) -> Diagnostic {
    let url = it.url;
    let directory = it.directory.as_deref().unwrap_or_default();
    let (message, help) = if it.is_templated {
        (
            format!("`{url}` is not filled in: idpbuilder looks for a directory of exactly this name"),
            "write the name of the directory; what differs can stand in `path`".to_owned(),
        )
    } else if it.target == Target::Other {
        (
            format!("`{url}` leads to `{directory}`, which is no directory"),
            "name the directory that the file is in, and make it one with nothing but what is to be synced".to_owned(),
        )
    } else {
        let help = match &it.near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "create the directory, or name one by its path from this file on".to_owned(),
        };
        (format!("`{url}` leads nowhere: there is no directory `{directory}`"), help)
    };
    Diagnostic::new(&CHECK.rule, &url.span, message).help(help)
}
