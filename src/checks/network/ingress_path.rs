//! SSL passthrough knows hosts, not paths.

use std::collections::BTreeMap;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::schema::names::http_path;
use crate::source::Span;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ingress-path",
        summary: "path of a host with SSL passthrough that is never looked at",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("ingress_path.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut hosts: BTreeMap<(&str, &str), &Span> = BTreeMap::new();
    for exposure in scope.network.ingresses() {
        let Some(annotation) = exposure.passthrough else { continue };
        for host in exposure.object.rules.iter().flat_map(|rule| &rule.hosts) {
            for place in exposure.places() {
                hosts.entry((place, host)).or_insert(annotation);
            }
        }
    }
    for exposure in scope.network.ingresses() {
        for route in &exposure.routes {
            let Some(host) = route.rule.hosts.first() else { continue };
            let Some(annotation) = exposure.places().find_map(|place| hosts.get(&(place, host.as_str()))) else {
                continue;
            };
            let (path, path_type) = (&route.backend.path, &route.backend.path_type);
            let (fault, span) = match (path, path_type) {
                // What is no path at all is for the schema to say.
                (Some(path), _) if http_path(path).is_err() => continue,
                (Some(path), _) if path.value != "/" => (format!("path `{path}`"), &path.span),
                (_, Some(path_type)) if path_type.value == "Exact" => {
                    (format!("path type `{path_type}`"), &path_type.span)
                }
                _ => continue,
            };
            findings.push(
                Diagnostic::new(
                    &CHECK.rule,
                    span,
                    format!("SSL passthrough ignores {fault}: all it sees of a connection is the host"),
                )
                .related(annotation, "SSL passthrough for the whole host is switched on here")
                .help("write `path: /` with `pathType: Prefix`, and give other paths a host of their own"),
            );
        }
    }
}
