//! Before Argo CD 3.2, an Application with several sources does not notice that its own text changed.

use std::ops::RangeInclusive;

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;
use crate::schema::argocd::Version;
use crate::yaml::Node;

/// The versions that compare revisions only (`controller/appcontroller.go`, `autoSync`).
const VERSIONS: RangeInclusive<Version> = (2, 14)..=(3, 1);

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "multi-source-self-heal",
        summary: "Application with `sources` whose own changes this version of Argo CD does not sync",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("multi_source_self_heal.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let (major, minor) = object.target.argocd;
    let Some(application) = object.application().filter(|application| !application.is_patched) else { return };
    let Some(spec) = application.spec().filter(|_| VERSIONS.contains(&(major, minor))) else { return };
    let policy = spec.get("syncPolicy").and_then(|policy| policy.as_mapping());
    let Some(automated) = policy.and_then(|policy| policy.entry("automated")) else { return };
    let is = |key| automated.value.get(key).and_then(Node::as_bool);
    let is_automated = !automated.value.is_null() && is("enabled") != Some(false);
    if !is_automated || is("selfHeal") == Some(true) || spec.items_at(&["sources"]).next().is_none() {
        return;
    }
    let message = format!(
        "Argo CD {major}.{minor} does not sync what changes in `spec` here: with `sources` it waits for a new commit"
    );
    findings.push(
        Diagnostic::new(&CHECK.rule, &automated.key.span, message).help("add `selfHeal: true` below it").of_whole(),
    );
}
