//! Values are written in one of two ways, not in both.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "helm-values-ignored",
        summary: "`values` that Argo CD ignores because of `valuesObject`",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("helm_values_ignored.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application() else { return };
    for helm in application.sources().filter_map(|source| source.get("helm")?.as_mapping()) {
        let (Some(values), Some(winner)) = (helm.entry("values"), helm.entry("valuesObject")) else { continue };
        let is_empty = application.known(&values.value).is_none_or(|text| text.trim().is_empty());
        if is_empty || winner.value.is_null() {
            continue;
        }
        let message = "Argo CD ignores `values`, because there is `valuesObject`";
        findings.push(
            Diagnostic::new(&CHECK.rule, &values.key.span, message)
                .related(&winner.key.span, "only these values count")
                .help("move what is missing to `valuesObject`, and remove `values`")
                .of_whole(),
        );
    }
}
