//! A sync window that Argo CD cannot read.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;
use crate::schema::cron;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "project-sync-window",
        summary: "sync window whose schedule or duration Argo CD cannot read",
        severity: Severity::Error,
        effect: Effect::SyncBlocked,
        page: include_str!("project_sync_window.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(project) = object.of_kind("argoproj.io", "AppProject") else { return };
    for window in project.items_at(&["spec", "syncWindows"]) {
        // Of a window for nothing, nobody reads the rest.
        let selects = |key| window.items_at(&[key]).next().is_some();
        if !["applications", "clusters", "namespaces"].into_iter().any(selects) {
            continue;
        }
        for (key, example, fault) in
            [("schedule", "0 22 * * *", schedule as fn(&str) -> Option<String>), ("duration", "1h30m", duration)]
        {
            let Some(node) = window.get(key).filter(|node| !node.is_null()) else {
                let message = format!("this sync window has no `{key}`");
                let finding = Diagnostic::new(&CHECK.rule, &window.span, message);
                findings.push(finding.help(format!("add `{key}: {example}`")).of_whole());
                continue;
            };
            if let Some(reason) = node.as_str().filter(|text| !text.contains(['$', '{'])).and_then(fault) {
                let message = format!("`{}` is no {key}: {reason}", node.as_str().unwrap_or_default());
                findings.push(
                    Diagnostic::new(&CHECK.rule, &node.span, message).help(format!("write it as in `{example}`")),
                );
            }
        }
    }
}

/// Says why a text is no schedule. The parser of sync windows knows time zones, but no names such as `@daily`.
fn schedule(text: &str) -> Option<String> {
    let zone = ["CRON_TZ=", "TZ="].iter().find_map(|start| text.strip_prefix(start));
    let fields = zone.map_or(text, |zone| zone.split_once(' ').map_or("", |(_, fields)| fields));
    if fields.trim_start().starts_with('@') {
        return Some("sync windows have five fields, and no names".to_owned());
    }
    cron::schedule(fields).err()
}

fn duration(text: &str) -> Option<String> {
    (!cron::is_duration(text)).then(|| "it needs numbers with units, which are `h`, `m` and `s`".to_owned())
}
