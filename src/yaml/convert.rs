//! Trees to and from the values of other crates.

use serde_json::Number;

use super::node::{Mapping, Node, Value};
use super::typed::Error;
use super::{MAX_DEPTH, scalar};
use crate::source::{Span, Spanned};

impl Node {
    /// Builds a tree of a value that has no places of its own; everything stands at `span`. Keys that are booleans or numbers
    /// become text, as Kubernetes does with them.
    ///
    /// # Errors
    ///
    /// Refuses what JSON cannot hold (infinities, tags, other keys) and trees deeper than [`MAX_DEPTH`].
    pub fn from_value(value: &serde_yaml::Value, span: &Span) -> Result<Self, Error> {
        convert(value, span, 0)
    }

    /// Returns the data without the places.
    #[must_use]
    pub fn to_value(&self) -> serde_yaml::Value {
        match &self.value {
            Value::Null => serde_yaml::Value::Null,
            Value::Bool(truth) => (*truth).into(),
            Value::Integer(number) => integer(*number, Into::into, Into::into, Into::into),
            Value::Float(number) => (*number).into(),
            Value::String(text) => text.as_str().into(),
            Value::Sequence(items) => items.iter().map(Self::to_value).collect::<Vec<_>>().into(),
            Value::Mapping(mapping) => serde_yaml::Value::Mapping(
                mapping.iter().map(|entry| (entry.key.value.as_str().into(), entry.value.to_value())).collect(),
            ),
        }
    }

    /// Returns the data without the places, as JSON.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(truth) => (*truth).into(),
            Value::Integer(number) => integer(*number, Into::into, Into::into, Into::into),
            Value::Float(number) => Number::from_f64(*number).into(),
            Value::String(text) => text.as_str().into(),
            Value::Sequence(items) => items.iter().map(Self::to_json).collect(),
            Value::Mapping(mapping) => {
                mapping.iter().map(|entry| (entry.key.value.clone(), entry.value.to_json())).collect()
            }
        }
    }
}

/// Passes an integer on in the type that holds it.
#[expect(clippy::cast_precision_loss, reason = "integers outside of both types do not occur")]
fn integer<T>(number: i128, signed: fn(i64) -> T, unsigned: fn(u64) -> T, float: fn(f64) -> T) -> T {
    match (i64::try_from(number), u64::try_from(number)) {
        (Ok(number), _) => signed(number),
        (_, Ok(number)) => unsigned(number),
        _ => float(number as f64),
    }
}

fn convert(value: &serde_yaml::Value, span: &Span, depth: usize) -> Result<Node, Error> {
    let refuse = |message: &str| Err(Error { message: message.to_owned(), span: span.clone() });
    if depth > MAX_DEPTH {
        return refuse("lists and mappings are nested too deep");
    }
    let value = match value {
        serde_yaml::Value::Null => Value::Null,
        serde_yaml::Value::Bool(truth) => Value::Bool(*truth),
        serde_yaml::Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), ..) => Value::Integer(number.into()),
            (_, Some(number), _) => Value::Integer(number.into()),
            (.., Some(number)) if number.is_finite() => scalar::float_value(number),
            _ => return refuse("JSON has no such number"),
        },
        serde_yaml::Value::String(text) => Value::String(text.clone()),
        serde_yaml::Value::Sequence(items) => {
            Value::Sequence(items.iter().map(|item| convert(item, span, depth + 1)).collect::<Result<_, _>>()?)
        }
        serde_yaml::Value::Mapping(entries) => {
            let mut mapping = Mapping::default();
            for (key, value) in entries {
                let Some(key) = scalar::key(&convert(key, span, depth + 1)?.value) else {
                    return refuse("a key has to be text");
                };
                mapping.insert(Spanned::new(key, span.clone()), convert(value, span, depth + 1)?);
            }
            Value::Mapping(mapping)
        }
        serde_yaml::Value::Tagged(tagged) => {
            return refuse(&format!("a value with the tag `{}` is not data", tagged.tag));
        }
    };
    Ok(Node { value, span: span.clone() })
}
