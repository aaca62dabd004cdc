//! What an `argocd-cm`, Argo CD's configuration, says.

use super::Object;
use crate::diagnostic::nearest;
use crate::idpbuilder::APPLICATION_HEALTH;
use crate::source::{Located, Span, Spanned};
use crate::yaml::{Entry, Node};

/// The `ConfigMap` that Argo CD takes its configuration from.
#[derive(Debug)]
pub struct ArgocdConfig {
    /// Its manifest, in [`super::ManifestSet::manifests`].
    pub manifest: usize,
    /// The keys of `data`.
    pub keys: Box<[Spanned<String>]>,
    /// `metadata.labels`.
    pub labels: Option<Entry>,
    /// Whether it gives Applications a health, in today's form or in the one of Argo CD before 1.9.
    pub gives_health: bool,
}

impl ArgocdConfig {
    /// The name that it has to have (argoproj/argo-cd v3.1.7, common/common.go).
    pub const NAME: &str = "argocd-cm";

    pub(super) fn of(object: &mut Object<'_>) -> Option<Self> {
        let node = named(object, Self::NAME)?;
        let aggregated = node.at(&["data", "resource.customizations"]).and_then(Node::as_str);
        let keys = node.get("data").and_then(Node::as_mapping).into_iter().flatten().map(|entry| entry.key.clone());
        let config = Self {
            manifest: object.manifest,
            keys: keys.collect(),
            labels: node.get("metadata").and_then(Node::as_mapping).and_then(|it| it.entry("labels")).cloned(),
            gives_health: node.at(&["data", APPLICATION_HEALTH]).is_some()
                || aggregated.is_some_and(|text| text.contains("argoproj.io/Application:")),
        };
        // A check says what such a key was meant to be, which is more than that it cannot be one.
        let is_told = |span: &Span| config.misspelt_health_keys().any(|key| key.span == *span);
        object.findings.retain(|finding| !is_told(&finding.span));
        Some(config)
    }

    /// Returns a label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&Node> {
        self.labels.as_ref()?.value.get(key)
    }

    /// Returns the keys that were meant to give Applications a health, and do not.
    pub fn misspelt_health_keys(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.keys.iter().filter(|key| !self.gives_health && is_meant_as_health(key))
    }
}

/// A `ConfigMap` that tells Argo CD, for all Applications, to compare `StatefulSet`s in another way than it does by itself.
#[derive(Debug)]
pub struct OtherComparison {
    /// Its manifest, in [`super::ManifestSet::manifests`].
    pub manifest: usize,
}

impl OtherComparison {
    /// Looks for what makes Argo CD ignore differences of `StatefulSet`s, or ask the API server (argo-cd v3.1.7,
    /// docs/user-guide/diffing.md and diff-strategies.md).
    pub(super) fn of(object: &Object<'_>) -> Option<Self> {
        let ignores = |node: &Node| {
            let mut kinds = ["all", "apps_StatefulSet"].into_iter();
            kinds.any(|kind| node.at(&["data", &format!("resource.customizations.ignoreDifferences.{kind}")]).is_some())
        };
        let asks = |node: &Node| {
            node.at(&["data", "controller.diff.server.side"])
                .and_then(Node::as_str)
                .is_some_and(|value| value == "true")
        };
        let is_one = named(object, ArgocdConfig::NAME).is_some_and(ignores)
            || named(object, "argocd-cmd-params-cm").is_some_and(asks);
        is_one.then_some(Self { manifest: object.manifest })
    }
}

/// Returns a `ConfigMap` of a name.
fn named<'a>(object: &Object<'a>, name: &str) -> Option<&'a Node> {
    let is_named = |node: &&Node| node.at(&["metadata", "name"]).and_then(Node::as_str) == Some(name);
    object.of_kind("", "ConfigMap").filter(is_named)
}

