//! Two Ingresses must not claim the same path of a host.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::checks::{Check, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Manifest;
use crate::source::Span;

/// Marks an Ingress that takes a share of the requests of another one (ingress-nginx, annotations.md).
const CANARY: &str = "nginx.ingress.kubernetes.io/canary";

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ingress-host-duplicate",
        summary: "host and path that two Ingresses claim",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("ingress_host_duplicate.md"),
    },
    since: "0.1.0",
    run,
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut claims: BTreeMap<_, (&Span, Option<&Manifest>)> = BTreeMap::new();
    let built_in = scope.network.virtual_clusters.iter().filter(|it| it.ingress_enabled);
    for virtual_cluster in built_in {
        let Some(host) = &virtual_cluster.ingress_host else { continue };
        claims
            .entry((virtual_cluster.application.destination(), "nginx", host.value, "/"))
            .or_insert((&host.span, None));
    }
    for exposure in &scope.network.exposures {
        // A canary shares host and path with the Ingress that it varies.
        if exposure.manifest.annotation(CANARY).is_some_and(|value| value.as_str() == Some("true")) {
            continue;
        }
        for route in &exposure.routes {
            let Some(host) = &route.rule.host else { continue };
            let path = route.path.path.as_ref().map_or("/", |path| &path.value);
            match claims.entry((exposure.place(), exposure.class(), host, path)) {
                Entry::Vacant(free) => drop(free.insert((&host.span, Some(exposure.manifest)))),
                // Another version of the same object does not compete with it.
                Entry::Occupied(taken) if taken.get().1.is_some_and(|it| it.is_same_object(exposure.manifest)) => {}
                Entry::Occupied(taken) => findings.push(
                    Diagnostic::new(&CHECK.rule, &host.span, format!("path `{path}` of `{host}` is taken already"))
                        .related(taken.get().0, "it is claimed here first")
                        .help("give each Ingress a host of its own"),
                ),
            }
        }
    }
}
