//! Pods and their templates (k8s.io/kubernetes `pkg/apis/core/validation/validation.go`).

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::super::{names, wording};
use super::containers::{self, HostPorts, Role};
use super::network::{STRICT, is_mapped};
use super::volumes::{self, can_be_device};
use super::{Report, child, entries, is_true, items, number_at, resources, scheduling, text_at};
use crate::yaml::Node;

/// The highest priority that a class of one's own can give (`HighestUserDefinablePriority`).
pub(super) const HIGHEST_PRIORITY: i64 = 1_000_000_000;

/// What the rules about parts of a Pod need to know of it.
pub(super) struct Spec<'a> {
    /// Whether this is a Pod and no template of one.
    pub(super) is_pod: bool,
    pub(super) uses_host_network: bool,
    /// Whether the Pod has users of its own, other than those of the node.
    pub(super) has_own_users: bool,
    /// The names of the volumes, and whether they can be block devices; none when one has no name, so that nobody knows which
    /// ones there are.
    pub(super) volumes: Option<BTreeMap<&'a str, bool>>,
    /// The names of the claims of devices.
    pub(super) claims: BTreeSet<&'a str>,
    pub(super) grace_period: i64,
}

/// Judges a Pod.
pub(super) fn pod<'a>(report: &mut Report<'a>, pod: &'a Node) {
    let Some(spec) = child(pod, "spec") else { return };
    if let Some(containers) = child(spec, "ephemeralContainers")
        && !items(spec, "ephemeralContainers").is_empty()
    {
        report.value(containers, "may not be given before the Pod runs");
    }
    if let (Some(gates), Some(node)) = (child(spec, "schedulingGates"), child(spec, "nodeName"))
        && !items(spec, "schedulingGates").is_empty()
        && node.as_str() != Some("")
    {
        report.pair(node, "may not be given while there are `schedulingGates`", gates, "the gates");
    }
    // Whatever the default class of a cluster is, its value is one that users may choose (admission plugin Priority).
    if let Some(priority) = child(spec, "priority")
        && priority.as_i64().is_some_and(|number| number > HIGHEST_PRIORITY)
        && text_at(spec, "priorityClassName").is_none_or(str::is_empty)
    {
        let shown = wording::value_text(priority);
        report.value(
            priority,
            format!("is {shown}, which no class of priority gives unless `priorityClassName` names it"),
        );
    }
    judge(report, spec, true, []);
}

/// Judges the template of a `PodTemplate`.
pub(super) fn template<'a>(report: &mut Report<'a>, object: &'a Node) {
    if let Some(template) = child(object, "template") {
        spec_of(report, template, []);
    }
}

/// Judges what a template says of Pods; beside their own they have further volumes, which are of claims.
pub(super) fn spec_of<'a>(
    report: &mut Report<'a>,
    template: &'a Node,
    claims: impl IntoIterator<Item = Option<&'a str>>,
) {
    let Some(spec) = child(template, "spec") else { return };
    if let Some(containers) = child(spec, "ephemeralContainers")
        && !items(spec, "ephemeralContainers").is_empty()
    {
        report.value(containers, "may not be given in a template");
    }
    judge(report, spec, false, claims);
}

fn judge<'a>(report: &mut Report<'a>, spec: &'a Node, is_pod: bool, claims: impl IntoIterator<Item = Option<&'a str>>) {
    let volumes = items(spec, "volumes").iter().map(|volume| Some((text_at(volume, "name")?, can_be_device(volume))));
    let claims = claims.into_iter().map(|name| Some((name?, true)));
    let facts = Spec {
        is_pod,
        uses_host_network: is_true(spec, "hostNetwork"),
        has_own_users: containers::is_false(spec, "hostUsers"),
        volumes: volumes.chain(claims).collect(),
        claims: items(spec, "resourceClaims").iter().filter_map(|claim| text_at(claim, "name")).collect(),
        grace_period: number_at(spec, "terminationGracePeriodSeconds").unwrap_or(30),
    };
    for volume in items(spec, "volumes") {
        volumes::volume(report, volume);
    }
    let mut names: BTreeMap<&str, &Node> = BTreeMap::new();
    let mut taken = HostPorts::new();
    for container in items(spec, "containers") {
        if let Some(name) = child(container, "name") {
            names.insert(name.as_str().unwrap_or_default(), name);
        }
        containers::container(report, &facts, container, Role::Regular);
        containers::same_ports(report, &facts, container);
        containers::host_ports(report, &facts, container, &mut taken);
    }
    for container in items(spec, "initContainers") {
        if let Some(name) = child(container, "name")
            && let Some(first) = names.get(name.as_str().unwrap_or_default())
        {
            report.pair(name, format!("repeats {} of `containers`", wording::value_text(name)), first, "the container");
        }
        containers::container(report, &facts, container, Role::Init);
        containers::host_ports(report, &facts, container, &mut HostPorts::new());
    }
    network(report, spec);
    scheduling::of_pod(report, spec);
    operating_system(report, spec);
    users(report, spec, &facts);
    sysctls(report, spec);
    claims_of_devices(report, spec);
    for entry in entries(spec, "overhead") {
        resources::not_negative(report, &entry.value);
    }
    // Before, the field was dropped unless somebody had asked for it (`PodLevelResources`).
    if let Some(requirements) = child(spec, "resources").filter(|_| report.version >= (1, 34)) {
        resources::requirements(report, requirements, &facts.claims);
    }
}

