//! Who wants differences to be respected has to name them.

use super::vocabulary::sync_options;
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;

const OPTION: &str = "RespectIgnoreDifferences=true";

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ignore-differences-without-effect",
        summary: "`RespectIgnoreDifferences` without differences to respect",
        severity: Severity::Info,
        effect: Effect::SilentlyIgnored,
        page: include_str!("ignore_differences_without_effect.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application().filter(|application| !application.is_patched) else { return };
    let ignored = application.spec().and_then(|spec| spec.items_at(&["ignoreDifferences"]).next());
    let Some((node, text)) = sync_options(&application).find(|(_, text)| *text == OPTION) else { return };
    if ignored.is_none() {
        let message = format!("`{text}` has nothing to respect: this Application ignores no differences");
        findings.push(
            Diagnostic::new(&CHECK.rule, &node.span, message)
                .help("say in `spec.ignoreDifferences` what syncs should leave alone, or remove the option")
                .of_whole(),
        );
    }
}
