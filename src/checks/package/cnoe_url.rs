//! `cnoe://` is written in exactly these letters.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};
use crate::idpbuilder::{CNOE_SCHEME, is_nearly_cnoe};
use crate::package::{Creator, PackagedApplication, Reading};
use crate::source::Spanned;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "cnoe-url",
        summary: "URL that is nearly `cnoe://`",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("cnoe_url.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    // What nobody in a package creates is nobody's business.
    let is_used = |it: &&PackagedApplication<'_>| {
        let is_package = matches!(scope.package.reading, Reading::Found | Reading::Package);
        scope.package.is_exact(it.manifest) && !(is_package && it.creator == Creator::Nobody)
    };
    for it in scope.package.applications.iter().filter(is_used) {
        let is_child = matches!(it.creator, Creator::Parent(_));
        for url in it.application.urls() {
            findings.extend(finding(url, is_child));
        }
    }
    for set in &scope.manifests.facts.application_sets {
        let manifest = scope.manifests.manifest_of(set);
        for url in set.urls() {
            if scope.package.is_exact(manifest) {
                findings.extend(finding(url, scope.package.application_of(manifest).is_some()));
            }
        }
    }
}

fn finding(url: &Spanned<String>, is_child: bool) -> Option<Diagnostic> {
    let (_, rest) = url.split_once(':').filter(|_| is_nearly_cnoe(url))?;
    let message = format!("`{url}` is not a URL that idpbuilder knows, nor one that Argo CD does");
    let finding = Diagnostic::new(&CHECK.rule, &url.span, message);
    if is_child {
        let help = "write the URL of the Gitea repository that this file is in: idpbuilder rewrites no Application that another one syncs";
        return Some(finding.help(help));
    }
    let meant = format!("{CNOE_SCHEME}{}", rest.trim_start_matches('/'));
    Some(finding.help(format!("write `{meant}`")).fix(Fix::Text(url.span.clone(), meant)))
}
