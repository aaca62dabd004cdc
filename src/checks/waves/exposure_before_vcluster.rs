//! What leads to a virtual cluster comes after it.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Manifest;
use crate::package::Creator;
use crate::source::Spanned;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "exposure-before-vcluster",
        summary: "route in an earlier or the same wave as its virtual cluster",
        severity: Severity::Warning,
        effect: Effect::Unreachable,
        page: include_str!("exposure_before_vcluster.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for exposure in scope.network.exposures.iter().filter(|exposure| exposure.built_in.is_none()) {
        let (Some((_, target)), Some(application)) = (exposure.target(), exposure.application) else { continue };
        let virtual_cluster = scope.network.meant_by(target).application;
        // In one Application the manifests are ordered, in two of one parent the Applications are.
        let (ingress, chart) = if std::ptr::eq(application, virtual_cluster) {
            (exposure.manifest, None)
        } else if matches!(application.creator, Creator::Parent(_)) && application.creator == virtual_cluster.creator {
            (application.manifest, Some(virtual_cluster.manifest))
        } else {
            continue;
        };
        let (early, late) = (ingress.wave(), chart.and_then(Manifest::wave));
        let wave = |wave: &Option<Spanned<i64>>| wave.as_ref().map_or(0, |wave| wave.value);
        // Without any wave nobody asked for an order; what was meant by a wave that is none, nobody knows.
        let is_known = scope.manifests.knows_wave(ingress) && chart.is_none_or(|it| scope.manifests.knows_wave(it));
        if !is_known || early.is_none() && late.is_none() || wave(&early) > wave(&late) {
            continue;
        }
        let span = early.as_ref().map_or(ingress.name_span(), |wave| &wave.span);
        let message = format!(
            "{} is in wave {}, not after its virtual cluster in wave {}",
            ingress.label(),
            wave(&early),
            wave(&late)
        );
        let other = late.as_ref().map_or(virtual_cluster.manifest.name_span(), |wave| &wave.span);
        findings.push(Diagnostic::new(&CHECK.rule, span, message).related(other, "the virtual cluster").help(format!(
            "give it a wave greater than {}, as in `\"{}\"`",
            wave(&late),
            wave(&late).saturating_add(5)
        )));
    }
}
