//! A name on the certificate is a host and nothing else.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};
use crate::vcluster;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "san-invalid",
        summary: "entry of `extraSANs` that no host is equal to",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("san_invalid.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for virtual_cluster in &scope.network.virtual_clusters {
        for entry in virtual_cluster.extra_sans() {
            let Some(fault) = vcluster::san_fault(&entry) else { continue };
            let help = match fault.meant.as_slice() {
                [host] if !entry.is_ascii() => format!("write `{host}` in Punycode, as `xn--…`"),
                [host] if *host != entry.to_lowercase() => format!("write `{host}`"),
                [] | [_] => "write the host alone, or an address".to_owned(),
                hosts => format!("make an entry of each: `{}`", hosts.join("`, `")),
            };
            let fix = match fault.meant.as_slice() {
                [host] if entry.is_ascii() && *host != entry.to_lowercase() => {
                    Some(Fix::Text(entry.span.clone(), host.clone()))
                }
                _ => None,
            };
            let message = format!("`{entry}` is no name for a certificate: {}", fault.reason);
            findings.push(Diagnostic::new(&CHECK.rule, &entry.span, message).help(help).fix_if(fix));
        }
    }
}
