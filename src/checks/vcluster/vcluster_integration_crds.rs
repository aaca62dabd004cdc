//! An integration syncs its kinds itself.

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::network::VirtualCluster;
use crate::schema::vcluster::Version;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-integration-crds",
        summary: "custom resources that an integration of vCluster syncs already",
        severity: Severity::Error,
        effect: Effect::PodCrash,
        page: include_str!("vcluster_integration_crds.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// Custom resources that an integration syncs.
struct Synced {
    integration: &'static str,
    /// The list that may not have them too.
    way: &'static str,
    /// Their names in that list.
    names: &'static [&'static str],
    /// The switch below the integration, and what it is by default; without one they are always synced.
    switch: Option<(&'static [&'static str], bool)>,
    since: Version,
}

/// What the integrations sync (`pkg/config/validation.go`, `validateEnabledIntegrations`) and by default (`chart/values.yaml`). Before
/// chart 0.29, the switches of External Secrets were elsewhere.
const SYNCED: [Synced; 15] = [
    to_host("certManager", &["certificates.cert-manager.io"], &["sync", "toHost", "certificates"], true),
    to_host("certManager", &["issuers.cert-manager.io"], &["sync", "toHost", "issuers"], true),
    Synced {
        way: "fromHost",
        ..to_host("certManager", &["clusterissuers.cert-manager.io"], &["sync", "fromHost", "clusterIssuers"], true)
    },
    Synced {
        switch: None,
        since: (0, 29, 0),
        ..to_host("externalSecrets", &["externalsecrets.external-secrets.io"], &[], true)
    },
    Synced {
        since: (0, 29, 0),
        ..to_host("externalSecrets", &["secretstores.external-secrets.io"], &["sync", "toHost", "stores"], false)
    },
    Synced {
        since: (0, 29, 0),
        ..to_host(
            "externalSecrets",
            &["clustersecretstores.external-secrets.io"],
            &["sync", "fromHost", "clusterStores"],
            false,
        )
    },
    to_host("istio", &["destinationrules.networking.istio.io"], &["sync", "toHost", "destinationRules"], true),
    to_host("istio", &["gateways.networking.istio.io"], &["sync", "toHost", "gateways"], true),
    to_host("istio", &["virtualservices.networking.istio.io"], &["sync", "toHost", "virtualServices"], true),
    to_host(
        "kubeVirt",
        &["datavolumes.cdi.kubevirt.io", "datavolumes/status.cdi.kubevirt.io"],
        &["sync", "dataVolumes"],
        false,
    ),
    to_host(
        "kubeVirt",
        &["virtualmachineclones.clone.kubevirt.io", "virtualmachineclones/status.clone.kubevirt.io"],
        &["sync", "virtualMachineClones"],
        true,
    ),
    to_host(
        "kubeVirt",
        &["virtualmachineinstancemigrations.kubevirt.io", "virtualmachineinstancemigrations/status.kubevirt.io"],
        &["sync", "virtualMachineInstanceMigrations"],
        true,
    ),
    to_host(
        "kubeVirt",
        &["virtualmachineinstances.kubevirt.io", "virtualmachineinstances/status.kubevirt.io"],
        &["sync", "virtualMachineInstances"],
        true,
    ),
    to_host(
        "kubeVirt",
        &["virtualmachinepools.pool.kubevirt.io", "virtualmachinepools/status.pool.kubevirt.io"],
        &["sync", "virtualMachinePools"],
        true,
    ),
    to_host(
        "kubeVirt",
        &["virtualmachines.kubevirt.io", "virtualmachines/status.kubevirt.io"],
        &["sync", "virtualMachines"],
        true,
    ),
];

/// Describes custom resources that go to the host. That they may not be listed twice is known of chart 0.26 and later ones.
const fn to_host(
    integration: &'static str,
    names: &'static [&'static str],
    switch: &'static [&'static str],
    default: bool,
) -> Synced {
    Synced { integration, way: "toHost", names, switch: Some((switch, default)), since: (0, 26, 0) }
}

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope) {
        for synced in SYNCED.iter().filter(|synced| virtual_cluster.is_since(synced.since)) {
            let Some(cause) = synced.cause(virtual_cluster) else { continue };
            let Synced { integration, way, .. } = synced;
            for name in synced.names {
                let Some(entry) = virtual_cluster.value_entry(&["sync", way, "customResources", name]) else {
                    continue;
                };
                if entry.value.get("enabled").and_then(Node::as_bool) != Some(true) {
                    continue;
                }
                let message =
                    format!("the integration `{integration}` syncs `{name}` already: vCluster does not start");
                findings.push(
                    Diagnostic::new(&CHECK.rule, &entry.key.span, message)
                        .related(&cause.span, "the integration is enabled here")
                        .help(format!("leave it out of `sync.{way}.customResources`")),
                );
            }
        }
    }
}

impl Synced {
    /// Returns what switches the integration on, if it syncs these custom resources then.
    fn cause<'a>(&self, virtual_cluster: &VirtualCluster<'a>) -> Option<&'a Node> {
        let cause = virtual_cluster.switched_on(&["integrations", self.integration, "enabled"])?;
        let is_synced = self.switch.is_none_or(|(path, default)| {
            let path = [&["integrations", self.integration], path, &["enabled"]].concat();
            virtual_cluster.value(&path).map_or(default, |value| value.as_bool() == Some(true))
        });
        is_synced.then_some(cause)
    }
}
