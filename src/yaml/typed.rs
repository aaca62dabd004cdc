//! Typed values out of trees, by `serde`, with their places.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer,
    MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::node::{Entry, Node, Value};
use crate::diagnostic::nearest;
use crate::source::{Span, Spanned};

/// Why a tree is not of the type that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{span}: {message}")]
pub struct Error {
    /// What is wrong, without a period.
    pub message: String,
    /// The key or value that it is wrong about.
    pub span: Span,
}

/// Turns a tree into a typed value. [`Spanned`] and [`Node`] work as types of fields, but not below `#[serde(flatten)]` and in
/// untagged enums, which take values apart first.
///
/// # Errors
///
/// Explains the first thing that does not fit and names the innermost place where it stands.
pub fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, Error> {
    T::deserialize(Typed(node)).map_err(|fault| {
        let Fault { message, span, .. } = fault.at(node);
        Error { message, span: span.unwrap_or_else(|| node.span.clone()) }
    })
}

/// Names by which the types that keep places ask for them.
const SPANNED: &str = "$idpack::Spanned";
const NODE: &str = "$idpack::Node";

thread_local! {
    /// Carries what `serde`'s data model cannot from the deserializer to the type that asked, one call further up the stack.
    static HANDED_OVER: Cell<Option<Node>> = const { Cell::new(None) };
}

fn hand_over<E: de::Error>() -> Result<Node, E> {
    HANDED_OVER
        .take()
        .ok_or_else(|| E::custom("places are only known to `yaml::from_node`, outside of flattened and untagged types"))
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Place<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Place<T> {
            type Value = Spanned<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value with its place")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
                let Node { span, .. } = hand_over()?;
                Ok(Spanned::new(T::deserialize(deserializer)?, span))
            }
        }
        deserializer.deserialize_newtype_struct(SPANNED, Place(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tree;
        impl<'de> Visitor<'de> for Tree {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, _: D) -> Result<Self::Value, D::Error> {
                hand_over()
            }
        }
        deserializer.deserialize_newtype_struct(NODE, Tree)
    }
}

/// An error on its way up to the first level that knows the place.
#[derive(Debug)]
struct Fault {
    message: String,
    span: Option<Span>,
    /// Whether the message only says what was expected so far.
    wrong_type: bool,
}

impl Fault {
    fn at(mut self, node: &Node) -> Self {
        if self.span.is_some() {
            return self;
        }
        if self.wrong_type {
            let written = node.span.text();
            let is_scalar = !matches!(node.value, Value::String(_) | Value::Sequence(_) | Value::Mapping(_));
            self.message = match (is_scalar && !written.is_empty(), self.message == "expected a string") {
                (true, true) => format!("`{written}` is {}; put it in quotes to make it a string", node.type_name()),
                (true, false) => format!("{}, and `{written}` is {}", self.message, node.type_name()),
                _ => format!("{}, and this is {}", self.message, node.type_name()),
            };
        }
        self.span = Some(node.span.clone());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), span: None, wrong_type: false }
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self { message: format!("expected {}", in_yaml(&expected.to_string())), span: None, wrong_type: true }
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let expected = expected.to_string();
        match unexpected {
            Unexpected::Signed(number) => Self::custom(format!("expected {}, not {number}", in_yaml(&expected))),
            Unexpected::Unsigned(number) => Self::custom(format!("expected {}, not {number}", in_yaml(&expected))),
            Unexpected::Str(text) => Self::custom(format!("expected {expected}, not `{text}`")),
            other => Self::custom(format!("expected {expected}, not {other}")),
        }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format!("`{variant}` is not known here{}", choice(variant, expected)))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format!("no key `{field}` is known here{}", choice(field, expected)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(format!("the key `{field}` is missing"))
    }
}

/// Ends a message about an unknown word.
fn choice(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(similar) => format!("; did you mean `{similar}`?"),
        None if known.is_empty() => String::new(),
        None => format!("; known are `{}`", known.join("`, `")),
    }
}

