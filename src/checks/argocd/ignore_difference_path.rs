//! Paths of ignored differences are JSON pointers, or jq.

use super::vocabulary::is_open;
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};
use crate::manifest::Object;

/// Fields that objects begin with. jq knows no functions of these names.
const ROOTS: [&str; 9] =
    ["apiVersion", "data", "kind", "metadata", "rules", "spec", "status", "stringData", "webhooks"];

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ignore-difference-path",
        summary: "path of an ignored difference that is no JSON pointer, or no jq",
        severity: Severity::Error,
        effect: Effect::ComparisonError,
        page: include_str!("ignore_difference_path.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application() else { return };
    for item in application.spec().into_iter().flat_map(|spec| spec.items_at(&["ignoreDifferences"])) {
        for (key, fault_of) in
            [("jsonPointers", pointer_fault as fn(&str) -> Option<Fault>), ("jqPathExpressions", jq_fault)]
        {
            for node in item.items_at(&[key]) {
                let Some(text) = node.as_str().filter(|text| !is_open(text)) else { continue };
                let Some(Fault { message, help, meant }) = fault_of(text) else { continue };
                let finding = Diagnostic::new(&CHECK.rule, &node.span, message);
                findings.push(match meant {
                    Some(meant) => finding.help(format!("write `{meant}`")).fix(Fix::Text(node.span.clone(), meant)),
                    None => finding.help(help),
                });
            }
        }
    }
}

/// What is wrong with a path, and the path that must have been meant, if there is only one.
struct Fault {
    message: String,
    help: &'static str,
    meant: Option<String>,
}

fn pointer_fault(text: &str) -> Option<Fault> {
    let Some(path) = text.strip_prefix('/') else {
        let parts = text.strip_prefix('.').unwrap_or(text).split(['.', '/']);
        let meant = is_chain(text, &['.', '/']).then(|| parts.fold(String::new(), |path, part| path + "/" + part));
        let message = format!("`{text}` is no JSON pointer: it does not begin with `/`");
        return Some(Fault { message, help: "write each field with a `/` in front of it", meant });
    };
    // The values of annotations and labels are texts, which nothing is below.
    let path = path.strip_prefix("spec/template/").unwrap_or(path);
    let key = ["metadata/annotations/", "metadata/labels/"].iter().find_map(|start| path.strip_prefix(start))?;
    let head = text.strip_suffix(key)?;
    key.contains('/').then(|| Fault {
        message: format!("`{text}` leads nowhere: the `/` in `{key}` begins another field"),
        help: "",
        meant: Some(format!("{head}{}", key.replace('/', "~1"))),
    })
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

/// Tells whether a text is nothing but fields, with separators between them and perhaps one in front.
fn is_chain(text: &str, separators: &[char]) -> bool {
    let is_field = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_name = |part: &str| is_field(part) && !part.starts_with(|c: char| c.is_ascii_digit());
    text.strip_prefix(separators).unwrap_or(text).split(separators).all(is_name)
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
        let meant = |text| pointer_fault(text).and_then(|fault| fault.meant);
        assert_eq!(meant("spec/replicas").as_deref(), Some("/spec/replicas"));
        assert_eq!(meant(".spec.replicas").as_deref(), Some("/spec/replicas"));
        assert_eq!(meant("/metadata/labels/a.b/c").as_deref(), Some("/metadata/labels/a.b~1c"));
        for text in ["/spec/replicas", "/metadata/labels/a.b~1c", "/metadata/annotations", "/spec/a.b/c", "/data/a~0b"]
        {
            assert!(pointer_fault(text).is_none(), "{text}");
        }
    }
}
