//! Broken documents, each with the places where a fault has to be found. `tests/fixtures/broken/README.md` explains their form.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use idpack::diagnostic::Diagnostic;
use idpack::idpbuilder::Cluster;
use idpack::package::Reading;
use idpack::pipeline::{self, Settings, Versions, Watch};
use idpack::policy::{self, Levels};
use idpack::schema::custom::Catalogue;
use idpack::source::Source;
use idpack::tree::{Kind, Listing, Part, RepoPath};

use super::checks::cluster;

/// What `--fix` makes of them.
mod mended;

/// The checks of what `idpack validate PATH` does not read: descriptors, packs and settings.
const NOT_OF_MANIFESTS: [&str; 12] = [
    "config-schema",
    "descriptor-duplicate",
    "descriptor-extends",
    "descriptor-schema",
    "environment-conflict",
    "environment-policy",
    "name-invalid",
    "pack-invalid",
    "package-invalid",
    "package-values",
    "template-error",
    "template-output",
];

/// Files with a fault, who they are for, and what has to be found.
struct Case {
    /// The name of its file and its own.
    name: String,
    versions: Versions,
    cluster: Option<Cluster>,
    reading: Reading,
    /// Whether the files were named one by one.
    is_named: bool,
    /// Whether idpack does not judge it rightly yet.
    is_gap: bool,
    files: BTreeMap<RepoPath, Part>,
    /// What else there is: links and the like.
    others: Vec<(RepoPath, Kind)>,
    /// What links among those lead to.
    links: Vec<(RepoPath, String)>,
    /// The files of the user's schemas.
    schemas: Vec<(String, Arc<Source>)>,
    marks: Vec<Mark>,
}

/// Where a fault has to be found.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    path: String,
    line: u32,
    column: u32,
    check: String,
    /// The beginning of the message.
    message: String,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{} {}: {}", self.path, self.line, self.column, self.check, self.message)
    }
}

impl Mark {
    fn of(finding: &Diagnostic) -> Self {
        let position = finding.span.position();
        Self {
            path: finding.span.source().name().to_owned(),
            line: position.line,
            column: position.column,
            check: finding.rule.id.to_owned(),
            message: finding.message.clone(),
        }
    }

    fn fits(&self, found: &Self) -> bool {
        let place = |mark: &Self| (mark.path.clone(), mark.line, mark.column, mark.check.clone());
        place(self) == place(found) && found.message.starts_with(&self.message)
    }
}

/// What a case says about its text as a whole.
#[derive(Default)]
struct Writing {
    crlf: bool,
    escapes: bool,
    no_final_newline: bool,
}

impl Case {
    fn parse(name: &str, options: &[&str], lines: &[&str]) -> Self {
        let mut case = Self {
            name: name.to_owned(),
            versions: Versions::default(),
            cluster: None,
            reading: Reading::Found,
            is_named: false,
            is_gap: false,
            files: BTreeMap::new(),
            others: Vec::new(),
            links: Vec::new(),
            schemas: Vec::new(),
            marks: Vec::new(),
        };
        let mut writing = Writing::default();
        for option in options {
            case.take_option(&mut writing, option);
        }
        let mut lines = lines;
        while let [rest @ .., ""] = lines {
            lines = rest;
        }
        let starts: Vec<usize> = (0..lines.len()).filter(|index| head(lines[*index]).is_some()).collect();
        if starts.is_empty() {
            case.add("file", "case.yaml", lines, &writing);
        } else {
            assert_eq!(starts[0], 0, "{name}: something stands in front of the first file");
        }
        let ends = starts.iter().copied().skip(1).chain([lines.len()]);
        for (start, end) in starts.iter().copied().zip(ends) {
            let (what, path) = head(lines[start]).unwrap();
            case.add(what, path, &lines[start + 1..end], &writing);
        }
        case
    }

    fn take_option(&mut self, writing: &mut Writing, option: &str) {
        let version = |text: &str| {
            let (major, minor) = text.split_once('.').unwrap_or_else(|| panic!("{}: {text} is no version", self.name));
            (major.parse().unwrap(), minor.parse().unwrap())
        };
        match option.split_once(' ').unwrap_or((option, "")) {
            ("kubernetes", text) => self.versions.kubernetes = Some(version(text)),
            ("argocd", text) => self.versions.argocd = Some(version(text)),
            ("idpbuilder", flags) => self.cluster = Some(cluster(flags)),
            ("as", "package") => self.reading = Reading::Package,
            ("as", "source") => self.reading = Reading::Source,
            ("alone", "") => self.is_named = true,
            ("crlf", "") => writing.crlf = true,
            ("escapes", "") => writing.escapes = true,
            ("no", "final newline") => writing.no_final_newline = true,
            ("gap", "") => self.is_gap = true,
            _ => panic!("{}: there is no option `{option}`", self.name),
        }
    }

