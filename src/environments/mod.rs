//! What the environments of a project have in common, or must not: what their users declare in `idpack.yaml`.

use std::collections::BTreeSet;
use std::fmt::Display;

use semver::Version;

use crate::config::{Policy, Relation};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity, nearest};
use crate::model::Environment;
use crate::render;
use crate::source::{Span, Spanned};
use crate::yaml::{Node, Value};

/// Environments differ where their users say that they must not, or are alike where they must differ.
pub static ENVIRONMENT_POLICY: Rule = Rule {
    id: "environment-policy",
    summary: "environments that break a policy of their `idpack.yaml`",
    severity: Severity::Error,
    effect: Effect::SilentlyIgnored,
    page: include_str!("environment-policy.md"),
};

/// The rules of this stage.
pub static RULES: &[&Rule] = &[&ENVIRONMENT_POLICY];

/// An environment, and what it has where a policy looks.
#[derive(Clone, Copy)]
struct Held<'a> {
    environment: &'a Environment,
    value: Option<&'a Node>,
}

impl Held<'_> {
    fn name(&self) -> &str {
        self.environment.name.as_str()
    }

    /// Returns where the value was written or, if there is none, the environment's name.
    fn place(&self) -> &Span {
        self.value.map_or(&self.environment.name.span, |value| &value.span)
    }
}

/// Finds what breaks the policies. `names` are those of all environments, of which some may not be understood.
#[must_use]
pub fn check<'a>(
    policies: &[Policy],
    names: &BTreeSet<String>,
    environments: impl Iterator<Item = &'a Environment>,
) -> Vec<Diagnostic> {
    if policies.is_empty() {
        return Vec::new();
    }
    let all: Vec<_> = environments.map(|environment| (environment, render::facts(environment))).collect();
    let unknown = |policy: &Policy| policy.environments.iter().filter_map(|it| unknown_name(it, names)).collect();
    policies.iter().flat_map(|policy| findings(policy, &all, unknown(policy))).collect()
}

fn findings(policy: &Policy, all: &[(&Environment, Node)], mut findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let path: Vec<&str> = policy.field.split('.').collect();
    let all_held = all.iter().map(|(environment, facts)| Held { environment, value: facts.at(&path) });
    let mut held: Vec<Held<'_>> = all_held.collect();
    if !policy.environments.is_empty() {
        let named = |name: &Spanned<String>| held.iter().find(|it| it.name() == name.value).copied();
        held = policy.environments.iter().filter_map(named).collect();
    }
    if held.iter().all(|it| it.value.is_none()) {
        findings.extend(all.first().map(|(_, facts)| without_value(&policy.field, facts, &path)));
        return findings;
    }
    let pairs = match policy.relation {
        Relation::Same => unlike(&held),
        Relation::Different => alike(&held),
        Relation::NotBehind => behind(&held),
    };
    findings.extend(pairs.into_iter().map(|(it, other, why)| {
        let field = &policy.field;
        let (value, other_value) = (shown(it.value), shown(other.value));
        let message = format!("`{}` has {value} for `{field}`, and `{}` has {other_value}", it.name(), other.name());
        Diagnostic::new(&ENVIRONMENT_POLICY, it.place(), message)
            .related(other.place(), format!("that of `{}`", other.name()))
            .related(&field.span, why)
            .help("mend one of the two, or change the policy in `idpack.yaml`")
    }));
    findings
}

fn unknown_name(name: &Spanned<String>, known: &BTreeSet<String>) -> Option<Diagnostic> {
    if known.contains(&name.value) {
        return None;
    }
    let help = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", quoted(known)),
    };
    let message = format!("there is no environment `{name}`");
    Some(Diagnostic::new(&ENVIRONMENT_POLICY, &name.span, message).help(help))
}