/// Judges names and addresses that a Pod knows.
fn network<'a>(report: &mut Report<'a>, spec: &'a Node) {
    for alias in items(spec, "hostAliases") {
        match child(alias, "ip") {
            Some(ip) => address(report, ip),
            None => report.missing(alias, "ip", ""),
        }
        for name in items(alias, "hostnames") {
            if let Err(reason) = names::subdomain(name.as_str().unwrap_or_default()) {
                report.value(name, format!("is no name of a host: {reason}"));
            }
        }
    }
    let config = child(spec, "dnsConfig");
    let servers = config.map_or(&[][..], |config| items(config, "nameservers"));
    if text_at(spec, "dnsPolicy") == Some("None")
        && servers.is_empty()
        && let Some(policy) = child(spec, "dnsPolicy")
    {
        report.value(policy, "is `None`, which needs `dnsConfig` with `nameservers`");
    }
    let Some(config) = config else { return };
    if let (4.., Some(list)) = (servers.len(), child(config, "nameservers")) {
        report.value(list, format!("may have at most 3 items, it has {}", servers.len()));
    }
    for server in servers {
        address(report, server);
    }
    let searches = items(config, "searches");
    let length: usize = searches.iter().filter_map(Node::as_str).map(|search| search.len() + 1).sum();
    if let Some(list) = child(config, "searches") {
        if searches.len() > 32 {
            report.value(list, format!("may have at most 32 items, it has {}", searches.len()));
        } else if length > 2049 {
            report.value(list, format!("may have at most 2048 characters altogether, it has {}", length - 1));
        }
    }
    for search in searches {
        let text = search.as_str().unwrap_or_default();
        // Underscores and the single dot are new in 1.33 (`RelaxedDNSSearchValidation`).
        let is_relaxed = report.version >= (1, 33);
        let plain = text.strip_suffix('.').unwrap_or(text);
        let plain = if is_relaxed { plain.replace('_', "a") } else { plain.to_owned() };
        if let Err(reason) = names::subdomain(&plain)
            && !(is_relaxed && text == ".")
        {
            report.value(search, format!("is no domain: {reason}"));
        }
    }
    for option in items(config, "options") {
        match child(option, "name") {
            Some(name) if name.as_str() == Some("") => report.value(name, "is empty"),
            Some(_) => {}
            None => report.missing(option, "name", ""),
        }
    }
}

/// Judges an IP address.
fn address<'a>(report: &mut Report<'a>, node: &'a Node) {
    let text = node.as_str().unwrap_or_default();
    let is_strict = report.version >= STRICT;
    match text.parse::<IpAddr>() {
        Ok(address) if is_strict && is_mapped(address) => {
            report.value(node, format!("has to be written as an IPv4 address, found {}", wording::quoted(text)));
        }
        Ok(_) => {}
        Err(_) if !is_strict && has_leading_zeros(text) => {}
        Err(_) => report.value(node, format!("is no IP address: {}", wording::quoted(text))),
    }
}

/// Tells whether a text would be an IPv4 address without zeros before its numbers.
fn has_leading_zeros(text: &str) -> bool {
    let part = |part: &str| match part.trim_start_matches('0') {
        "" if !part.is_empty() => "0".to_owned(),
        plain => plain.to_owned(),
    };
    text.split('.').map(part).collect::<Vec<_>>().join(".").parse::<std::net::Ipv4Addr>().is_ok()
}

