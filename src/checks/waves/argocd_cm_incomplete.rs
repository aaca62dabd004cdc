//! What takes the place of idpbuilder's `argocd-cm` has everything that it had.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::idpbuilder::{self, ARGOCD_NAMESPACE, Profile};
use crate::manifest::{ArgocdConfig, Manifest};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "argocd-cm-incomplete",
        summary: "`argocd-cm` that cannot take the place of the one that idpbuilder installs",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("argocd_cm_incomplete.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// The labels without which Argo CD does not find it (cnoe-io/idpbuilder#307).
const LABELS: [(&str, &str); 2] =
    [("app.kubernetes.io/name", ArgocdConfig::NAME), ("app.kubernetes.io/part-of", "argocd")];

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    // Elsewhere people install Argo CD by themselves.
    if !scope.is_for_idpbuilder() {
        return;
    }
    for config in &scope.manifests.facts.argocd_configs {
        let manifest = scope.manifests.manifest_of(config);
        if let Some(application) = scope.package.application_of(manifest) {
            let namespace = scope.package.namespace_of(manifest).map(|namespace| namespace.as_str());
            if application.is_in_cluster() && namespace == Some(ARGOCD_NAMESPACE) {
                let message = format!(
                    "{} applies `argocd-cm`, and idpbuilder's own Application `argocd` puts its own back",
                    application.manifest.label()
                );
                let help = "pass it to idpbuilder instead: `idpbuilder create -c argocd:FILE`";
                findings.push(Diagnostic::new(&CHECK.rule, manifest.name_span(), message).help(help));
            }
        } else if !scope.package.is_applied(manifest)
            && !scope.manifests.kustomizations.contains_key(manifest.directory())
        {
            judge(scope, config, manifest, findings);
        }
    }
}

/// Judges what `idpbuilder create -c argocd:FILE` would put in the place of idpbuilder's own.
fn judge(scope: &Scope<'_>, config: &ArgocdConfig, manifest: &Manifest, findings: &mut Vec<Diagnostic>) {
    let missing = missing_keys(scope, config);
    let repeat = || format!("repeat what idpbuilder's own has: {}; and its labels", list(&missing));
    if let Some(namespace) = &manifest.namespace {
        let message = "idpbuilder's own `argocd-cm` has no namespace, so that this one does not take its place";
        let also = if missing.is_empty() { String::new() } else { format!("; then {}", repeat()) };
        let help = format!("remove `namespace: {namespace}`{also}");
        findings.push(Diagnostic::new(&CHECK.rule, &namespace.span, message).help(scope.note_assumption(help)));
        return;
    }
    let wrong = LABELS.iter().filter(|(key, value)| config.label(key).and_then(|it| it.as_str()) != Some(*value));
    let labels: Vec<String> = wrong.clone().map(|(key, value)| format!("{key}: {value}")).collect();
    let place = config.labels.as_ref().map(|labels| {
        let written = wrong.clone().find_map(|(key, _)| config.label(key));
        written.map_or(&labels.key.span, |value| &value.span)
    });
    if !missing.is_empty() {
        let message = format!(
            "this takes the place of idpbuilder's whole `argocd-cm`, and lacks {} of its keys, as `{}`",
            missing.len(),
            missing[0]
        );
        findings
            .push(Diagnostic::new(&CHECK.rule, manifest.name_span(), message).help(scope.note_assumption(repeat())));
    }
    // Without any labels it is the same fault.
    if !labels.is_empty() && (place.is_some() || missing.is_empty()) {
        let message = "Argo CD looks for its `argocd-cm` by labels, and does not find this one";
        let help = format!("write below `metadata.labels`: {}", list(&labels));
        findings.push(Diagnostic::new(&CHECK.rule, place.unwrap_or(manifest.name_span()), message).help(help));
    }
}

/// Returns the keys that idpbuilder's own has and this one has not. If nobody said which idpbuilder it is for, any will do.
fn missing_keys(scope: &Scope<'_>, config: &ArgocdConfig) -> Vec<String> {
    let missing = |profile| -> Vec<String> {
        let keys = idpbuilder::argocd_cm_keys(profile).into_iter();
        keys.filter(|key| !config.keys.iter().any(|own| own.value == *key)).collect()
    };
    if scope.cluster_is_assumed && Profile::ALL.into_iter().any(|profile| missing(profile).is_empty()) {
        return Vec::new();
    }
    missing(scope.cluster.profile)
}

fn list(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
