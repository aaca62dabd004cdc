//! Every rule does what its page says, and no more; none is forgotten.
//!
//! The examples of a page are its tests. A fenced `yaml` block below *Fails* or *Passes* is one example, with all its files.
//! It is judged as manifests or, if it has a file below `environments/`, as a project, from its descriptors to what they are
//! rendered to. In front of the first file there may be
//!
//! * `# idpbuilder create --protocol http`: the cluster that it is for (the default one otherwise); with
//!   `-c argocd:cluster/argocd-cm.yaml`, there is that file, as idpack renders it;
//! * `# named by itself`: the file is all that idpack gets, and not one of a directory;
//! * `# unknown cluster`: nobody says what it is for, and the default cluster is assumed;
//! * `# idpack validate` and `--as package`: who reads it; `--kubernetes-version 1.29` and `--argocd-version 2.14`: what it is
//!   judged for; `--schemas schemas`: the directory whose files are schemas.
//!
//! Then come files, of these lines:
//!
//! * `# file: dev/apps/x.yaml` begins a file;
//! * `# link to ../a: dev/x.yaml` is a symbolic link, `# broken link: dev/x.yaml` one that leads nowhere;
//! * `# repository: dev` is a directory with a `.git`;
//! * `# error: [check-id]` (or `warning`, `info`) ends a line that a finding has to point at;
//! * `# error below: [check-id]` is no line of the file and says the same of the next line, for where no comment can stand;
//! * `# repeat 300: [` stands for a line with the text 300 times;
//! * `# bytes: ff fe` stands for these bytes, without a line break.
//!
//! There has to be one finding for each mark, and no other, whatever its severity.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use idpack::checks::GROUPS;
use idpack::diagnostic::{Diagnostic, Rule};
use idpack::idpbuilder::{self, Cluster, Protocol};
use idpack::package::Reading;
use idpack::pipeline::{self, Project, Settings, Verdict, Versions, Watch};
use idpack::policy::{self, Levels};
use idpack::schema::custom::Catalogue;
use idpack::tree::{Kind, Listing, Part, RepoPath};
use idpack::{config, descriptor, environments, model, pack, render, schema, yaml};

use crate::oracle::{Sandbox, run};

/// One repository in which everything is right, and what single faults in it lead to.
mod faults;

const HEADINGS: [&str; 5] = ["What it checks", "Why it matters", "Fails", "Passes", "How to fix"];

/// Files, what they are for, and the lines that findings have to point at.
#[derive(Default)]
struct Example {
    cluster: Cluster,
    cluster_is_assumed: bool,
    is_named: bool,
    reading: Reading,
    versions: Versions,
    /// The directory whose files are schemas.
    schemas: Option<String>,
    files: Vec<(String, Vec<u8>)>,
    /// Those among them that are no files.
    others: BTreeMap<String, Kind>,
    /// What the links among those lead to.
    links: Vec<(RepoPath, String)>,
    marks: Vec<Mark>,
}

/// File, line, and a severity with a rule.
type Mark = (String, usize, String);

/// Returns the cluster that flags of `idpbuilder create` describe.
pub(super) fn cluster(flags: &str) -> Cluster {
    let mut cluster = Cluster::default();
    let mut words = flags.split(' ');
    while let Some(flag) = words.next() {
        let mut value = || words.next().unwrap_or_else(|| panic!("`{flag}` needs a value"));
        match flag {
            "--name" => value().clone_into(&mut cluster.name),
            "--host" => value().clone_into(&mut cluster.host),
            "--port" => cluster.port = value().parse().unwrap(),
            "--protocol" => cluster.protocol = if value() == "http" { Protocol::Http } else { Protocol::Https },
            "--use-path-routing" => cluster.path_routing = true,
            _ => panic!("an example cannot say `{flag}`"),
        }
    }
    cluster
}

