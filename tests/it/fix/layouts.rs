use idpack::diagnostic::Fix;
use idpack::fix::{Outcome, fix};
use idpack::source::{Source, Span};
use idpack::yaml;
use proptest::prelude::*;

/// How something is written around one scalar.
#[derive(Clone, Debug)]
struct Layout {
    before: String,
    after: String,
    /// Whether the scalar is a key.
    is_key: bool,
}

/// Layouts in block style, between brackets, in a literal block, as JSON; with comments and line ends of all kinds.
fn layout() -> impl Strategy<Value = Layout> {
    let around = prop::sample::select(vec![
        ("a: ", " # why: 'it' \"is\"\nb: [1, 2]\n", false),
        ("", ": x # comment\nz: {a: b}\n", true),
        ("a:\n  - x: 1 # one\n    w: ", "\n\n  # - w\n  - x: 2\n", false),
        ("a:\n- ", ": [x, 'z']\n  b: \"1\"\n- 2\n", true),
        ("a: {x: 1, w: ", ", z: [3]} # end\n", false),
        ("a: [x, {", ": 1}, 'z'] # end\n", true),
        ("a: [", "\n  , z] # end\n", false),
        ("{\"a\": 1,\n  \"w\": ", "\n}\n", false),
        ("values: |\n  # inside\n  w: ", " # why\n  z: 1\n\nb: 2\n", false),
        ("values: |2-\n    w:\n    - ", ": 1\n  z: 1\n# end\n", true),
        ("--- # one\na: &x 1\nb: *x\n---\nw: &y ", "\n---\nc: [open\n", false),
        ("? a\n: ", "\n? |\n  b\n: c\n", false),
        ("a: &x {b: 1}\nc:\n  <<: *x\n  w: ", " \t# end\n", false),
    ]);
    (around, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|((before, after, is_key), crlf, mark, cut)| {
        let ends = |text: &str| if crlf { text.replace('\n', "\r\n") } else { text.to_owned() };
        let after = if cut { after.trim_end() } else { after };
        let mark = if mark { "\u{FEFF}" } else { "" };
        Layout { before: format!("{mark}{}", ends(before)), after: ends(after), is_key }
    })
}

/// Ways to write what is there at first.
fn written() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["old", "'old'", "\"old\"", "\"o\\x6Cd\"", "'it''s old'", "10", "yes", "old-word.x/y"])
        .prop_map(str::to_owned)
}

/// Texts that have to be written; most need quotes somewhere.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}(-[a-z]{1,4}){0,2}",
        "[ -~]{1,12}",
        "\\PC{1,6}",
        prop::sample::select(vec![
            "10", "yes", "a: b", "a #b", "- a", "[a", "a, b", "'", "\"", "\\", "<<", "é", "a?b", "x:"
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn one_scalar_changes_and_nothing_else(layout in layout(), written in written(), text in text()) {
        let Layout { before, after, is_key } = &layout;
        let whole = format!("{before}{written}{after}");
        let source = Source::new("a.yaml", whole.as_str());
        let wish = Fix::Text(Span::new(&source, before.len(), before.len() + written.len()), text.clone());
        let new = fix("a.yaml", &whole, &[&wish]);
        if !matches!(new.outcomes[..], [Outcome::Made(_)]) {
            prop_assert_eq!(&new.text, &whole);
            // Only what cannot be read, or stands there already, is left alone.
            let known = ["a", "b", "c", "w", "x", "z"].contains(&text.as_str());
            let is_lost = whole.contains("o\\x6Cd") && before.contains("values: |");
            prop_assert!(known || is_lost || *is_key || before.contains("{\"a\""), "{:?}: {:?}", new.outcomes, whole);
            return Ok(());
        }
        prop_assert!(new.text.starts_with(before.as_str()), "{:?}", new.text);
        prop_assert!(new.text.ends_with(after.as_str()), "{:?}", new.text);
        let middle = &new.text[before.len()..new.text.len() - after.len()];
        let quote = |text: &str| text.chars().next().filter(|first| matches!(first, '\'' | '"'));
        if quote(&written) == Some('"') {
            prop_assert_eq!(quote(middle), Some('"'));
        }
        let document = if before.contains(['{', '[']) && !before.contains("{b: 1}") {
            if *is_key { format!("{{{middle}: 1}}") } else { format!("{{w: {middle}}}") }
        } else if *is_key {
            format!("{middle}: 1\n")
        } else {
            format!("w: {middle}\n")
        };
        let (documents, faults) = yaml::read(&Source::new("b.yaml", document));
        prop_assert!(faults.is_empty());
        let entry = documents[0].as_mapping().unwrap().iter().next().unwrap();
        let read = if *is_key { Some(entry.key.as_str()) } else { entry.value.as_str() };
        prop_assert_eq!(read, Some(text.as_str()));
        // The same once more changes nothing.
        let again = Source::new("a.yaml", new.text.as_str());
        let wish = Fix::Text(Span::new(&again, before.len(), before.len() + middle.len()), text);
        prop_assert_eq!(fix("a.yaml", &new.text, &[&wish]).text, new.text);
    }
}
