//! What is wrong with a document, in words: from the verdicts of the `jsonschema` crate to findings.
//!
//! Each verdict becomes a [`Fault`]: of alternatives only the one that fits best is followed. Then [`reduce`] leaves one
//! fault per mistake, and [`Fault::finding`] says it.

use std::collections::BTreeSet;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use super::custom::formats;
use super::{LIST_MAP_KEYS, MAX_FINDINGS, fixes, names, repeated_item, strings};
use crate::diagnostic::{self, Diagnostic, Fix, Rule};
use crate::source::Span;
use crate::yaml::{self, Node};

/// How many names a help text lists before it counts the rest.
const LIST_LIMIT: usize = 12;
/// How much of a value a message repeats, in characters.
const VALUE_LIMIT: usize = 60;

/// One thing that is wrong.
struct Fault<'a> {
    /// The value at fault, or the mapping with a key at fault.
    at: Place<'a>,
    cause: Cause<'a>,
    /// The schema object that the broken keyword belongs to.
    schema: &'a Value,
}

/// Why a value is refused.
enum Cause<'a> {
    /// The value has none of these types.
    Type(BTreeSet<JsonType>),
    /// The mapping has a key that the schema does not know; the second is the one that it lacks, if that is one mistake.
    UnknownKey(&'a str, Option<&'a str>),
    /// The mapping lacks a key; the second is the key because of which it is needed.
    MissingKey(&'a str, Option<&'a str>),
    /// The value is none of these.
    Choice(Vec<&'a Value>),
    /// The mapping has a key of a form that is not allowed, for this reason.
    RefusedKey(&'a str, String),
    /// An item of the list equals an earlier one in these keys, or altogether.
    Repeated { first: usize, second: usize, keys: Vec<&'a str> },
    /// "`path` …".
    Sentence(String),
}

/// A value and the way to it.
#[derive(Clone)]
pub(super) struct Place<'a> {
    node: &'a Node,
    /// The key of the value, when it is that of a mapping.
    pub(super) key: Option<&'a Span>,
    pub(super) path: String,
    pointer: String,
}

/// Turns the verdicts on a document into findings in the order of the text.
pub(super) fn findings<'a>(
    schema: &Value,
    errors: impl Iterator<Item = ValidationError<'a>>,
    rule: &'static Rule,
    root: &Node,
) -> Vec<Diagnostic> {
    let errors: Vec<_> = errors.take(MAX_FINDINGS).collect();
    let faults = errors.iter().flat_map(|error| faults(schema, root, error)).take(MAX_FINDINGS).collect();
    let mut findings: Vec<_> = reduce(faults).iter().map(|fault| fault.finding(rule)).collect();
    diagnostic::sort(&mut findings);
    findings
}

/// Says why a JSON value is no schema.
pub(super) fn schema_fault(schema: &Value, error: &ValidationError<'_>) -> String {
    let pointer = error.instance_path().as_str();
    let place = match readable(pointer) {
        place if place.is_empty() => "the schema".to_owned(),
        place => format!("`{place}` of the schema"),
    };
    match error.kind() {
        ValidationErrorKind::Referencing(cause) => format!("a `$ref` of the schema leads nowhere: {cause}"),
        ValidationErrorKind::Type { kind } => {
            format!("{place} has to be {}", one_of(types(kind).into_iter().map(type_name)))
        }
        kind => {
            let value = schema.pointer(pointer).map_or_else(String::new, literal);
            let known = names::FORMATS.iter().map(|(name, _)| *name);
            let near = nearest(value.trim_matches('`'), known);
            match kind {
                ValidationErrorKind::Format { .. } => format!("{place} cannot be {value}: it is no regular expression"),
                ValidationErrorKind::Custom { .. } => match near {
                    Some(near) => format!("{place} cannot be {value}; did you mean `{near}`?"),
                    None => format!("{place} cannot be {value}: idpack does not know this format"),
                },
                _ => format!("{place} cannot be {value}"),
            }
        }
    }
}

