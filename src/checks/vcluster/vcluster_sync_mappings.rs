//! What is synced from the host has a place there and a place in the virtual cluster.

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::network::VirtualCluster;
use crate::schema::names;
use crate::yaml::{Entry, Mapping, Node};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-sync-mappings",
        summary: "objects of the host that are mapped to nothing that vCluster understands",
        severity: Severity::Error,
        effect: Effect::PodCrash,
        page: include_str!("vcluster_sync_mappings.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// How strict vCluster is about what is mapped (`pkg/config/validation.go`).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grammar {
    /// `validateFromHostMappingEntry`: names only.
    CustomResource,
    /// `validateFromHostSyncMappings`: objects to objects, or all of a namespace to all of another.
    Object,
    /// `validateGatewayMappings`: the same without short forms, and not into namespaces of the system.
    Gateway,
}

/// The namespaces that Gateways may not be mapped to.
const RESERVED: [&str; 3] = ["kube-node-lease", "kube-public", "kube-system"];

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope) {
        for (kind, grammar) in
            [("configMaps", Grammar::Object), ("secrets", Grammar::Object), ("gateways", Grammar::Gateway)]
        {
            let Some(enabled) = virtual_cluster.switched_on(&["sync", "fromHost", kind, "enabled"]) else { continue };
            let section = virtual_cluster.value(&["sync", "fromHost", kind]);
            let mappings = section.and_then(mappings);
            if mappings.is_none_or(Mapping::is_empty) {
                let message = format!("`{kind}` are synced from the host without a mapping: vCluster does not start");
                findings.push(Diagnostic::new(&CHECK.rule, &enabled.span, message).help(format!(
                    "write what goes where, as in `sync.fromHost.{kind}.mappings.byName: {{\"team/*\": \"team/*\"}}`"
                )));
            }
            findings.extend(faults(virtual_cluster, mappings, grammar));
        }
        for resource in virtual_cluster.custom_resources("fromHost") {
            findings.extend(custom_resource(virtual_cluster, resource));
        }
    }
}

/// Returns the mappings of a section.
fn mappings(section: &Node) -> Option<&Mapping> {
    section.at(&["mappings", "byName"])?.as_mapping()
}

/// Judges the mappings of custom resources, which only those have that are in namespaces.
fn custom_resource(
    virtual_cluster: &VirtualCluster<'_>,
    Entry { key: name, value: resource }: &Entry,
) -> Vec<Diagnostic> {
    let Some(scope) = resource.get("scope") else { return Vec::new() };
    let mappings = mappings(resource);
    match (scope.as_str(), mappings.filter(|mappings| !mappings.is_empty())) {
        (Some("Namespaced"), None) => {
            let message = format!("`{name}` are in namespaces, and none is mapped: vCluster does not start");
            let help = "write what goes where, as in `mappings: {byName: {\"team/*\": \"team/*\"}}`";
            vec![Diagnostic::new(&CHECK.rule, &scope.span, message).help(help)]
        }
        (Some("Namespaced"), mappings) => faults(virtual_cluster, mappings, Grammar::CustomResource),
        (Some("Cluster"), Some(mappings)) => {
            let message = format!("`{name}` are in no namespaces, so nothing can be mapped: vCluster does not start");
            let first = mappings.iter().next().map_or(&scope.span, |entry| &entry.key.span);
            let help = "leave out `mappings`, or write `scope: Namespaced`";
            vec![Diagnostic::new(&CHECK.rule, first, message).related(&scope.span, "the scope").help(help)]
        }
        _ => Vec::new(),
    }
}

/// Judges each mapping.
fn faults(virtual_cluster: &VirtualCluster<'_>, mappings: Option<&Mapping>, grammar: Grammar) -> Vec<Diagnostic> {
    let own = virtual_cluster.namespace_name();
    let mut findings = Vec::new();
    for Entry { key: host, value } in mappings.into_iter().flat_map(Mapping::iter) {
        let Some(inner) = value.as_str() else { continue };
        if let Some((message, help)) = fault(host, inner, grammar, own) {
            findings.push(Diagnostic::new(&CHECK.rule, &host.span, message).help(help));
        }
    }
    findings
}

