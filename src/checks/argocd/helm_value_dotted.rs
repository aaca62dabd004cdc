//! The values of a chart are a tree.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Object;
use crate::vcluster;
use crate::yaml::{Entry, Node, Value};

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "helm-value-dotted",
        summary: "key of chart values with the path of a value in it",
        severity: Severity::Warning,
        effect: Effect::SilentlyIgnored,
        page: include_str!("helm_value_dotted.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

/// What the key of a file or a host ends with: charts may well have such keys.
const ENDINGS: [&str; 30] = [
    "bat",
    "cfg",
    "com",
    "conf",
    "config",
    "crt",
    "csv",
    "dev",
    "env",
    "html",
    "ini",
    "io",
    "js",
    "json",
    "key",
    "local",
    "lua",
    "md",
    "net",
    "org",
    "pem",
    "properties",
    "py",
    "sh",
    "tf",
    "toml",
    "txt",
    "xml",
    "yaml",
    "yml",
];

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(application) = object.application() else { return };
    for source in application.sources() {
        // The schema of its values refuses such a key.
        if source.get("chart").is_some_and(|chart| chart.as_str() == Some(vcluster::CHART_NAME)) {
            continue;
        }
        let object = source.at(&["helm", "valuesObject"]).filter(|values| !values.is_null());
        let text = source.at(&["helm", "values"]).filter(|_| object.is_none()).and_then(|text| application.read(text));
        let values = object.or(text.as_ref()).and_then(Node::as_mapping);
        for entry in values.into_iter().flatten().filter(|entry| is_path(entry)) {
            let key = &entry.key;
            let message = format!("`{key}` is one key with dots in it, and not the path of a value");
            let help = if key.contains('[') {
                "write the values as a tree; paths are for the names of `helm.parameters`".to_owned()
            } else {
                let nested = key.replace('.', ": {");
                let end = "}".repeat(key.matches('.').count());
                format!("nest it: `{nested}: …{end}`; paths are for the names of `helm.parameters`")
            };
            findings.push(Diagnostic::new(&CHECK.rule, &key.span, message).help(help));
        }
    }
}

/// Tells whether a key is written as `--set` of Helm has it. What holds values itself is more likely called after a host or a
/// class of objects.
fn is_path(entry: &Entry) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_alphabetic())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    // `hosts[0].name`: nothing but `--set` writes that.
    let has_rank = |key: &str| {
        key.split_once('[')
            .and_then(|(_, rest)| rest.split_once("]."))
            .is_some_and(|(rank, _)| rank.parse::<usize>().is_ok())
    };
    if has_rank(&entry.key) {
        return true;
    }
    let ending = entry.key.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| !ENDINGS.contains(&ending.to_lowercase().as_str()))
        && entry.key.split('.').all(is_word)
        && !matches!(entry.value.value, Value::Mapping(_))
}