/// Reports what only the other operating system has.
fn operating_system<'a>(report: &mut Report<'a>, spec: &'a Node) {
    const OF_LINUX: [&str; 11] = [
        "appArmorProfile",
        "fsGroup",
        "fsGroupChangePolicy",
        "runAsGroup",
        "runAsUser",
        "seLinuxChangePolicy",
        "seLinuxOptions",
        "seccompProfile",
        "supplementalGroups",
        "supplementalGroupsPolicy",
        "sysctls",
    ];
    const OF_LINUX_CONTAINERS: [&str; 10] = [
        "allowPrivilegeEscalation",
        "appArmorProfile",
        "capabilities",
        "privileged",
        "procMount",
        "readOnlyRootFilesystem",
        "runAsGroup",
        "runAsUser",
        "seLinuxOptions",
        "seccompProfile",
    ];
    let Some(system) = child(spec, "os").and_then(|os| text_at(os, "name")) else { return };
    let forbidden: [&[&str]; 2] = match system {
        "windows" => [&OF_LINUX, &OF_LINUX_CONTAINERS],
        "linux" => [&["windowsOptions"], &["windowsOptions"]],
        _ => return,
    };
    let contexts = ["containers", "initContainers"].into_iter().flat_map(|list| items(spec, list));
    let contexts = contexts.filter_map(|container| Some((child(container, "securityContext")?, forbidden[1])));
    for (context, keys) in child(spec, "securityContext").map(|it| (it, forbidden[0])).into_iter().chain(contexts) {
        for key in keys.iter().filter(|key| child(context, key).is_some_and(|it| it.as_sequence() != Some(&[]))) {
            report.key(context, key, format!("may not be given for a Pod of `os: {{name: {system}}}`"));
        }
    }
    if system == "windows" {
        let is_given = |key: &&str| match *key {
            "hostIPC" | "hostPID" => is_true(spec, key),
            _ => child(spec, key).is_some(),
        };
        for key in ["hostIPC", "hostPID", "hostUsers", "shareProcessNamespace"].iter().filter(|key| is_given(key)) {
            report.key(spec, key, "may not be given for a Pod of `os: {name: windows}`");
        }
    }
}

/// Reports what does not go together with users of the Pod's own. Before 1.33 the server dropped the field unless somebody had
/// asked for it (`UserNamespacesSupport`).
fn users<'a>(report: &mut Report<'a>, spec: &'a Node, facts: &Spec<'a>) {
    for key in ["hostIPC", "hostPID"] {
        if facts.has_own_users && report.version >= (1, 33) && is_true(spec, key) {
            report.key(spec, key, "may not be `true` with `hostUsers: false`");
        }
    }
}

/// Judges settings of the kernel.
fn sysctls<'a>(report: &mut Report<'a>, spec: &'a Node) {
    let Some(security) = child(spec, "securityContext") else { return };
    let mut seen = BTreeMap::new();
    for sysctl in items(security, "sysctls") {
        let Some(name) = child(sysctl, "name") else { continue };
        let text = name.as_str().unwrap_or_default();
        if !is_sysctl(text) {
            report.value(name, format!("names no setting of the kernel: {}", wording::quoted(text)));
        } else if let Some(first) = seen.insert(text, name) {
            report.pair(name, format!("repeats {}", wording::quoted(text)), first, "first here");
        }
    }
}

/// Tells whether a text is the name of a setting of the kernel: words of letters, digits, `-` and `_`, with `.` or `/` between.
fn is_sysctl(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_word = |word: &str| {
        let bytes = word.as_bytes();
        let ends_well = |byte: Option<&u8>| byte.is_some_and(|byte| is_inner(*byte));
        ends_well(bytes.first())
            && ends_well(bytes.last())
            && bytes.iter().all(|byte| is_inner(*byte) || matches!(byte, b'-' | b'_'))
    };
    text.len() <= 253 && text.split(['.', '/']).all(is_word)
}

/// Judges the claims of devices. Before 1.34 the server dropped them unless somebody had asked for them
/// (`DynamicResourceAllocation`).
fn claims_of_devices<'a>(report: &mut Report<'a>, spec: &'a Node) {
    if report.version < (1, 34) {
        return;
    }
    let mut seen = BTreeMap::new();
    for claim in items(spec, "resourceClaims") {
        let Some(name) = child(claim, "name") else { continue };
        let text = name.as_str().unwrap_or_default();
        if let Err(reason) = names::label(text) {
            report.value(name, format!("cannot be {}: {reason}", wording::quoted(text)));
        } else if let Some(first) = seen.insert(text, name) {
            report.pair(name, format!("repeats {}", wording::quoted(text)), first, "first here");
        }
    }
}