/// Finds out why vCluster does not understand a mapping from the host to the inside.
fn fault(host: &str, inner: &str, grammar: Grammar, own: &str) -> Option<(String, String)> {
    if host.contains("{{") || inner.contains("{{") {
        return None;
    }
    let is_all = |text: &str| text.ends_with("/*");
    // The namespace of the virtual cluster itself is written as nothing.
    let is_whole = grammar == Grammar::Gateway || (grammar == Grammar::Object && !host.is_empty());
    for text in [host, inner].into_iter().filter(|_| is_whole) {
        if !text.contains('/') {
            let message = format!("`{text}` says no objects: it has no `/`");
            let help = match text {
                "" => "write a namespace and a name, as in `team/name`, or `team/*` for all of it".to_owned(),
                _ => format!("write `{text}/*` for all objects of a namespace, or `{text}/name` for one"),
            };
            return Some((message, help));
        }
    }
    let is_one_sided = match grammar {
        Grammar::CustomResource => false,
        Grammar::Object => is_all(host) && !is_all(inner),
        Grammar::Gateway => is_all(host) != is_all(inner),
    };
    if is_one_sided {
        let message = format!("`{host}` and `{inner}` do not fit: all objects of a namespace go to all of another");
        return Some((message, "end both with `/*`, or none".to_owned()));
    }
    for (text, may_be_empty) in [(host, grammar != Grammar::Gateway), (inner, false)] {
        let (namespace, name) = text.split_once('/').map_or((text, None), |(namespace, name)| (namespace, Some(name)));
        if name.is_some_and(|name| name.contains('/')) {
            return Some((format!("`{text}` has more than one `/`"), "write a namespace and a name".to_owned()));
        }
        let is_fine = |name: &str| name == "*" || (name.is_empty() && grammar != Grammar::Gateway);
        let wrong = if namespace.is_empty() && may_be_empty { None } else { names::label(namespace).err() };
        let wrong = wrong.map(|reason| ("namespace", namespace, reason)).or_else(|| {
            let name = name.filter(|name| !is_fine(name))?;
            Some(("name", name, names::subdomain(name).err()?))
        });
        if let Some((what, part, reason)) = wrong {
            let message = format!("`{part}` in `{text}` is no {what}: {reason}");
            return Some((message, "write a namespace, `/`, and a name or `*`".to_owned()));
        }
    }
    let namespace = inner.split('/').next().unwrap_or_default();
    (grammar == Grammar::Gateway && (RESERVED.contains(&namespace) || namespace == own)).then(|| {
        let message = format!("Gateways cannot be mapped to namespace `{namespace}`: it is reserved");
        (message, "map them to another namespace of the virtual cluster".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What vCluster accepts and refuses in the tests of its own validation
    /// (loft-sh/vcluster, `pkg/config/validation_test.go`: mappings, custom resources and Gateways).
    #[test]
    fn mappings_are_read_as_vcluster_reads_them() {
        for (grammar, host, inner, is_right) in [
            (Grammar::Object, "from-host/*", "inside/*", true),
            (Grammar::Object, "default/settings", "inside/other", true),
            (Grammar::Object, "", "inside/*", true),
            (Grammar::Object, "", "inside", true),
            (Grammar::Object, "", "inside/", true),
            (Grammar::Object, "/settings", "inside/settings", true),
            (Grammar::Object, "team/set.tings", "inside/set.tings", true),
            (Grammar::Object, "default", "inside/settings", false),
            (Grammar::Object, "default/settings", "inside", false),
            (Grammar::Object, "default/*", "inside", false),
            (Grammar::Object, "default/*", "inside/one", false),
            (Grammar::Object, "*", "inside/*", false),
            (Grammar::Object, "default/_settings", "inside/settings", false),
            (Grammar::Object, "_Default/settings", "inside/settings", false),
            (Grammar::Object, "default/settings", "inside/_settings", false),
            (Grammar::Object, "default/settings", "_inside/settings", false),
            (Grammar::Object, "", "!inside/*", false),
            (Grammar::Object, "de.fault/settings", "inside/settings", false),
            (Grammar::Object, "a/b/c", "inside/settings", false),
            (Grammar::CustomResource, "", "default", true),
            (Grammar::CustomResource, "_a/my", "default/my", false),
            (Grammar::CustomResource, "/_a", "default/my", false),
            (Grammar::CustomResource, "default/my", "/_a", false),
            (Grammar::CustomResource, "default/my", "default/my/x", false),
            (Grammar::Gateway, "gateways/public", "team/public", true),
            (Grammar::Gateway, "gateways/*", "team/*", true),
            (Grammar::Gateway, "gateways/public", "team/*", false),
            (Grammar::Gateway, "/public", "team/public", false),
            (Grammar::Gateway, "gateways/public", "kube-system/public", false),
            (Grammar::Gateway, "gateways/public", "own/public", false),
            (Grammar::Gateway, "", "team/*", false),
        ] {
            let fault = fault(host, inner, grammar, "own");
            assert_eq!(fault.is_none(), is_right, "{host:?}: {inner:?}: {fault:?}");
        }
    }
}
