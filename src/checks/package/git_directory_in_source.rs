//! A directory for idpbuilder is no Git repository.

use std::collections::BTreeMap;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::package::Repository;
use crate::tree::Target;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "git-directory-in-source",
        summary: "`cnoe://` that leads to the root of a Git repository",
        severity: Severity::Error,
        effect: Effect::DataLeak,
        page: include_str!("git_directory_in_source.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut roots: BTreeMap<&str, Vec<&Repository<'_>>> = BTreeMap::new();
    for it in scope.package.repositories.asked.iter().filter(|it| it.has_git && it.target == Target::Directory) {
        roots.entry(it.directory.as_deref().unwrap_or_default()).or_default().push(it);
    }
    for (directory, repositories) in roots {
        let [first, others @ ..] = &repositories[..] else { continue };
        let place = if directory.is_empty() { String::new() } else { format!("`{directory}`, ") };
        let message = format!(
            "`{}` leads to {place}the root of a Git repository: idpbuilder copies its `.git`, commits everything there and \
             pushes to the `origin` of that repository",
            first.url
        );
        let finding = Diagnostic::new(&CHECK.rule, &first.url.span, message)
            .help("move what is to be synced into a directory of its own, and name that one");
        findings.push(
            others
                .iter()
                .fold(finding, |finding, other| finding.related(&other.url.span, "this leads there, too".to_owned())),
        );
    }
}
