//! Paths of ignored differences are jq.

use super::difference::{self, Fault, is_chain};
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;

/// Fields that objects begin with. jq knows no functions of these names.
const ROOTS: [&str; 9] =
    ["apiVersion", "data", "kind", "metadata", "rules", "spec", "status", "stringData", "webhooks"];

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ignore-difference-path",
        summary: "path of an ignored difference that jq cannot read",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("ignore_difference_path.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    difference::report(object, &CHECK.rule, "jqPathExpressions", jq_fault, findings);
}

fn jq_fault(text: &str) -> Option<Fault> {
    let fault = |message: String, help| Some(Fault { message, help, meant: None });
    let first = text.trim_start().split(['.', '[', '/']).next().unwrap_or_default();
    if text.trim().is_empty() {
        return fault(
            "an empty text is no jq".to_owned(),
            "write a path, such as `.spec.replicas`, or remove the item",
        );
    }
    if ROOTS.contains(&first) {
        let message = format!("`{text}` is no jq path: `{first}` without a dot in front of it is a function");
        let meant = is_chain(text, &['.']).then(|| format!(".{text}"));
        return Some(Fault { message, help: "write a `.` in front of each field", meant });
    }
    if text.starts_with('/') {
        let message = format!("`{text}` is no jq, but a JSON pointer");
        let meant = is_chain(text, &['/']).then(|| text.replace('/', "."));
        return Some(Fault { message, help: "move it to `jsonPointers`", meant });
    }
    if text.starts_with("$.") || text.contains("[*]") {
        let meant = text.strip_prefix('$').unwrap_or(text).replace("[*]", "[]");
        let message = format!("`{text}` is no jq, but a JSONPath");
        return Some(Fault {
            message,
            help: "write it as jq has it, as in `.spec.containers[].image`",
            meant: (!meant.contains(['$', '@'])).then_some(meant),
        });
    }
    if let Some(message) = unbalanced(text) {
        return fault(format!("`{text}` is no jq: {message}"), "quote fields with `\"`, and close what you open");
    }
    let is_plain = text.starts_with('.') && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    // Of two paths with `//` between them, one counts.
    if is_plain
        && !text.contains("//")
        && let Some(sign) = text.chars().find(|c| "-/".contains(*c))
    {
        let message = format!("`{text}` is no jq path: `{sign}` computes something");
        return fault(message, "put the field into brackets and quotes, as in `.metadata.labels[\"a-b/c\"]`");
    }
    None
}

/// Says what does not close in a jq program, or closes what is not open.
fn unbalanced(text: &str) -> Option<String> {
    let mut open = Vec::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (c, open.last()) {
            // What stands between `\(` and `)` in a text is a program again.
            ('\\', Some('"')) if characters.next() == Some('(') => open.push('('),
            (c, Some('"')) if c != '"' => {}
            ('\'', _) => return Some("jq has no `'`".to_owned()),
            // The rest is a comment, and Argo CD puts a `)` behind it.
            ('#', _) => return Some("a comment hides what follows".to_owned()),
            ('"', Some('"')) | (')', Some('(')) | (']', Some('[')) | ('}', Some('{')) => drop(open.pop()),
            ('"' | '(' | '[' | '{', _) => open.push(c),
            (')' | ']' | '}', _) => return Some(format!("`{c}` closes nothing")),
            _ => {}
        }
    }
    open.last().map(|open| format!("`{open}` is not closed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_jq_reads_passes_and_what_it_cannot_read_does_not() {
        for text in [
            ".spec.replicas",
            ".spec.volumeClaimTemplates[]?.apiVersion",
            ".metadata.annotations[\"a.b/c\"]",
            ".metadata.annotations.\"a-b/c\"",
            ".webhooks[]?.clientConfig.caBundle, .webhooks[]?.failurePolicy",
            ".spec.containers[] | select(.name == \"a)\")",
            ".spec.a - .spec.b",
            ".spec.a//.spec.b",
            ".data.\"\\(1 + 1)\"",
            "select(.kind == \"Job\") | .spec",
            "paths",
            "..|.status?",
            "del(.a)",
        ] {
            assert!(jq_fault(text).is_none(), "{text}");
        }
        for text in [
            "",
            " ",
            "spec.replicas",
            "/spec/replicas",
            "$.spec.containers[*].image",
            ".spec.containers[*].image",
            ".a[",
            ".a]",
            ".a.'b'",
            ".a # b",
            ".metadata.labels.a-b",
            "\"a",
        ] {
            assert!(jq_fault(text).is_some(), "{text}");
        }
    }
}
