//! Lines of a project that have no effect.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity, nearest};
use crate::manifest::Object;
use crate::schema::cron;
use crate::yaml::{Entry, Node};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "project-invalid",
        summary: "line of a project that has no effect",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("project_invalid.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(project) = object.of_kind("argoproj.io", "AppProject") else { return };
    // Keys that are nearly one of the two are for the schema to tell.
    let is_other = |entry: &Entry| matches!(entry.key.as_str(), "name" | "namespace" | "server");
    let is_set = |entry: &Entry| entry.key.as_str() != "namespace" && entry.value.as_str() != Some("");
    for destination in project.items_at(&["spec", "destinations"]) {
        let Some(entries) = destination.as_mapping() else { continue };
        if entries.iter().all(is_other) && !entries.iter().any(is_set) {
            let message = "this destination names no cluster, and permits nothing";
            let help = "add `server: https://kubernetes.default.svc`, or `server: '*'` for every cluster";
            findings.push(Diagnostic::new(&CHECK.rule, &destination.span, message).help(help).of_whole());
        }
    }
    for key in ["destinations", "sourceNamespaces", "sourceRepos"] {
        findings.extend(repeated(project.items_at(&["spec", key])));
    }
    for window in project.items_at(&["spec", "syncWindows"]).filter(|window| window.as_mapping().is_some()) {
        sync_window(window, findings);
    }
}

/// Reports items that were there before. They change nothing, so that this is no error.
fn repeated<'a>(items: impl Iterator<Item = &'a Node>) -> Vec<Diagnostic> {
    let mut seen: Vec<&Node> = Vec::new();
    let mut findings = Vec::new();
    for item in items {
        match seen.iter().find(|other| **other == item) {
            Some(first) => {
                let mut finding = Diagnostic::new(&CHECK.rule, &item.span, "this entry is there a second time");
                finding.severity = Severity::Warning;
                let help =
                    "write here what was meant, or remove it: with it, `argocd proj` changes nothing of the project";
                findings.push(finding.related(&first.span, "the first").help(help));
            }
            None => seen.push(item),
        }
    }
    findings
}

fn sync_window(window: &Node, findings: &mut Vec<Diagnostic>) {
    const KINDS: [&str; 2] = ["allow", "deny"];
    match window.get("kind") {
        None => {
            let finding = Diagnostic::new(&CHECK.rule, &window.span, "this sync window has no `kind`: it does nothing");
            findings.push(finding.help("add `kind: allow` or `kind: deny`").of_whole());
        }
        Some(kind) => {
            if let Some(text) = kind.as_str().filter(|text| !KINDS.contains(text) && !text.contains(['$', '{'])) {
                let message = format!("a sync window is no `{text}`: it does nothing");
                let finding = Diagnostic::new(&CHECK.rule, &kind.span, message).help("write `allow` or `deny`");
                findings.push(match nearest(text, KINDS) {
                    Some(near) => finding.fix(Fix::Text(kind.span.clone(), near.into())),
                    None => finding,
                });
            }
        }
    }
    if !["applications", "clusters", "namespaces"].iter().any(|key| window.items_at(&[key]).next().is_some()) {
        let finding = Diagnostic::new(&CHECK.rule, &window.span, "this sync window is for nothing: it does nothing");
        findings.push(finding.help("add `applications: ['*']`, or `namespaces`, or `clusters`").of_whole());
    }
    if let Some(zone) = window.get("timeZone")
        && let Some(text) = zone.as_str().filter(|text| !matches!(*text, "" | "Local") && !text.contains(['$', '{']))
        && let Err(reason) = cron::time_zone(text)
    {
        let message = format!("`{text}` is no time zone, and UTC is taken instead");
        findings.push(Diagnostic::new(&CHECK.rule, &zone.span, message).help(reason));
    }
}
