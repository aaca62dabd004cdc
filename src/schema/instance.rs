//! The located tree as the `jsonschema` crate sees it, so that documents are validated where they stand.

use std::borrow::Cow;

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, JsonNumber, Node as JsonNode, NodeIdentity, Object};
use serde_json::Number;

use crate::source::{Source, Span};
use crate::yaml::{Entry, Mapping, Node, Value};

/// The representation that validators are compiled for.
pub(super) struct Located;

impl Json for Located {
    type Node<'a> = &'a Node;
    type PreparedKey = String;
    type StringBuffer = Option<Node>;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>(buffer: &mut Self::StringBuffer, string: &str, f: impl FnOnce(&Node) -> T) -> T {
        let node = buffer.get_or_insert_with(|| Node::new("", &Span::whole(&Source::new("", ""))));
        node.value = string.into();
        f(node)
    }
}

impl<'a> JsonNode<'a, Located> for &'a Node {
    type Object = &'a Mapping;
    type Array = &'a [Node];
    type Number = &'a Value;

    fn as_object(&self) -> Option<&'a Mapping> {
        self.as_mapping()
    }

    fn as_array(&self) -> Option<&'a [Node]> {
        self.as_sequence()
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        self.as_str().map(Cow::Borrowed)
    }

    fn as_number(&self) -> Option<&'a Value> {
        matches!(self.value, Value::Integer(_) | Value::Float(_)).then_some(&self.value)
    }

    fn as_boolean(&self) -> Option<bool> {
        self.as_bool()
    }

    fn is_null(&self) -> bool {
        Node::is_null(self)
    }

    fn json_type(&self) -> JsonType {
        match self.value {
            Value::Null => JsonType::Null,
            Value::Bool(_) => JsonType::Boolean,
            Value::Integer(_) | Value::Float(_) => JsonType::Number,
            Value::String(_) => JsonType::String,
            Value::Sequence(_) => JsonType::Array,
            Value::Mapping(_) => JsonType::Object,
        }
    }

    fn to_value(&self) -> Cow<'a, serde_json::Value> {
        Cow::Owned(self.to_json())
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::new(std::ptr::from_ref::<Node>(self).addr()))
    }
}

impl<'a> Object<'a, Located> for &'a Mapping {
    type Node = &'a Node;
    type MemberName = &'a str;
    type MembersIter = std::iter::Map<std::slice::Iter<'a, Entry>, fn(&'a Entry) -> (&'a str, &'a Node)>;

    fn len(&self) -> usize {
        Mapping::len(self)
    }

    fn get(&self, key: &String) -> Option<&'a Node> {
        Mapping::get(self, key)
    }

    fn members(&self) -> Self::MembersIter {
        self.iter().map(|entry| (entry.key.value.as_str(), &entry.value))
    }
}

impl<'a> Array<'a, Located> for &'a [Node] {
    type Node = &'a Node;
    type ElementsIter = std::slice::Iter<'a, Node>;

    fn len(&self) -> usize {
        <[Node]>::len(self)
    }

    fn elements(&self) -> Self::ElementsIter {
        self.iter()
    }
}

/// Only the numeric variants get here.
impl JsonNumber for &Value {
    fn as_u64(&self) -> Option<u64> {
        if let Value::Integer(number) = self { u64::try_from(*number).ok() } else { None }
    }

    fn as_i64(&self) -> Option<i64> {
        if let Value::Integer(number) = self { i64::try_from(*number).ok() } else { None }
    }

    fn as_f64(&self) -> Option<f64> {
        if let Value::Float(number) = self { Some(*number) } else { self.to_number().as_f64() }
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_number().to_string())
    }

    fn to_number(&self) -> Cow<'_, Number> {
        Cow::Owned(to_number(self))
    }

    fn is_integer(&self) -> bool {
        match self {
            Value::Float(number) => number.fract() == 0.0,
            _ => true,
        }
    }

    fn is_written_as_integer(&self) -> bool {
        matches!(self, Value::Integer(_))
    }
}

/// Returns the number as JSON; what is none, which [`Value`] rules out for numbers, counts as zero.
fn to_number(value: &Value) -> Number {
    let number = match value {
        Value::Integer(number) => Number::from_i128(*number),
        Value::Float(number) => Number::from_f64(*number),
        _ => None,
    };
    number.unwrap_or_else(|| 0.into())
}

#[cfg(test)]
mod tests {
    use jsonschema::json::conformance;

    use super::*;
    use crate::yaml;

    #[test]
    fn the_tree_keeps_the_contract_of_the_validator() {
        let source = Source::new("document.json", conformance::document().to_string());
        let (document, findings) = yaml::read_one(&source);
        assert!(findings.is_empty());
        conformance::assert_conformance::<Located>(&&document.unwrap());
    }
}
