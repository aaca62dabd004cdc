//! A range of versions is another version tomorrow.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;
use crate::vcluster;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "chart-version-floating",
        summary: "chart whose version is a range",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("chart_version_floating.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application() else { return };
    for source in application.sources() {
        let (Some(chart), Some(node)) = (source.get("chart"), source.get("targetRevision")) else { continue };
        let (Some(chart), Some(revision)) = (application.known(chart), application.known(node)) else { continue };
        // `vcluster-version-unpinned` is about that one.
        if chart.is_empty() || chart == vcluster::CHART_NAME || !is_range(revision) {
            continue;
        }
        let message = format!("`{revision}` is whatever version of chart `{chart}` is the newest that fits");
        let help = "write one version, such as the one that runs now: `targetRevision: 1.2.3`";
        findings.push(Diagnostic::new(&CHECK.rule, &node.span, message).help(help));
    }
}

/// Tells whether a revision is a constraint that several versions fit (Masterminds/semver v3, `constraints.go`). What is a
/// version, even without its last numbers, is that one to Argo CD.
fn is_range(revision: &str) -> bool {
    let is_operator = |c: char| "=!<>~^".contains(c);
    let terms: Vec<&str> =
        revision.split(|c: char| c.is_whitespace() || c == ',' || c == '|').filter(|term| !term.is_empty()).collect();
    let versions: Vec<&str> = terms
        .iter()
        .map(|term| term.trim_start_matches(is_operator))
        .filter(|version| !version.is_empty() && *version != "-")
        .collect();
    let is_open = |version: &str| numbers(version).is_some_and(|numbers| numbers.len() < 3 || numbers.contains(&None));
    match versions.as_slice() {
        [] => false,
        _ if versions.iter().any(|version| numbers(version).is_none()) => false,
        [version] => match revision.trim().chars().take_while(|c| is_operator(*c)).collect::<String>().as_str() {
            "" => numbers(version).is_some_and(|numbers| numbers.contains(&None)),
            "=" => is_open(version),
            _ => true,
        },
        _ => true,
    }
}

/// Returns the numbers of a version; `x` and `*` are none.
fn numbers(version: &str) -> Option<Vec<Option<u64>>> {
    let release = version.strip_prefix('v').unwrap_or(version).split(['-', '+']).next()?;
    let number = |part: &str| match part {
        "x" | "X" | "*" => Some(None),
        _ if part.bytes().all(|byte| byte.is_ascii_digit()) => part.parse().ok().map(Some),
        _ => None,
    };
    release.split('.').map(number).collect::<Option<Vec<_>>>().filter(|numbers| numbers.len() <= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_what_several_versions_fit() {
        for range in [
            "*",
            "1.x",
            "1.2.X",
            "^1",
            "~1.2.3",
            "~> 1.2",
            ">= 1.0.0",
            ">=1.0.0, <2.0.0",
            "1.0 - 2.0",
            "1.2.3 || 1.3.0",
            "=1.2",
            "!=1.0.0",
            ">=1.0.0-0",
            "v1.*",
        ] {
            assert!(is_range(range), "{range}");
        }
        for other in [
            "",
            "1.2.3",
            "v1.2.3",
            "1.2",
            "1",
            "=1.2.3",
            "= 1.2.3",
            "1.2.3-rc.1",
            "1.2.3+build.x",
            "HEAD",
            "latest",
            "main",
            "1.2.3.4",
            "x1",
            "{{version}}",
            "$VERSION",
            "-",
        ] {
            assert!(!is_range(other), "{other}");
        }
    }
}
