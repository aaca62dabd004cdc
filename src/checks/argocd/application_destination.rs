//! A destination is one cluster, by its URL or by its name.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;
use crate::yaml::Entry;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "application-destination",
        summary: "Application whose destination names no cluster, or two",
        severity: Severity::Error,
        effect: Effect::InvalidSpec,
        page: include_str!("application_destination.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application() else { return };
    let Some(entry) = application.spec().and_then(|spec| spec.as_mapping()?.entry("destination")) else { return };
    let part = |key| entry.value.get(key).filter(|node| node.as_str() != Some(""));
    let finding = match (part("server"), part("name")) {
        (Some(server), Some(name)) => {
            let (Some(server_text), Some(name_text)) = (application.known(server), application.known(name)) else {
                return;
            };
            let message = format!("the destination has the server `{server_text}` and the name `{name_text}`");
            Diagnostic::new(&CHECK.rule, &name.span, message)
                .related(&server.span, "the server")
                .help("keep one of the two: the name is that of the Secret that tells Argo CD about the cluster")
        }
        // Keys that are nearly one of the two are for the schema to tell.
        (None, None)
            if !application.is_patched && entry.value.as_mapping().is_some_and(|it| it.iter().all(is_other)) =>
        {
            let message = "the destination names no cluster";
            let help = "add `server: https://kubernetes.default.svc` for the cluster that Argo CD runs in";
            Diagnostic::new(&CHECK.rule, &entry.key.span, message).help(help)
        }
        _ => return,
    };
    findings.push(finding.of_whole());
}

fn is_other(entry: &Entry) -> bool {
    matches!(entry.key.as_str(), "namespace" | "server" | "name")
}