/// Translates one verdict.
fn faults<'a>(schema: &'a Value, root: &'a Node, error: &'a ValidationError<'_>) -> Vec<Fault<'a>> {
    let at = Place::of(root, error.instance_path().as_str());
    let holder = holder(schema, error);
    let node = at.node;
    let cause = match error.kind() {
        ValidationErrorKind::Type { kind } => match types(kind) {
            only_null if only_null == BTreeSet::from([JsonType::Null]) => {
                let sentence = holder.get("errorMessage").and_then(Value::as_str);
                Cause::Sentence(sentence.unwrap_or("may not be given").to_owned())
            }
            mut expected => {
                // What is written as base64 may be a list of numbers for Kubernetes as well, which nobody writes.
                if expected.contains(&JsonType::String) && holder.get("format").is_some_and(|format| format == "byte") {
                    expected.remove(&JsonType::Array);
                }
                Cause::Type(expected)
            }
        },
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let unexpected: BTreeSet<&str> = unexpected.iter().map(String::as_str).collect();
            let keys = node.as_mapping().into_iter().flatten().map(|entry| entry.key.value.as_str());
            let unknown = keys.filter(|key| unexpected.contains(key));
            return unknown
                .map(|key| Fault { at: at.clone(), cause: Cause::UnknownKey(key, None), schema: holder })
                .collect();
        }
        ValidationErrorKind::Required { property } => {
            let property = property.as_str().unwrap_or_default();
            let is_dependent = error.schema_path().as_str().ends_with("/dependentRequired");
            let dependencies = holder.get("dependentRequired").and_then(Value::as_object).filter(|_| is_dependent);
            let because = dependencies
                .into_iter()
                .flatten()
                .find(|(key, needs)| node.get(key).is_some() && strings(needs).any(|need| need == property));
            Cause::MissingKey(property, because.map(|(key, _)| key.as_str()))
        }
        ValidationErrorKind::PropertyNames { error } => {
            let key = node.as_mapping().and_then(|mapping| mapping.entry(error.instance().as_str()?));
            let key = key.map_or("", |entry| entry.key.value.as_str());
            let told = holder.get("propertyNames").and_then(|names| names.get("errorMessage")).and_then(Value::as_str);
            let reason = match error.kind() {
                _ if told.is_some() => told.unwrap_or_default().to_owned(),
                ValidationErrorKind::Format { format } => reason(format, key),
                kind => format!("it {}", sentence(kind, &Node::new(key, &node.span))),
            };
            Cause::RefusedKey(key, reason)
        }
        _ if let Some(text) = holder.get("errorMessage").and_then(Value::as_str) => Cause::Sentence(text.to_owned()),
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            return alternatives(schema, root, error, context, at, holder);
        }
        ValidationErrorKind::Enum { options } => Cause::Choice(options.as_array().into_iter().flatten().collect()),
        ValidationErrorKind::Constant { expected_value } => Cause::Choice(vec![expected_value]),
        ValidationErrorKind::Format { format } => match node.as_str().unwrap_or_default() {
            "" => Cause::Sentence("is empty".to_owned()),
            // It may be a secret, and says nothing to a person anyway.
            text if format == "byte" => Cause::Sentence(format!("is not base64: {}", reason(format, text))),
            text => Cause::Sentence(format!("cannot be {}: {}", quoted(text), reason(format, text))),
        },
        ValidationErrorKind::Custom { keyword, .. } if keyword == LIST_MAP_KEYS => {
            repeated(node, holder.get(LIST_MAP_KEYS).into_iter().flat_map(strings).collect())
        }
        ValidationErrorKind::UniqueItems => repeated(node, Vec::new()),
        ValidationErrorKind::OneOfMultipleValid { .. } => {
            let branches = holder.get("oneOf").and_then(Value::as_array).into_iter().flatten();
            let keys = branches.filter_map(|branch| branch.get("required")).flat_map(strings);
            let present: Vec<_> = keys.filter(|key| node.get(key).is_some()).map(quoted).collect();
            Cause::Sentence(match present.as_slice() {
                [] | [_] => "fits more than one of the forms it may have".to_owned(),
                keys => format!("may have only one of {}", keys.join(", ")),
            })
        }
        kind => Cause::Sentence(sentence(kind, node)),
    };
    vec![Fault { at, cause, schema: holder }]
}