impl Example {
    fn parse(block: &str) -> Self {
        let mut example = Self::default();
        for line in block.lines() {
            if let Some(flags) = line.strip_prefix("# idpbuilder create ") {
                example.create(flags);
            } else if line == "# unknown cluster" {
                example.cluster_is_assumed = true;
            } else if line == "# named by itself" {
                example.is_named = true;
            } else if let Some(flags) = line.strip_prefix("# idpack validate ") {
                example.validate(flags);
            } else if let Some(path) = line.strip_prefix("# file: ") {
                example.files.push((path.to_owned(), Vec::new()));
            } else if let Some((target, path)) = line.strip_prefix("# link to ").and_then(|it| it.split_once(": ")) {
                example.links.push((RepoPath::new(path).unwrap(), target.to_owned()));
                example.other(path, Kind::Link);
            } else if let Some(path) = line.strip_prefix("# broken link: ") {
                example.other(path, Kind::Dangling);
            } else if let Some(path) = line.strip_prefix("# repository: ") {
                example.other(path, Kind::Repository);
            } else {
                example.line(line);
            }
        }
        example
    }

    fn validate(&mut self, flags: &str) {
        let words: Vec<_> = flags.split(' ').collect();
        for flag in words.chunks(2) {
            match *flag {
                ["--as", "package"] => self.reading = Reading::Package,
                ["--as", "source"] => self.reading = Reading::Source,
                ["--kubernetes-version", version] => self.versions.kubernetes = config::minor_version(version),
                ["--argocd-version", version] => self.versions.argocd = config::minor_version(version),
                ["--schemas", directory] => self.schemas = Some(format!("{directory}/")),
                _ => panic!("an example cannot say `{}`", flag.join(" ")),
            }
        }
    }

    /// Takes in what idpbuilder is told.
    fn create(&mut self, flags: &str) {
        let (flags, config) = flags.split_once("-c argocd:").map_or((flags, None), |(rest, path)| (rest, Some(path)));
        if !flags.is_empty() {
            self.cluster = cluster(flags.trim_end());
        }
        let text = || idpbuilder::argocd_cm(self.cluster.profile).into_bytes();
        self.files.extend(config.map(|path| (path.to_owned(), text())));
    }

    fn other(&mut self, path: &str, kind: Kind) {
        self.files.push((path.to_owned(), Vec::new()));
        self.others.insert(path.to_owned(), kind);
    }

    /// Adds what a line of an example stands for to its last file.
    fn line(&mut self, line: &str) {
        let (path, bytes) = self.files.last_mut().unwrap_or_else(|| panic!("no file begins before {line:?}"));
        let number = bytes.split(|byte| *byte == b'\n').count();
        for severity in ["error", "warning", "info"] {
            let behind = line.split_once(&format!("# {severity}: [")).map(|(_, id)| id);
            let above = line.trim_start().strip_prefix(&format!("# {severity} below: ["));
            if let Some(id) = behind.or(above) {
                let id = id.strip_suffix(']').unwrap_or_else(|| panic!("the mark of {line:?} does not end"));
                self.marks.push((path.clone(), number, format!("{severity}[{id}]")));
            }
            if above.is_some() {
                return;
            }
        }
        if let Some(digits) = line.strip_prefix("# bytes: ") {
            bytes.extend(digits.split(' ').map(|byte| u8::from_str_radix(byte, 16).unwrap()));
            return;
        }
        match line.strip_prefix("# repeat ").and_then(|rest| rest.split_once(": ")) {
            Some((count, text)) => bytes.extend(text.repeat(count.parse().unwrap()).bytes()),
            None => bytes.extend(line.bytes()),
        }
        bytes.push(b'\n');
    }

    /// Returns what is found, as marks would say it.
    fn findings(&self) -> Vec<Mark> {
        let as_mark = |it: Diagnostic| {
            let kind = format!("{}[{}]", it.severity.as_str(), it.rule.id);
            (it.span.source().name().to_owned(), it.span.position().line as usize, kind)
        };
        let mut marks: Vec<_> = self.judge().into_iter().map(as_mark).collect();
        marks.sort();
        marks
    }

