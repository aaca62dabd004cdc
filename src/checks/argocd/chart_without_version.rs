//! A chart has no newest version by default.

use super::source::{has, is_well_spelt};
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;
use crate::vcluster::{CHART_NAME, DEFAULT_CHART_VERSION};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "chart-without-version",
        summary: "Helm chart without a version",
        severity: Severity::Error,
        effect: Effect::InvalidSpec,
        page: include_str!("chart_without_version.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application().filter(|it| !it.is_patched) else { return };
    for source in application.sources().filter(|source| !has(source, "targetRevision") && is_well_spelt(source)) {
        let Some((node, chart)) = source.get("chart").and_then(|node| Some((node, node.as_str()?))) else { continue };
        if chart.is_empty() {
            continue;
        }
        let version = if chart == CHART_NAME { DEFAULT_CHART_VERSION } else { "1.2.3" };
        let message = format!("the chart `{chart}` has no version: `targetRevision` is missing");
        let help = format!("add the version of the chart, as in `targetRevision: {version}`");
        findings.push(Diagnostic::new(&CHECK.rule, &node.span, message).help(help).of_whole());
    }
}
