//! A route that is attached to no Gateway leads nothing anywhere.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "tlsroute-without-parent",
        summary: "`TLSRoute` that no Gateway takes",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("tlsroute_without_parent.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    // What nobody is known to apply may be patched by whoever does.
    let may_be_patched = scope.manifests.kustomizations.values().any(|kustomization| kustomization.transforms);
    for exposure in &scope.network.exposures {
        let Some(span) = &exposure.object.detached else { continue };
        if may_be_patched && exposure.application.is_none() {
            continue;
        }
        let message = format!("no Gateway will take {}: it has no `parentRefs`", exposure.label());
        let key = if exposure.built_in.is_some() { "controlPlane.tlsRoute.parentRefs" } else { "spec.parentRefs" };
        let help =
            format!("name the Gateway and its listener in `{key}`, as in `[{{name: gateway, sectionName: tls}}]`");
        let route = Some(&exposure.object.span).filter(|route| *route != span);
        findings.push(Diagnostic::new(&CHECK.rule, span, message).related_if(route, "the route").help(help));
    }
}
