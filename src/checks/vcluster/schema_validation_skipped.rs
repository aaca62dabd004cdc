//! Without the schema of the chart, vCluster itself is the first to say what is wrong with its values.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "schema-validation-skipped",
        summary: "values of the vCluster chart that nobody compares with its schema",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("schema_validation_skipped.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let virtual_clusters = scope.network.virtual_clusters.iter().filter(|it| scope.passes_fields_on(it.application));
    let sources = virtual_clusters.map(|it| it.source);
    for skip in sources.filter_map(|source| source.skip_schema_validation.as_ref()).filter(|skip| skip.value) {
        let message =
            "`skipSchemaValidation` hides values that the vCluster chart does not know, until its pod crashes";
        findings.push(Diagnostic::new(&CHECK.rule, &skip.span, message).help("leave `skipSchemaValidation` out"));
    }
}