    /// Runs the whole way from files to findings.
    fn judge(&self) -> Vec<Diagnostic> {
        let (mut catalogue, mut findings, mut judged) = (Catalogue::default(), Vec::new(), BTreeMap::new());
        for (path, bytes) in self.files.iter().filter(|(path, _)| !self.others.contains_key(path)) {
            let part = Part::new(path, bytes.clone(), 1);
            match self.schemas.as_ref().and_then(|directory| path.strip_prefix(directory)) {
                Some(path) => findings.extend(catalogue.add_file(path, &part.source)),
                None => drop(judged.insert(RepoPath::new(path).unwrap(), part)),
            }
        }
        let mut versions = self.versions.clone();
        versions.schemas = self.schemas.as_ref().map(|_| catalogue.into());
        let is_project = judged.keys().any(|path| path.as_str().starts_with("environments/"));
        let others = self.others.iter().map(|(path, kind)| (RepoPath::new(path).unwrap(), *kind));
        let listing = Listing::of_parts(judged, others).with_links(self.links.iter().cloned(), 0);
        let listing = if self.is_named { listing.named() } else { listing };
        let verdict = if is_project {
            let project = Project::of_listing(Path::new("project"), &listing).unwrap();
            pipeline::judge_project(&project, Path::new("out"), &versions, Watch::default()).unwrap()
        } else {
            let target = versions.of(Some(&self.cluster));
            let Self { cluster, cluster_is_assumed, reading, .. } = self;
            let (cluster_is_assumed, reading) = (*cluster_is_assumed, *reading);
            let settings = Settings { target: &target, cluster, cluster_is_assumed, reading };
            pipeline::judge(&listing, settings, Watch::default())
        };
        assert!(verdict.errors.is_empty(), "{:?}", verdict.errors);
        let Verdict { findings: found, suppressions, is_partial, .. } = verdict;
        findings.extend(found);
        policy::apply(findings, suppressions, !is_partial, &Levels::default(), None).findings
    }
}

/// Returns the text below a heading of a page.
fn section<'a>(rule: &'a Rule, heading: &str) -> &'a str {
    let (_, rest) = rule.page.split_once(&format!("\n## {heading}\n")).unwrap_or_default();
    rest.split("\n## ").next().unwrap_or_default()
}

/// Returns the examples below a heading of a page, each with what to call it.
fn examples(rule: &Rule, heading: &str) -> Vec<(String, Example)> {
    let blocks = section(rule, heading).split("```").skip(1).step_by(2);
    let blocks = blocks.map(|block| block.strip_prefix("yaml\n").expect("examples are yaml"));
    let name = |number| format!("{}: {heading} {number}", rule.id);
    (1..).zip(blocks).map(|(number, block)| (name(number), Example::parse(block))).collect()
}

/// Judges all examples below a heading, and says which find something else than what they mark.
fn wrong(heading: &str) -> String {
    let mut wrong = String::new();
    for (name, mut example) in pipeline::rules().iter().flat_map(|rule| examples(rule, heading)) {
        example.marks.sort();
        let found = example.findings();
        if found != example.marks {
            let told = example.judge().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            writeln!(wrong, "{name}: expected {:?}, found {found:?}\n{told}", example.marks).unwrap();
        }
    }
    wrong
}

#[test]
fn failing_examples_fire_exactly_the_marked_lines() {
    for rule in pipeline::rules() {
        let own = format!("{}[{}]", rule.severity.as_str(), rule.id);
        let examples = examples(rule, "Fails");
        assert!(!examples.is_empty(), "{} has no failing example", rule.id);
        for (name, example) in examples {
            assert!(!example.marks.is_empty(), "{name} has no mark");
            assert!(example.marks.iter().all(|(_, _, mark)| *mark == own), "{name} marks something else");
        }
    }
    assert_eq!(wrong("Fails"), "");
}