/// Looks for the items of a list that are alike.
fn repeated<'a>(list: &Node, keys: Vec<&'a str>) -> Cause<'a> {
    match repeated_item(list, &keys) {
        Some((first, second)) => Cause::Repeated { first, second, keys },
        None => Cause::Sentence("has an item twice".to_owned()),
    }
}

/// Follows the alternative of `anyOf` or `oneOf` that was probably meant.
fn alternatives<'a>(
    schema: &'a Value,
    root: &'a Node,
    error: &'a ValidationError<'_>,
    branches: &'a [Vec<ValidationError<'static>>],
    at: Place<'a>,
    holder: &'a Value,
) -> Vec<Fault<'a>> {
    let here = |branch: &&Vec<ValidationError<'static>>, test: fn(&ValidationErrorKind) -> bool| {
        branch.iter().any(|inner| inner.instance_path() == error.instance_path() && test(inner.kind()))
    };
    let of_the_type: Vec<_> = branches
        .iter()
        .filter(|branch| !here(branch, |kind| matches!(kind, ValidationErrorKind::Type { .. })))
        .collect();
    if of_the_type.is_empty() {
        let expected = branches.iter().flatten().filter_map(|inner| match inner.kind() {
            ValidationErrorKind::Type { kind } if inner.instance_path() == error.instance_path() => Some(types(kind)),
            _ => None,
        });
        return vec![Fault { at, cause: Cause::Type(expected.flatten().collect()), schema: holder }];
    }
    let is_choice = |kind: &ValidationErrorKind| {
        matches!(kind, ValidationErrorKind::Enum { .. } | ValidationErrorKind::Constant { .. })
    };
    if of_the_type.iter().all(|branch| here(branch, is_choice)) {
        let allowed = of_the_type.iter().flat_map(|branch| branch.iter()).flat_map(|inner| match inner.kind() {
            ValidationErrorKind::Enum { options } => options.as_array().map(Vec::as_slice).unwrap_or_default(),
            ValidationErrorKind::Constant { expected_value } => std::slice::from_ref(&**expected_value),
            _ => &[],
        });
        return vec![Fault { at, cause: Cause::Choice(allowed.collect()), schema: holder }];
    }
    let needed: Option<Vec<_>> = of_the_type
        .iter()
        .map(|branch| match branch.as_slice() {
            [inner] if inner.instance_path() == error.instance_path() => match inner.kind() {
                ValidationErrorKind::Required { property } => property.as_str().map(quoted),
                _ => None,
            },
            _ => None,
        })
        .collect();
    match needed {
        Some(keys) if keys.len() > 1 => {
            vec![Fault { at, cause: Cause::Sentence(format!("needs {}", one_of(keys))), schema: holder }]
        }
        // A value that the alternative fixes (`type: helm`) tells alternatives apart, whatever else is wrong.
        _ => of_the_type
            .into_iter()
            .min_by_key(|branch| (branch.iter().filter(|inner| is_choice(inner.kind())).count(), branch.len()))
            .into_iter()
            .flatten()
            .flat_map(|inner| faults(schema, root, inner))
            .collect(),
    }
}

