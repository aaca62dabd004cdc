//! An Application has its sources in one place.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "source-ignored",
        summary: "`source` or `sources` of an Application that Argo CD ignores",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("source_ignored.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for spec in &scope.manifests.facts.odd_specs {
        let manifest = scope.manifests.manifest_of(spec);
        let is_created = scope.is_for_idpbuilder() && scope.package.root(manifest).is_some();
        for hidden in &spec.hidden {
            let (key, by) = (&hidden.key, &hidden.by);
            // idpbuilder drops the hydrator, which `application-field-dropped` says, and the source counts after all.
            if !scope.package.is_exact(manifest) || is_created && by.value == "sourceHydrator" {
                continue;
            }
            findings.push(
                Diagnostic::new(&CHECK.rule, &key.span, format!("Argo CD ignores `{key}`, because there is `{by}`"))
                    .related(&by.span, "only this counts")
                    .help(format!("remove `{key}`; what is missing in `{by}` has to be written there")),
            );
        }
    }
}
