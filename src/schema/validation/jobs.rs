//! Jobs and what starts them (k8s.io/kubernetes `pkg/apis/batch/validation/validation.go`).

use std::collections::BTreeSet;

use super::super::{names, wording};
use super::{Report, below, child, cron, is_true, items, number_at, pods, selectors, text_at};
use crate::yaml::Node;

/// How long the name of a `CronJob` may be, because its Jobs get eleven characters more.
const CRON_JOB_NAME: usize = 52;
/// How many Pods an indexed Job may have at once, and how many altogether before other limits hold.
const MANY: i64 = 100_000;
/// How many Pods of an indexed Job with more may run at once, and how many may fail.
const MANY_AT_ONCE: i64 = 10_000;
/// The labels that a Job gives its Pods, with its name and with its identifier.
const NAME_LABELS: [&str; 2] = ["batch.kubernetes.io/job-name", "job-name"];
const UID_LABELS: [&str; 2] = ["batch.kubernetes.io/controller-uid", "controller-uid"];

/// Judges a `CronJob`.
pub(super) fn cron_job<'a>(report: &mut Report<'a>, object: &'a Node) {
    if let Some(name) = below(object, &["metadata", "name"])
        && let Some(length) = name.as_str().map(str::len).filter(|length| *length > CRON_JOB_NAME)
    {
        let sentence =
            format!("has {length} characters, and a CronJob at most {CRON_JOB_NAME}: its Jobs get eleven more");
        report.value(name, sentence);
    }
    let Some(spec) = child(object, "spec") else { return };
    if let Some(schedule) = child(spec, "schedule") {
        let text = schedule.as_str().unwrap_or_default();
        if let Err(reason) = cron::schedule(text) {
            report.value(schedule, format!("cannot be {}: {reason}", wording::quoted(text)));
        }
    }
    if let Some(zone) = child(spec, "timeZone")
        && let Some(text) = zone.as_str()
        && let Err(reason) = cron::time_zone(text)
    {
        report.value(zone, format!("cannot be {}: {reason}", wording::quoted(text)));
    }
    let Some(spec) = below(spec, &["jobTemplate", "spec"]) else { return };
    if is_true(spec, "manualSelector") {
        report.key(spec, "manualSelector", "may not be `true` in a CronJob, which chooses the selector itself");
    } else if let Some(selector) = child(spec, "selector") {
        report.value(selector, "may not be given in a CronJob, which chooses the selector itself");
    }
    job_spec(report, spec);
}

/// Judges a Job.
pub(super) fn job<'a>(report: &mut Report<'a>, object: &'a Node) {
    let Some(spec) = child(object, "spec") else { return };
    let name = below(object, &["metadata", "name"]).filter(|name| name.as_str().is_some_and(|name| !name.is_empty()));
    if is_true(spec, "manualSelector") {
        if child(spec, "selector").is_none() {
            report.missing(spec, "selector", ": `manualSelector` needs it");
        }
        selectors::selects_template(report, spec);
    } else {
        generated_selector(report, spec, name);
    }
    if let (Some(name), Some(completions @ 1..), true) = (name, number_at(spec, "completions"), is_indexed(spec)) {
        let host = format!("{}-{}", name.as_str().unwrap_or_default(), completions - 1);
        if let Err(reason) = names::label(&host) {
            report.value(name, format!("makes Pods with the host name {}: {reason}", wording::quoted(&host)));
        }
    }
    job_spec(report, spec);
}

/// Judges what a Job says of the labels that the server chooses for it.
fn generated_selector<'a>(report: &mut Report<'a>, spec: &'a Node, name: Option<&'a Node>) {
    if let Some(selector) = child(spec, "selector").filter(|selector| !selectors::is_empty(selector)) {
        report.value(selector, "is chosen by the server unless `manualSelector` is `true`");
    }
    let Some(labels) = below(spec, &["template", "metadata", "labels"]) else { return };
    for key in NAME_LABELS.into_iter().chain(UID_LABELS) {
        let Some(label) = labels.get(key) else { continue };
        let is_name = NAME_LABELS.contains(&key) && name.is_some_and(|name| name.as_str() == label.as_str());
        if !is_name {
            report.key(labels, key, "is a label that the server chooses");
        }
    }
}

fn is_indexed(spec: &Node) -> bool {
    text_at(spec, "completionMode") == Some("Indexed")
}

