//! The chart's `NetworkPolicy` leaves the API server open.

use super::judged;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::network::policies;
use crate::schema::vcluster::Version;
use crate::yaml::Node;

/// From this version on, port 8443 is open to everybody (chart/templates/networkpolicy.yaml).
const SINCE: Version = (0, 33, 2);

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "vcluster-network-policy-open",
        summary: "network policy of a virtual cluster that lets everybody reach its API server",
        severity: Severity::Info,
        effect: Effect::Insecure,
        page: include_str!("vcluster_network_policy_open.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in judged(scope).filter(|it| it.is_since(SINCE)) {
        let Some(enabled) = policies::switch(virtual_cluster) else { continue };
        let message = format!(
            "every pod of the cluster still reaches the API server of virtual cluster `{}`, on port 8443",
            virtual_cluster.release
        );
        let others = virtual_cluster.value(&["policies", "networkPolicy", "controlPlane", "ingress"]);
        let others = others.filter(|rules| rules.as_sequence().is_some_and(|rules: &[Node]| !rules.is_empty()));
        let others = others.map(|others| &others.span);
        findings.push(
            Diagnostic::new(&CHECK.rule, &enabled.span, message)
                .related_if(others, "these rules add to what is open, and close nothing")
                .help(
                    "nothing in the values closes it; what should keep others out besides certificates and tokens needs a \
                     policy that denies, such as those of Cilium or an `AdminNetworkPolicy`",
                ),
        );
    }
}
