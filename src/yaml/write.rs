//! From trees to text that every reader reads alike.

use std::borrow::Cow;
use std::fmt::Write;

use super::node::{Mapping, Node, Value};
use super::scalar::{is_timestamp, typed};
use crate::source::{Origin, Span};

/// Keys that are longer than this, in bytes, are written after `? `: readers look for the colon of others within 1024
/// characters.
const LONGEST_KEY: usize = 1000;

/// Writes a document in block style, with a line break at its end: two blanks for each level, lists at the indentation of
/// their key as `kubectl` prints them, long lines left alone. Every string that a reader of YAML 1.1 would take for something
/// else is quoted.
#[must_use]
pub fn write(node: &Node) -> String {
    let mut writer = Writer { text: String::new(), origins: None };
    writer.document(node);
    writer.text
}

/// Does the same as [`write()`] and says where each key, scalar and collection came from, in ascending order of the start.
#[must_use]
pub fn write_located(node: &Node) -> (String, Vec<Origin>) {
    let mut writer = Writer { text: String::new(), origins: Some(Vec::new()) };
    writer.document(node);
    (writer.text, writer.origins.unwrap_or_default())
}

/// Returns a text as one scalar on one line of a document in block style: itself where that is safe, else in quotes.
#[must_use]
pub fn scalar(text: &str) -> Cow<'_, str> {
    if text.contains(needs_escape) {
        Cow::Owned(double_quoted(text))
    } else if is_plain(text) {
        Cow::Borrowed(text)
    } else if text.contains(['"', '\\']) {
        Cow::Owned(format!("'{}'", text.replace('\'', "''")))
    } else {
        Cow::Owned(format!("\"{text}\""))
    }
}

struct Writer {
    text: String,
    origins: Option<Vec<Origin>>,
}

impl Writer {
    fn document(&mut self, node: &Node) {
        match &node.value {
            Value::Mapping(mapping) if !mapping.is_empty() => {
                self.located(&node.span, |writer| writer.mapping(mapping, 0));
            }
            Value::Sequence(items) if !items.is_empty() => self.located(&node.span, |writer| writer.sequence(items, 0)),
            _ => self.scalar(node, 2),
        }
    }

    /// Writes something and remembers where it came from.
    fn located(&mut self, span: &Span, write: impl FnOnce(&mut Self)) {
        let start = self.position();
        let rank = self.origins.as_mut().map(|origins| {
            origins.push(Origin { start, end: start, span: span.clone() });
            origins.len() - 1
        });
        write(self);
        let end = u32::try_from(self.text.trim_end_matches('\n').len()).unwrap_or(u32::MAX);
        if let (Some(origins), Some(rank)) = (&mut self.origins, rank) {
            origins[rank].end = end.max(start);
        }
    }

    fn position(&self) -> u32 {
        u32::try_from(self.text.len()).unwrap_or(u32::MAX)
    }

    fn indent(&mut self, level: usize) {
        self.text.extend(std::iter::repeat_n(' ', level));
    }

    /// Writes entries, the first one where the cursor is and the others at `level`.
    fn mapping(&mut self, mapping: &Mapping, level: usize) {
        for (index, entry) in mapping.iter().enumerate() {
            if index > 0 {
                self.indent(level);
            }
            let key = scalar(&entry.key.value);
            let long = key.len() > LONGEST_KEY;
            self.text.push_str(if long { "? " } else { "" });
            self.located(&entry.key.span, |writer| writer.text.push_str(&key));
            if long {
                self.text.push('\n');
                self.indent(level);
            }
            self.text.push(':');
            let node = &entry.value;
            match &node.value {
                Value::Mapping(mapping) if !mapping.is_empty() => {
                    self.text.push('\n');
                    self.indent(level + 2);
                    self.located(&node.span, |writer| writer.mapping(mapping, level + 2));
                }
                Value::Sequence(items) if !items.is_empty() => {
                    self.text.push('\n');
                    self.indent(level);
                    self.located(&node.span, |writer| writer.sequence(items, level));
                }
                _ => {
                    self.text.push(' ');
                    self.scalar(node, level + 2);
                }
            }
        }
    }

