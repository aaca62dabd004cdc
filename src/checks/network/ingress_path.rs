//! SSL passthrough knows hosts, not paths.

use std::collections::BTreeMap;

use crate::checks::{Check, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ingress-path",
        summary: "path of a host with SSL passthrough that is never looked at",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("ingress_path.md"),
    },
    since: "0.1.0",
    run,
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut hosts: BTreeMap<(&str, &str), &Node> = BTreeMap::new();
    for exposure in &scope.network.exposures {
        let Some(annotation) = exposure.passthrough else { continue };
        for host in exposure.ingress.rules.iter().filter_map(|rule| rule.host.as_ref()) {
            hosts.entry((exposure.place(), host)).or_insert(annotation);
        }
    }
    for exposure in &scope.network.exposures {
        for route in &exposure.routes {
            let Some(host) = &route.rule.host else { continue };
            let Some(annotation) = hosts.get(&(exposure.place(), host.as_str())) else { continue };
            let (path, path_type) = (&route.path.path, &route.path.path_type);
            let (fault, span) = match (path, path_type) {
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
                .related(&annotation.span, "SSL passthrough for the whole host is switched on here")
                .help("write `path: /` with `pathType: Prefix`, and give other paths a host of their own"),
            );
        }
    }
}
