//! Ignored differences are found by the group and the kind of objects.

use super::vocabulary::is_open;
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};
use crate::manifest::Object;
use crate::schema::kubernetes::kinds;
use crate::source::Span;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ignore-difference-kind",
        summary: "ignored difference whose group has no such kind",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("ignore_difference_kind.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application() else { return };
    for item in application.spec().into_iter().flat_map(|spec| spec.items_at(&["ignoreDifferences"])) {
        let (Some(kind), group) = (item.get("kind"), item.get("group").filter(|group| !group.is_null())) else {
            continue;
        };
        let (Some(name), Some(group_name)) = (kind.as_str(), group.map_or(Some(""), |group| group.as_str())) else {
            continue;
        };
        let is_pattern = |text: &str| is_open(text) || text.contains(['*', '?', '[', '{', '\\']);
        if is_pattern(name) || is_pattern(group_name) {
            continue;
        }
        if let Some(finding) = judge(name, group_name, &kind.span, group.map(|group| &group.span)) {
            findings.push(finding);
        }
    }
}

fn judge(kind: &str, group: &str, kind_span: &Span, group_span: Option<&Span>) -> Option<Diagnostic> {
    let span = group_span.unwrap_or(kind_span);
    if let (Some((name, _)), Some(_)) = (group.split_once('/'), group_span) {
        let message = format!("`{group}` matches nothing: this is a group with a version");
        let meant = if name == "core" { "" } else { name };
        return Some(report(span, message, meant).fix(Fix::Text(span.clone(), meant.to_owned())));
    }
    let groups: Vec<&str> =
        kinds().filter(|(_, known)| *known == kind).map(|(api_version, _)| group_of(api_version)).collect();
    let is_builtin =
        group.is_empty() || matches!(group, "core" | "v1") || kinds().any(|(known, _)| group_of(known) == group);
    if groups.is_empty() || groups.contains(&group) || !is_builtin {
        return None;
    }
    let meant = groups[0];
    let message = match group {
        "" => format!("this matches nothing: the core group has no kind `{kind}`"),
        _ => format!("this matches nothing: there is no kind `{kind}` in a group `{group}`"),
    };
    let is_certain = groups.iter().all(|other| *other == meant);
    let finding = report(span, message, meant);
    Some(match group_span {
        Some(span) if is_certain && matches!(group, "" | "core" | "v1") => {
            finding.fix(Fix::Text(span.clone(), meant.to_owned()))
        }
        _ => finding.of_whole(),
    })
}

fn report(span: &Span, message: String, meant: &str) -> Diagnostic {
    let help = if meant.is_empty() { "write `group: \"\"`".to_owned() } else { format!("write `group: {meant}`") };
    Diagnostic::new(&CHECK.rule, span, message).help(help)
}

fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}