/// Leaves one fault per mistake: of several about one value the weightiest, with help before without, and of a misspelt or
/// misplaced key not also the absence of the right one.
fn reduce(mut faults: Vec<Fault<'_>>) -> Vec<Fault<'_>> {
    let order = |fault: &Fault<'_>| (fault.cause.rank(), fault.schema.get("errorHelp").is_none());
    faults.sort_by(|a, b| a.at.pointer.cmp(&b.at.pointer).then_with(|| order(a).cmp(&order(b))));
    let mut kept: Vec<Fault<'_>> = Vec::new();
    for fault in faults {
        let here = kept.iter().rev().take_while(|earlier| earlier.at.pointer == fault.at.pointer);
        let is_told = here.into_iter().any(|earlier| match (&earlier.cause, &fault.cause) {
            (Cause::UnknownKey(typo, _), Cause::MissingKey(key, _)) => earlier.similar_key(typo) == Some(key),
            (Cause::UnknownKey(a, _), Cause::UnknownKey(b, _)) => a == b,
            (_, cause) => !cause.is_about_a_part(),
        });
        if !is_told {
            kept.push(fault);
        }
    }
    join_keys(&mut kept);
    // What is said about a value as a whole often follows from what is wrong inside it.
    let pointers: Vec<String> = kept.iter().map(|fault| format!("{}/", fault.at.pointer)).collect();
    kept.retain(|fault| {
        let own = format!("{}/", fault.at.pointer);
        let has_inner = pointers.iter().any(|pointer| pointer.len() > own.len() && pointer.starts_with(&own));
        !(has_inner && matches!(fault.cause, Cause::Sentence(_)))
    });
    kept
}

/// Makes one fault of the only unknown and the only missing key of a mapping: the one was meant to be the other.
fn join_keys(faults: &mut Vec<Fault<'_>>) {
    let mut joined = Vec::new();
    for group in faults.chunk_by_mut(|a, b| a.at.pointer == b.at.pointer) {
        let missing: Vec<_> = group
            .iter()
            .filter_map(|fault| match fault.cause {
                Cause::MissingKey(key, because) => Some((key, because)),
                _ => None,
            })
            .collect();
        let mut unknown: Vec<_> = group
            .iter_mut()
            .filter_map(|fault| match &mut fault.cause {
                Cause::UnknownKey(_, meant) => Some(meant),
                _ => None,
            })
            .collect();
        if let ([(key, None)], [meant]) = (missing.as_slice(), unknown.as_mut_slice()) {
            **meant = Some(key);
            joined.push(group[0].at.pointer.clone());
        }
    }
    faults.retain(|fault| !(matches!(fault.cause, Cause::MissingKey(..)) && joined.contains(&fault.at.pointer)));
}

impl Cause<'_> {
    /// Orders causes at one value: the lower, the more it explains.
    fn rank(&self) -> usize {
        match self {
            Self::Type(_) => 0,
            Self::UnknownKey(..) => 1,
            Self::MissingKey(..) => 2,
            Self::Choice(_) => 3,
            Self::RefusedKey(..) | Self::Repeated { .. } => 4,
            Self::Sentence(_) => 5,
        }
    }

    /// Tells whether this is about a part of the value, so that other parts may be wrong independently.
    fn is_about_a_part(&self) -> bool {
        match self {
            Self::UnknownKey(..) | Self::MissingKey(..) | Self::RefusedKey(..) | Self::Repeated { .. } => true,
            Self::Type(_) | Self::Choice(_) | Self::Sentence(_) => false,
        }
    }
}

impl<'a> Fault<'a> {
    /// Says it.
    fn finding(&self, rule: &'static Rule) -> Diagnostic {
        let Place { node, path, .. } = &self.at;
        let subject = self.at.subject();
        let own_help = self.schema.get("errorHelp").and_then(Value::as_str).map(str::to_owned);
        let mut fix = None;
        let (span, message, help) = match &self.cause {
            Cause::Type(expected) => {
                let names = expected.iter().filter(|kind| **kind != JsonType::Null).map(|kind| type_name(*kind));
                let message = format!("{subject} has to be {}, found {}", one_of(names), node.type_name());
                fix = fixes::of_type(expected, node, &self.at.pointer);
                (self.at.value_span(), message, type_help(expected, node))
            }
            Cause::UnknownKey(key, meant) => {
                let elsewhere = self.schema.get("unavailable").and_then(|keys| keys.get(key)).and_then(Value::as_str);
                let meant_key = self.only_key(key).filter(|_| elsewhere.is_none());
                fix = meant_key.map(|meant| Fix::Text(self.at.key_span(key).clone(), meant.to_owned()));
                let (message, help) = match elsewhere {
                    Some(elsewhere) => (format!("`{}` {elsewhere}", join(path, key)), self.replacement(key)),
                    None if path.is_empty() => (format!("unknown key {}", quoted(key)), self.key_help(key, *meant)),
                    None => (format!("unknown key {} in {subject}", quoted(key)), self.key_help(key, *meant)),
                };
                (self.at.key_span(key), message, help)
            }
            Cause::MissingKey(key, because) => {
                let because = because.map_or(String::new(), |because| format!(": `{}` needs it", join(path, because)));
                (self.at.head_span(), format!("`{}` is missing{because}", join(path, key)), None)
            }
            Cause::Choice(allowed) => {
                let allowed = choosable(allowed);
                let names = one_of(allowed.iter().map(|value| literal(value)));
                let message = format!("{subject} has to be {names}, found {}", value_text(node));
                let candidates = allowed.iter().filter_map(|value| value.as_str()).filter(|_| allowed.len() > 1);
                let candidates: Vec<&str> = candidates.collect();
                let near = nearest(node.as_str().unwrap_or_default(), candidates.iter().copied());
                let only = near.and_then(|_| diagnostic::only_near(node.as_str()?, candidates));
                fix = only.map(|only| Fix::Text(node.span.clone(), only.to_owned()));
                (self.at.value_span(), message, near.map(|near| format!("did you mean `{near}`?")))
            }
            Cause::RefusedKey(key, reason) => {
                (self.at.key_span(key), format!("{} cannot be a key of {subject}: {reason}", quoted(key)), None)
            }
            Cause::Repeated { first, second, keys } => return self.repeated(rule, *first, *second, keys),
            Cause::Sentence(sentence) => (self.at.value_span(), format!("{subject} {sentence}"), None),
        };
        let mut finding = Diagnostic::new(rule, span, message).fix_if(fix);
        finding.of_whole = match &self.cause {
            // The words of strategic merge patches: `$patch`, `$retainKeys`, `$setElementOrder/…`.
            Cause::UnknownKey(key, _) => key.starts_with('$'),
            Cause::Type(_) | Cause::Choice(_) | Cause::RefusedKey(..) => false,
            Cause::MissingKey(..) | Cause::Repeated { .. } | Cause::Sentence(_) => true,
        };
        match help.into_iter().chain(own_help).collect::<Vec<_>>() {
            help if help.is_empty() => finding,
            help => finding.help(help.join("; ")),
        }
    }