fn quoted(words: impl IntoIterator<Item = impl Display>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// Reports a field that no environment has.
fn without_value(field: &Spanned<String>, facts: &Node, path: &[&str]) -> Diagnostic {
    let known = (0..path.len()).rev().find_map(|length| Some((length, facts.at(&path[..length])?)));
    let (length, node) = known.unwrap_or((0, facts));
    let keys: Vec<&str> = node.as_mapping().into_iter().flatten().map(|entry| entry.key.as_str()).collect();
    let help = match nearest(path[length], keys.iter().copied()) {
        Some(near) => {
            let path: Vec<&str> = path[..length].iter().chain([&near]).chain(&path[length + 1..]).copied().collect();
            format!("did you mean `{}`?", path.join("."))
        }
        None if keys.is_empty() => format!("`{}` has no values in any of them", path[..length].join(".")),
        None => format!("in the place of `{}` there are {}", path[length], quoted(keys)),
    };
    Diagnostic::new(&ENVIRONMENT_POLICY, &field.span, format!("no environment has a `{field}`")).help(help)
}

/// An environment that breaks a policy, the one that it is compared with, and the policy in words.
type Pair<'a> = (&'a Held<'a>, &'a Held<'a>, String);

/// Finds the environments whose value is not the one that most have; of several that are equally common, the first.
fn unlike<'a>(held: &'a [Held<'a>]) -> Vec<Pair<'a>> {
    let count = |it: &Held<'_>| held.iter().filter(|other| other.value == it.value).count();
    let Some(usual) = held.iter().rev().max_by_key(|it| count(it)) else { return Vec::new() };
    let others = held.iter().filter(|it| it.value != usual.value);
    others.map(|it| (it, usual, "this has to be the same in all of them".to_owned())).collect()
}

/// Finds the environments that have the value of an earlier one.
fn alike<'a>(held: &'a [Held<'a>]) -> Vec<Pair<'a>> {
    let pair = |(rank, it): (usize, &'a Held<'a>)| {
        let earlier = held[..rank].iter().find(|earlier| it.value.is_some() && earlier.value == it.value)?;
        Some((it, earlier, "this has to be another one in each of them".to_owned()))
    };
    held.iter().enumerate().filter_map(pair).collect()
}

/// Finds the environments with an older version than the one before them.
fn behind<'a>(held: &'a [Held<'a>]) -> Vec<Pair<'a>> {
    let pair = |pair: &'a [Held<'a>]| {
        let [earlier, later] = pair else { return None };
        match earlier.value.and_then(version).zip(later.value.and_then(version)) {
            None => Some((later, earlier, "only versions and numbers can be behind each other".to_owned())),
            Some((older, newer)) if newer < older => {
                Some((later, earlier, format!("`{}` must not be behind `{}`", later.name(), earlier.name())))
            }
            Some(_) => None,
        }
    };
    held.windows(2).filter_map(pair).collect()
}

fn shown(value: Option<&Node>) -> String {
    match value.map(|value| &value.value) {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => format!("`{text}`"),
        Some(Value::Integer(number)) => format!("`{number}`"),
        Some(Value::Bool(truth)) => format!("`{truth}`"),
        Some(Value::Float(number)) => format!("`{number}`"),
        Some(Value::Null) => "`null`".to_owned(),
        Some(Value::Sequence(_)) => "another list".to_owned(),
        Some(Value::Mapping(_)) => "another mapping".to_owned(),
    }
}

/// Reads a version as people write them, with or without `v`, patch and pre-release.
fn version(node: &Node) -> Option<Version> {
    let text = match &node.value {
        Value::String(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        _ => return None,
    };
    let text = text.strip_prefix('v').unwrap_or(&text);
    let (core, rest) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
    let mut parts: Vec<u64> = core.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    if parts.len() > 3 {
        return None;
    }
    parts.resize(3, 0);
    Version::parse(&format!("{}.{}.{}{rest}", parts[0], parts[1], parts[2])).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    #[test]
    fn versions_have_an_order() {
        let span = Span::whole(&Source::new("a", ""));
        let read = |text: &str| version(&Node::new(text, &span));
        for (older, newer) in [
            ("0.36.1", "0.36.2"),
            ("0.9.0", "0.10.0"),
            ("v1", "1.0.1"),
            ("1.2.0-rc.1", "1.2.0"),
            ("2024.01", "2024.1.5"),
        ] {
            assert!(read(older).unwrap() < read(newer).unwrap(), "{older} {newer}");
        }
        assert_eq!(read("1.2").unwrap(), read("v1.2.0").unwrap());
        for text in ["", "latest", "1.x", "1.2.3.4", "main"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
