//! The schema of the chart knows types, and Kubernetes knows words.

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity, nearest, only_near};
use crate::network::VirtualCluster;
use crate::schema::vcluster::Version;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-value-not-allowed",
        summary: "word in the values of the vCluster chart that Kubernetes or vCluster does not know",
        severity: Severity::Error,
        effect: Effect::ApiReject,
        page: include_str!("vcluster_value_not_allowed.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// A value that goes into an object as it is.
struct Word {
    path: &'static [&'static str],
    allowed: &'static [&'static str],
    /// Tells whether the chart uses it.
    is_used: fn(&VirtualCluster<'_>) -> bool,
}

/// The values by the API server's own lists (k8s.io/api, `core/v1/types.go` and `networking/v1/types.go`), and where the chart uses
/// them (`chart/templates/service.yaml`, `ingress.yaml`, `statefulset.yaml`).
const WORDS: [Word; 3] = [
    Word {
        path: &["controlPlane", "service", "spec", "type"],
        allowed: &["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"],
        is_used: |it| it.value(&["controlPlane", "service", "enabled"]).and_then(Node::as_bool) != Some(false),
    },
    Word {
        path: &["controlPlane", "ingress", "pathType"],
        allowed: &["Prefix", "Exact", "ImplementationSpecific"],
        is_used: |it| {
            it.switched_on(&["controlPlane", "ingress", "enabled"]).is_some()
                && it.value_entry(&["controlPlane", "ingress", "spec", "rules"]).is_none()
        },
    },
    Word {
        path: &["controlPlane", "statefulSet", "imagePullPolicy"],
        allowed: &["Always", "IfNotPresent", "Never"],
        is_used: |_| true,
    },
];

/// The scopes of custom resources by the direction in which they are synced (`pkg/config/validation.go`).
const SCOPES: [(&str, &[&str]); 2] = [("toHost", &["Namespaced"]), ("fromHost", &["Cluster", "Namespaced"])];
/// The first version whose `validation.go` is known to have them.
const SCOPES_SINCE: Version = (0, 26, 0);

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope) {
        for word in WORDS.iter().filter(|word| (word.is_used)(virtual_cluster)) {
            let node = virtual_cluster.value(word.path);
            let reason = "the API server refuses it";
            findings.extend(node.and_then(|node| finding(&word.path.join("."), node, word.allowed, reason)));
        }
        for (way, allowed) in SCOPES.into_iter().filter(|_| virtual_cluster.is_since(SCOPES_SINCE)) {
            for entry in virtual_cluster.custom_resources(way) {
                let path = format!("sync.{way}.customResources[\"{}\"].scope", entry.key);
                let node = entry.value.get("scope");
                findings.extend(node.and_then(|node| finding(&path, node, allowed, "vCluster does not start with it")));
            }
        }
    }
}

fn finding(path: &str, node: &Node, allowed: &[&str], reason: &str) -> Option<Diagnostic> {
    let is_wrong = |text: &&str| !text.is_empty() && !text.contains("{{") && !allowed.contains(text);
    let text = node.as_str().filter(is_wrong)?;
    let help = match nearest(text, allowed.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write `{}`", allowed.join("`, or `")),
    };
    let message = format!("`{path}` cannot be `{text}`: {reason}");
    let only = only_near(text, allowed.iter().copied());
    let fix = only.map(|only| Fix::Text(node.span.clone(), only.to_owned()));
    Some(Diagnostic::new(&CHECK.rule, &node.span, message).help(help).fix_if(fix))
}
