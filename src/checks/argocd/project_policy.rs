//! A policy of a role that grants nothing.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity, nearest};
use crate::manifest::Object;
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "project-policy",
        summary: "policy of a role that grants nothing",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("project_policy.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

const ACTIONS: [&str; 8] = ["*", "create", "delete", "get", "invoke", "override", "sync", "update"];
const EFFECTS: [&str; 2] = ["allow", "deny"];
const RESOURCES: [&str; 7] =
    ["applications", "applicationsets", "clusters", "exec", "logs", "projects", "repositories"];

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(node) = object.of_kind("argoproj.io", "AppProject") else { return };
    let name = node.at(&["metadata", "name"]).and_then(Node::as_str);
    let Some(project) = name.filter(|name| !name.contains(['{', '$'])) else { return };
    let names: Vec<_> = node.items_at(&["spec", "roles"]).filter_map(|role| role.get("name")?.as_str()).collect();
    for role in node.items_at(&["spec", "roles"]) {
        let Some(name) = role.get("name").and_then(Node::as_str) else { continue };
        for policy in role.items_at(&["policies"]) {
            // What somebody still fills in is not known.
            let Some(text) = policy.as_str().filter(|text| !text.contains(['{', '$'])) else { continue };
            if let Some((message, help)) = fault(text, project, name, &names) {
                findings.push(Diagnostic::new(&CHECK.rule, &policy.span, message).help(help));
            }
        }
    }
}

/// Says why a policy grants nothing, and what to do about it.
fn fault(policy: &str, project: &str, role: &str, roles: &[&str]) -> Option<(String, String)> {
    let form = || format!("write it as in `p, proj:{project}:{role}, applications, get, {project}/*, allow`");
    let parts: Vec<_> = policy.split(',').map(str::trim).collect();
    let [kind, subject, resource, action, object, effect] = parts.as_slice() else {
        // A line that puts somebody into a role works, whatever else is said about it.
        let is_group = parts.first() == Some(&"g") && parts.len() == 3;
        let message = format!("a policy has six parts, and this one has {}", parts.len());
        return (!is_group).then(|| (message, form()));
    };
    if *kind != "p" {
        return Some((format!("a policy begins with `p`, and this one with `{kind}`"), form()));
    }
    let of_project = subject.strip_prefix("proj:").and_then(|rest| rest.split_once(':'));
    let names_role = |(other, name): (&str, &str)| other == project && roles.contains(&name);
    if of_project.is_some_and(|subject| !names_role(subject)) {
        let message = format!("`{subject}` is no role of this project");
        return Some((message, format!("write `proj:{project}:{role}`")));
    }
    let unknown = |what: &str, word: &str, known: &[&str]| {
        let help = match nearest(word, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are `{}`", known.join("`, `")),
        };
        (format!("policies know no {what} `{word}`"), help)
    };
    let is_pattern = |text: &str| text.contains(['*', '?', '[']);
    if !is_pattern(resource) && !RESOURCES.contains(resource) {
        return Some(unknown("resource", resource, &RESOURCES));
    }
    if !is_pattern(action) && !action.contains('/') && !ACTIONS.contains(action) {
        return Some(unknown("action", action, &ACTIONS));
    }
    let of_object = object.split('/').next().unwrap_or_default();
    if !is_pattern(of_object) && of_object != project {
        let message = format!("`{object}` is nothing of this project");
        let help = format!("objects begin with the name of the project, as in `{project}/*`");
        return (*resource != "projects").then_some((message, help));
    }
    (!EFFECTS.contains(effect)).then(|| unknown("effect", effect, &EFFECTS))
}
