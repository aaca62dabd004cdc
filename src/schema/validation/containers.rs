//! Containers: ports, environment, mounts, probes (k8s.io/kubernetes `pkg/apis/core/validation/validation.go`).

use std::collections::{BTreeMap, BTreeSet};

use super::super::{names, wording};
use super::pods::Spec;
use super::{Report, below, child, is_true, items, number_at, resources, text_at, text_or_empty, volumes};
use crate::yaml::Node;

/// Fields that a container can see, beside single labels and annotations.
const FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// Which of the lists of a Pod a container is in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// One that the Pod is there for.
    Regular,
    /// One that runs before, or, restarted always, beside.
    Init,
}

/// The ports of the node that are taken: protocol, address and number.
pub(super) type HostPorts<'a> = BTreeMap<(&'a str, &'a str, i64), &'a Node>;

/// Judges a container.
pub(super) fn container<'a>(report: &mut Report<'a>, spec: &Spec<'a>, container: &'a Node, role: Role) {
    // In templates the server leaves blanks to whoever makes the Pod.
    if spec.is_pod
        && let Some(image) = child(container, "image")
        && image.as_str().is_some_and(|text| text.trim() != text)
    {
        report.value(image, format!("has blanks around it: {}", wording::value_text(image)));
    }
    environment(report, container);
    mounts(report, spec, container);
    if let Some(requirements) = child(container, "resources") {
        resources::requirements(report, requirements, &spec.claims);
    }
    security(report, spec, container);
    if role == Role::Regular || text_at(container, "restartPolicy") == Some("Always") {
        probes(report, container);
        for hook in ["postStart", "preStop"] {
            if let Some(handler) = below(container, &["lifecycle", hook]) {
                sleep(report, spec, handler);
                http_headers(report, handler);
            }
        }
    }
}

/// Judges the ports of the node that containers take. Init containers run one after another.
pub(super) fn host_ports<'a>(report: &mut Report<'a>, spec: &Spec<'a>, container: &'a Node, taken: &mut HostPorts<'a>) {
    for port in items(container, "ports") {
        let number = number_at(port, "containerPort").unwrap_or_default();
        // The server fills in the port of a Pod in the network of its node, not that of a template.
        let implied = if spec.is_pod && spec.uses_host_network { number } else { 0 };
        let host_port = number_at(port, "hostPort").filter(|port| *port != 0);
        let Some(place) = child(port, "hostPort").or_else(|| child(port, "containerPort")) else { continue };
        let taking = host_port.unwrap_or(implied);
        if taking == 0 {
            continue;
        }
        let protocol = Some(text_or_empty(port, "protocol")).filter(|it| !it.is_empty()).unwrap_or("TCP");
        if let Some(first) = taken.insert((protocol, text_or_empty(port, "hostIP"), taking), place) {
            report.pair(place, format!("takes the port {taking} of the node a second time"), first, "the first");
        }
    }
}

/// Reports ports that differ between a container and the node whose network it uses.
pub(super) fn same_ports<'a>(report: &mut Report<'a>, spec: &Spec<'a>, container: &'a Node) {
    for port in items(container, "ports").iter().filter(|_| spec.uses_host_network) {
        let (Some(host), Some(own)) = (child(port, "hostPort"), child(port, "containerPort")) else { continue };
        if let (Some(host_number @ 1..), Some(number)) = (host.as_i64(), own.as_i64())
            && host_number != number
        {
            let sentence =
                format!("has to equal `containerPort` with `hostNetwork: true`: {host_number} is not {number}");
            report.pair(host, sentence, own, "the port of the container");
        }
    }
}

