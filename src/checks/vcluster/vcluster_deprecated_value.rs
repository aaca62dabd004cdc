//! What the chart takes for now.

use super::{judged, kubeconfig_secret_conflict};
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::network::VirtualCluster;
use crate::schema::vcluster::Version;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-deprecated-value",
        summary: "value of the vCluster chart that is going out of use",
        severity: Severity::Warning,
        effect: Effect::Style,
        page: include_str!("vcluster_deprecated_value.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// A value on its way out.
struct Deprecated {
    path: &'static [&'static str],
    /// The first version that would rather not have it; if there is none, all versions are meant.
    since: Option<Version>,
    /// The first version that has it no more.
    gone: Option<Version>,
    /// Tells whether it does something.
    is_used: fn(&VirtualCluster<'_>) -> bool,
    help: &'static str,
}

const ALWAYS: fn(&VirtualCluster<'_>) -> bool = |_| true;

/// The values, by the comments on them in `config/config.go`, and the version that has them no more by its
/// `chart/values.schema.json`.
const VALUES: [Deprecated; 8] = [
    Deprecated {
        path: &["controlPlane", "distro", "k0s"],
        since: Some((0, 20, 0)),
        gone: Some((0, 26, 0)),
        is_used: ALWAYS,
        help: "use `controlPlane.distro.k8s`; a virtual cluster that moves there cannot move back",
    },
    Deprecated {
        path: &["controlPlane", "distro", "k3s"],
        since: Some((0, 20, 0)),
        gone: Some((0, 33, 0)),
        is_used: ALWAYS,
        help: "use `controlPlane.distro.k8s`; a virtual cluster that moves there cannot move back",
    },
    Deprecated {
        path: &["controlPlane", "distro", "k8s", "version"],
        since: Some((0, 25, 0)),
        gone: None,
        is_used: |it| it.value(&["controlPlane", "distro", "k8s", "version"]).and_then(Node::as_str) != Some(""),
        help: "write `controlPlane.distro.k8s.image.tag`",
    },
    Deprecated {
        path: &["controlPlane", "advanced", "virtualScheduler"],
        since: Some((0, 26, 0)),
        gone: None,
        // Without nodes it does not work at all, which is another matter.
        is_used: |it| it.switched_on(&["sync", "fromHost", "nodes", "enabled"]).is_some(),
        help: "write `controlPlane.distro.k8s.scheduler`",
    },
    Deprecated {
        path: &["exportKubeConfig", "secret"],
        since: Some((0, 24, 0)),
        gone: None,
        // Beside the list that took its place it is refused, which is another matter.
        is_used: |it| {
            let list = it.value(&["exportKubeConfig", "additionalSecrets"]).and_then(Node::as_sequence);
            kubeconfig_secret_conflict::secret(it).is_some() && list.is_none_or(<[Node]>::is_empty)
        },
        help: "make it an entry of `exportKubeConfig.additionalSecrets`, which has a `server` and a `context` of its own",
    },
    Deprecated { path: &["plugin"], since: None, gone: None, is_used: ALWAYS, help: "write `plugins`" },
    Deprecated {
        path: &["pro"],
        since: None,
        gone: None,
        is_used: ALWAYS,
        help: "leave it out: vCluster finds out by itself",
    },
    Deprecated {
        path: &["serviceCIDR"],
        since: None,
        gone: None,
        is_used: |it| it.value(&["serviceCIDR"]).and_then(Node::as_str) != Some(""),
        help: "leave it out; from chart 0.26 on, there is `networking.serviceCIDR`",
    },
];

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope) {
        for value in &VALUES {
            let Some(entry) = virtual_cluster.value_entry(value.path) else { continue };
            if !value.since.is_none_or(|since| virtual_cluster.is_since(since)) || !(value.is_used)(virtual_cluster) {
                continue;
            }
            let path = value.path.join(".");
            let message = match value.gone {
                Some((major, minor, _)) => format!("`{path}` is gone from chart {major}.{minor} on"),
                None => format!("`{path}` is deprecated"),
            };
            findings.push(Diagnostic::new(&CHECK.rule, &entry.key.span, message).help(value.help));
        }
    }
}