    /// Takes in a file, whose marks belong to the line above them.
    fn add(&mut self, what: &str, path: &str, lines: &[&str], writing: &Writing) {
        let mut text: Vec<&str> = Vec::new();
        for line in lines {
            let Some((column, check, message)) = mark(line) else {
                text.push(line);
                continue;
            };
            // A link has no lines; what is found about it stands at its beginning.
            let above = text.last().copied().unwrap_or_default();
            let before: String = above.chars().take(column - 1).collect();
            let before = String::from_utf8_lossy(&written(&before, writing)).chars().count();
            self.marks.push(Mark {
                path: path.to_owned(),
                line: u32::try_from(text.len().max(1)).unwrap(),
                column: u32::try_from(before + 1).unwrap(),
                check: check.to_owned(),
                message: message.to_owned(),
            });
        }
        let line_break = if writing.crlf { "\r\n" } else { "\n" };
        let mut whole = text.join(line_break);
        if !writing.no_final_newline && !text.is_empty() {
            whole.push_str(line_break);
        }
        let bytes = written(&whole, writing);
        match what {
            "file" => drop(self.files.insert(RepoPath::new(path).unwrap(), Part::new(path, bytes, 1))),
            what if what.starts_with("link to ") => {
                self.others.push((RepoPath::new(path).unwrap(), Kind::Link));
                self.links.push((RepoPath::new(path).unwrap(), what["link to ".len()..].to_owned()));
            }
            "link" => self.others.push((RepoPath::new(path).unwrap(), Kind::Link)),
            "broken link" => self.others.push((RepoPath::new(path).unwrap(), Kind::Dangling)),
            "fifo" => self.others.push((RepoPath::new(path).unwrap(), Kind::Special)),
            "repository" => self.others.push((RepoPath::new(path).unwrap(), Kind::Repository)),
            "schema" => self.schemas.push((path.to_owned(), Source::new(path, String::from_utf8(bytes).unwrap()))),
            _ => panic!("{}: nothing is called `{what}`", self.name),
        }
    }

    /// Goes the whole way from files to findings, as `idpack validate PATH` does.
    fn findings(&self) -> Vec<Diagnostic> {
        self.findings_in(&self.files)
    }

    fn findings_in(&self, files: &BTreeMap<RepoPath, Part>) -> Vec<Diagnostic> {
        let mut catalogue = Catalogue::default();
        let mut findings: Vec<_> =
            self.schemas.iter().flat_map(|(path, source)| catalogue.add_file(path, source)).collect();
        let mut versions = self.versions.clone();
        versions.schemas = (!self.schemas.is_empty()).then(|| Arc::new(catalogue));
        let target = versions.of(None);
        let cluster = self.cluster.clone().unwrap_or_default();
        let cluster_is_assumed = self.cluster.is_none();
        let settings = Settings { target: &target, cluster: &cluster, cluster_is_assumed, reading: self.reading };
        let listing =
            Listing::of_parts(files.clone(), self.others.iter().cloned()).with_links(self.links.iter().cloned(), 0);
        let listing = if self.is_named { listing.named() } else { listing };
        let verdict = pipeline::judge(&listing, settings, Watch::default());
        assert!(verdict.errors.is_empty(), "{}: {:?}", self.name, verdict.errors);
        findings.extend(verdict.findings);
        policy::apply(findings, verdict.suppressions, !verdict.is_partial, &Levels::default(), None).findings
    }

    /// Returns the marks that nothing was found for, and the findings that no mark is for.
    fn difference(&self) -> (Vec<&Mark>, Vec<Mark>) {
        let mut found: Vec<Mark> = self.findings().iter().map(Mark::of).collect();
        let mut missing = Vec::new();
        for mark in &self.marks {
            match found.iter().position(|found| mark.fits(found)) {
                Some(index) => drop(found.remove(index)),
                None => missing.push(mark),
            }
        }
        (missing, found)
    }
}

/// Reads a line that begins a file of a case.
fn head(line: &str) -> Option<(&str, &str)> {
    let (what, path) = line.strip_prefix("--- ")?.split_once(": ")?;
    let is_known = ["file", "link", "broken link", "fifo", "repository", "schema"].contains(&what);
    (is_known || what.starts_with("link to ")).then_some((what, path))
}

/// Reads a mark: its column, the check and the beginning of the message.
fn mark(line: &str) -> Option<(usize, &str, &str)> {
    // Without a `#` only the first column can be meant.
    let at = if line.starts_with('^') { 0 } else { line.find('^')? };
    if at > 0 && (!line.starts_with('#') || line[1..at].bytes().any(|byte| byte != b' ')) {
        return None;
    }
    let text = line[at + 1..].strip_prefix(' ').unwrap_or_else(|| panic!("no blank and check follow in {line:?}"));
    let (check, message) = text.split_once(": ").unwrap_or((text, ""));
    Some((at + 1, check, message))
}