/// Judges what Jobs and those of a `CronJob` have in common.
fn job_spec<'a>(report: &mut Report<'a>, spec: &'a Node) {
    if let Some(template) = child(spec, "template") {
        pods::spec_of(report, template, []);
    }
    indexes(report, spec);
    // Before a policy was enabled by default, the server dropped it; the same goes for the fields below.
    if let Some(policy) = child(spec, "podFailurePolicy").filter(|_| report.version >= (1, 26)) {
        failure_policy(report, spec, policy);
    }
    if let Some(policy) = child(spec, "successPolicy").filter(|_| report.version >= (1, 31)) {
        success_policy(report, spec, policy);
    }
    if let Some(by) = child(spec, "managedBy").filter(|_| report.version >= (1, 32)) {
        let text = by.as_str().unwrap_or_default();
        if let Err(reason) = names::domain_path(text) {
            report.value(by, format!("cannot be {}: {reason}", wording::quoted(text)));
        } else if text.len() > 63 {
            report.value(by, format!("may have at most 63 characters, it has {}", text.len()));
        }
    }
    if let Some(policy) = child(spec, "podReplacementPolicy").filter(|_| report.version >= (1, 29)) {
        match policy.as_str() {
            Some("TerminatingOrFailed") if child(spec, "podFailurePolicy").is_some() => {
                report.value(policy, "has to be `Failed` with a `podFailurePolicy`");
            }
            Some("Failed" | "TerminatingOrFailed") | None => {}
            Some(text) => {
                let shown = wording::quoted(text);
                report.value(policy, format!("has to be `Failed` or `TerminatingOrFailed`, found {shown}"));
            }
        }
    }
}

/// Judges what is about the numbers of the Pods of an indexed Job.
fn indexes<'a>(report: &mut Report<'a>, spec: &'a Node) {
    let completions = number_at(spec, "completions");
    // Before, the server dropped the fields unless somebody had asked for them (`JobBackoffLimitPerIndex`).
    let per_index =
        ["backoffLimitPerIndex", "maxFailedIndexes"].map(|key| child(spec, key).filter(|_| report.version >= (1, 29)));
    for number in per_index.into_iter().flatten() {
        if !is_indexed(spec) {
            report.value(number, "needs `completionMode` to be `Indexed`");
        } else if number.as_i64().is_some_and(|number| number < 0) {
            report.value(number, format!("has to be at least 0, found {}", wording::value_text(number)));
        }
    }
    if !is_indexed(spec) {
        return;
    }
    if completions.is_none() && child(spec, "completions").is_none() {
        report.missing(spec, "completions", ": a Job with `completionMode: Indexed` needs it");
    }
    if let Some(parallel) = child(spec, "parallelism")
        && parallel.as_i64().is_some_and(|number| number > MANY)
    {
        let shown = wording::value_text(parallel);
        report.value(parallel, format!("has to be at most {MANY} with `completionMode: Indexed`, found {shown}"));
    }
    let [backoff, failed] = per_index;
    if let (Some(completions), Some(_)) =
        (child(spec, "completions").filter(|it| it.as_i64().is_some_and(|number| number > MANY)), backoff)
    {
        match failed {
            None => report.missing(spec, "maxFailedIndexes", &format!(": more than {MANY} `completions` need it")),
            Some(failed) => at_most_with(report, failed, completions),
        }
        if let Some(parallel) = child(spec, "parallelism") {
            at_most_with(report, parallel, completions);
        }
    }
    let Some(failed) = failed else { return };
    if backoff.is_none() {
        report.value(failed, "needs `backoffLimitPerIndex`");
    } else if let (Some(number), Some(completions), Some(other)) =
        (failed.as_i64(), completions, child(spec, "completions"))
        && number > completions
    {
        let sentence = format!("has to be at most the `completions` of {completions}, found `{number}`");
        report.pair(failed, sentence, other, "`completions`");
    }
}

/// Reports a number that is too large beside more than [`MANY`] completions.
fn at_most_with<'a>(report: &mut Report<'a>, node: &'a Node, completions: &Node) {
    if node.as_i64().is_some_and(|number| number > MANY_AT_ONCE) {
        let shown = wording::value_text(node);
        let sentence = format!("has to be at most {MANY_AT_ONCE} with more than {MANY} `completions`, found {shown}");
        report.pair(node, sentence, completions, "`completions`");
    }
}

