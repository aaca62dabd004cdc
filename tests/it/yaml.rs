//! YAML is read and written as Kubernetes does it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use idpack::diagnostic::Diagnostic;
use idpack::source::{Source, Span, Spanned};
use idpack::yaml::{self, Mapping, Node, Value};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::oracle;

fn read(text: &str) -> (Vec<Node>, Vec<Diagnostic>) {
    yaml::read(&Source::new("test.yaml", text))
}

fn only(text: &str) -> Node {
    let (node, findings) = yaml::read_one(&Source::new("test.yaml", text));
    assert!(findings.is_empty(), "{text:?}: {}", findings[0]);
    node.unwrap()
}

/// The ids of the rules that a text breaks.
fn rules(text: &str) -> Vec<&'static str> {
    read(text).1.iter().map(|finding| finding.rule.id).collect()
}

fn shown(findings: &[Diagnostic]) -> String {
    let mut text = String::new();
    for finding in findings {
        writeln!(text, "{finding}").unwrap();
        for related in &finding.related {
            writeln!(text, "  {}: {}", related.span, related.message).unwrap();
        }
    }
    text
}

fn place() -> Span {
    Span::whole(&Source::new("here.yaml", ""))
}

/// Equality of JSON, with floats equal when their printed digits may have been.
fn same(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Number(left), Json::Number(right)) => {
            let (a, b) = (left.as_f64().unwrap(), right.as_f64().unwrap());
            left == right || ((left.is_f64() || right.is_f64()) && (a - b).abs() <= a.abs() * 1e-15)
        }
        (Json::Array(left), Json::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Json::Object(left), Json::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, left)| right.get(key).is_some_and(|right| same(left, right)))
        }
        _ => left == right,
    }
}

mod facts;

#[test]
fn numbers_are_kept_exactly_and_whole_floats_are_integers() {
    let node = only("- 18446744073709551615\n- -9223372036854775808\n- 1.0\n- 0.5\n");
    let values: Vec<&Value> = node.as_sequence().unwrap().iter().map(|item| &item.value).collect();
    let expected =
        [Value::Integer(u64::MAX.into()), Value::Integer(i64::MIN.into()), Value::Integer(1), Value::Float(0.5)];
    assert_eq!(values, expected.iter().collect::<Vec<_>>());
}

#[test]
fn a_list_begins_at_its_first_dash() {
    for (text, list) in [
        ("a:\n- x\n- z\n", "- x\n- z"),
        ("a: # -\n-  x: 1\n   z: 2\n", "-  x: 1\n   z: 2"),
        ("a: &b\n- - x\n", "- - x"),
        ("a:\n-\n  - 1\n", "-\n  - 1"),
        ("a: # -\n  - x\n", "- x"),
        ("a:\n- -1\n", "- -1"),
        ("a: [x]\n", "[x]"),
    ] {
        let source = Source::new("a.yaml", text);
        let (documents, _) = yaml::read(&source);
        assert_eq!(documents[0].get("a").unwrap().span.text(), list);
    }
}

#[test]
fn spans_cover_exactly_the_token() {
    let text = "é: 'it''s' # c\nplain: two\n  lines\nblock: |-  # |\n  x\n\n  y\n\nfold: !!str &a >\n  z\n\nnone:\ncolon :\nlist: [ 1, {k: \"v\"} ]\nalias: *a\n";
    let node = only(text);
    let written = |key: &str| node.get(key).unwrap().span.text();
    assert_eq!(written("é"), "'it''s'");
    assert_eq!(written("plain"), "two\n  lines");
    assert_eq!(written("block"), "|-  # |\n  x\n\n  y");
    assert_eq!(written("fold"), ">\n  z");
    assert_eq!(written("list"), "[ 1, {k: \"v\"} ]");
    assert_eq!(written("alias"), "*a");
    for (key, position) in [("none", "test.yaml:12:6"), ("colon", "test.yaml:13:7")] {
        assert_eq!(written(key), "");
        assert_eq!(node.get(key).unwrap().span.to_string(), position);
    }
    assert_eq!(node.as_mapping().unwrap().entry("é").unwrap().key.span.text(), "é");
    assert_eq!(node.span.text(), text.trim_end());
}

