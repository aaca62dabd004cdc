//! What other programs would make of each format, as they document it and not as idpack writes it.

use std::collections::BTreeMap;

use serde_json::Value;

/// A finding as a format tells it; the message with the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) check: String,
    pub(super) severity: String,
    pub(super) path: String,
    pub(super) line: u64,
    pub(super) column: u64,
    pub(super) message: String,
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no string: {value}")).to_owned()
}

pub(super) fn json(text: &str) -> Vec<Seen> {
    let output: Value = serde_json::from_str(text).unwrap();
    let seen = |finding: &Value| Seen {
        check: string(&finding["check"]),
        severity: string(&finding["severity"]),
        path: string(&finding["path"]),
        line: finding["line"].as_u64().unwrap(),
        column: finding["column"].as_u64().unwrap(),
        message: match &finding["help"] {
            Value::Null => string(&finding["message"]),
            help => format!("{}\nhelp: {}", string(&finding["message"]), string(help)),
        },
    };
    output["findings"].as_array().unwrap().iter().map(seen).collect()
}

pub(super) fn sarif(text: &str) -> Vec<Seen> {
    let log: Value = serde_json::from_str(text).unwrap();
    let rules = &log["runs"][0]["tool"]["driver"]["rules"];
    let seen = |result: &Value| {
        let place = &result["locations"][0]["physicalLocation"];
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let uri = string(&place["artifactLocation"]["uri"]);
        assert!(uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#[]@!$&'()*+,;=".contains(&byte)), "{uri}");
        let path = uri.strip_prefix("file://").unwrap_or(&uri);
        assert!(!path.contains(':'), "{uri}");
        Seen {
            check: string(&result["ruleId"]),
            severity: string(&result["level"]).replace("note", "info"),
            path: decoded(path),
            line: place["region"]["startLine"].as_u64().unwrap(),
            column: place["region"]["startColumn"].as_u64().unwrap(),
            message: string(&result["message"]["text"]),
        }
    };
    log["runs"][0]["results"].as_array().unwrap().iter().map(seen).collect()
}

/// Decodes the percent signs of a URI.
fn decoded(uri: &str) -> String {
    let mut parts = uri.split('%');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend(part[2..].bytes());
    }
    String::from_utf8(bytes).unwrap()
}

/// Reads workflow commands as the runner does: `name key=value,key=value::data`, percent signs last.
pub(super) fn github(text: &str) -> Vec<Seen> {
    let seen = |line: &str| {
        let (command, data) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (level, properties) = command.split_once(' ').unwrap();
        let properties: BTreeMap<&str, String> = properties
            .split(',')
            .map(|property| property.split_once('=').unwrap())
            .map(|(key, value)| (key, unescaped(value).replace("%3A", ":").replace("%2C", ",").replace("%25", "%")))
            .collect();
        assert_eq!(properties.contains_key("col"), properties.contains_key("endColumn"), "{line}");
        assert!(!properties.contains_key("col") || properties["line"] == properties["endLine"], "{line}");
        Seen {
            check: properties["title"].clone(),
            severity: level.replace("notice", "info"),
            path: properties["file"].clone(),
            line: properties["line"].parse().unwrap(),
            column: properties.get("col").map_or(0, |column| column.parse().unwrap()),
            message: unescaped(data).replace("%25", "%"),
        }
    };
    text.split('\n').filter(|line| line.starts_with("::")).map(seen).collect()
}

fn unescaped(text: &str) -> String {
    text.replace("%0D", "\r").replace("%0A", "\n")
}

pub(super) fn junit(text: &str) -> Vec<Seen> {
    let mut path = String::new();
    let mut case = BTreeMap::new();
    let mut seen = Vec::new();
    for (name, attributes, content) in elements(text) {
        match name.as_str() {
            "testsuite" => path = attributes["name"].clone(),
            "testcase" => case = attributes,
            "failure" | "skipped" => {
                let place = case["name"].strip_prefix(&format!("{path}:")).unwrap();
                let (line, place) = place.split_once(':').unwrap();
                let (column, message) = place.split_once(' ').unwrap();
                let (severity, shown) = match name.as_str() {
                    "failure" => ("error", attributes["message"].as_str()),
                    _ => attributes["message"].split_once(": ").unwrap(),
                };
                assert_eq!(shown, message);
                assert!(content.starts_with(message), "{content}");
                seen.push(Seen {
                    check: case["classname"].clone(),
                    severity: severity.to_owned(),
                    path: path.clone(),
                    line: line.parse().unwrap(),
                    column: column.parse().unwrap(),
                    message: content.rsplit_once("\neffect: ").unwrap().0.to_owned(),
                });
            }
            _ => {}
        }
    }
    seen
}

/// Returns what becomes of text in XML 1.0, whose documents cannot hold every character (2.2).
pub(super) fn xml_text(text: &str) -> String {
    text.chars().map(|character| if is_xml(character) { character } else { '\u{FFFD}' }).collect()
}

fn is_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

type Element = (String, BTreeMap<String, String>, String);

/// Reads the little XML that `JUnit` needs: every element with its attributes and the text before the next tag. What a
/// reader of XML 1.0 has to refuse panics.
fn elements(text: &str) -> Vec<Element> {
    assert!(text.chars().all(is_xml), "a character that XML forbids");
    let body = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").unwrap();
    let mut elements = Vec::new();
    let mut open: Vec<String> = Vec::new();
    for part in body.split('<').skip(1) {
        // The end of the tag is the first `>` outside quotes.
        let mut quoted = false;
        let end = part.find(|character| {
            quoted ^= character == '"';
            character == '>' && !quoted
        });
        let (tag, content) = part.split_at(end.unwrap());
        let content = &content[1..];
        assert!(!content.contains("]]>"));
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            assert_eq!(content.trim(), "");
            continue;
        }
        let (name, rest) = tag.split_once(' ').unwrap_or((tag, ""));
        if !tag.ends_with('/') {
            open.push(name.to_owned());
        }
        elements.push((name.to_owned(), attributes(rest.trim_end_matches('/')), resolved(content)));
    }
    assert_eq!(open, [""; 0]);
    elements
}

fn attributes(text: &str) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    let mut rest = text.trim_start();
    while let Some((name, after)) = rest.split_once("=\"") {
        let (value, after) = after.split_once('"').unwrap();
        // Attribute-value normalisation (3.3.3).
        let value = resolved(&value.replace(['\t', '\n', '\r'], " "));
        assert!(attributes.insert(name.to_owned(), value).is_none());
        rest = after.trim_start();
    }
    assert_eq!(rest, "");
    attributes
}

/// Resolves references.
fn resolved(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut parts = text.split('&');
    let mut resolved = parts.next().unwrap().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').unwrap();
        resolved.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            _ => char::from_u32(name.strip_prefix('#').unwrap().parse().unwrap()).unwrap(),
        });
        resolved.push_str(rest);
    }
    resolved
}
