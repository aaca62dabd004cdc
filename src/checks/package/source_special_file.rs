//! idpbuilder can copy all of a directory.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::source::{Source, Span};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "source-special-file",
        summary: "link that leads nowhere, or special file, that idpbuilder cannot copy",
        severity: Severity::Error,
        effect: Effect::IdpbuilderHangs,
        page: include_str!("source_special_file.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for special in &scope.package.repositories.specials {
        let span = Span::whole(&Source::new(special.shown.as_str(), ""));
        let (message, help) = if special.is_link {
            (
                "idpbuilder cannot copy this directory: this symbolic link leads nowhere, or around itself",
                "put the file itself here, or remove the link",
            )
        } else {
            ("idpbuilder waits for ever when it copies this: it is a FIFO, a socket or a device", "remove it")
        };
        findings.push(Diagnostic::new(&CHECK.rule, &span, message).help(help));
    }
}
