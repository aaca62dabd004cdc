use idpack::diagnostic::Fix;
use idpack::fix::{Outcome, Refusal, fix};
use idpack::source::{Source, Span};
use idpack::yaml;

/// Files on disk, as `idpack validate --fix` changes them.
mod files;
/// Layouts that nobody thought of.
mod layouts;
/// Slips of the pen in documents in which everything is right.
mod slips;

/// What a test wants to be done at a text that occurs once.
enum Wish {
    Text(&'static str),
    Plain(&'static str),
    Remove,
}

use Wish::{Plain, Remove, Text};

/// Makes fixes at marked places: `«…»` in the text.
fn mended(marked: &str, wishes: &[Wish]) -> (String, Vec<Outcome>) {
    let (mut text, mut places) = (String::new(), Vec::new());
    for (rank, part) in marked.split(['«', '»']).enumerate() {
        if rank % 2 == 1 {
            places.push(text.len()..text.len() + part.len());
        }
        text += part;
    }
    assert_eq!(places.len(), wishes.len());
    let source = Source::new("a.yaml", text.as_str());
    let fixes: Vec<Fix> = places
        .iter()
        .zip(wishes)
        .map(|(place, wish)| {
            let span = Span::new(&source, place.start, place.end);
            match wish {
                Text(text) => Fix::Text(span, (*text).to_owned()),
                Plain(text) => Fix::Plain(span, (*text).to_owned()),
                Remove => Fix::Remove(span),
            }
        })
        .collect();
    let new = fix("a.yaml", &text, &fixes.iter().collect::<Vec<_>>());
    if new.outcomes.iter().all(|outcome| !matches!(outcome, Outcome::Made(_))) {
        assert_eq!(new.text, text, "nothing is made, and something changes");
    }
    (new.text, new.outcomes)
}

#[track_caller]
fn assert_mended(marked: &str, wish: Wish, expected: &str) {
    let (text, outcomes) = mended(marked, &[wish]);
    assert_eq!(text, expected, "{outcomes:?}");
    assert!(matches!(outcomes[..], [Outcome::Made(_)]), "{outcomes:?}");
}

#[track_caller]
fn assert_refused(marked: &str, wish: Wish, reason: Refusal) {
    let (_, outcomes) = mended(marked, &[wish]);
    assert_eq!(outcomes, [Outcome::Refused(reason)]);
}

#[test]
fn a_string_keeps_its_quotes() {
    assert_mended("a: «x» # why\nb: 1\n", Text("z"), "a: z # why\nb: 1\n");
    assert_mended("a: «'x'» # why\n", Text("it's"), "a: 'it''s' # why\n");
    assert_mended("a: «\"x\"»\n", Text("say \"y\""), "a: \"say \\\"y\\\"\"\n");
    assert_mended("a: |\n  b: «x»\n", Text("z"), "a: |\n  b: z\n");
    assert_mended("a: «|-\n  x\n  y»\nb: 1\n", Text("z"), "a: |-\n  z\nb: 1\n");
    assert_mended("a: «>-\n  x\n  y»\nb: 1\n", Text("z"), "a: z\nb: 1\n");
    assert_mended("a: «x\n  y»\nb: 1\n", Text("z"), "a: z\nb: 1\n");
    assert_mended("a: !!str «x»\n", Text("10"), "a: !!str \"10\"\n");
}

#[test]
fn quotes_come_only_where_they_have_to() {
    assert_mended("a: «10»\n", Text("10"), "a: \"10\"\n");
    assert_mended("a: «yes»\n", Text("yes"), "a: \"yes\"\n");
    assert_mended("a: «10»\nb: 'x'\n", Text("10"), "a: '10'\nb: 'x'\n");
    assert_mended("a: «x»\n", Text("b: c"), "a: \"b: c\"\n");
    assert_mended("{a: «x»}\n", Text("b, c"), "{a: \"b, c\"}\n");
    assert_mended("[«x», y]\n", Text("z"), "[z, y]\n");
    assert_mended("{\"a\": «10»}", Text("10"), "{\"a\": \"10\"}");
    assert_mended("{\"«a»\": 10}".replace("\"«a»\"", "«\"a\"»").as_str(), Text("b"), "{\"b\": 10}");
    assert_mended("a: «\"10\"»\n", Plain("10"), "a: 10\n");
    assert_mended("a: {b: «'true'»}\n", Plain("true"), "a: {b: true}\n");
}

#[test]
fn keys_are_renamed() {
    assert_mended("«dta»: {}\n", Text("data"), "data: {}\n");
    assert_mended("a:\n- «nam»: x # c\n  b: 1\n", Text("name"), "a:\n- name: x # c\n  b: 1\n");
    assert_mended("«a»: 1\n", Text("yes"), "\"yes\": 1\n");
    assert_mended("? «a»\n: 1\n", Text("b"), "? b\n: 1\n");
    assert_refused("«dta»: {}\ndata: {}\n", Text("data"), Refusal::NotAlone);
}

#[test]
fn line_ends_marks_and_ends_of_files_stay() {
    assert_mended("a: «x»\r\nb: 1\r\n", Text("z"), "a: z\r\nb: 1\r\n");
    assert_mended("\u{FEFF}«a»: x\n", Text("b"), "\u{FEFF}b: x\n");
    assert_mended("a: «x»", Text("z"), "a: z");
    assert_mended("a: 1\r\n«b»: 2\r\nc: 3\r\n", Remove, "a: 1\r\nc: 3\r\n");
    assert_mended("a: 1\n«b»: 2", Remove, "a: 1");
    assert_mended("a: |\r\n  b: «x»\r\n  c: 1\r\nd: 1\r\n", Text("z"), "a: |\r\n  b: z\r\n  c: 1\r\nd: 1\r\n");
}

#[test]
fn entries_and_items_go_with_their_lines() {
    assert_mended("a: 1\n«b»: # gone\n  c: 2\n  d: [] # gone\n# stays\ne: 3\n", Remove, "a: 1\n# stays\ne: 3\n");
    assert_mended("a:\n- x\n- «y» # gone\n- z\n", Remove, "a:\n- x\n- z\n");
    assert_mended("a:\n  - «b: 1\n    c: 2»\n  - d: 1\n", Remove, "a:\n  - d: 1\n");
    assert_mended("- «a»: 1\n  b: 2\n", Remove, "- b: 2\n");
    assert_mended("a: [x, «y», z]\n", Remove, "a: [x, z]\n");
    assert_mended("a: [«x», y]\n", Remove, "a: [y]\n");
    assert_mended("a: [x, «y»]\n", Remove, "a: [x]\n");
    assert_mended("a: {«b»: 1}\n", Remove, "a: {}\n");
    assert_mended("{\n  \"a\": 1,\n  «\"b\"»: 2\n}\n", Remove, "{\n  \"a\": 1\n}\n");
    assert_mended("a:\n  «b»: 1\nc: 2\n", Remove, "a: {}\nc: 2\n");
    assert_mended("a:\n- «x»\nc: 2\n", Remove, "a: []\nc: 2\n");
    assert_mended("a: 1\nb: «null»\nc: 2\n", Remove, "a: 1\nc: 2\n");
    assert_mended("a: 1\n«b»:\nc: 2\n", Remove, "a: 1\nc: 2\n");
    assert_mended("a: 1\n«b»: |\n  x\n\n  y\nc: 2\n", Remove, "a: 1\nc: 2\n");
    assert_mended("a: |\n  b: 1\n  «c»: 2\n  d: 3\n", Remove, "a: |\n  b: 1\n  d: 3\n");
    assert_refused("a: # why\n  «b»: 1\n", Remove, Refusal::Comment);
    assert_refused("a: [x, # why\n  «y»]\n", Remove, Refusal::Comment);
}

#[test]
fn what_others_use_stays() {
    assert_mended("a: &x «b»\nc: 1\n", Text("d"), "a: &x d\nc: 1\n");
    assert_refused("a: &x «b»\nc: *x\n", Text("d"), Refusal::NotAlone);
    assert_refused("a: &x b\nc: «*x»\n", Text("d"), Refusal::NotThere);
    assert_refused("a: &x {«b»: 1}\nc:\n  <<: *x\n", Text("d"), Refusal::NotAlone);
    assert_mended("a: &x {b: 1}\n«c»:\n  <<: *x\n", Text("d"), "a: &x {b: 1}\nd:\n  <<: *x\n");
    assert_refused("a: 1\nb: &x\n  «c»: 1\n", Remove, Refusal::Comment);
}

#[test]
fn only_the_document_of_the_place_changes() {
    let others = "--- # one\na: &x 1\n---\n[broken\n--- # three\na: «b»\n---\n\"\n";
    assert_mended(others, Text("c"), &others.replace("«b»", "c"));
    assert_refused("a: [\nb: «c»\n", Text("d"), Refusal::NotThere);
}

#[test]
fn a_string_that_holds_yaml_is_no_value_of_it() {
    assert_refused("values: «\"a: {b: 1}\"»\n", Text("c"), Refusal::NotThere);
    assert_refused("values: «'{\"a\": 1}'»\n", Text("c"), Refusal::NotThere);
    assert_refused("values: «'a: 1'»\n", Plain("1"), Refusal::NotThere);
    assert_refused("b: 1\nvalues: «'a: 1'»\n", Remove, Refusal::NotThere);
}

#[test]
fn places_are_checked_before_anything_changes() {
    let old = Source::new("a.yaml", "a: x\nb: y\n");
    let wish = Fix::Text(Span::new(&old, 8, 9), "z".to_owned());
    for (text, refused) in [("a: x\nb: y\n", false), ("a: x\nb: yes\n", true), ("a: x\n", true), ("", true)] {
        let new = fix("a.yaml", text, &[&wish]);
        assert_eq!(matches!(new.outcomes[0], Outcome::Refused(Refusal::NotThere)), refused, "{text:?}");
    }
}

#[test]
fn the_first_of_two_at_one_place_is_made_and_the_other_waits() {
    let (text, outcomes) = mended("a: {«b»: 1, «c»: 2}\n", &[Remove, Remove]);
    assert_eq!(text, "a: {c: 2}\n");
    assert!(matches!(outcomes[..], [Outcome::Made(_), Outcome::Waits(_)]), "{outcomes:?}");
    let (text, outcomes) = mended("«a»: «10»\nb: |\n  «c»: «x»\n", &[Text("d"), Text("10"), Text("e"), Text("f")]);
    assert_eq!(text, "d: \"10\"\nb: |\n  e: f\n");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Made(_))), "{outcomes:?}");
    // The same, twice, is one change.
    let source = Source::new("a.yaml", "a: x\n");
    let wish = Fix::Text(Span::new(&source, 3, 4), "z".to_owned());
    let new = fix("a.yaml", "a: x\n", &[&wish, &wish]);
    assert_eq!(new.text, "a: z\n");
    assert!(new.outcomes.iter().all(|outcome| matches!(outcome, Outcome::Made(_))));
}

#[test]
fn a_value_is_removed_by_its_own_place_too() {
    for (text, place, expected) in [
        ("a: 1\nb:\n  c: 2\n", 10..14, "a: 1\n"),
        ("a: 1\nb:\n- x\n- y\n", 8..15, "a: 1\n"),
        ("a: 1\nb: [x]\n", 8..11, "a: 1\n"),
    ] {
        let source = Source::new("a.yaml", text);
        let wish = Fix::Remove(Span::new(&source, place.start, place.end));
        assert_eq!(fix("a.yaml", text, &[&wish]).text, expected);
        let (documents, _) = yaml::read(&source);
        assert_eq!(documents.len(), 1);
    }
}
