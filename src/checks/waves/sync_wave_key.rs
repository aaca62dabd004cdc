//! The key of a sync wave is written as Argo CD reads it.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};
use crate::manifest::SYNC_WAVE;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "sync-wave-key",
        summary: "annotation or label that was meant to be a sync wave",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("sync_wave_key.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for it in &scope.manifests.facts.wave_keys {
        let label = scope.manifests.manifest_of(it).label();
        let (what, help, fix) = if it.is_label {
            ("label", format!("write `{SYNC_WAVE}` below `metadata.annotations`"), None)
        } else {
            let fix = Fix::Text(it.key.span.clone(), SYNC_WAVE.to_owned());
            ("annotation", format!("write `{SYNC_WAVE}`"), Some(fix))
        };
        let message =
            format!("the {what} `{}` is no sync wave: Argo CD does not read it, and {label} has none", it.key);
        findings.push(Diagnostic::new(&CHECK.rule, &it.key.span, message).help(help).fix_if(fix));
    }
}
