//! A source is a path of a repository, or a chart.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::{Object, WrittenApplication};
use crate::yaml::{Entry, Node};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "source-field-ignored",
        summary: "`path` or `chart` of a source that Argo CD ignores",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("source_field_ignored.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

const OCI: &str = "oci://";

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application() else { return };
    for source in application.sources() {
        let url = source.get("repoURL").and_then(Node::as_str).unwrap_or_default();
        let is_artifact = object.target.argocd >= (3, 1) && url.starts_with(OCI);
        let Some((chart, name)) = entry(&application, source, "chart") else { continue };
        let finding = match entry(&application, source, "path") {
            // The URL of the artifact has the name of the chart, too.
            _ if is_artifact && url.strip_suffix(name).is_some_and(|rest| rest.ends_with('/')) => continue,
            _ if is_artifact => {
                let message = format!("Argo CD ignores `chart`, because `{url}` is an artifact by itself");
                let help = format!(
                    "write `repoURL: {}/{name}` and `path: .`, or leave `{OCI}` out and keep `chart`",
                    url.trim_end_matches('/')
                );
                Diagnostic::new(&CHECK.rule, &chart.key.span, message).help(help)
            }
            Some((path, directory)) if !matches!(directory, "." | "./") => {
                let message = format!("Argo CD ignores `path`, because the source is the chart `{name}`");
                Diagnostic::new(&CHECK.rule, &path.key.span, message)
                    .related(&chart.key.span, "the chart")
                    .help("keep `chart` for a Helm repository, or `path` for a Git repository")
            }
            _ => continue,
        };
        findings.push(finding.of_whole());
    }
}

/// Returns a key with a text that is neither empty nor still to be filled in.
fn entry<'a>(application: &WrittenApplication<'a>, source: &'a Node, key: &str) -> Option<(&'a Entry, &'a str)> {
    let entry = source.as_mapping()?.entry(key)?;
    application.known(&entry.value).filter(|text| !text.is_empty()).map(|text| (entry, text))
}
