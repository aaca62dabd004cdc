//! Argo CD reads annotations by their exact keys.

use super::vocabulary::plain;
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity, edit_distance};
use crate::manifest::Object;
use crate::yaml::Node;

const DOMAIN: &str = "argocd.argoproj.io";
/// The annotations that people write in that domain (docs/user-guide/annotations-and-labels.md).
const NAMES: [&str; 19] = [
    "client-side-apply-migration-manager",
    "compare-options",
    "deletion-approved",
    "health-aggregate-overrides",
    "hook",
    "hook-delete-policy",
    "hydrate",
    "ignore-default-links",
    "ignore-healthcheck",
    "ignore-resource-updates",
    "ignore-restart-policy",
    "installation-id",
    "managed-by-url",
    "manifest-generate-paths",
    "refresh",
    "skip-reconcile",
    "sync-options",
    "sync-wave",
    "tracking-id",
];
/// What else is there: annotations that Argo CD writes itself, labels, and what its operator reads.
const OTHER_NAMES: [&str; 9] = [
    "application-set-name",
    "application-set-refresh",
    "auto-label-cluster-info",
    "hydrate-timestamp",
    "instance",
    "kubernetes-version",
    "managed-by",
    "refresh-timestamp",
    "secret-type",
];
/// Annotations whose values may be those of labels, so that nobody else complains.
const NEVER_LABELS: [&str; 3] =
    ["argocd.argoproj.io/hook", "argocd.argoproj.io/hook-delete-policy", "argocd.argoproj.io/manifest-generate-paths"];

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "argocd-annotation-key",
        summary: "annotation that is nearly one of Argo CD's, which it does not read",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("argocd_annotation_key.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let template = object.application().filter(|application| application.is_template).map(|it| it.node);
    for node in [Some(object.node), template].into_iter().flatten() {
        let part = |key| node.at(&["metadata", key]).and_then(Node::as_mapping);
        let has = |key: &str| part("annotations").is_some_and(|annotations| annotations.get(key).is_some());
        for entry in part("annotations").into_iter().flatten() {
            let Some(meant) = meant_by(&entry.key).map(|name| format!("{DOMAIN}/{name}")) else { continue };
            // Who wrote the right one as well knows better.
            if has(&meant) {
                continue;
            }
            let message = format!("Argo CD does not read the annotation `{}`", entry.key);
            findings.push(
                Diagnostic::new(&CHECK.rule, &entry.key.span, message)
                    .help(format!("write `{meant}`"))
                    .fix(Fix::Text(entry.key.span.clone(), meant)),
            );
        }
        let labels = part("labels").into_iter().flatten();
        for label in labels.filter(|label| NEVER_LABELS.contains(&label.key.as_str()) && !has(&label.key)) {
            let message = format!("Argo CD reads `{}` as an annotation, and this is a label", label.key);
            let help = "write it below `metadata.annotations`";
            findings.push(Diagnostic::new(&CHECK.rule, &label.key.span, message).help(help));
        }
    }
}

/// Returns the name that a key of an annotation must have been meant to have in Argo CD's domain.
fn meant_by(key: &str) -> Option<&'static str> {
    let (domain, name) = key.split_once('/').filter(|(domain, _)| domain.to_ascii_lowercase().contains("argo"))?;
    let is_own = domain == DOMAIN;
    let is_near = || domain == "argoproj.io" || edit_distance(&domain.to_ascii_lowercase(), DOMAIN) <= 2;
    if is_own && (NAMES.contains(&name) || OTHER_NAMES.contains(&name)) || !is_own && !is_near() {
        return None;
    }
    // Waves are for `sync-wave-key` to tell.
    let (meant, name) = (nearest_name(name)?, plain(name));
    (meant != "sync-wave" && !name.contains("wave")).then_some(meant)
}

fn nearest_name(name: &str) -> Option<&'static str> {
    let (name, limit) = (plain(name), (name.len() / 4).clamp(1, 3));
    let distance = |known: &&str| edit_distance(&plain(known), &name);
    NAMES.into_iter().min_by_key(distance).filter(|known| distance(known) <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_have_one_meaning() {
        for (key, meant) in [
            ("argocd.argoproj.io/sync-option", "sync-options"),
            ("argocd.argoproj.io/syncOptions", "sync-options"),
            ("argocd.argoproj.io/hooks", "hook"),
            ("argoproj.io/hook", "hook"),
            ("argocd.argoprj.io/compare-options", "compare-options"),
            ("argocd.argoproj.io/hook-deletion-policy", "hook-delete-policy"),
            ("argocd.argoproj.io/manifest-generate-path", "manifest-generate-paths"),
        ] {
            assert_eq!(meant_by(key), Some(meant), "{key}");
        }
        for key in [
            "argocd.argoproj.io/sync-options",
            "argocd.argoproj.io/sync-waves",
            "argocd.argoproj.io/managed-by",
            "argocd.argoproj.io/application-set-name",
            "argocd.argoproj.io/refresh",
            "argocd-image-updater.argoproj.io/image-list",
            "notifications.argoproj.io/subscribe.on-sync-failed.slack",
            "workflows.argoproj.io/hook",
            "rollout.argoproj.io/revision",
            "link.argocd.argoproj.io/hooks",
            "example.com/hook",
            "hook",
        ] {
            assert_eq!(meant_by(key), None, "{key}");
        }
    }
}