#[test]
fn passing_examples_fire_nothing() {
    for rule in pipeline::rules() {
        let examples = examples(rule, "Passes");
        assert!(!examples.is_empty(), "{} has no passing example", rule.id);
        assert!(examples.iter().all(|(_, example)| example.marks.is_empty()), "{} marks what is right", rule.id);
    }
    assert_eq!(wrong("Passes"), "");
}

#[test]
fn every_check_is_one_file_and_one_page() {
    for group in GROUPS {
        let mut files = BTreeSet::new();
        for entry in fs::read_dir(sources().join("checks").join(group.name)).unwrap() {
            files.insert(entry.unwrap().file_name().into_string().unwrap());
        }
        assert!(files.remove("mod.rs"));
        // What several checks share has no page.
        files.retain(|file| !is_shared(group.name, file));
        let stems = group.checks.iter().map(|check| check.rule.id.replace('-', "_"));
        let expected: BTreeSet<_> = stems.flat_map(|stem| [format!("{stem}.md"), format!("{stem}.rs")]).collect();
        assert_eq!(files, expected);
    }
}

/// Tells whether a file in the directory of a group has no check in it.
fn is_shared(group: &str, file: &str) -> bool {
    let path = sources().join("checks").join(group).join(file);
    path.extension().is_some_and(|it| it == "rs") && !fs::read_to_string(&path).unwrap().contains("static CHECK: Check")
}

#[test]
fn every_page_is_that_of_its_rule() {
    let mut found = pages();
    for rule in pipeline::rules() {
        let (_, page) = found.remove(rule.id).unwrap_or_else(|| panic!("no page is called after {}", rule.id));
        assert!(page == rule.page, "{} has the page of another rule", rule.id);
    }
    assert_eq!(found.keys().collect::<Vec<_>>(), Vec::<&String>::new(), "pages without a rule");
}

