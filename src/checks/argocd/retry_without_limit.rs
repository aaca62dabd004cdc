//! Who says how to retry has to say how often.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "retry-without-limit",
        summary: "`retry` without a limit, which means no retries",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("retry_without_limit.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application().filter(|application| !application.is_patched) else { return };
    let policy = application.spec().and_then(|spec| spec.get("syncPolicy"));
    let Some(retry) = policy.and_then(|policy| policy.as_mapping()?.entry("retry")) else { return };
    if retry.value.as_mapping().is_none() {
        return;
    }
    let limit = retry.value.get("limit").filter(|limit| !limit.is_null());
    let has_backoff = retry.value.get("backoff").is_some_and(|backoff| !backoff.is_null());
    let automated = policy.and_then(|policy| policy.get("automated")).is_some_and(|automated| !automated.is_null());
    let message = match limit {
        Some(limit) if limit.as_i64() != Some(0) => return,
        // Nothing but `limit: 0` is how to say that nothing should be retried.
        Some(_) if !has_backoff => return,
        Some(_) => "`backoff` has no effect: with `limit: 0` nothing is retried",
        None if automated => "without `limit` nothing is retried; without `retry` there would be 5 retries",
        None if has_backoff => "`backoff` has no effect: without `limit` nothing is retried",
        None => return,
    };
    let help = "add `limit: 5` below `retry`; `-1` is without end";
    let help = if limit.is_some() { "write `limit: 5`; `-1` is without end" } else { help };
    findings.push(Diagnostic::new(&CHECK.rule, &retry.key.span, message).help(help).of_whole());
}
