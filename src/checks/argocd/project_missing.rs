//! A project is there.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity, nearest};
use crate::package::PackagedApplication;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "project-missing",
        summary: "Application of a project that nobody defines",
        severity: Severity::Error,
        effect: Effect::InvalidSpec,
        page: include_str!("project_missing.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// The project that Argo CD brings itself (argo-cd v3.1.7, `server/server.go`).
const DEFAULT: &str = "default";

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let facts = &scope.manifests.facts;
    let names = facts.projects.iter().filter_map(|project| scope.manifests.manifest_of(project).name.as_deref());
    let defined: Vec<&str> = names.map(String::as_str).collect();
    // A project may have another name, or be a part of something else, once somebody has changed it.
    let are_plain = facts.projects.iter().all(|project| scope.package.is_exact(scope.manifests.manifest_of(project)));
    let is_complete = scope.is_for_idpbuilder() && is_complete(scope);
    for it in scope.package.applications.iter().filter(|it| are_plain && scope.package.is_exact(it.manifest)) {
        let Some(project) = &it.application.project else { continue };
        let is_known = project.value == DEFAULT || defined.contains(&project.as_str());
        if is_known || project.contains(['{', '$']) || scope.package.home_of(it.manifest).is_none() {
            continue;
        }
        // Where others may define projects, `team-a` need not be meant for `team-b`.
        let near = nearest(project, defined.iter().copied().chain([DEFAULT]));
        let near = near.filter(|near| is_complete || is_slip(project, near) || is_slip(near, project));
        let finding = match near {
            Some(near) => Diagnostic::new(&CHECK.rule, &project.span, format!("there is no project `{project}`"))
                .help(format!("did you mean `{near}`?"))
                .fix(Fix::Text(project.span.clone(), near.to_owned())),
            None if is_complete && it.is_in_cluster() => {
                let message =
                    format!("nobody defines the project `{project}`, and idpbuilder brings none but `default`");
                Diagnostic::new(&CHECK.rule, &project.span, message)
                    .help(format!("write `project: default`, or add an AppProject `{project}`"))
            }
            None => continue,
        };
        findings.push(finding);
    }
}

/// Tells whether no Application brings objects that nobody has looked at: from another repository, or from a chart for projects.
fn is_complete(scope: &Scope<'_>) -> bool {
    let is_known = |it: &PackagedApplication<'_>| {
        it.application.sources.iter().zip(&it.directories).all(|(source, directory)| match &source.chart {
            Some(chart) => !chart.contains("argo"),
            None => directory.is_some() || source.is_reference_only(),
        })
    };
    scope.manifests.facts.application_sets.is_empty() && scope.package.applications.iter().all(is_known)
}

/// Tells whether somebody has left out a letter inside a word, or swapped two.
fn is_slip(wrong: &str, right: &str) -> bool {
    let mut letters = right.char_indices().zip(right.char_indices().skip(1));
    letters.any(|((at, one), (next, two))| {
        let rest = &right[next + two.len_utf8()..];
        let is_left_out = one.is_alphabetic() && wrong == format!("{}{two}{rest}", &right[..at]);
        is_left_out || wrong == format!("{}{two}{one}{rest}", &right[..at])
    })
}

#[cfg(test)]
mod tests {
    use super::is_slip;

    #[test]
    fn slips_are_no_other_names() {
        assert!(is_slip("platfom", "platform") && is_slip("paltform", "platform"));
        assert!(!is_slip("team-a", "team-b") && !is_slip("team", "team1") && !is_slip("app", "apps"));
    }
}