/// Returns the bytes that a text of a case stands for.
fn written(text: &str, writing: &Writing) -> Vec<u8> {
    if !writing.escapes {
        return text.as_bytes().to_vec();
    }
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend(&rest.as_bytes()[..at]);
        let number = |length: usize| u32::from_str_radix(&rest[at + 2..at + 2 + length], 16).unwrap();
        let (length, what) = match rest.as_bytes().get(at + 1) {
            Some(b'\\') => (0, vec![b'\\']),
            Some(b'r') => (0, vec![b'\r']),
            Some(b't') => (0, vec![b'\t']),
            Some(b'x') => (2, vec![u8::try_from(number(2)).unwrap()]),
            Some(b'u') => (4, char::from_u32(number(4)).unwrap().to_string().into_bytes()),
            other => panic!("there is no escape for {other:?} in {text:?}"),
        };
        bytes.extend(what);
        rest = &rest[at + 2 + length..];
    }
    bytes.extend(rest.as_bytes());
    bytes
}

/// Reads all cases.
fn cases() -> Vec<Case> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/broken");
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let file = path.file_name().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.split('\n').collect();
        let starts: Vec<usize> = (0..lines.len()).filter(|index| lines[*index].starts_with("=== ")).collect();
        let ends = starts.iter().copied().skip(1).chain([lines.len()]);
        for (start, end) in starts.iter().copied().zip(ends) {
            let mut head = lines[start][4..].split(" | ");
            let name = format!("{file}:{}: {}", start + 1, head.next().unwrap());
            cases.push(Case::parse(&name, &head.collect::<Vec<_>>(), &lines[start + 1..end]));
        }
    }
    cases
}

#[test]
fn every_fault_is_found_where_it_is_marked_and_nothing_else() {
    let mut report = String::new();
    for case in cases() {
        let (missing, unexpected) = case.difference();
        match (case.is_gap, missing.is_empty() && unexpected.is_empty()) {
            (false, true) | (true, false) => continue,
            (true, true) => writeln!(report, "{}\n  is judged rightly now: remove `| gap`", case.name).unwrap(),
            (false, false) => writeln!(report, "{}", case.name).unwrap(),
        }
        for mark in missing {
            writeln!(report, "  not found:  {mark}").unwrap();
        }
        for mark in unexpected {
            writeln!(report, "  not marked: {mark}").unwrap();
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn marks_say_line_column_check_and_message() {
    let case = |text: &str| Case::parse("", &["escapes"], &text.split('\n').collect::<Vec<_>>());
    let found = |text: &str| case(text).findings().iter().map(|it| Mark::of(it).to_string()).collect::<Vec<_>>();
    assert_eq!(
        case("a\n#^ x\n^ y: z: z\nb\\tc\n#  ^ x").marks.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["case.yaml:1:2 x: ", "case.yaml:1:1 y: z: z", "case.yaml:2:3 x: ",]
    );
    assert_eq!(found("a: 1\na: 2"), ["case.yaml:2:1 yaml-duplicate-key: the key `a` is given twice"]);
    for (text, missing, unexpected) in [
        ("a: 1\na: 2\n^ yaml-duplicate-key: the key", 0, 0),
        ("a: 1\na: 2", 0, 1),
        ("a: 1\n^ yaml-duplicate-key\na: 2", 1, 1),
        ("a: 1\na: 2\n#^ yaml-duplicate-key", 1, 1),
        ("a: 1\na: 2\n^ yaml-value", 1, 1),
        ("a: 1\na: 2\n^ yaml-duplicate-key: a key", 1, 1),
        ("a: 1\na: 2\n^ yaml-duplicate-key\n^ yaml-duplicate-key", 1, 0),
    ] {
        let case = case(text);
        let difference = case.difference();
        assert_eq!((difference.0.len(), difference.1.len()), (missing, unexpected), "{text:?}");
    }
}

#[test]
fn every_case_has_a_name_of_its_own_and_marks_of_checks_that_exist() {
    let rules: BTreeSet<&str> = pipeline::rules().iter().map(|rule| rule.id).collect();
    let mut seen = BTreeSet::new();
    for case in cases() {
        let (file, name) = (case.name.split(':').next().unwrap(), case.name.splitn(3, ':').nth(2).unwrap());
        assert!(seen.insert(format!("{file} {name}")), "two cases are called {}", case.name);
        assert!(!case.marks.is_empty(), "{} has no mark", case.name);
        for mark in &case.marks {
            assert!(rules.contains(mark.check.as_str()), "{}: there is no check `{}`", case.name, mark.check);
        }
    }
}

#[test]
fn there_are_many_cases_and_some_for_every_check() {
    let cases = cases();
    let judged = cases.iter().filter(|case| !case.is_gap);
    assert!(judged.clone().count() >= 300, "{} cases", judged.count());
    let marked: BTreeSet<&str> = judged.flat_map(|case| &case.marks).map(|mark| mark.check.as_str()).collect();
    let rules: BTreeSet<&str> = pipeline::rules().iter().map(|rule| rule.id).collect();
    let without: BTreeSet<&str> = rules.difference(&marked).copied().collect();
    assert_eq!(without, BTreeSet::from(NOT_OF_MANIFESTS));
}
