//! Services, Ingresses and network policies (k8s.io/kubernetes `pkg/apis/core/validation/validation.go` and
//! `pkg/apis/networking/validation/validation.go`).

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::super::kubernetes::Version;
use super::super::wording;
use super::{Report, below, child, items, number_at, text_at, text_or_empty};
use crate::yaml::Node;

/// The ports of nodes that Services get unless the API server was told others (`--service-node-port-range`).
const NODE_PORTS: std::ops::RangeInclusive<i64> = 30_000..=32_767;
/// The port of the kubelet, which no load balancer may lead to.
const KUBELET_PORT: i64 = 10_250;

/// The version from which on addresses have to be in their usual form (`StrictIPCIDRValidation`).
pub(super) const STRICT: Version = (1, 36);

/// Judges a Service.
pub(super) fn service<'a>(report: &mut Report<'a>, object: &'a Node) {
    let Some(spec) = child(object, "spec") else { return };
    let kind = Some(text_or_empty(spec, "type")).filter(|kind| !kind.is_empty()).unwrap_or("ClusterIP");
    let has_external_ips = !items(spec, "externalIPs").is_empty();
    if let Some(policy) = child(spec, "externalTrafficPolicy").filter(|policy| policy.as_str() != Some(""))
        && (kind == "ExternalName" || kind == "ClusterIP" && !has_external_ips)
    {
        report.value(policy, "needs `type` to be `LoadBalancer` or `NodePort`");
    }
    addresses(report, spec, kind);
    for address in items(spec, "externalIPs") {
        external_address(report, address);
    }
    for range in items(spec, "loadBalancerSourceRanges") {
        cidr(report, range, str::trim);
    }
    service_ports(report, spec, kind);
    if let Some(port) = child(spec, "healthCheckNodePort").filter(|port| port.as_i64().is_some_and(|port| port != 0))
        && kind == "LoadBalancer"
        && text_at(spec, "externalTrafficPolicy") != Some("Local")
    {
        report.value(port, "needs `externalTrafficPolicy` to be `Local`");
    }
    if let Some(distribution) = child(spec, "trafficDistribution").filter(|_| report.version >= (1, 31))
        && !matches!(distribution.as_str(), Some("PreferClose" | "PreferSameNode" | "PreferSameZone") | None)
    {
        let known = "`PreferClose`, `PreferSameNode` or `PreferSameZone`";
        report.value(distribution, format!("has to be {known}, found {}", wording::value_text(distribution)));
    }
}

/// Judges the addresses that a Service asks for.
fn addresses<'a>(report: &mut Report<'a>, spec: &'a Node, kind: &str) {
    let (cluster_ip, cluster_ips) = (text_or_empty(spec, "clusterIP"), items(spec, "clusterIPs"));
    if kind != "ExternalName"
        && let (Some(first), Some(list)) = (cluster_ips.first(), child(spec, "clusterIPs"))
    {
        let shown = wording::value_text(first);
        if cluster_ip.is_empty() {
            report.value(list, format!("needs `clusterIP`, which has to be the first of the list, {shown}"));
        } else if first.as_str() != Some(cluster_ip) {
            report.value(first, format!("is {shown}, and has to be the `clusterIP`, {}", wording::quoted(cluster_ip)));
        } else if cluster_ips.len() > 2 {
            report.value(list, format!("may have at most 2 items, it has {}", cluster_ips.len()));
        }
        for address in cluster_ips {
            let text = address.as_str().unwrap_or_default();
            if text == "None" && cluster_ips.len() == 1 {
                continue;
            }
            if text.parse::<IpAddr>().is_err() {
                report.value(address, format!("is no IP address: {}", wording::quoted(text)));
            }
        }
    }
    let families = items(spec, "ipFamilies");
    let has_selector = child(spec, "selector").and_then(Node::as_mapping).is_some_and(|it| !it.is_empty());
    // Without a selector, a Service without an address gets both families.
    let is_single = child(spec, "ipFamilyPolicy").is_none() && (cluster_ip != "None" || has_selector);
    if families.len() > 1
        && is_single
        && kind != "ExternalName"
        && let Some(list) = child(spec, "ipFamilies")
    {
        report.value(list, "needs `ipFamilyPolicy` to be `PreferDualStack` or `RequireDualStack` for two families");
    }
}

/// Judges an address that others reach a Service at.
fn external_address<'a>(report: &mut Report<'a>, node: &'a Node) {
    let Some(address) = node.as_str().and_then(|text| text.parse::<IpAddr>().ok()) else { return };
    let is_local = match address {
        IpAddr::V4(address) => address.is_link_local() || matches!(address.octets(), [224, 0, 0, _]),
        IpAddr::V6(address) => address.is_unicast_link_local() || address.segments()[0] == 0xFF02,
    };
    if is_local || address.is_loopback() || address.is_unspecified() {
        let shown = wording::value_text(node);
        report.value(node, format!("is {shown}, and has to be an IP address that others reach"));
    } else if report.version >= STRICT && is_mapped(address) {
        let shown = wording::value_text(node);
        report.value(node, format!("has to be written as an IPv4 address, found {shown}"));
    }
}

