//! What is in Git, everybody has who reads it.

use crate::checks::{Check, Run};
use crate::credential::{self, is_aws_key_id, is_aws_secret, is_random};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::{ClusterSecret, Object, decoded, line_of};
use crate::source::Span;
use crate::yaml::{Node, Value};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "credential-in-manifest",
        summary: "credential in plain sight",
        severity: Severity::Error,
        effect: Effect::DataLeak,
        page: include_str!("credential_in_manifest.md"),
    },
    since: "0.1.0",
    run: Run::Document(run),
};

/// A copy of the whole object, which `kubectl` makes.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A step from a node to one below it.
enum Step<'a> {
    Key(&'a str),
    Item(usize),
}

/// A walk through a document.
#[derive(Default)]
struct Walk<'a> {
    path: Vec<Step<'a>>,
    /// The kinds of credentials that were found, with their paths and places.
    found: Vec<(&'static str, String, Span)>,
    has_aws_id: bool,
    /// What would be a secret of AWS if the other half of the key were there.
    aws_secrets: Vec<(String, Span)>,
}

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    const BROWSERS: [&str; 6] = ["firebase", "Firebase", "NEXT_PUBLIC_", "VITE_", "REACT_APP_", "maps.google"];
    // Definitions are long, and hold no values.
    if object.kind == "CustomResourceDefinition" {
        return;
    }
    let mut walk = Walk::default();
    let secret = object.of_kind("", "Secret");
    for entry in object.node.as_mapping().into_iter().flatten() {
        walk.path.push(Step::Key(&entry.key));
        match entry.value.as_mapping() {
            Some(data) if secret.is_some() && matches!(entry.key.as_str(), "data" | "stringData") => {
                // `cluster-secret-credentials` is about that one.
                let is_cluster = ClusterSecret::of(object).is_some();
                for value in data.iter().filter(|value| !is_cluster || value.key.as_str() != "config") {
                    walk.path.push(Step::Key(&value.key));
                    walk.value_of_secret(&value.value, entry.key.as_str() == "data");
                    walk.path.pop();
                }
            }
            _ => walk.node(&entry.value),
        }
        walk.path.pop();
    }
    if walk.has_aws_id {
        let secrets = std::mem::take(&mut walk.aws_secrets).into_iter();
        walk.found.extend(secrets.map(|(path, span)| ("an AWS secret access key", path, span)));
    }
    for (name, path, span) in walk.found {
        if name == credential::GOOGLE_KEY && BROWSERS.iter().any(|word| object.node.span.text().contains(word)) {
            continue;
        }
        let message = format!("`{path}` has {name}, which everybody has who reads this repository");
        findings.push(Diagnostic::new(&CHECK.rule, &span.concealed(), message).help(
            "revoke it, for it stays in the history; let an ExternalSecret, a SealedSecret or SOPS bring the next one",
        ));
    }
}

impl<'a> Walk<'a> {
    fn node(&mut self, node: &'a Node) {
        match &node.value {
            Value::String(text) => self.text(node, text, true),
            Value::Sequence(items) => {
                for (rank, item) in items.iter().enumerate() {
                    self.path.push(Step::Item(rank));
                    self.node(item);
                    self.path.pop();
                }
            }
            Value::Mapping(entries) => {
                for entry in entries.iter().filter(|entry| entry.key.as_str() != LAST_APPLIED) {
                    self.path.push(Step::Key(&entry.key));
                    self.node(&entry.value);
                    self.path.pop();
                }
            }
            _ => {}
        }
    }

    fn value_of_secret(&mut self, node: &'a Node, is_encoded: bool) {
        match node.as_str().filter(|_| is_encoded).and_then(decoded) {
            Some(text) => self.text(node, &text, false),
            None => self.node(node),
        }
    }

    /// Looks at a text, which is written as it is, or encoded.
    fn text(&mut self, node: &Node, text: &str, is_plain: bool) {
        if let Some(credential) = credential::find(text) {
            let is_inside = is_plain && credential.start > 0;
            let span = if is_inside { line_of(node, credential.start) } else { node.span.clone() };
            // An alias leads to the same place again.
            if self.found.iter().all(|(_, _, known)| *known != span) {
                self.found.push((credential.name, self.shown(), span));
            }
        } else if self.is_token_of_kubeconfig() && is_random(text) {
            self.found.push(("a token for a cluster", self.shown(), node.span.clone()));
        } else if is_aws_key_id(text) {
            self.has_aws_id = true;
        } else if is_aws_secret(text) {
            self.aws_secrets.push((self.shown(), node.span.clone()));
        }
    }

    /// Tells whether the path is that of a token in a kubeconfig that is a file of its own.
    fn is_token_of_kubeconfig(&self) -> bool {
        matches!(&*self.path, [Step::Key("users"), Step::Item(_), Step::Key("user"), Step::Key("token")])
    }

    fn shown(&self) -> String {
        let mut shown = String::new();
        for step in &self.path {
            match step {
                Step::Key(key) if shown.is_empty() => shown.push_str(key),
                Step::Key(key) => shown.extend([".", key]),
                Step::Item(rank) => shown.extend(["[", &rank.to_string(), "]"]),
            }
        }
        shown
    }
}
