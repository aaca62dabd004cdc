//! Only a parent Application orders Applications by wave.

use std::collections::BTreeMap;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::package::Creator;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "wave-without-parent",
        summary: "sync waves on Applications that no parent orders",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("wave_without_parent.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    // Elsewhere the parent may be in another repository, or a generator.
    if !scope.is_for_idpbuilder() {
        return;
    }
    let mut packages: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for application in scope.package.applications.iter().filter(|it| it.creator == Creator::Idpbuilder) {
        if let Some(wave) = application.manifest.wave().filter(|wave| wave.value != 0) {
            packages.entry(application.manifest.directory()).or_default().push((application.manifest, wave));
        }
    }
    for waves in packages.values() {
        let [(manifest, wave), others @ ..] = &waves[..] else { continue };
        let message =
            format!("wave {wave} of {} has no effect: idpbuilder creates all Applications at once", manifest.label());
        // What idpack renders says so in its descriptor; nobody else has one.
        let help = if wave.span.origin().is_some() {
            "let one Application sync the directory of the others (`delivery: app-of-apps`), or remove the annotation"
        } else {
            "move them into a directory below, and let one Application that stays here sync that directory \
             (`repoURL: cnoe://DIRECTORY`), or remove the annotations"
        };
        let finding = Diagnostic::new(&CHECK.rule, &wave.span, message).help(help);
        findings.push(others.iter().fold(finding, |finding, (manifest, wave)| {
            finding.related(&wave.span, format!("nor has wave {wave} of {}", manifest.label()))
        }));
    }
}