/// Tells whether a key is nearly that of the health of Applications.
fn is_meant_as_health(key: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let (head, kind) = key.rsplit_once(['_', '/', '.', ':']).unwrap_or(("", key));
    let kind = plain(kind);
    // The neighbours `ApplicationSet` and `AppProject` are kinds of their own.
    if kind.ends_with("set") || kind == "appproject" || nearest(&kind, ["application"]).is_none() {
        return false;
    }
    let head = plain(head);
    let (aspect, group) = head.split_at(head.find("health").map_or(0, |at| at + "health".len()));
    // Of another group there is a kind of the same name: `app.k8s.io`.
    let is_group = matches!(group, "" | "argocd" | "argoproj" | "argocdargoprojio" | "argoprojiov1alpha1")
        || nearest(group, ["argoprojio"]).is_some();
    if aspect.is_empty() {
        // `health` itself may be misspelt, which is not to be confused with what else can be said of a kind.
        return nearest(&head, ["resourcecustomizationshealthargoprojio"]).is_some_and(|_| {
            !["actions", "ignore", "useopenlibs", "knowntypefields"].iter().any(|it| head.contains(it))
        });
    }
    is_group && nearest(aspect, ["resourcecustomizationshealth", "resourcecustomizationhealth"]).is_some()
}

located! {
    ArgocdConfig: keys, labels;
    OtherComparison;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest;

    #[test]
    fn keys_that_are_nearly_the_health_of_applications() {
        for key in [
            "resource.customizations.health.argoproj.io/Application",
            "resource.customizations.health.argoproj.io.Application",
            "resource.customizations.health.argoproj.io_Applications",
            "resource.customizations.health.argoproj.io_application",
            "resource.customizations.health.argoproj.io_Aplication",
            "resource.customizations.health.argproj.io_Application",
            "resource.customizations.health.argocd.argoproj.io_Application",
            "resource.customizations.health.Application",
            "resource.customization.health.argoproj.io_Application",
            "resource.customisations.health.argoproj.io_Application",
            "resources.customizations.health.argoproj.io_Application",
            "resource.customizations.helath.argoproj.io_Application",
            "Resource.Customizations.Health.argoproj.io_Application",
            "resource_customizations_health_argoproj.io_Application",
            "resource.customizations.argoproj.io_Application",
        ] {
            assert!(is_meant_as_health(key), "{key}");
        }
        for key in [
            "resource.customizations.health.argoproj.io_ApplicationSet",
            "resource.customizations.health.argoproj.io_AppProject",
            "resource.customizations.health.argoproj.io_Rollout",
            "resource.customizations.health.app.k8s.io_Application",
            "resource.customizations.actions.argoproj.io_Application",
            "resource.customizations.ignoreDifferences.argoproj.io_Application",
            "resource.customizations.ignoreResourceUpdates.argoproj.io_Application",
            "resource.customizations.knownTypeFields.argoproj.io_Application",
            "resource.customizations.useOpenLibs.argoproj.io_Application",
            "resource.customizations",
            "application.resourceTrackingMethod",
            "application.instanceLabelKey",
            "timeout.reconciliation",
        ] {
            assert!(!is_meant_as_health(key), "{key}");
        }
    }

    #[test]
    fn argocd_may_be_told_to_compare_otherwise() {
        let compares = |name: &str, data: &str| {
            let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{{data}}}\n");
            !manifest::parse(&[("a.yaml", &text)]).0.facts.other_comparisons.is_empty()
        };
        let ignore = "resource.customizations.ignoreDifferences";
        assert!(compares("argocd-cm", &format!("{ignore}.apps_StatefulSet: ''")));
        assert!(compares("argocd-cm", &format!("{ignore}.all: ''")));
        assert!(!compares("argocd-cm", &format!("{ignore}.apps_Deployment: ''")));
        assert!(!compares("other", &format!("{ignore}.all: ''")));
        assert!(compares("argocd-cmd-params-cm", "controller.diff.server.side: 'true'"));
        assert!(!compares("argocd-cmd-params-cm", "controller.diff.server.side: 'false'"));
    }
}
