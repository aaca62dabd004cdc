//! A document without a kind is silently left out.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity, nearest};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "incomplete-manifest",
        summary: "document that is nearly a manifest",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("incomplete_manifest.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for fragment in &scope.manifests.fragments {
        let missing = fragment.missing;
        let near = nearest(missing, fragment.keys.iter().map(|key| key.as_str()));
        let typo = near.and_then(|near| fragment.keys.iter().find(|key| key.value == near));
        findings.push(match typo {
            Some(key) => Diagnostic::new(
                &CHECK.rule,
                &key.span,
                format!("`{key}` is no key of a manifest, and `{missing}` is missing"),
            )
            .help(format!("write `{missing}`"))
            .fix(Fix::Text(key.span.clone(), missing.to_owned())),
            None => Diagnostic::new(&CHECK.rule, &fragment.span, format!("this manifest has no `{missing}`"))
                .help(format!("add `{missing}`, or remove the rest if it is not meant for Kubernetes")),
        });
    }
}