#[test]
fn aliases_stand_where_they_are_used_and_their_parts_where_they_are_written() {
    let node = only("a: &x {k: [1]}\nb: *x\nc:\n  <<: *x\n");
    assert_eq!(node.get("b").unwrap().span.to_string(), "test.yaml:2:4");
    assert_eq!(node.at(&["b", "k"]).unwrap().span.to_string(), "test.yaml:1:11");
    assert_eq!(node.at(&["c", "k"]).unwrap().span.to_string(), "test.yaml:1:11");
}

#[test]
fn documents_are_those_that_kubernetes_finds() {
    let documents = |text: &str| read(text).0.iter().map(|node| node.to_json().to_string()).collect::<Vec<_>>();
    assert_eq!(documents("# only\n---\n---\na: 1\n--- # c\nb: 2\n---\n"), [r#"{"a":1}"#, r#"{"b":2}"#]);
    assert_eq!(documents("a: [\n---\nb: 2\n---\nc: {\n---\nd: 4\n"), [r#"{"b":2}"#, r#"{"d":4}"#]);
    assert_eq!(documents("a: 1\n...\nb: 2\n---\nc: 3\n"), [r#"{"a":1}"#, r#"{"c":3}"#]);
    assert_eq!(documents("a: .nan\n---\nb: 2\n"), [r#"{"b":2}"#]);
    assert_eq!(rules("a: 1\n...\nb: 2\n"), ["yaml-document-lost"]);
    assert_eq!(rules("a: 1\r---\rb: 2\n"), ["yaml-document-lost"]);
    assert_eq!(rules("{a: 1}\n{b: 2}\n"), ["yaml-document-lost"]);
    assert_eq!(rules("--- {a: 1}\n"), ["yaml-separator"]);
    assert_eq!(rules("a: |\n  ---x\n"), [""; 0]);
}

#[test]
fn exactly_one_document_is_asked_for() {
    let one = |text: &str| {
        let (node, findings) = yaml::read_one(&Source::new("test.yaml", text));
        (node.is_some(), shown(&findings))
    };
    assert_eq!(one("null\n"), (true, String::new()));
    let (found, message) = one("# nothing\n");
    assert!(!found && message.contains("the file is empty"), "{message}");
    let (found, message) = one("a: 1\n---\nb: 2\n");
    assert!(!found && message.starts_with("test.yaml:3:1: error[yaml-syntax]: a second document"), "{message}");
    assert!(message.contains("  test.yaml:1:1: the first document"), "{message}");
}

#[test]
fn repeated_keys_name_both_places() {
    let (documents, findings) = read("a: 1\nb: 2\n\"a\": 3\n");
    assert_eq!(
        shown(&findings),
        "test.yaml:3:1: error[yaml-duplicate-key]: the key `a` is given twice\n  test.yaml:1:1: Kubernetes ignores this value\n"
    );
    assert_eq!(documents[0].to_json().to_string(), r#"{"a":3,"b":2}"#);
    assert_eq!(rules("yes: 1\ntrue: 2\n"), ["yaml-duplicate-key"]);
    let many = (0..40).map(|index| format!("k{}: {index}\n", index % 39)).collect::<Vec<_>>().concat();
    assert_eq!(rules(&many), ["yaml-duplicate-key"]);
}

#[test]
fn merged_keys_may_be_overridden_below_and_not_above() {
    let base = "base: &b {k: 1, l: 2}\n";
    let (documents, findings) = read(&format!("{base}d:\n  <<: *b\n  k: 3\n"));
    assert!(findings.is_empty());
    assert_eq!(documents[0].get("d").unwrap().to_json().to_string(), r#"{"k":3,"l":2}"#);
    let (documents, findings) = read(&format!("{base}d:\n  k: 3\n  <<: *b\n"));
    assert_eq!(
        shown(&findings),
        "test.yaml:3:3: error[yaml-duplicate-key]: the `<<` below overrides the key `k`\n  test.yaml:1:11: Kubernetes takes this value\n"
    );
    assert_eq!(documents[0].get("d").unwrap().to_json().to_string(), r#"{"k":1,"l":2}"#);
}

#[test]
fn faults_are_explained_where_they_are() {
    for (text, position, words) in [
        ("a:\n\tb: 1\n", "2:1", "a tab stands in the indentation"),
        ("a: 1\n# c\n\t# d\n", "3:1", "a tab stands where only blanks may"),
        ("k: \"abc\nd: e\n", "1:4", "a quote is opened here and never closed"),
        ("k: 'it's'\n", "1:8", "something follows the closing quote"),
        ("k: \"a\":1\n", "1:7", "something follows a closing quote or bracket"),
        ("msg: a: b\n", "1:6", "`: ` makes a key of what stands before it"),
        ("key:value\nother: 1\n", "2:1", "no key can stand here"),
        ("a:\n  b: 1\n c: 2\n", "3:2", "neither a further key of the mapping above"),
        ("- a\nb: c\n", "2:1", "neither a further item of the list above"),
        ("a: b\nc\nd: e\n", "2:1", "expected `key: value` and found no `: `"),
        ("image: {{ .Values.image }}\n", "1:8", "`{{` is read as two opening braces"),
        ("image: {{ .name }}-x\n", "1:8", "`{{` is read as two opening braces"),
        ("{{- if .x }}\na: 1\n{{- end }}\n", "1:1", "a template that was not rendered"),
        ("cron: */5 * * * *\n", "1:7", "no anchor `&/5`"),
        ("at: @daily\n", "1:5", "a value cannot begin with `@`"),
        ("a: `x`\n", "1:4", "a value cannot begin with a backtick"),
        ("é: [1, 2}\n", "1:4", "`}` closes the bracket `[`"),
        ("日本: {a: 1\n", "1:5", "the bracket `{` is never closed"),
        ("a: [b,\n  c\nd: e\n", "1:4", "the bracket `[` is never closed"),
        ("a: [b\n: c]\n", "2:1", "no key can stand here"),
        ("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x\n", "2:1", "left over from a merge conflict"),
        ("k: |x\n  a\n", "1:4", "an indentation from 1 to 9"),
        ("a: \"\\n\\d+\"\n", "1:7", "an escape that does not exist"),
        ("a: \"\\x4g\"\n", "1:5", "an escape that does not exist"),
        ("a: \"\\/\"\n", "1:5", "does not know this escape"),
        ("a: .inf\n", "1:4", "JSON has no number `.inf`"),
        ("~: 1\n", "1:1", "`~` cannot be a key"),
        ("a: x\u{1}y\n", "1:5", "the control character U+0001"),
        ("a: x\u{2028}y\n", "1:5", "U+2028 is a line break to Kubernetes"),
        ("%YAML 1.2\n---\na: 1\n", "1:1", "a directive never reaches its document"),
        ("a: 1\n--- b\n", "2:5", "nothing but a blank and a comment may follow `---`"),
        ("a: &x\n  b: *x\n", "2:6", "inside the very value that it repeats"),
    ] {
        let (_, findings) = read(text);
        assert_eq!(findings.len(), 1, "{text:?}: {findings:?}");
        let message = findings[0].to_string();
        assert!(
            message.starts_with(&format!("test.yaml:{position}: ")) && message.contains(words),
            "{text:?}: {message}"
        );
        assert!(findings[0].help.is_some() || words.contains("the very value"), "{text:?}");
    }
}

#[test]
fn limits_hold_against_hostile_texts() {
    let mut laughs = "l0: &l0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for index in 1..10 {
        let aliases = vec![format!("*l{}", index - 1); 9].join(", ");
        writeln!(laughs, "l{index}: &l{index} [{aliases}]").unwrap();
    }
    let chain =
        (1..20_000).map(|index| format!("c{index}: &c{index} [*c{}]\n", index - 1)).collect::<Vec<_>>().concat();
    let mut nested = (0..250).map(|level| format!("{}- &a{level}\n", " ".repeat(level))).collect::<Vec<_>>().concat();
    writeln!(nested, "{}\"{}\"", " ".repeat(250), "x".repeat(1_000_000)).unwrap();
    for text in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
        "? ".repeat(100_000),
        laughs,
        format!("c0: &c0 x\n{chain}"),
        nested,
        format!("a: &a {}\n{}", "x".repeat(1000), "? *a\n".repeat(20_000)),
        "- a\n".repeat(yaml::MAX_NODES + 1),
        "x".repeat(yaml::MAX_BYTES + 1),
    ] {
        assert_eq!(rules(&text).last(), Some(&"yaml-limits"), "{}", &text[..40]);
    }
    let faults = "a: b: c\n---\n".repeat(1000);
    assert_eq!(read(&faults).1.len(), yaml::MAX_FINDINGS + 1);
}

#[test]
fn the_deepest_tree_survives_everything_that_recurses() {
    let text = format!("{}{}", "[".repeat(yaml::MAX_DEPTH), "]".repeat(yaml::MAX_DEPTH));
    let node = only(&text);
    let written = yaml::write(&node);
    assert_eq!(only(&written), node.clone());
    assert_eq!(Node::from_value(&node.to_value(), &place()).unwrap(), node);
    assert_eq!(yaml::from_node::<Node>(&node).unwrap(), node);
}

#[test]
fn documents_are_written_in_the_style_of_kubectl() {
    let text = r#"a: "no"
b:
- 1
- x: |
    one
      two

    three
  z: []
- - {}
  - 0.5
c: |-
  no
  end
d: |+
  two ends

e: "\ttab\n"
f: C:\x
g: null
h: -x --y
i: "--- z"
"true": "1:30"
"#;
    assert_eq!(yaml::write(&only(text)), text);
    assert_eq!(yaml::write(&only("[]")), "[]\n");
    assert_eq!(yaml::write(&only("x\n")), "x\n");
}

#[test]
fn strings_are_quoted_exactly_when_needed() {
    for plain in [
        "a",
        "1.2.3",
        "0.36.1",
        "v1",
        "10.0.0.0/8",
        "a:b",
        "a#b",
        "https://x/y?z=1",
        "-x",
        "--port=80",
        "a b",
        "é",
        "$x",
        "/a",
        "./a",
        "x: y".trim_end_matches(": y"),
        "8443:443/tcp",
        "a]",
        "a, b",
        "<none>",
        "100m",
        "25%",
        "it's",
    ] {
        assert_eq!(yaml::scalar(plain), plain);
    }
    for quoted in [
        "",
        " a",
        "a ",
        "no",
        "Y",
        "on",
        "~",
        "null",
        "0",
        "1_000",
        "0x1F",
        "1e3",
        ".5",
        ".1_0",
        ".inf",
        "08",
        "0o7",
        "1:30",
        "12:30:45",
        "2024-01-01",
        "2024-01-01T00:00:00Z",
        "<<",
        "=",
        "a: b",
        "a:",
        "a #b",
        "- a",
        "-",
        "---",
        "--- a",
        "...",
        "? a",
        ": a",
        "[a",
        "{a",
        "{{ a }}",
        "*a",
        "&a",
        "!a",
        "@a",
        "`a",
        "%a",
        "|",
        ">",
        "'a",
        "\"a",
        "#a",
        ",a",
        "]",
        "-.5",
        "+1",
        "a\tb",
        "a\nb",
        "a\rb",
        "\u{85}",
        "\u{2028}",
        "\u{feff}a",
        "\u{200b}",
        "\u{202e}",
        "a\u{a0}",
    ] {
        let scalar = yaml::scalar(quoted);
        assert!(scalar.starts_with(['"', '\'']), "{quoted:?} became {scalar}");
        assert_eq!(only(&scalar).as_str(), Some(quoted));
    }
    assert_eq!(yaml::scalar("a\"b: c"), "'a\"b: c'");
    assert_eq!(yaml::scalar("\u{feff}\"\\\u{1F600}\u{7}"), "\"\\ufeff\\\"\\\\\u{1F600}\\u0007\"");
}

#[test]
fn written_text_knows_where_it_came_from() {
    let node = only("# c\nspec:   {hosts: [a.b, \"no\"], text: \"x\\ny\\n\"}\n");
    let (text, origins) = yaml::write_located(&node);
    assert_eq!(text, yaml::write(&node));
    let map: Vec<(&str, &str)> = origins
        .iter()
        .map(|origin| (&text[origin.start as usize..origin.end as usize], origin.span.text()))
        .filter(|(written, _)| !written.contains("- ") && !written.contains(':'))
        .collect();
    let expected = [
        ("spec", "spec"),
        ("hosts", "hosts"),
        ("a.b", "a.b"),
        ("\"no\"", "\"no\""),
        ("text", "text"),
        ("|\n    x\n    y", "\"x\\ny\\n\""),
    ];
    assert_eq!(map, expected);
    let output = Source::generated("out.yaml", text.clone(), origins);
    let again = yaml::read_one(&output).0.unwrap();
    let host = &again.at(&["spec", "hosts"]).unwrap().as_sequence().unwrap()[0];
    assert_eq!(host.span.origin().unwrap().to_string(), "test.yaml:2:18");
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Spec {
    #[serde(default)]
    host_name: Option<Name>,
    port: u16,
    #[serde(default)]
    values: BTreeMap<String, f64>,
    #[serde(default)]
    mode: Option<Mode>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Plain,
    Named(String),
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(try_from = "String")]
struct Name(String);

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.contains(' ') { Err(format!("`{text}` is no name")) } else { Ok(Self(text)) }
    }
}

#[test]
fn typed_values_keep_their_places() {
    #[derive(Deserialize)]
    struct Located {
        spec: Spanned<Spec>,
        list: Vec<Spanned<String>>,
        missing: Option<Spanned<String>>,
        rest: Node,
        map: BTreeMap<String, Spanned<Option<u64>>>,
    }
    let located: Located = yaml::from_node(&only(
        "spec: {hostName: a, port: 1, values: {x: 1, z: 0.5}, mode: {named: q}}\nlist: [a, b]\nrest: [1]\nmap: {k: null, l: 18446744073709551615}\n",
    ))
    .unwrap();
    assert_eq!(located.spec.value.mode, Some(Mode::Named("q".to_owned())));
    assert_eq!(located.spec.value.values["z"].to_string(), "0.5");
    assert_eq!(located.spec.span.to_string(), "test.yaml:1:7");
    assert_eq!(located.list[1].span.text(), "b");
    assert!(located.missing.is_none());
    assert_eq!(located.rest.as_sequence().unwrap()[0].span.to_string(), "test.yaml:3:8");
    assert_eq!((located.map["k"].value, located.map["k"].span.text()), (None, "null"));
    assert_eq!(located.map["l"].value, Some(u64::MAX));
}

#[test]
fn type_errors_name_the_innermost_place() {
    for (text, message) in [
        ("port: no", "test.yaml:1:7: expected an integer from 0 to 65535, and `no` is a boolean"),
        ("port: 70000", "test.yaml:1:7: expected an integer from 0 to 65535, not 70000"),
        ("port: []", "test.yaml:1:7: expected an integer from 0 to 65535, and this is a list"),
        ("port: 1\nhostName: 1.5", "test.yaml:2:11: `1.5` is a number; put it in quotes to make it a string"),
        ("port: 1\nhostName: a b", "test.yaml:2:11: `a b` is no name"),
        ("port: 1\nhostname: a", "test.yaml:2:1: no key `hostname` is known here; did you mean `hostName`?"),
        ("port: 1\nvalues: {x: {}}", "test.yaml:2:13: expected a number, and this is a mapping"),
        ("port: 1\nvalues: x", "test.yaml:2:9: expected a mapping, and this is a string"),
        ("port: 1\nmode: plian", "test.yaml:2:7: `plian` is not known here; did you mean `plain`?"),
        ("port: 1\nmode: {named: [1]}", "test.yaml:2:15: `1` is an integer; put it in quotes to make it a string"),
        ("hostName: a", "test.yaml:1:1: the key `port` is missing"),
    ] {
        let message_found = yaml::from_node::<Spec>(&only(text)).unwrap_err().to_string();
        if text.contains("[1]") {
            assert!(message_found.starts_with("test.yaml:2:15: "), "{message_found}");
        } else {
            assert_eq!(message_found, message);
        }
    }
}

#[test]
fn values_without_places_become_trees() {
    let value: serde_json::Value = serde_json::json!({"a": [1, 2.5, null, true, "x"], "b": {}, "c": u64::MAX});
    let value = serde_yaml::to_value(&value).unwrap();
    let node = Node::from_value(&value, &place()).unwrap();
    assert_eq!(node.to_json().to_string(), r#"{"a":[1,2.5,null,true,"x"],"b":{},"c":18446744073709551615}"#);
    assert_eq!(node.to_value(), value);
    assert!(Node::from_value(&f64::NAN.into(), &place()).is_err());
}

/// Texts that readers disagree about, as they are and with something around them.
fn tricky_text() -> impl Strategy<Value = String> {
    let words = [
        "",
        " ",
        "no",
        "y",
        "null",
        "~",
        "0",
        "08",
        "1_000",
        "1e3",
        ".5",
        "-",
        "?",
        ":",
        "<<",
        "=",
        "---",
        "...",
        "a: b",
        "a #b",
        "#",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "%",
        "@",
        "`",
        "'",
        "\"",
        "\\",
        "{{ x }}",
        "[",
        "]",
        "{",
        "}",
        ",",
        "\n",
        "\n\n",
        "a\nb",
        "\ta",
        " a\n",
        "a \n",
        "a\n ",
        "\r\n",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{7f}",
        "\u{0}",
        "é",
        "😀",
        "1:30",
        "2024-01-01",
        "a\n\tb\n",
        "a\n\n\nb\n\n",
        "#!/bin/sh\necho\n",
        "a\n---\nb",
        "0x1",
        "true",
        "\u{fffd}",
        "\u{ffff}",
        "\u{e000}",
    ];
    let word = prop::sample::select(words.to_vec()).prop_map(str::to_owned);
    prop_oneof![
        2 => word.clone(),
        2 => prop::collection::vec(prop_oneof![word, "[a-z]{1,3}".prop_map(|text| text)], 1..4).prop_map(|parts| parts.concat()),
        1 => "[ -~\n]{0,12}",
        1 => "\\PC{0,8}",
        1 => prop::collection::vec(any::<char>(), 0..6).prop_map(|text| text.into_iter().collect::<String>()),
    ]
}

fn tricky_scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => any::<i64>().prop_map(|number| Value::Integer(number.into())),
        1 => any::<u64>().prop_map(|number| Value::Integer(number.into())),
        1 => any::<f64>()
            .prop_filter("whole floats are integers", |number| number.is_finite()
                && (number.fract() != 0.0 || number.abs() > 1e20))
            .prop_map(Value::Float),
        6 => tricky_text().prop_map(Value::String),
    ]
}

fn tricky_tree() -> impl Strategy<Value = Node> {
    let leaf = tricky_scalar().prop_map(|value| Node::new(value, &place()));
    leaf.prop_recursive(5, 40, 5, |inner| {
        let key = prop_oneof![20 => tricky_text(), 1 => "[a-z]{1000,1100}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| Node::new(items, &place())),
            prop::collection::vec((key, inner), 0..5).prop_map(|entries| {
                let mut mapping = Mapping::default();
                for (key, value) in entries {
                    mapping.insert(Spanned::new(key, place()), value);
                }
                Node::new(mapping, &place())
            }),
        ]
    })
}

/// Checks that each scalar of a tree is written where its span says.
fn spans_are_exact(node: &Node) {
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(spans_are_exact),
        Value::Mapping(mapping) => mapping.iter().for_each(|entry| {
            let key = only(&format!("? {}\n", entry.key.span.text()));
            assert_eq!(key.as_mapping().unwrap().iter().next().unwrap().key.value, entry.key.value);
            spans_are_exact(&entry.value);
        }),
        _ if node.span.text().starts_with('|') => {}
        _ => assert_eq!(&only(node.span.text()), node),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_survives_as_scalar_value_and_key(text in tricky_text()) {
        let scalar = yaml::scalar(&text);
        prop_assert!(!scalar.contains('\n'));
        let node = only(&format!("{scalar}: {scalar}\nlist:\n- {scalar}\n- - {scalar}\n"));
        if text != "list" {
            prop_assert_eq!(node.get(&text).unwrap().as_str(), Some(text.as_str()));
        }
        let items = node.get("list").unwrap().as_sequence().unwrap();
        prop_assert_eq!(items[0].as_str(), Some(text.as_str()));
    }

    #[test]
    fn any_tree_is_read_as_it_was_written(node in tricky_tree()) {
        let (text, origins) = yaml::write_located(&node);
        prop_assert_eq!(&only(&text), &node, "{}", text);
        prop_assert!(text.ends_with('\n') && !text.contains('\r'));
        prop_assert!(origins.is_sorted_by_key(|origin| origin.start));
        spans_are_exact(&only(&text));
    }

    #[test]
    fn json_is_read_as_the_tree_that_it_is(node in tricky_tree()) {
        let mut json = String::new();
        for character in node.to_json().to_string().chars() {
            // JSON holds these as they are, and YAML does not.
            if matches!(character, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') {
                write!(json, "\\u{:04x}", u32::from(character)).unwrap();
            } else {
                json.push(character);
            }
        }
        // A key in JSON may be longer than YAML looks for its colon.
        prop_assume!(!json.split('"').any(|part| part.len() > 1000));
        prop_assert_eq!(only(&json), node, "{}", json);
    }

    #[test]
    fn nothing_makes_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_mix_of_tokens_makes_the_reader_panic(parts in prop::collection::vec(tricky_text(), 0..12)) {
        read(&parts.concat());
    }

    #[test]
    fn no_change_to_a_manifest_makes_the_reader_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..4_usize, tricky_text()), 1..4)
    ) {
        let mut text: Vec<char> = MANIFEST.chars().collect();
        for (index, removed, inserted) in edits {
            let at = index.index(text.len() + 1);
            let end = (at + removed).min(text.len());
            text.splice(at..end, inserted.chars());
        }
        let (documents, findings) = read(&text.iter().collect::<String>());
        for node in &documents {
            let written = yaml::write(node);
            prop_assert_eq!(&only(&written), node, "{}", written);
        }
        prop_assert!(findings.iter().all(|finding| finding.span.position().line > 0));
    }
}

const MANIFEST: &str = r#"apiVersion: v1
kind: ConfigMap
metadata: {name: a, labels: {app: "x", 'tier': web}}
data: &data
  # comment
  script: |
    #!/bin/sh
      echo "$1"
  folded: >-
    one
    two
  quoted: "a\tb\u00e9"
---
apiVersion: v1
kind: List
items:
- <<: {a: 1}
  args: ["--x", -y, 1.5]
- - nested
  - ~
"#;

/// Draws values, the same ones each time.
fn samples<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

#[test]
fn helm_reads_what_was_written() {
    let Some(helm) = oracle::tool("helm", "IDPACK_HELM") else { return };
    let strings = samples(&tricky_text(), 600).into_iter().map(|text| Node::new(text, &place()));
    let facts =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/yaml/scalars.tsv")).unwrap();
    let facts = facts.lines().filter_map(|line| Some(Node::new(line.split_once('\t')?.0, &place())));
    let keys = samples(&tricky_text(), 300)
        .into_iter()
        .map(|key| Node::mapping(&place(), [(key.as_str(), Node::new(true, &place()))]));
    let trees = samples(&tricky_tree(), 300);
    // Helm removes nulls from mappings of values, and leaves lists alone.
    let data = Node::new(strings.chain(facts).chain(keys).chain(trees).collect::<Vec<_>>(), &place());
    let values = Node::mapping(&place(), [("data", data.clone())]);

    let chart: PathBuf = tempfile::tempdir().unwrap().keep();
    fs::create_dir_all(chart.join("templates")).unwrap();
    fs::write(chart.join("Chart.yaml"), "apiVersion: v2\nname: judge\nversion: 0.1.0\n").unwrap();
    let template =
        "# base64: {{ .Values.data | toJson | b64enc }}\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: judge\n";
    fs::write(chart.join("templates/judge.yaml"), template).unwrap();
    fs::write(chart.join("values-written.yaml"), yaml::write(&values)).unwrap();
    let output = Command::new(helm)
        .args(["template", "judge", ".", "-f", "values-written.yaml"])
        .env("HOME", &chart)
        .current_dir(&chart)
        .output()
        .unwrap();
    fs::remove_dir_all(&chart).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = String::from_utf8(output.stdout).unwrap();
    let base64 = output.split('\n').find_map(|line| line.strip_prefix("# base64: ")).unwrap();
    let json: k8s_openapi::ByteString = serde_json::from_value(base64.into()).unwrap();
    let judged: Vec<Json> = serde_json::from_slice(&json.0).unwrap();
    let written = data.as_sequence().unwrap();
    assert_eq!(judged.len(), written.len());
    for (judged, node) in judged.iter().zip(written) {
        assert!(helm_agrees(judged, &node.to_json()), "{} became {judged}", yaml::write(node));
    }
}

/// Equality of JSON as far as Helm can tell: it rounds numbers to floats.
fn helm_agrees(judged: &Json, written: &Json) -> bool {
    match (judged, written) {
        (Json::Number(a), Json::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= a.abs() * 1e-15
        }
        (Json::Array(judged), Json::Array(written)) => {
            judged.len() == written.len() && judged.iter().zip(written).all(|(a, b)| helm_agrees(a, b))
        }
        (Json::Object(judged), Json::Object(written)) => {
            judged.len() == written.len()
                && judged.iter().all(|(key, a)| written.get(key).is_some_and(|b| helm_agrees(a, b)))
        }
        _ => judged == written,
    }
}

#[test]
fn a_source_is_shared_by_all_that_was_read_from_it() {
    let source = Source::new("test.yaml", "a: {b: c}\n");
    let node = yaml::read_one(&source).0.unwrap();
    assert!(Arc::ptr_eq(node.at(&["a", "b"]).unwrap().span.source(), &source));
}