fn service_ports<'a>(report: &mut Report<'a>, spec: &'a Node, kind: &str) {
    let mut taken = BTreeMap::new();
    for port in items(spec, "ports") {
        if kind == "LoadBalancer"
            && let Some(number) = child(port, "port").filter(|port| port.as_i64() == Some(KUBELET_PORT))
        {
            report
                .value(number, format!("may not be {KUBELET_PORT} for a load balancer: it is the port of the kubelet"));
        }
        let Some(node_port) = child(port, "nodePort") else { continue };
        let Some(number @ 1..) = node_port.as_i64() else { continue };
        let protocol = Some(text_or_empty(port, "protocol")).filter(|it| !it.is_empty()).unwrap_or("TCP");
        if !NODE_PORTS.contains(&number) && matches!(kind, "LoadBalancer" | "NodePort") {
            let (first, last) = (NODE_PORTS.start(), NODE_PORTS.end());
            let sentence = format!(
                "is {number}, not from {first} to {last}, the ports of nodes unless the API server has other ones"
            );
            report.value(node_port, sentence);
        } else if let Some(first) = taken.insert((protocol, number), node_port) {
            report.pair(node_port, format!("repeats `{number}` for {protocol}"), first, "first here");
        }
    }
}

/// Judges an Ingress.
pub(super) fn ingress<'a>(report: &mut Report<'a>, object: &'a Node) {
    let class = below(object, &["spec", "ingressClassName"]);
    let annotation = below(object, &["metadata", "annotations", "kubernetes.io/ingress.class"]);
    if let (Some(class), Some(annotation)) = (class, annotation)
        && class.as_str() != annotation.as_str()
    {
        let sentence = format!(
            "is {}, and `spec.ingressClassName` {}",
            wording::value_text(annotation),
            wording::value_text(class)
        );
        report.pair(annotation, sentence, class, "`ingressClassName`");
    }
}

/// Judges a `NetworkPolicy`.
pub(super) fn network_policy<'a>(report: &mut Report<'a>, object: &'a Node) {
    let Some(spec) = child(object, "spec") else { return };
    for (rules, peers) in [("egress", "to"), ("ingress", "from")] {
        for rule in items(spec, rules) {
            for block in items(rule, peers).iter().filter_map(|peer| child(peer, "ipBlock")) {
                ip_block(report, block);
            }
            for port in items(rule, "ports") {
                if let (Some(first), Some(end), Some(last)) =
                    (number_at(port, "port"), child(port, "endPort"), number_at(port, "endPort"))
                    && last < first
                {
                    report.value(end, format!("has to be at least `port`, {first}, found `{last}`"));
                }
            }
        }
    }
}

fn ip_block<'a>(report: &mut Report<'a>, block: &'a Node) {
    let range = child(block, "cidr");
    let outer = range.and_then(|range| cidr(report, range, |text| text));
    for except in items(block, "except") {
        let Some((address, length)) = cidr(report, except, |text| text) else { continue };
        let (Some(range), Some((network, outer_length))) = (range, outer) else { continue };
        if length <= outer_length || masked(address, outer_length) != masked(network, outer_length) {
            let sentence = format!(
                "is {}, and has to be a smaller part of {}",
                wording::value_text(except),
                wording::value_text(range)
            );
            report.pair(except, sentence, range, "`cidr`");
        }
    }
}

/// Tells whether an address is one of IPv4 in the form of IPv6.
pub(super) fn is_mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some())
}

/// Reads a range of addresses, of whose text the server trims something or nothing.
fn cidr<'a>(report: &mut Report<'a>, node: &'a Node, trim: fn(&str) -> &str) -> Option<(IpAddr, u32)> {
    let text = trim(node.as_str()?);
    let (address, length) = text.split_once('/')?;
    let parsed = address.parse::<IpAddr>().ok().zip(length.parse::<u32>().ok());
    let Some((address, length)) = parsed else {
        if text.trim() != text {
            report.value(node, format!("has blanks around it: {}", wording::quoted(text)));
        }
        return None;
    };
    if report.version >= STRICT {
        if is_mapped(address) {
            report.value(node, format!("has to be written with an IPv4 address, found {}", wording::quoted(text)));
            return None;
        }
        let network = masked(address, length)?;
        if network != address {
            report.value(node, format!("is {}, and has to be written as `{network}/{length}`", wording::quoted(text)));
            return None;
        }
    }
    Some((address, length))
}

/// Returns the first address of the range of this length that an address is in.
fn masked(address: IpAddr, length: u32) -> Option<IpAddr> {
    Some(match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32_u32.checked_sub(length)?).unwrap_or_default();
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128_u32.checked_sub(length)?).unwrap_or_default();
            IpAddr::V6((address.to_bits() & mask).into())
        }
    })
}