    /// Reports an item that equals an earlier one.
    fn repeated(&self, rule: &'static Rule, first: usize, second: usize, keys: &[&str]) -> Diagnostic {
        let item = |index: usize| self.at.node.as_sequence().and_then(|items| items.get(index)).unwrap_or(self.at.node);
        let path = &self.at.path;
        let (first_item, second_item) = (item(first), item(second));
        let shared = keys.iter().find_map(|key| Some((key, first_item.get(key)?, second_item.get(key)?)));
        let (earlier, later, message) = if let Some((key, earlier, later)) = shared {
            (earlier, later, format!("`{path}[{second}].{key}` repeats {} of `{path}[{first}]`", value_text(later)))
        } else {
            (first_item, second_item, format!("`{path}[{second}]` repeats {}", value_text(second_item)))
        };
        Diagnostic::new(rule, &later.span, message).related(&earlier.span, "first here")
    }

    /// Returns the keys that the mapping may have.
    fn allowed_keys(&self) -> impl Iterator<Item = &'a str> {
        let properties = self.schema.get("properties").and_then(Value::as_object);
        properties
            .into_iter()
            .flatten()
            .filter(|(_, schema)| **schema != Value::Bool(false))
            .map(|(key, _)| key.as_str())
    }

    /// Returns those of them that are not there.
    fn absent_keys(&self) -> impl Iterator<Item = &'a str> {
        self.allowed_keys().filter(|key| self.at.node.get(key).is_none())
    }

    /// Returns the key that was probably meant: a similar one that is not there yet.
    fn similar_key(&self, typo: &str) -> Option<&'a str> {
        nearest(&in_old_words(typo), self.absent_keys())
    }

    /// Returns the key that was meant, if it can have been no other one.
    fn only_key(&self, typo: &str) -> Option<&'a str> {
        diagnostic::only_near(&in_old_words(typo), self.absent_keys()).filter(|_| typo.len() <= VALUE_LIMIT)
    }

    /// Returns what to do about a key that exists elsewhere only.
    fn replacement(&self, key: &str) -> Option<String> {
        Some(self.schema.get("replacements")?.get(key)?.as_str()?.to_owned())
    }

    fn key_help(&self, typo: &str, meant: Option<&str>) -> Option<String> {
        if let Some(key) = self.similar_key(typo) {
            return Some(format!("did you mean `{key}`?"));
        }
        if let Some(key) = nearest(typo, self.allowed_keys()) {
            return Some(format!("remove it: `{key}` is there already"));
        }
        let missing = meant.map(|key| format!("`{}` is missing", join(&self.at.path, key)));
        let allowed: Vec<_> = self.allowed_keys().map(quoted).collect();
        let allowed = (!allowed.is_empty()).then(|| format!("allowed keys: {}", limited(&allowed)));
        match missing.into_iter().chain(allowed).collect::<Vec<_>>() {
            help if help.is_empty() => None,
            help => Some(help.join("; ")),
        }
    }
}

