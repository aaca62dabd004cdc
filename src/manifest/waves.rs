//! When one sync applies an object, and keys that were meant to say so.
//!
//! Facts from argoproj/argo-cd v3.1.7, `gitops-engine/pkg/sync`.

use std::fmt;

use super::Object;
use super::{Manifest, SYNC_WAVE, parse_wave};
use crate::diagnostic::nearest;
use crate::source::{Located, Span, Spanned};
use crate::yaml::{Entry, Node};

/// Makes a hook of an object (`common/types.go`).
const HOOK: &str = "argocd.argoproj.io/hook";
/// Makes a hook of an object where `HOOK` does not (`hook/hook.go`).
const HELM_HOOK: &str = "helm.sh/hook";
/// Stands for a wave where there is none (`syncwaves/waves.go`).
const HELM_WEIGHT: &str = "helm.sh/hook-weight";

/// The parts of a sync, in their order (`sync_tasks.go:15-20`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Before everything else.
    PreSync,
    /// When objects are applied that are no hooks.
    Sync,
    /// After everything else.
    PostSync,
}

impl Phase {
    /// Returns the phase of a kind of hook, in Argo CD's words or in Helm's.
    fn of_hook(hook: &str) -> Option<Self> {
        match hook {
            "PreSync" | "pre-install" | "pre-upgrade" => Some(Self::PreSync),
            "Sync" => Some(Self::Sync),
            "PostSync" | "post-install" | "post-upgrade" => Some(Self::PostSync),
            _ => None,
        }
    }

    /// Returns its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreSync => "PreSync",
            Self::Sync => "Sync",
            Self::PostSync => "PostSync",
        }
    }
}

/// A step of a sync: what is applied at once, before the sync waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// The phase.
    pub phase: Phase,
    /// The wave within the phase.
    pub wave: i64,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.phase {
            Phase::Sync => write!(f, "wave {}", self.wave),
            phase => write!(f, "wave {} of `{}`", self.wave, phase.as_str()),
        }
    }
}

impl Manifest {
    /// Tells whether it is a hook, or was meant to be.
    #[must_use]
    pub fn is_hook(&self) -> bool {
        // Helm marks definitions like hooks (`hook/helm/hook.go`).
        let is_helm_hook = |value: &Node| value.as_str() != Some("crd-install");
        self.annotation(HOOK).is_some() || self.annotation(HELM_HOOK).is_some_and(is_helm_hook)
    }

    /// Returns where its wave stands, or its name if none is written.
    #[must_use]
    pub fn wave_span(&self) -> &Span {
        self.annotation(SYNC_WAVE).filter(|_| self.wave().is_some()).map_or(self.name_span(), |wave| &wave.span)
    }

    /// Returns the first step in which a sync applies it; nothing if none does without having failed before.
    #[must_use]
    pub fn step(&self) -> Option<Step> {
        let weight = || parse_wave(self.annotation(HELM_WEIGHT)?.as_str()?);
        let wave = || self.wave().map(|wave| wave.value).or_else(weight).unwrap_or_default();
        if !self.is_hook() {
            return Some(Step { phase: Phase::Sync, wave: wave() });
        }
        let hooks = |key| self.annotation(key).and_then(Node::as_str).into_iter().flat_map(|it| it.split(','));
        let known = ["PreSync", "Sync", "PostSync", "SyncFail", "Skip"];
        // What Helm says counts if nothing is known of what Argo CD is told.
        let is_argocds = hooks(HOOK).any(|hook| known.contains(&hook.trim()));
        let phase =
            hooks(if is_argocds { HOOK } else { HELM_HOOK }).filter_map(|it| Phase::of_hook(it.trim())).min()?;
        Some(Step { phase, wave: wave() })
    }
}

/// A key that was meant to give an object a wave, and does not.
#[derive(Debug)]
pub struct WaveKey {
    /// The object, in [`super::ManifestSet::manifests`].
    pub manifest: usize,
    /// The key.
    pub key: Spanned<String>,
    /// Whether it is a label, and no annotation.
    pub is_label: bool,
}

impl WaveKey {
    /// Finds them in an object. If it has a wave as well, its author knows better.
    pub(super) fn of(object: &Object<'_>) -> Vec<Self> {
        let entries = |of: &str| object.node.at(&["metadata", of]).and_then(Node::as_mapping).into_iter().flatten();
        if entries("annotations").any(|entry| entry.key.value == SYNC_WAVE) {
            return Vec::new();
        }
        let key = |entry: &Entry, is_label| Self { manifest: object.manifest, key: entry.key.clone(), is_label };
        let annotations = entries("annotations").filter(|entry| is_meant_as_wave(&entry.key));
        // A label without a domain may be anything.
        let is_meant = |key: &str| key == SYNC_WAVE || key.contains('/') && is_meant_as_wave(key);
        let labels = entries("labels").filter(|entry| is_meant(&entry.key));
        annotations.map(|entry| key(entry, false)).chain(labels.map(|entry| key(entry, true))).collect()
    }
}

