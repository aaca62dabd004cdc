//! Each directory has a repository of its own.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::package::Repository;
use crate::tree::Target;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "repository-name-duplicate",
        summary: "two directories that become one Gitea repository",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("repository_name_duplicate.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<&str, &Repository<'_>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for it in &scope.package.repositories.asked {
        let (Some(object), Some(directory)) = (it.object.as_deref(), it.directory.as_deref()) else { continue };
        if matches!(it.target, Target::Missing | Target::Other) {
            continue;
        }
        let other = *first.entry(object).or_insert(it);
        let (name, other_name) = (&it.manifest.name, &other.manifest.name);
        // Two objects of one name are a fault of their own.
        let is_other_object = it.manifest.index != other.manifest.index
            && name.as_ref().zip(other_name.as_ref()).is_some_and(|(a, b)| a.value == b.value);
        if other.directory == it.directory || is_other_object || !seen.insert((it.manifest.index, directory)) {
            continue;
        }
        let repository = it.name.as_deref().unwrap_or(object);
        let message = format!("`{}` becomes the repository `{repository}`, and so does `{}`", it.url, other.url);
        findings.push(
            Diagnostic::new(&CHECK.rule, &it.url.span, message)
                .related(&other.url.span, "this directory gets there first".to_owned())
                .help("rename one of the directories: a repository is called after the Application and the last part of the directory"),
        );
    }
}
