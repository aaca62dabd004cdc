//! A YAML file at the root of a package is a manifest.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::{Content, directory, is_kustomization_file};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "not-a-manifest",
        summary: "YAML file at the root of a package that is no manifest",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("not_a_manifest.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    // Of a package without any Application, that says it all.
    if scope.package.is_empty {
        return;
    }
    let is_read = |path: &str| scope.is_for_idpbuilder() && scope.package.packages.contains(directory(path));
    for (path, documents) in scope.manifests.documents.iter().filter(|(path, _)| is_read(path)) {
        // An Application behind such a document is lost with it, which says it all.
        if documents.iter().any(|document| document.content == Content::Application) {
            continue;
        }
        let first = documents.iter().find(|document| document.content != Content::Nothing).or(documents.first());
        let (Some(first), Some(start)) = (first, documents.first()) else { continue };
        let what = match first.content {
            Content::NoObject => "has no `apiVersion` and `kind`",
            Content::Nothing => "is empty",
            Content::Null => "begins with an empty document",
            _ => continue,
        };
        let message = format!("this file {what}, and idpbuilder logs an error about it every 15 seconds");
        let help = if is_kustomization_file(path) {
            "write `apiVersion: kustomize.config.k8s.io/v1beta1` and `kind: Kustomization`: then idpbuilder passes over it"
        } else {
            "move it into a directory below, or out of the package: idpbuilder reads every YAML file directly in it"
        };
        findings.push(Diagnostic::new(&CHECK.rule, &start.span, message).help(help));
    }
}
