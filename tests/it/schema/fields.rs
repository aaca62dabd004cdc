//! A second reader of the field tables: it writes a table out as rows, one for each path, and builds documents that use them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value, json};

/// A version; what a product does not use is zero.
pub(super) type Version = (u32, u32, u32);

/// Later than everything.
const NEVER: Version = (u32::MAX, 0, 0);

/// One form of one field, with the way to it: `a.b`, `a[]` for the items of a list, `a.*` for the values of any key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    pub(super) path: String,
    /// The type as recorded: `object`, `array`, `any`, or scalars with `|` between them.
    pub(super) kind: String,
    /// Of an object: `closed`, `open`, `free`, `map`, or `ref` when it is written out elsewhere.
    pub(super) shape: String,
    pub(super) required: BTreeSet<String>,
    /// What else a text has to be.
    pub(super) rule: String,
    pub(super) since: Version,
    pub(super) until: Version,
}

impl Row {
    pub(super) fn is_in(&self, version: Version) -> bool {
        self.since <= version && version < self.until
    }
}

fn version(text: &str) -> Option<Version> {
    let mut numbers = text.split('.').map(|number| number.parse().unwrap());
    Some((numbers.next()?, numbers.next()?, numbers.next().unwrap_or(0)))
}

/// Reads a table of recorded facts: path, type, openness, required keys, perhaps constraints, since, until.
pub(super) fn recorded(text: &str) -> Vec<Row> {
    let rows = text.lines().skip(1).map(|line| {
        let columns: Vec<_> = line.split('\t').collect();
        let [.., since, until] = columns.as_slice() else { panic!("{line}") };
        let time = |text: &str, default| if text.is_empty() { default } else { version(text).unwrap() };
        let rule = if columns.len() == 7 { columns[4] } else { "" };
        Row {
            path: columns[0].to_owned(),
            kind: columns[1].replace("int-or-string", "integer|string"),
            shape: columns[2].split('=').next().unwrap().to_owned(),
            required: columns[3].split(',').filter(|key| !key.is_empty()).map(str::to_owned).collect(),
            // Every integer is checked for its size; the pattern does not match an empty text.
            rule: rule.replace("format=\"int64\"", "").replace("minLength=1 pattern", "pattern"),
            since: time(since, (0, 0, 0)),
            until: time(until, NEVER),
        }
    });
    rows.collect()
}

/// One line of our tables and those below it.
struct Line<'a> {
    name: &'a str,
    is_list: bool,
    is_required: bool,
    kind: &'a str,
    since: Version,
    until: Version,
    rule: String,
    below: Vec<Line<'a>>,
}

/// Reads one of our tables.
pub(super) fn ours(name: &str) -> Vec<Row> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/schema").join(name);
    let text = std::fs::read_to_string(file).unwrap();
    let mut sections: Vec<(&str, Vec<&str>)> = vec![("", Vec::new())];
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_suffix(':') {
            Some(group) => sections.push((group, Vec::new())),
            None => sections.last_mut().unwrap().1.push(line),
        }
    }
    let groups: BTreeMap<&str, Vec<Line<'_>>> =
        sections.into_iter().map(|(name, lines)| (name, below(&lines, if name.is_empty() { 0 } else { 2 }))).collect();
    let mut rows = Vec::new();
    let mut expansion = Expansion { groups: &groups, inside: Vec::new(), rows: &mut rows };
    expansion.fields(&groups[""], "", (0, 0, 0), NEVER);
    rows
}

/// Reads lines with an indentation, each with those that follow it and are indented deeper.
fn below<'a>(lines: &[&'a str], indentation: usize) -> Vec<Line<'a>> {
    let is_here = |line: &str| !line[indentation..].starts_with(' ');
    let starts: Vec<usize> = (0..lines.len()).filter(|index| is_here(lines[*index])).collect();
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    let blocks = starts.iter().zip(ends).map(|(start, end)| &lines[*start..end]);
    blocks.map(|block| Line { below: below(&block[1..], indentation + 2), ..line(block[0].trim_start()) }).collect()
}

fn line(text: &str) -> Line<'_> {
    let text = text.split(" -- ").next().unwrap();
    let (text, rule) = if let Some((text, pattern)) = text.split_once(" pattern ") {
        (text, format!("pattern=\"{pattern}\""))
    } else if let Some((text, allowed)) = text.split_once(" enum ") {
        (text, format!("enum=[\"{}\"]", allowed.replace(' ', "\", \"")))
    } else if let Some((text, limit)) = text.split_once(" maxLength ") {
        (text, format!("maxLength={limit}"))
    } else {
        (text, String::new())
    };
    let words: Vec<_> = text.split(' ').collect();
    let after = |word| words.iter().position(|it| *it == word).map(|at| version(words[at + 1]).unwrap());
    let name = words[0].trim_end_matches('!');
    Line {
        name: name.trim_end_matches("[]"),
        is_list: name.ends_with("[]"),
        is_required: words[0].ends_with('!'),
        kind: words[1],
        since: after("since").unwrap_or((0, 0, 0)),
        until: after("until").unwrap_or(NEVER),
        rule,
        below: Vec::new(),
    }
}

/// Writes groups out wherever they are named.
struct Expansion<'a, 't> {
    groups: &'a BTreeMap<&'t str, Vec<Line<'t>>>,
    /// The groups that are being written out: one inside itself is not again.
    inside: Vec<&'t str>,
    rows: &'a mut Vec<Row>,
}

