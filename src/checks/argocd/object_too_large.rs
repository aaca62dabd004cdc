//! Objects that are applied by the client fit into an annotation.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "object-too-large",
        summary: "object that is too large to be applied by the client",
        severity: Severity::Error,
        effect: Effect::SyncBlocked,
        page: include_str!("object_too_large.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// Ways to apply an object that do not write it into an annotation.
const OTHERS: [&str; 2] = ["ServerSideApply=true", "Replace=true"];

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for large in &scope.manifests.facts.large_objects {
        let manifest = scope.manifests.manifest_of(large);
        let Some(application) = scope.package.application_of(manifest).filter(|_| scope.package.is_exact(manifest))
        else {
            continue;
        };
        let annotation =
            manifest.annotation("argocd.argoproj.io/sync-options").and_then(Node::as_str).unwrap_or_default();
        let of_object = annotation.split(',').map(str::trim);
        let of_application = application.application.sync.options.iter().map(|option| option.as_str());
        let mut options = of_object.chain(of_application);
        if options.any(|option| OTHERS.contains(&option)) {
            continue;
        }
        let message = format!(
            "{} has {} bytes as JSON, and an annotation takes at most 262144: Argo CD cannot apply it",
            manifest.label(),
            large.bytes
        );
        findings.push(
            Diagnostic::new(&CHECK.rule, manifest.name_span(), message)
                .related(application.manifest.name_span(), application.manifest.label())
                .help("add the annotation `argocd.argoproj.io/sync-options: ServerSideApply=true` to it"),
        );
    }
}
