//! A `NetworkPolicy` sees the ports of pods, not those of Services.

use std::collections::BTreeMap;

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::{Labels, NetworkPolicy, PolicyPort, PolicyRule};
use crate::network::VirtualCluster;
use crate::network::policies::{self, NAMESPACE, Policies};
use crate::source::Span;
use crate::vcluster::{POD_PORT, SERVICE_PORT, SERVICE_PORT_NAME};
use crate::yaml::Node;

/// The port of the API server in its pod.
const API: i64 = POD_PORT as i64;
/// The port of the DNS server of a virtual cluster, in its pod.
const DNS: i64 = 1053;
/// The port of its Service.
const DNS_SERVICE: i64 = 53;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "network-policy-vcluster-port",
        summary: "network policy with a port of a Service instead of that of the pod",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("network_policy_vcluster_port.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let policies = Policies::of(scope.manifests, scope.package);
    let mut homes: BTreeMap<&str, Vec<&VirtualCluster<'_>>> = BTreeMap::new();
    for virtual_cluster in judged(scope) {
        in_values(virtual_cluster, findings);
        into(scope, &policies, virtual_cluster, findings);
        dns(scope, &policies, virtual_cluster, findings);
        if let Some(namespace) = virtual_cluster.namespace {
            homes.entry(namespace.as_str()).or_default().push(virtual_cluster);
        }
    }
    out_of(scope, &homes, findings);
}

/// Looks at the rules in the values.
fn in_values(virtual_cluster: &VirtualCluster<'_>, findings: &mut Vec<Diagnostic>) {
    if policies::switch(virtual_cluster).is_none() {
        return;
    }
    let ingress = policies::rules(virtual_cluster, &["controlPlane", "ingress"], "from");
    let all: Vec<&PolicyRule> = ingress.iter().collect();
    findings.extend(all.iter().filter_map(|rule| missed(rule, &all)).map(|port| report(port, virtual_cluster)));
    let namespace = virtual_cluster.namespace.map(|namespace| namespace.as_str());
    for path in [&["workload", "egress"][..], &["extraWorkloadRules"]] {
        let egress = policies::rules(virtual_cluster, path, "to");
        let all: Vec<&PolicyRule> = egress.iter().collect();
        let towards = all.iter().filter(|rule| policies::leads_to(rule, virtual_cluster, namespace));
        findings.extend(towards.filter_map(|rule| missed(rule, &all)).map(|port| report(port, virtual_cluster)));
    }
}

/// Looks at the policies for the pods of the control plane.
fn into(
    scope: &Scope<'_>,
    policies: &Policies<'_>,
    virtual_cluster: &VirtualCluster<'_>,
    findings: &mut Vec<Diagnostic>,
) {
    let pods = policies::control_plane(virtual_cluster);
    let around = policies.around(virtual_cluster, &pods);
    let all: Vec<&PolicyRule> = around.iter().flat_map(|(_, policy)| policy.ingress.iter().flatten()).collect();
    for (_, policy) in around.iter().filter(|(manifest, it)| it.pods.names(&pods) && scope.package.is_exact(manifest)) {
        let rules = policy.ingress.iter().flatten();
        findings.extend(rules.filter_map(|rule| missed(rule, &all)).map(|port| report(port, virtual_cluster)));
    }
}