/// Turns the names that `serde` has for types into words of YAML.
fn in_yaml(expected: &str) -> String {
    let (minimum, maximum) = match expected {
        "a map" => return "a mapping".to_owned(),
        "a sequence" => return "a list".to_owned(),
        "i64" | "isize" => return "an integer".to_owned(),
        "f64" | "f32" => return "a number".to_owned(),
        "u8" => (0, u8::MAX.into()),
        "u16" => (0, u16::MAX.into()),
        "u32" => (0, u32::MAX.into()),
        "u64" | "usize" => (0, u64::MAX),
        "i32" => return format!("an integer from {} to {}", i32::MIN, i32::MAX),
        _ if expected.starts_with("struct ") => return "a mapping".to_owned(),
        _ => return expected.to_owned(),
    };
    format!("an integer from {minimum} to {maximum}")
}

#[derive(Clone, Copy)]
struct Typed<'a>(&'a Node);

impl<'de> Deserializer<'de> for Typed<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.0.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(*truth),
            Value::Integer(number) => match (i64::try_from(*number), u64::try_from(*number)) {
                (Ok(number), _) => visitor.visit_i64(number),
                (_, Ok(number)) => visitor.visit_u64(number),
                _ => visitor.visit_i128(*number),
            },
            Value::Float(number) => visitor.visit_f64(*number),
            Value::String(text) => visitor.visit_str(text),
            Value::Sequence(items) => visitor.visit_seq(Items(items.iter())),
            Value::Mapping(mapping) => visitor.visit_map(Entries { entries: mapping.iter(), value: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        match name {
            NODE => HANDED_OVER.set(Some(self.0.clone())),
            SPANNED => HANDED_OVER.set(Some(Node { value: Value::Null, span: self.0.span.clone() })),
            _ => {}
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.0.value {
            Value::String(text) => visitor.visit_enum(IntoDeserializer::<Fault>::into_deserializer(text.as_str())),
            Value::Mapping(mapping) if mapping.len() == 1 => match mapping.iter().next() {
                Some(entry) => visitor.visit_enum(Variant(entry)),
                None => Err(de::Error::custom("expected a key")),
            },
            _ => Err(de::Error::invalid_type(Unexpected::Map, &"a string or a mapping with one key")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Items<'a>(std::slice::Iter<'a, Node>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        self.0.next().map(|node| seed.deserialize(Typed(node)).map_err(|fault| fault.at(node))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Entries<'a> {
    entries: std::slice::Iter<'a, Entry>,
    value: Option<&'a Node>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        self.value = Some(&entry.value);
        let key = Node::new(entry.key.value.clone(), &entry.key.span);
        seed.deserialize(Typed(&key)).map(Some).map_err(|fault| fault.at(&key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        match self.value.take() {
            Some(node) => seed.deserialize(Typed(node)).map_err(|fault| fault.at(node)),
            None => Err(de::Error::custom("a value was asked for before its key")),
        }
    }
}

/// A variant with content: a mapping of one key.
struct Variant<'a>(&'a Entry);

impl<'de, 'a> EnumAccess<'de> for Variant<'a> {
    type Error = Fault;
    type Variant = Content<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Content<'a>), Fault> {
        let key = Node::new(self.0.key.value.clone(), &self.0.key.span);
        let name: StrDeserializer<'_, Fault> = self.0.key.value.as_str().into_deserializer();
        let value = seed.deserialize(name).map_err(|fault| fault.at(&key))?;
        Ok((value, Content(&self.0.value)))
    }
}

/// The content of a variant.
struct Content<'a>(&'a Node);

impl<'de> VariantAccess<'de> for Content<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        <()>::deserialize(Typed(self.0)).map_err(|fault| fault.at(self.0))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(Typed(self.0)).map_err(|fault| fault.at(self.0))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        Typed(self.0).deserialize_any(visitor).map_err(|fault| fault.at(self.0))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        Typed(self.0).deserialize_any(visitor).map_err(|fault| fault.at(self.0))
    }
}
