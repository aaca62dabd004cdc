//! `cnoe://` stands where idpbuilder looks for it.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::idpbuilder::CNOE_SCHEME;
use crate::manifest::{CnoeText, Manifest};
use crate::package::{Reading, Repository};
use crate::source::Spanned;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "cnoe-not-rewritten",
        summary: "`cnoe://` in a place that idpbuilder does not rewrite",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("cnoe_not_rewritten.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let package = scope.package;
    let asked = &package.repositories.asked;
    let repositories = asked.iter().filter_map(|it| Some((it.directory.as_deref()?, it))).collect();
    let unread = package.unread.iter().map(|it| it.path.as_str()).collect();
    let children = Children { scope, repositories, unread };
    for it in &package.applications {
        children.judge(it.manifest, it.application.urls(), &it.application.cnoe, findings);
    }
    for set in &scope.manifests.facts.application_sets {
        children.judge(scope.manifests.manifest_of(set), set.urls(), &set.cnoe, findings);
    }
}

struct Children<'s, 'a> {
    scope: &'s Scope<'a>,
    /// The repositories by their directory.
    repositories: BTreeMap<&'s str, &'s Repository<'a>>,
    /// The files that nobody reads.
    unread: BTreeSet<&'s str>,
}

impl Children<'_, '_> {
    /// Tells whether an object is created by another Application, and not by idpbuilder.
    fn contain(&self, manifest: &Manifest) -> bool {
        let package = self.scope.package;
        let is_of_source = || package.reading == Reading::Source && !self.unread.contains(manifest.path.as_str());
        !package.creates(manifest) && (package.application_of(manifest).is_some() || is_of_source())
    }

    fn judge<'u>(
        &self,
        manifest: &Manifest,
        sources: impl Iterator<Item = &'u Spanned<String>>,
        texts: &'u [CnoeText],
        findings: &mut Vec<Diagnostic>,
    ) {
        if !self.scope.package.is_exact(manifest) {
            return;
        }
        if self.contain(manifest) {
            let urls = sources.filter(|url| url.starts_with(CNOE_SCHEME)).chain(texts.iter().map(|text| &text.url));
            for url in urls {
                let message = format!(
                    "`{url}` stays as it is: idpbuilder does not rewrite {}, which another Application creates",
                    manifest.label()
                );
                findings.push(Diagnostic::new(&CHECK.rule, &url.span, message).help(self.help(manifest)));
            }
        } else if self.scope.package.creates(manifest) {
            for CnoeText { url, field, .. } in texts.iter().filter(|text| !text.is_rewritten) {
                let message = format!("`{url}` stays as it is: idpbuilder does not rewrite `{field}`");
                findings.push(Diagnostic::new(&CHECK.rule, &url.span, message).help(instead(field)));
            }
        }
    }

    /// Says what to write in a file that lies in a repository itself.
    fn help(&self, manifest: &Manifest) -> String {
        let mut around = manifest.path.ancestors().chain(std::iter::once(""));
        let repository = around.find_map(|above| self.repositories.get(above));
        match repository.and_then(|repository| repository.gitea_url.as_ref()) {
            Some(url) => self.scope.note_assumption(format!(
                "write the URL of the repository that this file is in, `{url}`, and as `path` a directory in that repository"
            )),
            None => "write the URL of the Gitea repository that this file is in, and as `path` a directory in that repository"
                .to_owned(),
        }
    }
}

/// Says where else it would be rewritten.
fn instead(field: &str) -> &'static str {
    if field.contains(".helm.values") && !field.contains(".valuesObject") {
        "give the values as `helm.valuesObject`, in which idpbuilder rewrites texts that begin with `cnoe://`"
    } else if field.contains(".valuesObject") {
        "let the text begin with `cnoe://`"
    } else {
        "idpbuilder rewrites `repoURL` of sources and of Git generators, and texts in `helm.valuesObject`; write a URL here"
    }
}
