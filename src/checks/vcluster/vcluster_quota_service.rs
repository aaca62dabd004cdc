//! A quota without node ports admits no Service that needs one.

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::vcluster::rendering;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-quota-service",
        summary: "quota that does not admit the Service of a virtual cluster",
        severity: Severity::Error,
        effect: Effect::ApiReject,
        page: include_str!("vcluster_quota_service.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope) {
        let values = virtual_cluster.source.values.as_ref();
        let value = |path: &[&str]| virtual_cluster.value(path);
        let service = ["controlPlane", "service", "spec"];
        let Some(kind) = value(&service).and_then(|spec| spec.get("type")) else { continue };
        let name = kind.as_str().unwrap_or_default();
        let with_ports = value(&service).and_then(|spec| spec.get("allocateLoadBalancerNodePorts"));
        // What the chart allows without values: one load balancer and no node port.
        let no_ports = || rendering::quota_forbids(values, "services.nodeports", true);
        let no_balancers = || rendering::quota_forbids(values, "services.loadbalancers", false);
        let resource = match name {
            "LoadBalancer" if no_balancers() => "services.loadbalancers",
            "LoadBalancer" if with_ports.and_then(Node::as_bool) != Some(false) && no_ports() => "services.nodeports",
            "NodePort" if no_ports() => "services.nodeports",
            _ => continue,
        };
        if !rendering::has_quota(values) {
            continue;
        }
        let message = format!(
            "the quota of virtual cluster `{}` will not admit its Service of type `{name}`: it allows 0 `{resource}`",
            virtual_cluster.release
        );
        let quota = value(&["policies", "resourceQuota", "quota", resource]);
        let place = quota.or_else(|| value(&["policies", "resourceQuota", "enabled"]));
        let place = place.or_else(|| value(&["policies", "limitRange", "enabled"])).map(|place| &place.span);
        let role = match quota {
            Some(_) => "it says so here",
            None => "the quota of the chart says so unless told otherwise",
        };
        let finding = Diagnostic::new(&CHECK.rule, &kind.span, message).related_if(place, role);
        findings.push(finding.help(match (name, resource) {
            ("LoadBalancer", "services.nodeports") => {
                "a load balancer takes node ports, too: allow them, `policies.resourceQuota.quota: {services.nodeports: 2}`, \
                 or write `allocateLoadBalancerNodePorts: false` beside `type`"
            }
            (_, "services.nodeports") => "allow its two ports: `policies.resourceQuota.quota: {services.nodeports: 2}`",
            _ => "allow it: `policies.resourceQuota.quota: {services.loadbalancers: 1}`",
        }));
    }
}
