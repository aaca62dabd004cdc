//! The waits between retries are ones that Argo CD can read, and grow.

use super::vocabulary::is_open;
use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity};
use crate::manifest::Object;
use crate::yaml::Node;

/// The units of Go's `time.ParseDuration`, in seconds.
const UNITS: [(&str, f64); 8] =
    [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("μs", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "retry-backoff",
        summary: "waits between retries that Argo CD cannot read, or never takes",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("retry_backoff.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application() else { return };
    let backoff = application.spec().and_then(|spec| spec.at(&["syncPolicy", "retry", "backoff"]));
    let Some(backoff) = backoff else { return };
    let text = |key| -> Option<(&Node, &str)> {
        let node = backoff.get(key)?;
        Some((node, node.as_str().filter(|text| !text.is_empty() && !is_open(text))?))
    };
    for (node, text) in ["duration", "maxDuration"].into_iter().filter_map(text) {
        if seconds(text).is_some() {
            continue;
        }
        let finding = Diagnostic::new(&CHECK.rule, &node.span, format!("`{text}` is no duration"));
        findings.push(match respelt(text) {
            Some(meant) => finding.help(format!("write `{meant}`")).fix(Fix::Text(node.span.clone(), meant)),
            None => finding.help("write a number with a unit, such as `30s`, `5m` or `1h30m`"),
        });
    }
    if let Some(factor) = backoff.get("factor")
        && let Some(number) = factor.as_i64().filter(|number| *number < 1)
    {
        let message = format!("with the factor {number}, retries come at once");
        findings.push(Diagnostic::new(&CHECK.rule, &factor.span, message).help("write 1 or more; 2 is usual"));
    }
    if let (Some((first, from)), Some((last, to))) = (text("duration"), text("maxDuration"))
        && let (Some(from_seconds), Some(to_seconds)) = (seconds(from), seconds(to))
        && to_seconds > 0.0
        && from_seconds > to_seconds
    {
        let message = format!("the first wait of `{from}` is longer than the longest one of `{to}`");
        findings.push(
            Diagnostic::new(&CHECK.rule, &first.span, message)
                .related(&last.span, "the longest wait")
                .help("make `maxDuration` longer than `duration`, or leave it out: 3 minutes are the default")
                .of_whole(),
        );
    }
}

/// Reads a duration as Argo CD does: seconds, or what Go's `time.ParseDuration` takes.
fn seconds(text: &str) -> Option<f64> {
    if text.parse::<i64>().is_ok() {
        return text.parse().ok();
    }
    let (sign, text) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (if text.starts_with('-') { -1.0 } else { 1.0 }, rest),
        None => (1.0, text),
    };
    if text == "0" {
        return Some(0.0);
    }
    let (mut sum, mut rest) = (0.0, text);
    loop {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(end);
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let (_, length) = UNITS.iter().find(|(name, _)| *name == unit)?;
        sum += number.parse::<f64>().ok()? * length;
        rest = tail;
        if rest.is_empty() {
            return Some(sign * sum);
        }
    }
}

/// Writes a number with a unit in words as Go does.
fn respelt(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let unit = match unit.trim().to_lowercase().as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "d" | "day" | "days" => return Some(format!("{}h", number.parse::<u16>().ok()? * 24)),
        _ => return None,
    };
    number.parse::<u16>().ok().map(|number| format!("{number}{unit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, expected) in
            [("30", 30.0), ("5s", 5.0), ("1h30m", 5400.0), ("1.5m", 90.0), ("0", 0.0), ("-2s", -2.0)]
        {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for text in ["", "5 seconds", "5sec", "1d", "s", "5", "m5"].into_iter().filter(|text| *text != "5") {
            assert_eq!(seconds(text), None, "{text:?}");
        }
        assert_eq!(respelt("5 seconds").as_deref(), Some("5s"));
        assert_eq!(respelt("2d").as_deref(), Some("48h"));
        assert_eq!(respelt("70000d"), None);
    }
}