fn environment<'a>(report: &mut Report<'a>, container: &'a Node) {
    for variable in items(container, "env") {
        let Some(source) = child(variable, "valueFrom") else { continue };
        if let Some(path) = below(source, &["fieldRef", "fieldPath"]) {
            let text = path.as_str().unwrap_or_default();
            let is_known = FIELDS.contains(&text) || text == "spec.host" || is_subscript(text);
            if !is_known && matches!(text, "metadata.labels" | "metadata.annotations") {
                report.value(path, format!("has to name a single one, as in `{text}['key']`"));
            } else if !is_known {
                report.value(path, format!("names no field that a variable can have: {}", wording::quoted(text)));
            }
        }
        if let Some(reference) = child(source, "resourceFieldRef") {
            resources::field_reference(report, reference);
        }
    }
}

/// Tells whether a text names one label or annotation.
pub(super) fn is_subscript(text: &str) -> bool {
    let key = |start: &str| text.strip_prefix(start)?.strip_prefix("['")?.strip_suffix("']");
    match (key("metadata.labels"), key("metadata.annotations")) {
        (Some(label), _) => names::qualified_name(label).is_ok(),
        (_, Some(annotation)) => names::annotation_key(annotation).is_ok(),
        _ => false,
    }
}

/// Judges what a container mounts.
fn mounts<'a>(report: &mut Report<'a>, spec: &Spec<'a>, container: &'a Node) {
    let mut paths = BTreeMap::new();
    let mut mounted = BTreeSet::new();
    for mount in items(container, "volumeMounts") {
        volume_exists(report, spec, mount);
        if let Some(path) = child(mount, "mountPath") {
            paths.entry(path.as_str().unwrap_or_default()).or_insert(path);
        }
        mounted.extend(text_at(mount, "name"));
        for key in ["subPath", "subPathExpr"] {
            if let Some(path) = child(mount, key) {
                volumes::descending_path(report, path);
            }
        }
        let expression = child(mount, "subPathExpr").filter(|path| path.as_str() != Some(""));
        if let Some(expression) = expression
            && !text_or_empty(mount, "subPath").is_empty()
        {
            report.value(expression, "may not be given with `subPath`");
        }
        let propagation = child(mount, "mountPropagation");
        let is_privileged = child(container, "securityContext").is_some_and(|security| is_true(security, "privileged"));
        if let Some(propagation) = propagation.filter(|it| it.as_str() == Some("Bidirectional") && !is_privileged) {
            report.value(propagation, "can be `Bidirectional` in a privileged container only");
        }
        recursive_read_only(report, mount, propagation);
    }
    let mut seen: BTreeMap<&str, &Node> = BTreeMap::new();
    let mut named = BTreeSet::new();
    for device in items(container, "volumeDevices") {
        volume_exists(report, spec, device);
        let (name, path) = (child(device, "name"), child(device, "devicePath"));
        if let Some(name) = name.filter(|name| !named.insert(name.as_str().unwrap_or_default())) {
            report.value(name, format!("repeats {}", wording::value_text(name)));
        } else if let Some(name) = name.filter(|name| mounted.contains(name.as_str().unwrap_or_default())) {
            report.value(name, format!("names {}, which is mounted already", wording::value_text(name)));
        } else if let Some(name) = name
            && spec.volumes.as_ref().and_then(|volumes| volumes.get(name.as_str()?)) == Some(&false)
        {
            report.value(name, "names a volume that is no block device: it has to be of a claim");
        }
        let Some(path) = path else { continue };
        let text = path.as_str().unwrap_or_default();
        if volumes::has_backsteps(text) {
            report.value(path, "may not have `..` in it");
        } else if let Some(first) = seen.insert(text, path).or_else(|| paths.get(text).copied()) {
            report.pair(path, format!("repeats {}", wording::quoted(text)), first, "first here");
        }
    }
}

fn volume_exists<'a>(report: &mut Report<'a>, spec: &Spec<'a>, mount: &'a Node) {
    let Some(name) = child(mount, "name") else { return };
    let text = name.as_str().unwrap_or_default();
    let is_unknown = spec.volumes.as_ref().is_some_and(|volumes| !volumes.contains_key(text));
    if is_unknown && !text.is_empty() {
        report.value(name, format!("names {}, which is not among the volumes of the Pod", wording::quoted(text)));
    }
}

