//! vCluster writes Secrets into other namespaces only with a role there.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Subject;
use crate::network::VirtualCluster;
use crate::source::Spanned;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "kubeconfig-secret-rbac",
        summary: "kubeconfig for a namespace in which vCluster has no rights",
        severity: Severity::Error,
        effect: Effect::PodCrash,
        page: include_str!("kubeconfig_secret_rbac.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut known = None;
    for virtual_cluster in scope.network.virtual_clusters.iter().filter(|it| it.has_all_values()) {
        let Some(own) = virtual_cluster.namespace else { continue };
        let secrets = virtual_cluster.value(&["exportKubeConfig", "secret"]).into_iter();
        for secret in secrets.chain(virtual_cluster.additional_secrets()) {
            let Some(node) = secret.get("namespace") else { continue };
            let Some(namespace) = node.as_str().filter(|it| !it.is_empty() && *it != own.value) else { continue };
            let known = known.get_or_insert_with(|| Known::new(scope));
            let account = service_account(virtual_cluster);
            if namespace.contains("{{")
                || has_cluster_role(virtual_cluster)
                || known.may(virtual_cluster, &account, own, namespace)
            {
                continue;
            }
            let release = virtual_cluster.release;
            let message = format!(
                "virtual cluster `{release}` will not start: its service account `{account}` has no role in `{namespace}`"
            );
            findings.push(
                Diagnostic::new(&CHECK.rule, &node.span, message)
                    .related(&own.span, format!("the release is in `{own}`"))
                    .help(format!(
                        "add a Role with the rules of Role `vc-{release}` to namespace `{namespace}`, and a RoleBinding to \
                         ServiceAccount `{account}` of namespace `{own}`"
                    )),
            );
        }
    }
}

/// Who may do something where, as far as the tree says.
struct Known<'a> {
    /// Who has a role in which namespace; `None` stands for all of them, and for one that the tree does not tell.
    bindings: BTreeSet<(&'a Subject, Option<&'a str>)>,
    /// Whether there are bindings of which nobody knows what becomes of them.
    has_changed: bool,
    /// The namespaces that something is put into which is not in the tree, such as a chart.
    unseen: BTreeMap<&'a str, usize>,
}

impl<'a> Known<'a> {
    fn new(scope: &Scope<'a>) -> Self {
        let (manifests, package) = (scope.manifests.manifests(), scope.package);
        let mut known = Self { bindings: BTreeSet::new(), has_changed: false, unseen: BTreeMap::new() };
        for binding in &scope.manifests.facts.bindings {
            let manifest = &manifests[binding.manifest];
            known.has_changed |= !package.is_exact(manifest);
            let namespace = package.namespace_of(manifest).map(|namespace| namespace.as_str());
            let place = namespace.filter(|_| binding.is_local);
            known.bindings.extend(binding.subjects.iter().map(|subject| (subject, place)));
        }
        for it in &package.applications {
            let unseen = it.directories.iter().filter(|directory| directory.is_none()).count();
            if let Some(namespace) = &it.application.namespace {
                *known.unseen.entry(namespace.as_str()).or_default() += unseen;
            }
        }
        known
    }

    /// Tells whether a service account has a role in a namespace, or may get one from what is not in the tree.
    fn may(&self, virtual_cluster: &VirtualCluster<'_>, account: &str, own: &Spanned<String>, namespace: &str) -> bool {
        let subjects = [
            Subject::ServiceAccount(own.value.clone(), account.to_owned()),
            Subject::Namespace(own.value.clone()),
            Subject::Everyone,
        ];
        let has = |subject, place| self.bindings.contains(&(subject, place));
        let is_bound = subjects.iter().any(|it| has(it, None) || has(it, Some(namespace)));
        // The chart itself is one of its sources.
        let unseen = virtual_cluster.application.directories.iter().filter(|directory| directory.is_none()).count();
        is_bound || self.has_changed || unseen > 1 || self.unseen.get(namespace).is_some_and(|count| *count > 0)
    }
}

/// Returns the service account of the control plane (chart/templates/serviceaccount.yaml).
fn service_account(virtual_cluster: &VirtualCluster<'_>) -> String {
    let named = virtual_cluster.value(&["controlPlane", "advanced", "serviceAccount", "name"]).and_then(Node::as_str);
    named.filter(|name| !name.is_empty()).map_or_else(|| format!("vc-{}", virtual_cluster.release), str::to_owned)
}

/// Tells whether the chart gives it a role in all namespaces, or the values do.
fn has_cluster_role(virtual_cluster: &VirtualCluster<'_>) -> bool {
    const RULES: [&[&str]; 2] = [&["rbac", "clusterRole", "extraRules"], &["rbac", "clusterRole", "overwriteRules"]];
    const SWITCHES: [&[&str]; 2] =
        [&["sync", "toHost", "namespaces", "enabled"], &["experimental", "multiNamespaceMode", "enabled"]];
    RULES.iter().any(|path| virtual_cluster.value(path).is_some())
        || SWITCHES.iter().any(|path| virtual_cluster.switched_on(path).is_some())
}
