//! In parameters, a dollar sign begins a variable.

use super::source::{files, is_source_file, referred};
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity, nearest};
use crate::manifest::{Object, WrittenApplication};
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "parameter-variable",
        summary: "variable in a parameter that Argo CD replaces by nothing",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("parameter_variable.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

/// The variables that Argo CD knows there (argo-cd v3.1.7, reposerver/repository/repository.go, `newEnv`).
const VARIABLES: [&str; 9] = [
    "ARGOCD_APP_NAME",
    "ARGOCD_APP_NAMESPACE",
    "ARGOCD_APP_PROJECT_NAME",
    "ARGOCD_APP_REVISION",
    "ARGOCD_APP_REVISION_SHORT",
    "ARGOCD_APP_REVISION_SHORT_8",
    "ARGOCD_APP_SOURCE_PATH",
    "ARGOCD_APP_SOURCE_REPO_URL",
    "ARGOCD_APP_SOURCE_TARGET_REVISION",
];

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application() else { return };
    let texts: Vec<_> = application.sources().flat_map(|source| expanded(&application, source)).collect();
    let braces = |text: &str| text.matches("${").count();
    // Where there are variables in other places, too, somebody fills them in before Argo CD sees any.
    if braces(object.node.span.text()) > texts.iter().map(|(node, _)| braces(node.span.text())).sum() {
        return;
    }
    for (node, text) in texts {
        let Some(name) = variables(text).find(|name| !is_known(name)) else { continue };
        let message = format!("Argo CD has no variable `{name}`, and puts nothing in its place");
        let help = match nearest(name, VARIABLES) {
            Some(near) => format!("did you mean `${near}`?"),
            None => "write `$$` for a dollar sign".to_owned(),
        };
        findings.push(Diagnostic::new(&CHECK.rule, &node.span, message).help(help));
    }
}

/// Returns the texts of a source in which Argo CD replaces variables, without what is a reference to another source.
fn expanded<'a>(application: &WrittenApplication<'a>, source: &'a Node) -> Vec<(&'a Node, &'a str)> {
    let is_single = application.single_source().is_some();
    let paths = files(source).filter_map(|node| {
        let is_reference = if is_single { is_source_file(node) } else { referred(node).is_some() };
        match (node.as_str()?, is_reference) {
            (path, false) => Some((node, path)),
            (_, true) if is_single => None,
            (path, true) => Some((node, path.split_once('/')?.1)),
        }
    });
    let of = |path: &[&str]| source.at(path).and_then(Node::as_sequence).unwrap_or_default().iter();
    let jsonnet = of(&["directory", "jsonnet", "extVars"]).chain(of(&["directory", "jsonnet", "tlas"]));
    let values = of(&["helm", "parameters"]).chain(jsonnet).filter_map(|entry| entry.get("value"));
    let others = values.chain(of(&["kustomize", "images"])).filter_map(|node| Some((node, node.as_str()?)));
    // What is filled in before, or should have been, may stand for anything.
    paths.chain(others).filter(|(_, text)| !text.contains("{{")).collect()
}

/// Finds the variables in a text as Go's `os.Expand` does.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let (_, after) = rest.split_once('$')?;
            let (name, behind) = match after.strip_prefix('{') {
                Some(inside) => inside.split_once('}')?,
                None => after.split_at(name_length(after)),
            };
            rest = behind;
            if !name.is_empty() {
                return Some(name);
            }
        }
    })
}

/// Counts the bytes of a variable's name that stands without braces.
fn name_length(text: &str) -> usize {
    if text.starts_with(|first: char| first.is_ascii_digit() || "*#$@!?-".contains(first)) {
        return 1;
    }
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// Tells whether a variable is replaced by something. Later versions of Argo CD may have more of their own.
fn is_known(name: &str) -> bool {
    let is_argocds = name.starts_with("ARGOCD_") && nearest(name, VARIABLES).is_none();
    name == "$" || VARIABLES.contains(&name) || is_argocds
}
