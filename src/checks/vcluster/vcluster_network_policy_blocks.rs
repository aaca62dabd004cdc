//! Some versions of the chart make a `NetworkPolicy` that keeps everybody from the API server.

use std::collections::BTreeMap;
use std::ops::Range;

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::idpbuilder::ARGOCD_NAMESPACE;
use crate::manifest::{Manifest, PolicyRule};
use crate::network::policies::{self, Policies};
use crate::network::{Fit, VirtualCluster};
use crate::schema::vcluster::Version;
use crate::source::Span;
use crate::vcluster;

/// The versions whose policies admit nobody from outside (chart/templates/networkpolicy.yaml).
const BLOCKING: Range<Version> = (0, 31, 0)..(0, 33, 2);
/// The namespace of idpbuilder's ingress controller.
const INGRESS_NAMESPACE: &str = "ingress-nginx";

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-network-policy-blocks",
        summary: "network policy of a virtual cluster that keeps everybody from its API server",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("vcluster_network_policy_blocks.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// Something that has to reach the API server.
struct Visitor<'a> {
    /// The namespace that it comes from, on idpbuilder's cluster.
    namespace: &'static str,
    span: &'a Span,
    role: &'static str,
}

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let is_blocking = |it: &&VirtualCluster<'_>| {
        it.version().is_some_and(|version| BLOCKING.contains(&version)) && policies::switch(it).is_some()
    };
    let mut blocking = judged(scope).filter(is_blocking).peekable();
    if blocking.peek().is_none() {
        return;
    }
    let policies = Policies::of(scope.manifests, scope.package);
    // Policies of other kinds may allow more, and so may those that can be for any namespace.
    let is_other = |it: &Manifest| it.kind.ends_with("NetworkPolicy") && it.group() != "networking.k8s.io";
    if policies.anywhere().next().is_some() || scope.manifests.manifests().iter().any(is_other) {
        return;
    }
    let visitors = visitors(scope);
    for virtual_cluster in blocking {
        let Some(visitors) = visitors.get(&place(virtual_cluster)) else { continue };
        let own = policies::rules(virtual_cluster, &["controlPlane", "ingress"], "from");
        let around = policies.around(virtual_cluster, &policies::control_plane(virtual_cluster));
        let around = around.into_iter().flat_map(|(_, policy)| policy.ingress.iter().flatten());
        let rules: Vec<&PolicyRule> = own.iter().chain(around).collect();
        let Some(visitor) = visitors.iter().find(|visitor| {
            let namespace = scope.is_for_idpbuilder().then_some(visitor.namespace);
            !rules.iter().any(|rule| admits(rule, namespace))
        }) else {
            continue;
        };
        let Some(enabled) = policies::switch(virtual_cluster) else { continue };
        let version = virtual_cluster.source.target_revision.as_ref().map_or("", |version| version.as_str());
        let message = format!(
            "nobody outside reaches the API server of virtual cluster `{}`: the network policy of chart {version} does not \
             admit them",
            virtual_cluster.release
        );
        findings.push(Diagnostic::new(&CHECK.rule, &enabled.span, message).related(visitor.span, visitor.role).help(
            scope.note_assumption(format!(
                "write `policies.networkPolicy.controlPlane.ingress: [{{from: [{{namespaceSelector: {{matchLabels: \
                 {{kubernetes.io/metadata.name: {}}}}}}}], ports: [{{port: {}}}]}}]`, or take chart 0.33.2 or newer",
                visitor.namespace,
                vcluster::POD_PORT
            )),
        ));
    }
}

/// Tells whether a rule admits pods of a namespace to the API server, or was meant to: that it names the wrong port is for
/// `network-policy-vcluster-port` to say.
fn admits(rule: &PolicyRule, namespace: Option<&str>) -> bool {
    let has_port = rule.allows(i64::from(vcluster::POD_PORT))
        || rule.allows(i64::from(vcluster::SERVICE_PORT))
        || rule.has_names();
    has_port && (rule.peers.is_empty() || rule.peers.iter().any(|peer| policies::may_be_from(peer, namespace)))
}

/// Tells virtual clusters apart.
fn place<'a>(virtual_cluster: &VirtualCluster<'a>) -> (&'a str, &'a str, &'a str) {
    (virtual_cluster.application.destination(), virtual_cluster.namespace_name(), virtual_cluster.release)
}

/// Finds out who wants to reach which virtual cluster.
fn visitors<'a>(scope: &Scope<'a>) -> BTreeMap<(&'a str, &'a str, &'a str), Vec<Visitor<'a>>> {
    let mut visitors: BTreeMap<_, Vec<Visitor<'a>>> = BTreeMap::new();
    for (exposure, route, target) in scope.network.routes().filter(|(.., target)| target.fit == Fit::Service) {
        let role = "the ingress controller has to reach it, for this route";
        let span = route.rule.hosts.first().map_or(exposure.manifest.name_span(), |host| &host.span);
        let visitor = Visitor { namespace: INGRESS_NAMESPACE, span, role };
        visitors.entry(place(scope.network.meant_by(target))).or_default().push(visitor);
    }
    for it in &scope.package.applications {
        let Some(server) = &it.application.server else { continue };
        let Some((address, ..)) = scope.network.address(server).filter(|(address, ..)| address.is_service) else {
            continue;
        };
        let visitor =
            Visitor { namespace: ARGOCD_NAMESPACE, span: &server.span, role: "Argo CD has to reach it, for this" };
        visitors.entry(place(scope.network.found_at(address))).or_default().push(visitor);
    }
    visitors
}
