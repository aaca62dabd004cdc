//! A kustomization says what is applied.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::idpbuilder::CNOE_SCHEME;
use crate::tree::Target;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "source-without-kustomization",
        summary: "directory for idpbuilder without a kustomization, so that deleted files stay",
        severity: Severity::Info,
        effect: Effect::SilentlyIgnored,
        page: include_str!("source_without_kustomization.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for reader in &scope.package.repositories.readers {
        let is_loaded = reader.target == Target::Directory && !reader.is_listed;
        if !is_loaded || !reader.url.starts_with(CNOE_SCHEME) {
            continue;
        }
        let directory = match reader.directory.as_deref() {
            Some("") | None => "this directory".to_owned(),
            Some(directory) => format!("`{directory}`"),
        };
        let message =
            format!("{directory} has no kustomization: files that are deleted later stay in Gitea, and stay applied");
        findings.push(
            Diagnostic::new(&CHECK.rule, &reader.url.span, message)
                .help("add a `kustomization.yaml` there that lists the files as `resources`"),
        );
    }
}