fn failure_policy<'a>(report: &mut Report<'a>, spec: &'a Node, policy: &'a Node) {
    if let Some(restart) = below(spec, &["template", "spec", "restartPolicy"])
        && restart.as_str() == Some("OnFailure")
    {
        report.pair(restart, "has to be `Never` with a `podFailurePolicy`", policy, "the policy");
    }
    if let (21.., Some(rules)) = (items(policy, "rules").len(), child(policy, "rules")) {
        report.value(rules, "may have at most 20 items");
    }
    let pod = below(spec, &["template", "spec"]);
    let containers = pod.into_iter().flat_map(|pod| {
        ["containers", "initContainers"]
            .into_iter()
            .flat_map(move |list| items(pod, list))
            .filter_map(|it| text_at(it, "name"))
    });
    let containers: BTreeSet<&str> = containers.collect();
    for rule in items(policy, "rules") {
        if let Some(action) = child(rule, "action") {
            match action.as_str().unwrap_or_default() {
                "FailIndex" if child(spec, "backoffLimitPerIndex").is_none() => {
                    report.value(action, "is `FailIndex`, which needs `backoffLimitPerIndex`");
                }
                "Count" | "FailIndex" | "FailJob" | "Ignore" => {}
                text => {
                    let shown = wording::quoted(text);
                    report
                        .value(action, format!("has to be `Count`, `FailIndex`, `FailJob` or `Ignore`, found {shown}"));
                }
            }
        }
        let conditions = child(rule, "onPodConditions").filter(|it| it.as_sequence().is_some_and(|it| !it.is_empty()));
        match (child(rule, "onExitCodes"), conditions) {
            (Some(_), Some(conditions)) => report.value(conditions, "may not be given with `onExitCodes`"),
            (Some(codes), None) => exit_codes(report, codes, &containers),
            (None, Some(conditions)) => pod_conditions(report, conditions),
            (None, None) => report.value(rule, "needs `onExitCodes` or `onPodConditions`"),
        }
    }
}

fn exit_codes<'a>(report: &mut Report<'a>, codes: &'a Node, containers: &BTreeSet<&str>) {
    if let Some(name) = child(codes, "containerName")
        && name.as_str().is_some_and(|name| !containers.contains(name))
    {
        report.value(name, format!("names {}, which is no container of the Pod", wording::value_text(name)));
    }
    let operator = child(codes, "operator");
    if let Some(operator) = operator.filter(|it| !matches!(it.as_str(), Some("In" | "NotIn"))) {
        report.value(operator, format!("has to be `In` or `NotIn`, found {}", wording::value_text(operator)));
    }
    let values = items(codes, "values");
    if let Some(list) = child(codes, "values").filter(|_| values.is_empty() || values.len() > 255) {
        report.value(list, format!("needs 1 to 255 items, it has {}", values.len()));
    }
    let is_in = operator.and_then(Node::as_str) == Some("In");
    let zero = values.iter().find(|value| matches!(value.as_i64(), Some(0)) || value.is_null());
    if let Some(zero) = zero.filter(|_| is_in) {
        report.value(zero, "may not be 0 with `operator: In`, because such a container has not failed");
    }
    for pair in values.windows(2) {
        if let (Some(first), Some(second)) = (pair[0].as_i64(), pair[1].as_i64())
            && second <= first
        {
            report.pair(
                &pair[1],
                format!("has to be more than the one before, {first}, found `{second}`"),
                &pair[0],
                "the one before",
            );
            return;
        }
    }
}

fn pod_conditions<'a>(report: &mut Report<'a>, conditions: &'a Node) {
    for condition in conditions.as_sequence().unwrap_or_default() {
        if let Some(kind) = child(condition, "type")
            && let Err(reason) = names::qualified_name(kind.as_str().unwrap_or_default())
        {
            report.value(kind, format!("cannot be {}: {reason}", wording::value_text(kind)));
        }
        if let Some(status) = child(condition, "status")
            && !matches!(status.as_str(), Some("" | "False" | "True" | "Unknown"))
        {
            let shown = wording::value_text(status);
            report.value(status, format!("has to be `False`, `True` or `Unknown`, found {shown}"));
        }
    }
}

fn success_policy<'a>(report: &mut Report<'a>, spec: &'a Node, policy: &'a Node) {
    if !is_indexed(spec) {
        report.value(policy, "needs `completionMode` to be `Indexed`");
        return;
    }
    let rules = items(policy, "rules");
    if let Some(list) = child(policy, "rules").filter(|_| rules.is_empty() || rules.len() > 20) {
        report.value(list, format!("needs 1 to 20 items, it has {}", rules.len()));
    }
    let completions = number_at(spec, "completions");
    for rule in rules {
        let (indexes, count) = (child(rule, "succeededIndexes"), child(rule, "succeededCount"));
        if indexes.is_none() && count.is_none() {
            report.value(rule, "needs `succeededIndexes` or `succeededCount`");
        }
        let Some(count) = count else { continue };
        let number = count.as_i64().unwrap_or(1);
        if number < 1 {
            report.value(count, format!("has to be at least 1, found `{number}`"));
        } else if let (Some(limit), Some(other)) = (completions, child(spec, "completions"))
            && number > limit
        {
            let sentence = format!("has to be at most the `completions` of {limit}, found `{number}`");
            report.pair(count, sentence, other, "`completions`");
        }
    }
}