impl<'a> Place<'a> {
    /// Follows a JSON pointer.
    fn of(root: &'a Node, pointer: &str) -> Self {
        let mut place = Self { node: root, key: None, path: String::new(), pointer: pointer.to_owned() };
        for step in steps(pointer) {
            if let Some(entry) = place.node.as_mapping().and_then(|mapping| mapping.entry(&step)) {
                place.path = join(&place.path, &step);
                (place.node, place.key) = (&entry.value, Some(&entry.key.span));
            } else if let Some(item) = step.parse().ok().and_then(|index: usize| place.node.as_sequence()?.get(index)) {
                place.path = format!("{}[{step}]", place.path);
                (place.node, place.key) = (item, None);
            }
        }
        place
    }

    /// Finds the way to a value by looking for this very one.
    pub(super) fn to(root: &'a Node, node: &Node) -> Self {
        let mut steps = Vec::new();
        way(root, node, &mut steps);
        let pointer = steps.iter().rev().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1")));
        Self::of(root, &pointer.collect::<String>())
    }

    /// Returns the place of a key of the mapping.
    fn key_span(&self, key: &str) -> &'a Span {
        let entry = self.node.as_mapping().and_then(|mapping| mapping.entry(key));
        entry.map_or(&self.node.span, |entry| &entry.key.span)
    }

    /// Names the value as the beginning of a sentence.
    pub(super) fn subject(&self) -> String {
        if self.path.is_empty() { "the document".to_owned() } else { format!("`{}`", self.path) }
    }

    /// Returns where a value is shown: a scalar itself, of anything longer or invisible its beginning.
    pub(super) fn value_span(&self) -> &'a Span {
        match self.node.value {
            yaml::Value::Sequence(_) | yaml::Value::Mapping(_) => self.head_span(),
            _ if self.node.span.start() == self.node.span.end() => self.head_span(),
            _ => &self.node.span,
        }
    }

    /// Returns the key of a value, else its first key, else all of it.
    pub(super) fn head_span(&self) -> &'a Span {
        let first = || self.node.as_mapping().and_then(|mapping| mapping.iter().next()).map(|entry| &entry.key.span);
        self.key.or_else(first).unwrap_or(&self.node.span)
    }
}

/// Collects the keys and numbers that lead to a value, the last first.
fn way(from: &Node, to: &Node, steps: &mut Vec<String>) -> bool {
    if std::ptr::eq(from, to) {
        return true;
    }
    let step = match &from.value {
        yaml::Value::Mapping(mapping) => {
            let entry = mapping.iter().find(|entry| way(&entry.value, to, steps));
            entry.map(|entry| entry.key.value.clone())
        }
        yaml::Value::Sequence(items) => {
            items.iter().position(|item| way(item, to, steps)).map(|index| index.to_string())
        }
        _ => None,
    };
    let is_below = step.is_some();
    steps.extend(step);
    is_below
}

/// Returns the schema object that the broken keyword belongs to.
fn holder<'a>(schema: &'a Value, error: &ValidationError<'_>) -> &'a Value {
    let pointer = error.schema_path().as_str();
    let holder = match error.kind() {
        ValidationErrorKind::FalseSchema => pointer,
        ValidationErrorKind::PropertyNames { .. } => {
            pointer.rsplit_once("/propertyNames").map_or("", |(start, _)| start)
        }
        _ => pointer.rsplit_once('/').map_or("", |(start, _)| start),
    };
    schema.pointer(holder).unwrap_or(&Value::Null)
}

/// Returns what was probably meant; of a text too long to be a slip of the pen, nothing.
fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() <= VALUE_LIMIT { diagnostic::nearest(word, candidates) } else { None }
}

