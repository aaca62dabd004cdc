//! A file that looks like a manifest is read by somebody.

use std::collections::BTreeMap;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::directory;
use crate::package::{Reason, Unread};
use crate::source::{Source, Span};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "file-not-read",
        summary: "file that looks like a manifest and that nobody reads",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("file_not_read.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// Where nothing but an Application tells that the directory may be for idpbuilder, one remark stands for all of its files.
fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut doubtful: BTreeMap<&str, (&Unread<'_>, usize)> = BTreeMap::new();
    for unread in &scope.package.unread {
        if unread.is_certain {
            findings.push(finding(unread));
        } else {
            doubtful.entry(directory(unread.path.as_str())).or_insert((unread, 0)).1 += 1;
        }
    }
    for (first, count) in doubtful.into_values() {
        let mut finding = finding(first);
        finding.severity = Severity::Info;
        let files = if count == 1 { "this file".to_owned() } else { format!("{count} files of this directory") };
        finding.message = format!("`idpbuilder create --package` would not read {files}");
        finding.help = Some("that is fine unless the directory is a package for idpbuilder".to_owned());
        findings.push(finding);
    }
}

fn finding(unread: &Unread<'_>) -> Diagnostic {
    let span = match unread.manifest {
        Some(manifest) => manifest.kind.span.clone(),
        None => Span::whole(&Source::new(&unread.shown, "")),
    };
    let help = match unread.reason {
        Reason::Link => "put the file itself here",
        Reason::NotFollowed => "put the file itself here, or judge the file that the link leads to",
        Reason::Special => "remove it",
        Reason::Extension => "rename it, in lower case",
        Reason::Kind => "move it into a directory that an Application has as its source",
        Reason::Marker => "remove these words",
        Reason::NotListed => "add it to `resources` of the kustomization, or remove it",
        Reason::Pattern => "change the pattern; `*` stands for any text, slashes too",
        Reason::Depth => "set `directory.recurse: true`, or move the file up",
        Reason::NoSource => "let an Application sync the directory, or move the file out of the package",
    };
    Diagnostic::new(&CHECK.rule, &span, format!("nobody reads this file: {}", unread.why())).help(help)
}