fn recursive_read_only<'a>(report: &mut Report<'a>, mount: &'a Node, propagation: Option<&Node>) {
    // Before, the field was dropped unless somebody had asked for it.
    if report.version < (1, 31) {
        return;
    }
    let Some(recursive) = child(mount, "recursiveReadOnly") else { return };
    match recursive.as_str() {
        Some("Enabled" | "IfPossible") if !is_true(mount, "readOnly") => {
            report.value(recursive, "needs `readOnly: true`");
        }
        Some("Enabled" | "IfPossible") if !matches!(propagation.and_then(Node::as_str), None | Some("None")) => {
            report.value(recursive, "needs `mountPropagation` to be `None`");
        }
        Some("Enabled" | "IfPossible" | "Disabled") | None => {}
        Some(_) => {
            let shown = wording::value_text(recursive);
            report.value(recursive, format!("has to be `Disabled`, `Enabled` or `IfPossible`, found {shown}"));
        }
    }
}

fn security<'a>(report: &mut Report<'a>, spec: &Spec<'a>, container: &'a Node) {
    let Some(security) = child(container, "securityContext") else { return };
    if is_false(security, "allowPrivilegeEscalation")
        && let Some(added) = below(security, &["capabilities", "add"])
        && let Some(all) = added.as_sequence().into_iter().flatten().find(|it| it.as_str() == Some("CAP_SYS_ADMIN"))
    {
        report.value(all, "may not be `CAP_SYS_ADMIN` with `allowPrivilegeEscalation: false`");
    }
    // Before, the server dropped the field, and `hostUsers` with it, unless somebody had asked for it.
    if let Some(mount) = child(security, "procMount").filter(|it| it.as_str() == Some("Unmasked"))
        && report.version >= (1, 33)
        && !spec.has_own_users
    {
        report.value(mount, "can be `Unmasked` only with `hostUsers: false` of the Pod");
    }
}

fn probes<'a>(report: &mut Report<'a>, container: &'a Node) {
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = child(container, name) else { continue };
        http_headers(report, probe);
        if name == "readinessProbe" {
            if let Some(period) = child(probe, "terminationGracePeriodSeconds") {
                report.value(period, "may not be given for a `readinessProbe`, which ends nothing");
            }
        } else if let Some(threshold) = child(probe, "successThreshold")
            && threshold.as_i64().is_some_and(|number| number > 1)
        {
            let shown = wording::value_text(threshold);
            report.value(threshold, format!("has to be 1 for a `{name}`, found {shown}"));
        }
    }
}

/// Judges the names of headers (k8s.io/apimachinery `IsHTTPHeaderName`).
fn http_headers<'a>(report: &mut Report<'a>, handler: &'a Node) {
    let Some(action) = child(handler, "httpGet") else { return };
    for name in items(action, "httpHeaders").iter().filter_map(|header| child(header, "name")) {
        let text = name.as_str().unwrap_or_default();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            report.value(
                name,
                format!("is no name of a header, which has letters, digits and `-`: {}", wording::quoted(text)),
            );
        }
    }
}

fn sleep<'a>(report: &mut Report<'a>, spec: &Spec<'a>, handler: &'a Node) {
    let Some(seconds) = below(handler, &["sleep", "seconds"]) else { return };
    let Some(number) = seconds.as_i64() else { return };
    // Zero is new in 1.33 (`PodLifecycleSleepActionAllowZero`).
    let least = i64::from(report.version < (1, 33));
    if number < least {
        report.value(seconds, format!("has to be at least {least}, found `{number}`"));
    } else if number > spec.grace_period && spec.grace_period >= 0 {
        let period = spec.grace_period;
        report.value(seconds, format!("is {number}, longer than the `terminationGracePeriodSeconds` of {period}"));
    }
}

/// Tells whether a key is `false`.
pub(super) fn is_false(node: &Node, key: &str) -> bool {
    node.get(key).and_then(Node::as_bool) == Some(false)
}