/// Looks at the policies for what wants to reach the pods of a control plane, in whatever namespace that is.
fn out_of(scope: &Scope<'_>, homes: &BTreeMap<&str, Vec<&VirtualCluster<'_>>>, findings: &mut Vec<Diagnostic>) {
    for policy in &scope.manifests.facts.network_policies {
        let manifest = scope.manifests.manifest_of(policy);
        let namespace = scope.package.namespace_of(manifest).map(|namespace| namespace.as_str());
        let all: Vec<&PolicyRule> = policy.egress.iter().flatten().collect();
        for rule in all.iter().filter(|_| scope.package.is_exact(manifest)) {
            let Some(port) = missed(rule, &all) else { continue };
            let named = rule.peers.first().and_then(|peer| peer.namespaces.as_ref()?.value(NAMESPACE));
            let candidates = named.or(namespace).and_then(|namespace| homes.get(namespace)).into_iter().flatten();
            let place = scope.package.destination_of(manifest);
            let here = |it: &&&VirtualCluster<'_>| {
                place.is_none_or(|place| place == it.application.destination())
                    && policies::leads_to(rule, it, namespace)
            };
            findings.extend(candidates.into_iter().find(here).map(|it| report(port, it)));
        }
    }
}

/// Looks at what the pods within a virtual cluster may ask, unless the chart has policies of its own, which let them ask its
/// DNS server.
fn dns(
    scope: &Scope<'_>,
    policies: &Policies<'_>,
    virtual_cluster: &VirtualCluster<'_>,
    findings: &mut Vec<Diagnostic>,
) {
    let own = virtual_cluster.value(&["controlPlane", "coredns", "enabled"]).and_then(Node::as_bool);
    if policies::switch(virtual_cluster).is_some() || own == Some(false) {
        return;
    }
    let pods = policies::workloads(virtual_cluster);
    let around = policies.around(virtual_cluster, &pods);
    let own = around.iter().flat_map(|(_, policy)| policy.egress.iter().flatten());
    let mut rules = own.chain(policies.anywhere().flat_map(|policy| policy.egress.iter().flatten()));
    let selects = |labels: &Labels| labels.is_empty() || labels.names(&pods);
    let asks = |policy: &NetworkPolicy| {
        let mut ports = policy.egress.iter().flatten().flat_map(|rule| &rule.ports);
        ports.find(|port| port.is(DNS_SERVICE)).map(|port| port.span.clone())
    };
    let about = around.iter().filter(|(manifest, it)| selects(&it.pods) && scope.package.is_exact(manifest));
    let asked: Vec<Span> = about.filter_map(|(_, policy)| asks(policy)).collect();
    if asked.is_empty() || rules.any(|rule| rule.allows(DNS) || rule.has_names()) {
        return;
    }
    for span in asked {
        let release = virtual_cluster.release;
        let message =
            format!("the pods in virtual cluster `{release}` cannot ask its DNS server, whose pod listens on {DNS}");
        findings.push(
            Diagnostic::new(&CHECK.rule, &span, message)
                .related(&release.span, "the virtual cluster")
                .help(format!("add `{{port: {DNS}, protocol: UDP}}` and `{{port: {DNS}, protocol: TCP}}`")),
        );
    }
}

/// Returns the port of a rule that means the API server and misses it, unless another one allows the same peers the right one.
fn missed<'a>(rule: &'a PolicyRule, all: &[&PolicyRule]) -> Option<&'a PolicyPort> {
    let service = i64::from(SERVICE_PORT);
    let is_service = |port: &&PolicyPort| port.is(service) || port.name.as_deref() == Some(SERVICE_PORT_NAME);
    let wrong = rule.ports.iter().find(|port| is_service(port) && !port.is_udp)?;
    let is_mended = |other: &&PolicyRule| other.allows(API) && (other.peers.is_empty() || other.peers == rule.peers);
    (!all.iter().any(is_mended)).then_some(wrong)
}

fn report(port: &PolicyPort, virtual_cluster: &VirtualCluster<'_>) -> Diagnostic {
    let release = virtual_cluster.release;
    let written = port.name.as_deref().map_or_else(|| SERVICE_PORT.to_string(), str::to_owned);
    let message = format!(
        "port `{written}` is that of the Service: the pods of virtual cluster `{release}` listen on {API}, which this rule \
         does not allow"
    );
    Diagnostic::new(&CHECK.rule, &port.span, message)
        .related(&release.span, "the virtual cluster")
        .help(format!("write `port: {API}`"))
}
