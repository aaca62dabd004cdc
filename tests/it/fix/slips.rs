use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use idpack::fix::Mending;
use idpack::idpbuilder::Cluster;
use idpack::package::Reading;
use idpack::pipeline::{self, Settings, Versions, Watch};
use idpack::policy::{self, Levels};
use idpack::source::Source;
use idpack::tree::{Edits, Listing, Part, RepoPath};
use idpack::yaml::{self, Node, Value};
use rayon::prelude::*;

const SHOWN: &str = "a.yaml";

/// Mends a file that stands alone; returns its text and how many findings were mended.
fn mended(text: &str) -> (String, usize) {
    let target = Versions::default().of(None);
    let cluster = Cluster::default();
    let mut mending = Mending::default();
    loop {
        let settings =
            Settings { target: &target, cluster: &cluster, cluster_is_assumed: true, reading: Reading::Plain };
        let part = Part::new(SHOWN, mending.edits.get(SHOWN).unwrap_or(text).as_bytes().to_vec(), 1);
        let listing = Listing::of_parts(BTreeMap::from([(RepoPath::new(SHOWN).unwrap(), part)]), []);
        let verdict = pipeline::judge(&listing, settings, Watch::default());
        let judged = policy::apply(verdict.findings, verdict.suppressions, true, &Levels::default(), None);
        let mut findings = judged.findings;
        if mending.round(&mut findings, true, &|_| Some(text.to_owned())).is_some() {
            let Mending { edits, fixed, .. } = mending;
            return (Edits::get(&edits, SHOWN).unwrap_or(text).to_owned(), fixed);
        }
    }
}

/// Documents in which everything is right.
fn documents() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut documents: Vec<String> = Vec::new();
    let mut directories = vec![root.join("tests/fixtures/accepted"), root.join("tests/fixtures/seed/expected")];
    while let Some(directory) = directories.pop() {
        let mut entries: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                let text = fs::read_to_string(path).unwrap();
                documents.extend(text.split("---\n").filter(|it| it.contains("kind:")).map(str::to_owned));
            }
        }
    }
    documents
}

/// Walks through the places of keys, and of values that are strings in quotes without having to be words.
fn places(node: &Node, keys: &mut Vec<(usize, usize)>, numbers: &mut Vec<(usize, usize)>) {
    let range = |span: &idpack::source::Span| (span.start() as usize, span.end() as usize);
    match &node.value {
        Value::Mapping(mapping) => {
            for entry in mapping {
                keys.push(range(&entry.key.span));
                places(&entry.value, keys, numbers);
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| places(item, keys, numbers)),
        Value::String(text)
            if node.span.text().starts_with(['"', '\''])
                && !matches!(yaml::resolve(text), Value::String(_) | Value::Null) =>
        {
            numbers.push(range(&node.span));
        }
        _ => {}
    }
}

/// Documents with one slip each: a key with a letter twice, a number or a truth without its quotes.
fn slips(document: &str) -> Vec<String> {
    let (nodes, faults) = yaml::read(&Source::new(SHOWN, document));
    if !faults.is_empty() {
        return Vec::new();
    }
    let (mut keys, mut numbers) = (Vec::new(), Vec::new());
    for node in &nodes {
        places(node, &mut keys, &mut numbers);
    }
    let keys = keys.into_iter().filter(|(start, end)| end - start > 3).map(|(start, _)| {
        let (before, after) = document.split_at(start + 2);
        format!("{before}{}{after}", &document[start + 1..start + 2])
    });
    let numbers = numbers
        .into_iter()
        .map(|(start, end)| format!("{}{}{}", &document[..start], &document[start + 1..end - 1], &document[end..]));
    keys.chain(numbers).collect()
}

#[test]
fn what_is_mended_is_what_was_meant_byte_for_byte() {
    let documents = documents();
    let cases: Vec<(&String, String)> =
        documents.iter().flat_map(|document| slips(document).into_iter().map(move |slip| (document, slip))).collect();
    let results: Vec<(bool, Option<String>)> = cases
        .par_iter()
        .map(|(document, slip)| {
            let (text, fixed) = mended(slip);
            // Other findings of the document itself may be mended as well.
            let (right, _) = mended(document);
            let is_wrong = fixed > 0 && text != **document && text != right && text != *slip;
            (
                text != *slip,
                is_wrong.then(|| {
                    let lines = right.lines().zip(text.lines()).filter(|(a, b)| a != b);
                    lines.flat_map(|(a, b)| ["-", a, "\n+", b, "\n"]).collect()
                }),
            )
        })
        .collect();
    let wrong: Vec<&String> = results.iter().filter_map(|(_, wrong)| wrong.as_ref()).collect();
    let count = results.iter().filter(|(is_mended, _)| *is_mended).count();
    println!("{count} of {} slips are mended", cases.len());
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.iter().map(|it| it.as_str()).collect::<String>()
    );
    assert!(count > 300, "{count} of {} slips are mended", cases.len());
}