#[test]
fn ids_are_sorted_unique_and_in_kebab_case() {
    let ids: Vec<_> = pipeline::rules().iter().map(|rule| rule.id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    for id in ids {
        let is_word = |word: &str| word.starts_with(|c: char| c.is_ascii_lowercase());
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(id.split('-').all(is_word) && id.chars().all(is_plain), "{id}");
    }
}

#[test]
fn summaries_are_one_short_fragment() {
    for rule in pipeline::rules() {
        let Rule { id, summary, .. } = rule;
        assert!(!summary.ends_with('.') && !summary.contains('\n'), "{id}");
        assert!((20..=100).contains(&summary.len()), "{id}");
        let article = ["A ", "An ", "The ", "a ", "an ", "the "].iter().find(|article| summary.starts_with(**article));
        assert_eq!(article, None, "{id}");
    }
}

#[test]
fn pages_are_complete() {
    for rule in pipeline::rules() {
        let id = rule.id;
        let mut in_example = false;
        let mut headings = Vec::new();
        for line in rule.page.lines() {
            in_example ^= line.starts_with("```");
            headings.extend(line.strip_prefix("## ").filter(|_| !in_example));
            assert!(line.chars().count() <= 120, "{id}: {line}");
            assert!(line.trim_end() == line, "{id}: {line:?} ends with a blank");
        }
        assert_eq!(headings, HEADINGS, "{id}");
        assert!(rule.page.starts_with(&format!("# {id}\n\n## ")), "{id}");
        assert!(rule.page.ends_with('\n') && !rule.page.ends_with("\n\n"), "{id}");
        for heading in HEADINGS {
            assert!(section(rule, heading).trim().len() > 15, "{id}: nothing below {heading}");
        }
        let why = section(rule, "Why it matters");
        assert!(why.contains("\n\nSource: "), "{id} does not say where it is from");
    }
}

#[test]
fn every_page_is_printed() {
    let sandbox = Sandbox::new();
    for rule in pipeline::rules() {
        let printed = run(sandbox.idpack().args(["explain", rule.id]));
        let (heading, _) = rule.page.split_once('\n').unwrap();
        assert_eq!(printed.lines().next(), Some(heading));
        assert_eq!(printed.matches(heading).count(), rule.page.matches(heading).count(), "{heading}");
        let (_, rest) = rule.page.split_once("\n\n").unwrap();
        assert!(printed.ends_with(rest), "{printed}");
    }
}

#[test]
fn the_page_of_no_rule_is_not_printed() {
    let output = Sandbox::new().idpack().args(["explain", "ingress-clas"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("did you mean `ingress-class`?"), "{stderr}");
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Returns the pages among the sources, with their paths, by the id in the name of the file.
fn pages() -> BTreeMap<String, (String, String)> {
    let mut pages = BTreeMap::new();
    for entry in walkdir::WalkDir::new(sources()) {
        let entry = entry.unwrap();
        let path = entry.path().strip_prefix(sources()).unwrap().to_str().unwrap().to_owned();
        if let Some(stem) = entry.file_name().to_str().unwrap().strip_suffix(".md").filter(|stem| *stem != "README") {
            let text = fs::read_to_string(entry.path()).unwrap();
            let earlier = pages.insert(stem.replace('_', "-"), (path, text));
            assert_eq!(earlier, None, "two pages are called {stem}");
        }
    }
    pages
}

/// Returns the rules by the stage that finds what breaks them, in the order of the data, each with its module and a title.
fn stages() -> Vec<(&'static str, &'static str, Vec<&'static Rule>)> {
    let mut stages = vec![
        ("yaml", "YAML", yaml::RULES.to_vec()),
        ("schema", "Objects and values by themselves", schema::RULES.to_vec()),
        ("config", "Settings of a project", config::RULES.to_vec()),
        ("descriptor", "Descriptors", descriptor::RULES.to_vec()),
        ("pack", "Packs", pack::RULES.to_vec()),
        ("model", "What descriptors mean", model::RULES.to_vec()),
        ("render", "Templates and what they render", render::RULES.to_vec()),
        ("environments", "What environments have in common", environments::RULES.to_vec()),
    ];
    stages.extend(
        GROUPS.iter().map(|group| (group.name, group.title, group.checks.iter().map(|check| &check.rule).collect())),
    );
    stages.push(("policy", "Comments that suppress findings", policy::RULES.to_vec()));
    let known: BTreeSet<_> = stages.iter().flat_map(|(_, _, rules)| rules).map(|rule| rule.id).collect();
    let others = pipeline::rules().into_iter().filter(|rule| !known.contains(rule.id));
    stages.push(("pipeline", "What nobody has looked at", others.collect()));
    stages
}

#[test]
fn the_index_is_current() {
    let mut index = String::from(
        "# Checks\n\n\
         What idpack looks for, in the order in which it looks. Each check has a page, which `idpack explain` shows and the\n\
         tests execute. Findings name the check in brackets, settings and comments name it too, and `otherwise` says what\n\
         happens to whoever does not ask idpack. An id is never used for anything else again.\n\n\
         This index is generated: `SNAPSHOTS=overwrite cargo test index` writes it.\n",
    );
    let pages = pages();
    for (module, title, mut rules) in stages() {
        rules.sort_by_key(|rule| rule.id);
        write!(index, "\n## {title}\n\n| check | severity | otherwise | finds |\n| --- | --- | --- | --- |\n").unwrap();
        for rule in rules {
            let (path, _) = &pages[rule.id];
            let (path, is_check) = path.strip_prefix("checks/").map_or((path.as_str(), false), |path| (path, true));
            assert!(path.starts_with(module), "{path} lies outside the module that has the rule");
            let path = if is_check { path.to_owned() } else { format!("../{path}") };
            let (id, severity, effect) = (rule.id, rule.severity.as_str(), rule.effect.as_str());
            writeln!(index, "| [{id}]({path}) | {severity} | {effect} | {} |", rule.summary).unwrap();
        }
    }
    snapbox::assert_data_eq!(index, snapbox::file!["../../src/checks/README.md"].raw());
}
