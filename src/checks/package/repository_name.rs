//! idpbuilder can name a repository after a directory.

use std::collections::BTreeSet;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::idpbuilder::MAX_REPOSITORY_NAME;
use crate::package::Repository;
use crate::schema::names::subdomain;
use crate::tree::Target;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "repository-name",
        summary: "directory that idpbuilder cannot name a repository after",
        severity: Severity::Error,
        effect: Effect::IdpbuilderHangs,
        page: include_str!("repository_name.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut seen = BTreeSet::new();
    for it in &scope.package.repositories.asked {
        if !matches!(it.target, Target::Missing | Target::Other)
            && let Some(object) = it.object.as_deref()
            && seen.insert((it.manifest.index, object))
        {
            findings.extend(finding(scope, it, object));
        }
    }
}

fn finding(scope: &Scope<'_>, it: &Repository<'_>, object: &str) -> Option<Diagnostic> {
    let (application, name) = (it.manifest.name.as_ref()?, it.name.as_ref()?);
    let base = &object[application.len() + 1..];
    let (message, help) = match subdomain(object) {
        // That the Application itself cannot be called so is said elsewhere.
        Err(_) if subdomain(application).is_err() => return None,
        Err(reason) => (
            format!(
                "idpbuilder cannot name a GitRepository `{object}`, after {} and the directory: {reason}",
                it.manifest.label()
            ),
            match plain(base) {
                Some(plain) => format!("call the directory `{plain}`"),
                None => "give the directory another name".to_owned(),
            },
        ),
        Ok(()) if name.len() > MAX_REPOSITORY_NAME => (
            format!(
                "the repository `{name}` would have a name of {} characters, and Gitea takes {MAX_REPOSITORY_NAME}",
                name.len()
            ),
            scope.note_assumption(format!(
                "shorten the name of the Application or of the directory by {}",
                name.len() - MAX_REPOSITORY_NAME
            )),
        ),
        Ok(()) => return None,
    };
    Some(Diagnostic::new(&CHECK.rule, &it.url.span, message).help(help))
}

/// Returns a name like this one that is allowed.
fn plain(base: &str) -> Option<String> {
    let replaced =
        base.to_lowercase().replace(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '.', "-");
    let plain = replaced.trim_matches(|c| c == '-' || c == '.');
    subdomain(plain).is_ok().then(|| plain.to_owned())
}
