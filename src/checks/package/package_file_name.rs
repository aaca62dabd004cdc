//! The name of a file becomes part of the name of an object.

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::schema::names;
use crate::source::{Source, Span};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "package-file-name",
        summary: "file of a package whose name makes no name of an object",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("package_file_name.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for root in scope.package.roots.iter().filter(|_| scope.is_for_idpbuilder()) {
        let (Some(object), Some(name)) = (&root.custom_package, &root.manifest.name) else { continue };
        // What is wrong about the name of the Application, the schema has said.
        let Err(reason) = names::subdomain(object) else { continue };
        if names::subdomain(name).is_err() {
            continue;
        }
        let message = format!(
            "idpbuilder does not create {}: it needs an object called `{object}`, and {reason}",
            root.manifest.label()
        );
        let span = Span::whole(&Source::new(root.manifest.kind.span.source().name(), ""));
        findings.push(
            Diagnostic::new(&CHECK.rule, &span, message)
                .help(format!("call the file `{}`", better(root.manifest.path.as_str()))),
        );
    }
}

/// Returns the name of a file with nothing but letters, digits and `-` in front of the first dot.
fn better(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or_default().trim_start_matches('.');
    let (stem, rest) = file.split_once('.').unwrap_or((file, "yaml"));
    let plain: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    format!("{}.{rest}", plain.trim_matches('-'))
}
