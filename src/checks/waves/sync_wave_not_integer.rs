//! A sync wave is a whole number.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};
use crate::manifest::{SYNC_WAVE, parse_wave};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "sync-wave-not-integer",
        summary: "sync wave that is no integer",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("sync_wave_not_integer.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for manifest in scope.manifests.manifests() {
        let Some(value) = manifest.annotation(SYNC_WAVE) else { continue };
        let Some(text) = value.as_str().filter(|text| parse_wave(text).is_none()) else { continue };
        let message = format!("sync wave `{text}` is no integer, so {} stays in wave 0", manifest.label());
        let meant = parse_wave(text.trim());
        let fix = meant.map(|wave| Fix::Text(value.span.clone(), wave.to_string()));
        let help = match meant {
            Some(wave) => format!("write `\"{wave}\"`, without blanks"),
            None => "write a whole number in quotes, as in `\"10\"`".to_owned(),
        };
        findings.push(Diagnostic::new(&CHECK.rule, &value.span, message).help(help).fix_if(fix));
    }
}