/// Returns a key as older kinds would call it: by its letters alone, an `…Allowlist` of today is nearer to the `…Blacklist` of an
/// `AppProject` than to its `…Whitelist`.
fn in_old_words(key: &str) -> String {
    key.replace("Allowlist", "Whitelist").replace("Denylist", "Blacklist")
}

/// Leaves out the values that only stand for none, unless there are no others.
fn choosable<'a>(allowed: &[&'a Value]) -> Vec<&'a Value> {
    let real: Vec<_> = allowed.iter().copied().filter(|value| !value.is_null() && *value != "").collect();
    if real.is_empty() { allowed.to_vec() } else { real }
}

/// Returns the steps of a JSON pointer.
fn steps(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"))
}

/// Writes a JSON pointer as people write paths; every step counts as a key.
fn readable(pointer: &str) -> String {
    steps(pointer).fold(String::new(), |path, step| join(&path, &step))
}

/// Appends a key to a path: `a.b`, or `a["b.c"]` when the key is no plain word.
pub(super) fn join(path: &str, key: &str) -> String {
    let is_plain =
        !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    match (path, is_plain) {
        ("", true) => key.to_owned(),
        (_, true) => format!("{path}.{key}"),
        _ => format!("{path}[{key:?}]"),
    }
}

/// Says what is wrong with a value in the words that follow its path.
fn sentence(kind: &ValidationErrorKind, node: &Node) -> String {
    use ValidationErrorKind as Kind;
    let length = |unit: &str| match &node.value {
        yaml::Value::String(text) => counted(text.chars().count() as u64, unit),
        yaml::Value::Sequence(items) => counted(items.len() as u64, unit),
        yaml::Value::Mapping(mapping) => counted(mapping.len() as u64, unit),
        _ => value_text(node),
    };
    let at_least = |limit: u64, unit: &str| match (limit, node.as_str()) {
        (1, Some("")) => "is empty".to_owned(),
        _ => format!("needs at least {}, it has {}", counted(limit, unit), length(unit)),
    };
    let at_most =
        |limit: u64, unit: &str| format!("may have at most {}, it has {}", counted(limit, unit), length(unit));
    match kind {
        Kind::Minimum { limit } => format!("has to be at least {limit}, found {}", value_text(node)),
        Kind::Maximum { limit } => format!("has to be at most {limit}, found {}", value_text(node)),
        Kind::ExclusiveMinimum { limit } => format!("has to be more than {limit}, found {}", value_text(node)),
        Kind::ExclusiveMaximum { limit } => format!("has to be less than {limit}, found {}", value_text(node)),
        Kind::MultipleOf { multiple_of } => {
            format!("has to be a multiple of {multiple_of}, found {}", value_text(node))
        }
        Kind::MinLength { limit } => at_least(*limit, "character"),
        Kind::MaxLength { limit } => at_most(*limit, "character"),
        Kind::MinItems { limit } => at_least(*limit, "item"),
        Kind::MaxItems { limit } => at_most(*limit, "item"),
        Kind::AdditionalItems { limit } => at_most(*limit as u64, "item"),
        Kind::MinProperties { limit } => at_least(*limit, "key"),
        Kind::MaxProperties { limit } => at_most(*limit, "key"),
        Kind::Pattern { pattern } => format!("has to match the pattern `{pattern}`, found {}", value_text(node)),
        Kind::FalseSchema => "is not allowed here".to_owned(),
        Kind::Not { schema } => {
            match schema.get("required").map(|keys| strings(keys).map(quoted).collect::<Vec<_>>()) {
                Some(keys) if keys.len() > 1 => format!("may not have {} together", keys.join(" and ")),
                Some(keys) => format!("may not have {}", keys.join("")),
                None => format!("cannot be {}", value_text(node)),
            }
        }
        kind => format!("breaks the rule `{}` of its schema", kind.keyword()),
    }
}

/// Asks the grammar of a format why it refuses a text.
fn reason(format: &str, text: &str) -> String {
    let grammars = names::FORMATS.iter().chain(&formats::FORMATS);
    let grammar = grammars.into_iter().find(|(name, _)| *name == format);
    let refusal = grammar.and_then(|(_, grammar)| grammar(text).err());
    refusal.unwrap_or_else(|| format!("it does not have the form `{format}`"))
}

