//! A file at the root of a package is one Application and nothing else.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::{Content, Document, directory};
use crate::package::{Loss, LossKind};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "package-file-documents",
        summary: "file at the root of a package that is more than one Application",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("package_file_documents.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let is_meant =
        |loss: &&Loss<'_>| !scope.cluster_is_assumed || scope.package.is_for_idpbuilder_at(directory(loss.path));
    findings.extend(scope.package.losses.iter().filter(is_meant).map(finding));
}

fn finding(loss: &Loss<'_>) -> Diagnostic {
    let (first, at) = (loss.first, loss.at);
    let own_file = "put it into a file of its own";
    let (message, help) = match (loss.kind, loss.undecodable) {
        (LossKind::Behind, _) => {
            let article = if first.content.is_empty() { "an" } else { "a" };
            let message = format!(
                "idpbuilder looks at the first document of a file only, here {article} {}: this {} is never created",
                what(first),
                at.span.text()
            );
            (message, own_file)
        }
        (LossKind::Further, Some(undecodable)) => (
            format!(
                "`idpbuilder create` never returns: it decodes every document of a file, and fails at the {}",
                what(undecodable)
            ),
            "put each Application into a file of its own, and everything else into a directory that one has as its source",
        ),
        (LossKind::Further, None) => (
            format!("idpbuilder uses the first document of a file only: this {} is lost", what(at)),
            match at.content {
                Content::Application => own_file,
                _ => "move it into a directory that an Application has as its source",
            },
        ),
        (LossKind::NothingBefore, _) => (
            "`idpbuilder create` never returns: what stands before `---` is a document without a kind to it".to_owned(),
            "remove the line `---` in front of the Application",
        ),
        (LossKind::NothingAfter, _) => (
            "`idpbuilder create` never returns: what stands behind `---` is a document without a kind to it".to_owned(),
            "remove the line `---` behind the Application, and what follows it",
        ),
    };
    let undecodable = loss.undecodable.map(|undecodable| &undecodable.span).filter(|span| **span != at.span);
    Diagnostic::new(&CHECK.rule, &at.span, message).related_if(undecodable, "what cannot be decoded").help(help)
}

/// Names a document.
fn what(document: &Document) -> String {
    match document.content {
        Content::NoObject | Content::Fragment => "document without `apiVersion` or `kind`".to_owned(),
        Content::Nothing | Content::Null => "empty document".to_owned(),
        Content::Application | Content::Object | Content::Foreign => format!("`{}`", document.span.text()),
    }
}
