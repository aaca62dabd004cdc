//! What keeps Pods running (k8s.io/kubernetes `pkg/apis/apps/validation/validation.go`).

use super::super::{names, wording};
use super::{Report, below, child, items, number_at, pods, selectors, storage, text_at};
use crate::yaml::{Node, Value};

/// How long a Deployment may take unless it says so, in seconds (`SetDefaults_Deployment`).
const PROGRESS_DEADLINE: i64 = 600;

/// Judges a Deployment.
pub(super) fn deployment<'a>(report: &mut Report<'a>, object: &'a Node) {
    let Some(spec) = child(object, "spec") else { return };
    selectors::not_empty(report, spec);
    template(report, spec);
    if let Some(rolling) = below(spec, &["strategy", "rollingUpdate"]) {
        if let Some(unavailable) = child(rolling, "maxUnavailable") {
            share(report, unavailable, true);
        }
        if let Some(surge) = child(rolling, "maxSurge") {
            share(report, surge, false);
        }
    }
    let ready = number_at(spec, "minReadySeconds").unwrap_or_default();
    let deadline = number_at(spec, "progressDeadlineSeconds");
    if deadline.unwrap_or(PROGRESS_DEADLINE) <= ready && ready >= 0 && deadline.is_none_or(|deadline| deadline >= 0) {
        match (child(spec, "progressDeadlineSeconds"), child(spec, "minReadySeconds"), deadline) {
            (Some(deadline), Some(other), Some(number)) => {
                let sentence = format!("has to be more than the `minReadySeconds` of {ready}, found `{number}`");
                report.pair(deadline, sentence, other, "`minReadySeconds`");
            }
            (_, Some(ready), _) => {
                let shown = wording::value_text(ready);
                let sentence = format!(
                    "has to be less than `progressDeadlineSeconds`, which is {PROGRESS_DEADLINE} unless given, found {shown}"
                );
                report.value(ready, sentence);
            }
            (Some(deadline), None, _) => report.value(deadline, "has to be more than 0, found `0`"),
            _ => {}
        }
    }
}

/// Judges a `ReplicaSet`.
pub(super) fn replica_set<'a>(report: &mut Report<'a>, object: &'a Node) {
    let Some(spec) = child(object, "spec") else { return };
    selectors::not_empty(report, spec);
    template(report, spec);
}

/// Judges a `ReplicationController`, whose selector is made of the labels of its template unless it says so.
pub(super) fn replication_controller<'a>(report: &mut Report<'a>, object: &'a Node) {
    let Some(spec) = child(object, "spec") else { return };
    let Some(template) = child(spec, "template") else { return };
    if let Some(selector) = child(spec, "selector") {
        selectors::labels_match(report, selector, template, below(template, &["metadata", "labels"]));
    }
    pods::spec_of(report, template, []);
}

/// Judges a `DaemonSet`.
pub(super) fn daemon_set<'a>(report: &mut Report<'a>, object: &'a Node) {
    let Some(spec) = child(object, "spec") else { return };
    selectors::not_empty(report, spec);
    template(report, spec);
    let Some(strategy) = child(spec, "updateStrategy") else { return };
    let Some(rolling) = child(strategy, "rollingUpdate") else { return };
    // With `OnDelete` the server looks away.
    if !matches!(text_at(strategy, "type"), None | Some("" | "RollingUpdate")) {
        return;
    }
    let (unavailable, surge) = (child(rolling, "maxUnavailable"), child(rolling, "maxSurge"));
    for value in [unavailable, surge].into_iter().flatten() {
        share(report, value, true);
    }
    // One is unavailable at a time unless it says so.
    match (unavailable.map_or(Some(1), amount), surge.map_or(Some(0), amount)) {
        (Some(1..), Some(1..)) => {
            let Some(surge) = surge else { return };
            let sentence = "may not be given while `maxUnavailable` is not 0";
            match unavailable {
                Some(unavailable) => report.pair(surge, sentence, unavailable, "`maxUnavailable`"),
                None => report.value(surge, format!("{sentence}: it is 1 unless given")),
            }
        }
        (Some(0), Some(0)) => {
            let Some(unavailable) = unavailable else { return };
            report.value(unavailable, "may not be 0 together with `maxSurge`, which is 0 unless given");
        }
        _ => {}
    }
}

/// Judges a `StatefulSet`.
pub(super) fn stateful_set<'a>(report: &mut Report<'a>, object: &'a Node) {
    let Some(spec) = child(object, "spec") else { return };
    selectors::not_empty(report, spec);
    selectors::selects_template(report, spec);
    let mut claims = Vec::new();
    for claim in items(spec, "volumeClaimTemplates") {
        let name = below(claim, &["metadata", "name"]);
        let text = name.and_then(Node::as_str);
        claims.push(text);
        if let (Some(name), Err(reason)) = (name, names::label(text.unwrap_or_default())) {
            let shown = wording::value_text(name);
            report.value(name, format!("cannot be the name of a volume, {shown}: {reason}"));
        } else if name.is_none() {
            report.missing(child(claim, "metadata").unwrap_or(claim), "name", "");
        }
        match child(claim, "spec") {
            Some(spec) => storage::claim_spec(report, spec),
            None => report.missing(claim, "spec", ""),
        }
    }
    if let Some(template) = child(spec, "template") {
        pods::spec_of(report, template, claims);
    }
    for path in [&["updateStrategy", "rollingUpdate", "partition"][..], &["ordinals", "start"]] {
        if let Some(number) = below(spec, path).filter(|it| it.as_i64().is_some_and(|number| number < 0)) {
            report.value(number, format!("has to be at least 0, found {}", wording::value_text(number)));
        }
    }
}

/// Judges a selector and the template beside it.
fn template<'a>(report: &mut Report<'a>, spec: &'a Node) {
    selectors::selects_template(report, spec);
    if let Some(template) = child(spec, "template") {
        pods::spec_of(report, template, []);
    }
}

/// Reports what is no number of Pods and no share of them.
pub(super) fn share<'a>(report: &mut Report<'a>, node: &'a Node, of_all: bool) {
    match &node.value {
        Value::Integer(number) if *number < 0 => {
            report.value(node, format!("has to be at least 0, found `{number}`"));
        }
        Value::String(text) => match percentage(text) {
            None => {
                let shown = wording::quoted(text);
                report.value(node, format!("has to be a whole number or a percentage such as `50%`, found {shown}"));
            }
            Some(percent) if of_all && percent > 100 => {
                report.value(node, format!("has to be at most 100%, found {}", wording::quoted(text)));
            }
            Some(_) => {}
        },
        _ => {}
    }
}

/// Returns the number of Pods, or of hundredths of them.
fn amount(node: &Node) -> Option<i64> {
    node.as_i64().or_else(|| percentage(node.as_str()?))
}

/// Reads a percentage.
fn percentage(text: &str) -> Option<i64> {
    let digits = text.strip_suffix('%')?;
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().unwrap_or(i64::MAX))
}