/// Tells whether a key is nearly that of a sync wave.
fn is_meant_as_wave(key: &str) -> bool {
    // Most keys are told from it at once.
    if !key.bytes().any(|byte| byte.eq_ignore_ascii_case(&b'w')) && !key.contains("argo") {
        return false;
    }
    // The schema has something to say about other characters.
    if key == SYNC_WAVE || !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte)) {
        return false;
    }
    let plain = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let Some((domain, name)) = key.split_once('/') else {
        let plain = plain(key);
        let name = plain.strip_suffix('s').unwrap_or(&plain);
        return name.strip_suffix("syncwave").is_some_and(|before| before.is_empty() || before.starts_with("argo"));
    };
    let (name, is_argos) = (plain(name), domain.to_ascii_lowercase().contains("argo"));
    is_argos
        && (nearest(&name, ["syncwave"]).is_some() || matches!(&*name, "wave" | "waves") && is_read_by_argocd(domain))
}

/// Tells whether a domain is that of Argo CD's annotations, or nearly so.
fn is_read_by_argocd(domain: &str) -> bool {
    nearest(domain, ["argocd.argoproj.io", "argoproj.io"]).is_some()
}

located! {
    WaveKey: key;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest;

    #[test]
    fn keys_that_are_nearly_waves() {
        for key in [
            "argocd.argoproj.io/sync-waves",
            "argocd.argoproj.io/syncwave",
            "argocd.argoproj.io/sync_wave",
            "argocd.argoproj.io/Sync-Wave",
            "argocd.argoproj.io/sync-wav",
            "argocd.argoproj.io/wave",
            "argocd.argoproj.io/snyc-wave",
            "argocd.argoprj.io/sync-wave",
            "argocd.argoproj.com/sync-wave",
            "ArgoCD.argoproj.io/sync-wave",
            "argoproj.io/sync-wave",
            "argocd/sync-wave",
            "argocd.argoproj.io.sync-wave",
            "sync-wave",
            "syncWave",
        ] {
            assert!(is_meant_as_wave(key), "{key}");
        }
        for key in [
            "argocd.argoproj.io/sync-wave",
            "argocd.argoproj.io/sync-options",
            "argocd.argoproj.io/hook",
            "argocd.argoproj.io/hook-delete-policy",
            "argocd.argoproj.io/compare-options",
            "argocd.argoproj.io/manifest-generate-paths",
            "argocd.argoproj.io/tracking-id",
            "argocd.argoproj.io/sync wave",
            "notifications.argoproj.io/wave",
            "rollouts.argoproj.io/wave",
            "helm.sh/hook-weight",
            "example.com/sync-wave",
            "wave",
            "wave.example.com/argo",
            "",
        ] {
            assert!(!is_meant_as_wave(key), "{key}");
        }
    }

    #[test]
    fn hooks_come_in_their_phase_and_everything_in_its_wave() {
        let step = |annotations: &str| {
            let text = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p, annotations: {{{annotations}}}}}\n");
            let (set, _) = manifest::parse(&[("p.yaml", &text)]);
            set.manifests()[0].step().map_or("never".to_owned(), |step| step.to_string())
        };
        for (annotations, expected) in [
            ("", "wave 0"),
            ("argocd.argoproj.io/sync-wave: '-5'", "wave -5"),
            ("argocd.argoproj.io/sync-wave: ten, helm.sh/hook-weight: '3'", "wave 3"),
            ("helm.sh/hook-weight: '3'", "wave 3"),
            ("argocd.argoproj.io/hook: 'PostSync, PreSync'", "wave 0 of `PreSync`"),
            ("argocd.argoproj.io/hook: Sync, argocd.argoproj.io/sync-wave: '2'", "wave 2"),
            ("argocd.argoproj.io/hook: PostSync, helm.sh/hook: pre-install", "wave 0 of `PostSync`"),
            ("argocd.argoproj.io/hook: Presync, helm.sh/hook: pre-install", "wave 0 of `PreSync`"),
            ("argocd.argoproj.io/hook: Presync", "never"),
            ("argocd.argoproj.io/hook: Skip", "never"),
            ("argocd.argoproj.io/hook: SyncFail", "never"),
            ("helm.sh/hook: 'post-install,post-upgrade', helm.sh/hook-weight: '1'", "wave 1 of `PostSync`"),
            ("helm.sh/hook: test", "never"),
            ("helm.sh/hook: crd-install", "wave 0"),
        ] {
            assert_eq!(step(annotations), expected, "{annotations}");
        }
    }
}
