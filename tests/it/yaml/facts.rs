//! What Kubernetes' own reader makes of a text.

use super::*;

/// Checks one text against what the reader of Kubernetes makes of it; nothing stands for a refusal.
fn check(text: &str, expected: Option<&Json>) -> Option<String> {
    let (documents, findings) = read(text);
    let found: Vec<Json> = documents.iter().map(Node::to_json).collect();
    let fits = match (expected, found.as_slice()) {
        (Some(expected), [found]) => same(expected, found),
        (Some(expected), []) => expected.is_null() && findings.is_empty(),
        (None, []) => !findings.is_empty(),
        _ => false,
    };
    (!fits).then(|| format!("{text:?}: expected {expected:?}, found {found:?}\n{}", shown(&findings)))
}

fn fixture(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/yaml").join(name)).unwrap()
}

/// Rows of a fixture: a text without its escapes, and JSON unless the text is refused.
fn rows(name: &str) -> Vec<(String, Option<Json>)> {
    let rows = fixture(name);
    let rows = rows.lines().filter(|line| !line.starts_with("# ")).map(|line| {
        let (text, value) = line.split_once('\t').unwrap();
        let text = text.replace("\\\\", "\0").replace("\\t", "\t").replace('\0', "\\");
        (text, (value != "refused").then(|| serde_json::from_str(value).unwrap()))
    });
    rows.collect()
}

fn report(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} texts are read wrongly:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn scalars_are_read_as_by_kubernetes() {
    let rows = rows("scalars.tsv");
    assert!(rows.len() >= 300);
    let wrong = rows.iter().filter_map(|(text, value)| {
        let expected = value.as_ref().map(|value| serde_json::json!({ "k": value }));
        check(&format!("k: {text}\n"), expected.as_ref())
    });
    report(&wrong.collect::<Vec<_>>());
}

#[test]
fn keys_are_read_as_by_kubernetes() {
    let wrong = rows("keys.tsv").into_iter().filter_map(|(text, key)| {
        let expected = key.map(|key| serde_json::json!({ key.as_str().unwrap(): "v" }));
        check(&format!("{text}: v\n"), expected.as_ref())
    });
    report(&wrong.collect::<Vec<_>>());
}

#[test]
fn texts_are_read_as_by_kubernetes() {
    let texts = fixture("texts.jsonl");
    let wrong = texts.lines().filter_map(|line| {
        let row: Json = serde_json::from_str(line).unwrap();
        check(row["text"].as_str().unwrap(), row.get("json"))
    });
    report(&wrong.collect::<Vec<_>>());
}

/// Texts that Kubernetes reads and idpack refuses, each for a reason; and the one known difference in a value.
fn is_known_to_differ(text: &str) -> bool {
    // YAML 1.1 line breaks: one reader in the world sees them.
    text.contains(['\u{85}', '\u{2028}', '\u{2029}'])
        // Comments without a blank, which all other readers refuse; the pinned parser is one of them.
        || ["|#", "|-#", ">#", ">-#", ",#", "\"#", "'#"].iter().any(|glued| text.contains(glued))
        // Likewise a lone dash in brackets, tags of punctuation, and `\'` in double quotes.
        || ["[-]", "{a: -}", "k: !!!\n", "k: !,\n", "\\'"].iter().any(|odd| text.contains(odd))
        // Directives: Kubernetes splits texts first, and reads the directive as a document that is broken.
        || text.starts_with('%')
        || text.contains("\n%")
        // Blanks at the very end, without a line break, below a block that keeps its line breaks: the parser drops one.
        || text.ends_with("\n  ") && text.contains('+')
}

fn recorded(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/recorded").join(name);
    let text = fs::read_to_string(path).ok();
    if text.is_none() {
        println!("not run: {name} is not there");
    }
    text
}

fn unescaped(text: &str) -> String {
    let text = text.replace("\\\\", "\0");
    let text = ["0085", "2028", "2029", "FEFF", "feff"].iter().fold(text, |text, code| {
        let character = char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap();
        text.replace(&format!("\\u{code}"), &character.to_string())
    });
    text.replace('\0', "\\")
}

#[test]
fn recorded_scalars_and_keys_are_read_as_recorded() {
    for name in ["scalars.tsv", "keys.tsv"] {
        let Some(rows) = recorded(name) else { return };
        let wrong = rows.split('\n').filter(|row| !row.is_empty()).filter_map(|row| {
            let [text, kind, value] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row}") };
            let text = unescaped(text);
            let (text, expected) = match kind {
                "error" => (text, None),
                _ => (text, Some(serde_json::from_str::<Json>(value).unwrap())),
            };
            let (text, expected) = match (name, kind) {
                (_, "document") if name == "scalars.tsv" => (format!("k: {text}\n"), expected),
                (_, "document") => (format!("{text}: v\n"), expected),
                ("keys.tsv", _) => {
                    let expected = expected.map(|key| serde_json::json!({ key.as_str().unwrap(): "v" }));
                    (format!("{text}: v\n"), expected)
                }
                _ => (format!("k: {text}\n"), expected.map(|value| serde_json::json!({ "k": value }))),
            };
            if is_known_to_differ(&text) { None } else { check(&text, expected.as_ref()) }
        });
        report(&wrong.collect::<Vec<_>>());
    }
}

#[test]
fn recorded_texts_are_read_as_recorded() {
    let Some(rows) = recorded("texts.jsonl") else { return };
    let mut wrong = Vec::new();
    for row in rows.split('\n').filter(|row| !row.is_empty()) {
        let row: Json = serde_json::from_str(row).unwrap();
        // Texts that are not UTF-8 are not for this reader; it is never given `...` alone either.
        let Some(text) = row["text"].as_str().filter(|text| !text.contains("...\n")) else { continue };
        if is_known_to_differ(text) {
            continue;
        }
        // The splitter has the last word, as it has in kubectl and Argo CD.
        let parts = row.get("documents").and_then(Json::as_array).cloned().unwrap_or_else(|| vec![row.clone()]);
        let json = parts.iter().filter_map(|part| part["json"].as_str());
        // The JSON reader of this test gives up long before the limits of ours, which other tests reach.
        let Ok(expected) = json.map(serde_json::from_str).collect::<Result<Vec<Json>, _>>() else { continue };
        let broken = parts.iter().any(|part| part.get("error").is_some()) || row.get("split_error").is_some();
        let (documents, findings) = read(text);
        let found: Vec<Json> = documents.iter().map(Node::to_json).collect();
        let found_values: Vec<&Json> = found.iter().filter(|value| !value.is_null()).collect();
        let expected_values: Vec<&Json> = expected.iter().filter(|value| !value.is_null()).collect();
        let equal = found_values.len() == expected_values.len()
            && found_values.iter().zip(&expected_values).all(|(found, expected)| same(found, expected));
        // What the strict reader refuses is a finding, unless an override of merged keys is all there is to it.
        let strict = parts.iter().any(|part| part.get("strict_error").is_some()) && !text.contains("<<");
        let lost = findings.iter().all(|finding| finding.rule.id == "yaml-document-lost");
        let fits = if broken || strict {
            !findings.is_empty() && (equal || broken)
        } else {
            equal && (findings.is_empty() || lost || text.contains("<<"))
        };
        if !fits {
            wrong.push(format!("{text:?}: expected {expected:?}, found {found:?}\n{}", shown(&findings)));
        }
    }
    report(&wrong);
}