/// Says how to write a value so that it gets the type that is expected.
fn type_help(expected: &BTreeSet<JsonType>, node: &Node) -> Option<String> {
    let expects = |kind| expected.contains(&kind);
    let written = node.span.text();
    let is_plain = !written.is_empty() && written.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._~:".contains(&b));
    let read = || node.to_json().to_string();
    match &node.value {
        yaml::Value::String(text) => {
            let is_number = text.parse::<f64>().is_ok_and(f64::is_finite);
            let is_whole = text.parse::<i64>().is_ok();
            let is_truth = matches!(text.as_str(), "true" | "false");
            let fits = (expects(JsonType::Integer) && is_whole)
                || (expects(JsonType::Number) && is_number)
                || (expects(JsonType::Boolean) && is_truth);
            if fits {
                return Some(format!("remove the quotes: {text}"));
            }
            if expects(JsonType::Object)
                && let Some((key, value)) = text.split_once(':')
                && !key.is_empty()
                && key.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && !(value.is_empty() || value.starts_with([' ', '/', '\n']))
            {
                return Some(format!("write a blank behind the colon: {}", quoted(&format!("{key}: {value}"))));
            }
            (expects(JsonType::Array) && !text.contains('\n'))
                .then(|| format!("write it as an item of a list: `- {text}`"))
        }
        yaml::Value::Null if expects(JsonType::String) && !is_plain => Some("write \"\" for an empty text".to_owned()),
        yaml::Value::Null | yaml::Value::Bool(_) | yaml::Value::Integer(_) | yaml::Value::Float(_)
            if expects(JsonType::String) =>
        {
            match read() {
                read if is_plain && written != read => {
                    Some(format!("`{written}` is read as {read} by Kubernetes; write \"{written}\""))
                }
                read => Some(format!("put it in quotes: \"{read}\"")),
            }
        }
        _ => None,
    }
}

/// Returns the types that a verdict names.
fn types(kind: &TypeKind) -> BTreeSet<JsonType> {
    match kind {
        TypeKind::Single(kind) => BTreeSet::from([*kind]),
        TypeKind::Multiple(kinds) => kinds.iter().collect(),
    }
}

/// Names a type as [`Node::type_name`] does.
fn type_name(kind: JsonType) -> String {
    match kind {
        JsonType::Null => "null",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "an integer",
        JsonType::Number => "a number",
        JsonType::String => "a string",
        JsonType::Array => "a list",
        JsonType::Object => "a mapping",
    }
    .to_owned()
}

/// Writes a value of the document for a message: short, and of lists and mappings only the type.
pub(super) fn value_text(node: &Node) -> String {
    match &node.value {
        yaml::Value::String(text) => quoted(text),
        yaml::Value::Sequence(_) | yaml::Value::Mapping(_) => node.type_name().to_owned(),
        _ => format!("`{}`", node.to_json()),
    }
}

/// Writes a value of a schema for a message.
fn literal(value: &Value) -> String {
    value.as_str().map_or_else(|| quoted(&value.to_string()), quoted)
}

/// Quotes a text for a message, shortened, control characters made visible.
pub(super) fn quoted(text: &str) -> String {
    let visible: String = text
        .chars()
        .take(VALUE_LIMIT)
        .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect();
    let more = if text.chars().nth(VALUE_LIMIT).is_some() { "…" } else { "" };
    format!("`{visible}{more}`")
}

/// Joins as "`a`, `b` or `c`".
pub(super) fn one_of(names: impl IntoIterator<Item = String>) -> String {
    let names: Vec<_> = names.into_iter().collect();
    match names.as_slice() {
        [start @ .., last] if !start.is_empty() && names.len() <= LIST_LIMIT => {
            format!("{} or {last}", start.join(", "))
        }
        _ => format!("{}{}", if names.len() > LIST_LIMIT { "one of " } else { "" }, limited(&names)),
    }
}

/// Lists names up to a limit.
fn limited(names: &[String]) -> String {
    match names.len().saturating_sub(LIST_LIMIT) {
        0 => names.join(", "),
        rest => format!("{} and {rest} more", names[..LIST_LIMIT].join(", ")),
    }
}

/// Counts things: "1 item", "2 items".
fn counted(number: u64, unit: &str) -> String {
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}