impl<'a, 't> Expansion<'a, 't> {
    fn fields(&mut self, lines: &'a [Line<'t>], path: &str, since: Version, until: Version) {
        for line in lines {
            let mut path = if path.is_empty() { line.name.to_owned() } else { format!("{path}.{}", line.name) };
            let (since, until) = (since.max(line.since), until.min(line.until));
            if line.is_list {
                self.row(&path, "array", "", &[], "", (since, until));
                path += "[]";
            }
            self.value(line.kind, &line.below, &path, &line.rule, (since, until));
        }
    }

    fn value(&mut self, kind: &'t str, below: &'a [Line<'t>], path: &str, rule: &str, time: (Version, Version)) {
        if let Some(values) = kind.strip_prefix('{') {
            let values = values.strip_suffix('}').unwrap();
            self.row(path, "object", "map", &[], "", time);
            let mut path = format!("{path}.*");
            if values.ends_with("[]") {
                self.row(&path, "array", "", &[], "", time);
                path += "[]";
            }
            return self.value(values.trim_end_matches("[]"), below, &path, "", time);
        }
        let is_group = kind.starts_with(|first: char| first.is_ascii_uppercase());
        if !is_group {
            let (kind, shape) = match kind {
                "object" => ("object", "closed"),
                "open" | "free" => ("object", kind),
                _ => (kind, ""),
            };
            self.row(path, kind, shape, below, rule, time);
            self.fields(below, path, time.0, time.1);
        } else if let Some(lines) = self.groups.get(kind).filter(|_| !self.inside.contains(&kind)) {
            self.row(path, "object", "closed", lines, "", time);
            self.inside.push(kind);
            self.fields(lines, path, time.0, time.1);
            self.inside.pop();
        } else {
            self.row(path, "object", "ref", &[], "", time);
        }
    }

    fn row(&mut self, path: &str, kind: &str, shape: &str, below: &[Line<'_>], rule: &str, time: (Version, Version)) {
        self.rows.push(Row {
            path: path.to_owned(),
            kind: kind.to_owned(),
            shape: shape.to_owned(),
            required: below.iter().filter(|line| line.is_required).map(|line| line.name.to_owned()).collect(),
            rule: rule.to_owned(),
            since: time.0,
            until: time.1,
        });
    }
}

/// Asserts that a table of ours says what was recorded, in any order.
pub(super) fn assert_same(ours: &[Row], recorded: &[Row]) {
    // What items of a list may be is not said where anything goes; of what is written out elsewhere it is said there.
    let normal = |rows: &[Row]| -> BTreeSet<Row> {
        let said = rows.iter().filter(|row| !(row.path.ends_with("[]") && row.kind == "any")).cloned();
        said.map(|row| if row.shape == "ref" { Row { required: BTreeSet::new(), ..row } } else { row }).collect()
    };
    let (ours, recorded) = (normal(ours), normal(recorded));
    let missing: Vec<_> = recorded.difference(&ours).collect();
    let invented: Vec<_> = ours.difference(&recorded).collect();
    assert!(missing.is_empty() && invented.is_empty(), "missing: {missing:#?}\ninvented: {invented:#?}");
}

/// Rows by path, to build documents from.
pub(super) struct Table {
    rows: BTreeMap<String, Vec<Row>>,
}

impl Table {
    pub(super) fn new(rows: &[Row]) -> Self {
        let mut table = Self { rows: BTreeMap::new() };
        for row in rows {
            table.rows.entry(row.path.clone()).or_default().push(row.clone());
        }
        table
    }

    /// Tells whether a version has a path in any form.
    pub(super) fn has(&self, path: &str, version: Version) -> bool {
        self.rows[path].iter().any(|row| row.is_in(version))
    }

    /// Tells whether the field, or one that leads to it, has changed its form, so that a version without the path may still
    /// know its beginning.
    pub(super) fn has_changed(&self, path: &str) -> bool {
        let is_on_the_way =
            |known: &str| path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        let forms = self.rows.iter().filter(|(known, _)| is_on_the_way(known)).map(|(_, forms)| forms);
        forms
            .into_iter()
            .any(|forms| forms.iter().any(|form| (&form.kind, &form.shape) != (&forms[0].kind, &forms[0].shape)))
    }

    /// Builds a value for a path as a version has it: with its required keys, and those that lead to the target.
    pub(super) fn sample(&self, path: &str, target: &str, version: Version) -> Value {
        let forms = &self.rows[path];
        let row = forms.iter().find(|row| row.is_in(version)).unwrap_or(&forms[0]);
        match row.kind.split('|').next().unwrap() {
            "array" if self.rows.contains_key(&format!("{path}[]")) => {
                json!([self.sample(&format!("{path}[]"), target, version)])
            }
            "array" => json!(["some", 1]),
            "boolean" => json!(true),
            "integer" => json!(1),
            "object" if row.shape == "ref" => referred(path),
            "object" => {
                let next = target.strip_prefix(path).and_then(|rest| rest.strip_prefix('.'));
                let next = next.map(|rest| rest.split(['.', '[']).next().unwrap().to_owned());
                let keys: BTreeSet<_> = row.required.iter().cloned().chain(next).collect();
                let member =
                    |key: &String| (key.replace('*', "any"), self.sample(&format!("{path}.{key}"), target, version));
                Value::Object(keys.iter().map(member).collect::<Map<_, _>>())
            }
            "time" => json!("2026-01-31T09:00:00Z"),
            _ => row.rule.split('"').nth(1).filter(|_| row.rule.starts_with("enum")).unwrap_or("some").into(),
        }
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = (&String, &Vec<Row>)> {
        self.rows.iter()
    }
}

/// Builds a value for what is written out elsewhere: the Application of a template, or a generator.
fn referred(path: &str) -> Value {
    if path.ends_with("template.spec") { json!({"project": "default", "destination": {}}) } else { json!({"list": {}}) }
}
