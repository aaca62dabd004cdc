//! Only one of several sources can name files of another.

use super::source::{files, is_source_file};
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "value-file-single-source",
        summary: "value file of another source where there is only one",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("value_file_single_source.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application().filter(|it| !it.is_patched) else { return };
    let Some(source) = application.single_source() else { return };
    for file in files(source).filter(|file| is_source_file(file)) {
        let path = file.as_str().unwrap_or_default();
        let (reference, rest) = path.split_once('/').unwrap_or((path, ""));
        let message =
            format!("`{reference}` is no source, because this one is the only one: the file becomes `/{rest}`");
        let name = reference.trim_start_matches('$');
        let help = format!("make it one of `sources`, beside one with the repository of the file and `ref: {name}`");
        findings.push(Diagnostic::new(&CHECK.rule, &file.span, message).help(help).of_whole());
    }
}
