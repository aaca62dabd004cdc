//! A repository has a URL that Argo CD understands.

use super::source::has;
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity, nearest};
use crate::idpbuilder::{CNOE_SCHEME, is_nearly_cnoe};
use crate::manifest::Object;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "source-url",
        summary: "`repoURL` of a source that is no URL to Argo CD",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("source_url.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

/// The schemes of Git, Helm and OCI repositories.
const SCHEMES: [&str; 6] = ["file", "git", "http", "https", "oci", "ssh"];

/// What stands for something that somebody still fills in.
const PLACEHOLDERS: [&str; 5] = ["$(", "${", "<", "{%", "{{"];

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application() else { return };
    for source in application.sources() {
        let Some((node, url)) = source.get("repoURL").and_then(|node| Some((node, application.known(node)?))) else {
            continue;
        };
        let is_placeholder = PLACEHOLDERS.iter().any(|it| url.contains(it));
        if is_placeholder || url.starts_with(CNOE_SCHEME) || is_nearly_cnoe(url) {
            continue;
        }
        if let Some(fault) = of_spaces(url).or_else(|| of_scheme(url)).or_else(|| of_host(url, has(source, "chart"))) {
            let finding = Diagnostic::new(&CHECK.rule, &node.span, fault.message).help(fault.help);
            findings.push(match fault.right {
                Some(right) => finding.fix(Fix::Text(node.span.clone(), right)),
                None => finding,
            });
        }
    }
}

struct Fault {
    message: String,
    help: String,
    /// The URL that must have been meant.
    right: Option<String>,
}

fn of_spaces(url: &str) -> Option<Fault> {
    let is_odd = |c: char| c.is_whitespace() || c.is_control();
    let trimmed = url.trim_matches(is_odd);
    let (place, right) = match (trimmed.contains(is_odd), trimmed == url) {
        (false, true) => return None,
        (false, false) => ("around it", Some(trimmed.to_owned()).filter(|url| !url.is_empty())),
        (true, _) => ("in it", None),
    };
    let message = format!("`{}` is no URL: there are blanks {place}", url.escape_debug());
    Some(Fault { message, help: "write the URL without blanks, on one line".to_owned(), right })
}

fn of_scheme(url: &str) -> Option<Fault> {
    let bad =
        |help: String, right| Some(Fault { message: format!("`{url}` is no URL that Argo CD can use"), help, right });
    if let Some((scheme, rest)) = url.split_once("://") {
        let lower = scheme.to_lowercase();
        if SCHEMES.contains(&lower.as_str()) {
            let is_empty = lower != "file" && (rest.is_empty() || rest.starts_with('/'));
            return if is_empty { bad(format!("write the host behind `{scheme}://`"), None) } else { None };
        }
        // Others may be known to a plugin of Helm.
        let near = nearest(scheme, SCHEMES)?;
        return bad(format!("did you mean `{near}://{rest}`?"), None);
    }
    // `host:path` is how SSH has it, and hosts may be called anything: a path from the root is rarely meant.
    let parts = url.split_once(":/").or_else(|| url.split_once("//")).filter(|(scheme, _)| SCHEMES.contains(scheme));
    let (scheme, rest) = parts.filter(|(scheme, _)| *scheme != "file")?;
    let right = format!("{scheme}://{}", rest.trim_start_matches('/'));
    bad(format!("write `{right}`"), Some(right))
}

/// Reports the URL of a Git repository without a scheme, which is the path of a directory to Git. Helm has charts in registries at
/// such URLs.
fn of_host(url: &str, is_chart: bool) -> Option<Fault> {
    let (host, path) = url.split_once('/').filter(|(_, path)| !is_chart && !path.is_empty())?;
    let (name, domain) = host.rsplit_once('.')?;
    let is_host = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && domain.len() > 1
        && domain.chars().all(|c| c.is_ascii_alphabetic());
    (is_host && !path.contains(':')).then(|| Fault {
        message: format!("`{url}` has no scheme, and Git takes it for a directory"),
        help: format!("write `https://{url}` or `ssh://git@{url}`"),
        right: None,
    })
}
