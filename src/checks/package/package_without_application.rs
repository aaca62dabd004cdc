//! A package has something that idpbuilder creates.

use crate::checks::{Check, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::source::{Source, Span};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "package-without-application",
        summary: "package in which idpbuilder finds nothing to create",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("package_without_application.md"),
    },
    since: "0.1.0",
    run,
};

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    if !scope.package.is_empty {
        return;
    }
    let elsewhere = scope.manifests.manifests().iter().find(|manifest| manifest.is_argocd_application());
    let span = elsewhere.map_or_else(
        || Span::whole(&Source::new(scope.package.root.as_str(), "")),
        |manifest| manifest.kind.span.clone(),
    );
    let message = "no Application lies directly in the directory of this package, so idpbuilder installs nothing";
    let help = match elsewhere {
        Some(manifest) => {
            format!("name the directory of this one: `idpbuilder create --package` of `{}`", manifest.directory())
        }
        None => "name the directory that holds the Application, not the one with its manifests".to_owned(),
    };
    findings.push(Diagnostic::new(&CHECK.rule, &span, message).help(help));
}