    /// Writes items, the first one where the cursor is and the others at `level`.
    fn sequence(&mut self, items: &[Node], level: usize) {
        for (index, node) in items.iter().enumerate() {
            if index > 0 {
                self.indent(level);
            }
            self.text.push_str("- ");
            match &node.value {
                Value::Mapping(mapping) if !mapping.is_empty() => {
                    self.located(&node.span, |writer| writer.mapping(mapping, level + 2));
                }
                Value::Sequence(items) if !items.is_empty() => {
                    self.located(&node.span, |writer| writer.sequence(items, level + 2));
                }
                _ => self.scalar(node, level + 2),
            }
        }
    }

    /// Writes a scalar or an empty collection and ends the line. `level` is the indentation of further lines.
    fn scalar(&mut self, node: &Node, level: usize) {
        self.located(&node.span, |writer| match &node.value {
            Value::String(text) => match block_header(text) {
                Some(header) => writer.block(header, text, level),
                None => writer.text.push_str(&scalar(text)),
            },
            Value::Null => writer.text.push_str("null"),
            Value::Bool(truth) => writer.text.push_str(if *truth { "true" } else { "false" }),
            Value::Integer(number) => writer.formatted(format_args!("{number}")),
            Value::Float(number) => writer.formatted(format_args!("{number:?}")),
            Value::Sequence(_) => writer.text.push_str("[]"),
            Value::Mapping(_) => writer.text.push_str("{}"),
        });
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn formatted(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.text.write_fmt(arguments);
    }

    fn block(&mut self, header: &str, text: &str, level: usize) {
        self.text.push_str(header);
        self.text.push('\n');
        for line in text.split_inclusive('\n') {
            if line != "\n" {
                self.indent(level);
            }
            self.text.push_str(line);
        }
    }
}

/// Returns how a literal block for a text begins, if the block says exactly this text and editors do not spoil it.
fn block_header(text: &str) -> Option<&'static str> {
    let body = text.trim_end_matches('\n');
    let exact = text.contains('\n')
        && !body.starts_with(['\n', ' ', '\t'])
        && !body.is_empty()
        && !text.contains(|character| needs_escape(character) && !matches!(character, '\n' | '\t'))
        && !body.split('\n').any(|line| line.ends_with(char::is_whitespace));
    exact.then(|| match text.len() - body.len() {
        0 => "|-",
        1 => "|",
        _ => "|+",
    })
}

/// Tells whether a text without characters to escape can do without quotes.
fn is_plain(text: &str) -> bool {
    let begins_well = match text.as_bytes() {
        [b'-', second, ..] => second.is_ascii_alphanumeric() || (*second == b'-' && !text.starts_with("---")),
        [first, ..] => !b"?:,[]{}#&*!|>'\"%@`".contains(first) && !text.starts_with("..."),
        [] => false,
    };
    begins_well
        && !text.starts_with(char::is_whitespace)
        && !text.ends_with(|character: char| character.is_whitespace() || character == ':')
        && !text.contains(": ")
        && !text.contains(" #")
        && !matches!(text, "<<" | "=")
        && typed(text).is_none()
        && !is_timestamp(text)
        && !is_old_number(text)
}

/// Tells whether other readers of YAML 1.1 see a number: base 60, or underscores behind a point that comes first.
fn is_old_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let base_60 = whole.contains(':') && whole.split(':').all(digits) && (fraction.is_empty() || digits(fraction));
    base_60
        || (whole.is_empty()
            && fraction.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'_' | b'e' | b'E' | b'+' | b'-')))
}

/// Tells whether a character is a line break to some reader, invisible, or not allowed in YAML.
fn needs_escape(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Returns a text in single quotes, unless it has characters that need an escape.
#[must_use]
pub fn single_quoted(text: &str) -> Option<String> {
    (!text.contains(needs_escape)).then(|| format!("'{}'", text.replace('\'', "''")))
}

/// Returns a text in double quotes.
#[must_use]
pub fn double_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 8);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if needs_escape(character) => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}
