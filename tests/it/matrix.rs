//! Single faults in what idpack builds, each found as what it is, where it is, and as nothing else.
//!
//! The faults are taken from what the programs do that read the output, not from the checks. `tests/fixtures/matrix/README.md`
//! explains how they are written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use idpack::checks::GROUPS;
use idpack::diagnostic::{Diagnostic, Severity};
use idpack::idpbuilder::Cluster;
use idpack::package::Reading;
use idpack::pipeline::{self, Project, Settings, Versions, Watch};
use idpack::policy::{self, Levels};
use idpack::tree::{Listing, Part, RepoPath};
use rayon::prelude::*;

use crate::checks::cluster;
use crate::oracle::{Sandbox, run};
use format::{AREAS, Case, Entry, Files, Mark, Reader, Setting};

/// How cases are written.
mod format;
/// What `--fix` makes of a fault in one line.
mod mended;
/// What others wrote stays as silent as it should.
mod silence;

/// Checks that no single fault in the output of idpack can break, with the reason.
const NOT_HERE: [(&str, &str); 1] =
    [("ingress-without-namespace", "it is about files that are named by themselves, not about directories")];

/// The files of the shipped project that decide about its output.
const PROJECT: [&str; 2] = ["environments", "templates"];

/// What one delivery of the project looks like, with the additions of a base.
struct Output {
    files: Files,
    cluster: Cluster,
}

/// Names an output: its delivery and its base.
type Key = (Option<String>, Option<String>);

/// Returns the shipped project's own files.
fn project() -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Files::new();
    for entry in PROJECT.iter().flat_map(|directory| walkdir::WalkDir::new(root.join(directory))) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            files.insert(path, Entry::file(&fs::read_to_string(entry.path()).unwrap()));
        }
    }
    files
}

/// Renders the shipped project in a delivery; the additions of the base go to its descriptors, or to the output.
fn render(delivery: Option<&str>, base: Option<&Case>) -> Output {
    let mut files = project();
    if let Some(delivery) = delivery {
        let settings = files.get_mut("environments/_base.yaml").unwrap();
        let text = settings.text().unwrap();
        assert!(!text.contains("delivery:"), "the shipped project has the default delivery");
        *settings = Entry::file(&text.replacen("spec:\n", &format!("spec:\n  delivery: {delivery}\n"), 1));
    }
    let is_descriptor = |path: &str| path.starts_with("environments/");
    if let Some(base) = base {
        base.apply_where(&is_descriptor, &mut files).unwrap_or_else(|reason| panic!("{}: {reason}", base.place));
    }
    let parts = files.iter().map(|(path, entry)| {
        (RepoPath::new(path.as_str()).unwrap(), Part::new(path, entry.text().unwrap().into_bytes(), 1))
    });
    let listing = Listing::of_parts(parts.collect(), []);
    let project = Project::of_listing(Path::new("project"), &listing).unwrap();
    let (resolved, mut findings) = project.resolve();
    let (rendered, found) = resolved.render(|_| true, Path::new("out"), &|| ()).unwrap();
    findings.extend(found);
    assert_eq!(findings.iter().map(ToString::to_string).collect::<Vec<_>>(), [""; 0]);
    let mut files = Files::new();
    for environment in &rendered {
        for (path, source) in &environment.tree {
            files.insert(format!("{}/{path}", environment.name()), Entry::file(source.text()));
        }
    }
    if let Some(base) = base {
        base.apply_where(&|path| !is_descriptor(path), &mut files)
            .unwrap_or_else(|reason| panic!("{}: {reason}", base.place));
    }
    Output { files, cluster: rendered[0].environment.cluster.value.clone() }
}

/// The cases, and what they start from.
struct Matrix {
    cases: Vec<Case>,
    bases: BTreeMap<String, Case>,
    outputs: BTreeMap<Key, Output>,
}

impl Matrix {
    fn read() -> Self {
        let (bases, cases): (Vec<Case>, Vec<Case>) = format::read().into_iter().partition(|case| case.setting.is_base);
        let count = bases.len();
        let bases: BTreeMap<String, Case> = bases.into_iter().map(|base| (base.name.clone(), base)).collect();
        assert_eq!(bases.len(), count, "two bases have one name");
        let mut keys: BTreeSet<Key> = cases.iter().map(|case| key(case, &bases)).collect();
        keys.insert((None, None));
        let outputs = keys.into_par_iter().map(|key| {
            let base = key.1.as_ref().map(|name| &bases[name]);
            let output = render(key.0.as_deref(), base);
            (key, output)
        });
        let outputs = outputs.collect();
        Self { cases, bases, outputs }
    }

    /// Makes the fault of a case, and says what is wrong with what is found then; nothing, if it is as it should be. What a
    /// check should find that does not exist is left out.
    fn run(&self, case: &Case, known: &BTreeSet<&str>) -> Option<String> {
        let output = &self.outputs[&key(case, &self.bases)];
        let mut report = String::new();
        let mut files = output.files.clone();
        let expected = match case.apply(&mut files) {
            Ok(expected) => expected,
            Err(reason) => return Some(format!("  the edit fits nowhere: {reason}\n")),
        };
        let found = match judge(&files, output, case) {
            Ok(found) => found,
            Err(reason) => return Some(format!("  not judged: {reason}\n")),
        };
        let wanted = |finding: &&Diagnostic| {
            case.expected().any(|check| check == finding.rule.id) || case.near_miss.as_deref() == Some(finding.rule.id)
        };
        let mut others: Vec<Mark> = found.iter().filter(wanted).map(mark).collect();
        for mark in expected.into_iter().filter(|mark| known.contains(mark.check.as_str())) {
            match others.iter().position(|other| *other == mark) {
                Some(at) => drop(others.remove(at)),
                None => writeln!(report, "  not found:    {mark}").unwrap(),
            }
        }
        let errors = found.iter().filter(|finding| finding.severity == Severity::Error && !wanted(finding));
        for mark in others.into_iter().chain(errors.map(mark)) {
            writeln!(report, "  not expected: {mark}").unwrap();
        }
        if report.is_empty() {
            return None;
        }
        for finding in &found {
            let (severity, message) = (finding.severity.as_str(), &finding.message);
            writeln!(report, "  found:        {} {severity}: {message}", mark(finding)).unwrap();
        }
        Some(report)
    }
}

/// Says what a case starts from. A base has its own delivery.
fn key(case: &Case, bases: &BTreeMap<String, Case>) -> Key {
    let Setting { delivery, base, .. } = &case.setting;
    let Some(name) = base else { return (delivery.clone(), None) };
    let found = bases.get(name).unwrap_or_else(|| panic!("{}: there is no base `{name}`", case.place));
    assert!(delivery.is_none(), "{}: the base says how it is delivered", case.place);
    (found.setting.delivery.clone(), base.clone())
}

fn mark(finding: &Diagnostic) -> Mark {
    Mark {
        path: finding.span.source().name().to_owned(),
        line: finding.span.position().line,
        check: finding.rule.id.to_owned(),
    }
}

/// Judges an output on disk as `idpack validate` does.
fn judge(files: &Files, output: &Output, case: &Case) -> Result<Vec<Diagnostic>, String> {
    let sandbox = Sandbox::new();
    for (path, entry) in files {
        let at = sandbox.path(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        match entry {
            Entry::File(_) => fs::write(at, entry.text().unwrap()).unwrap(),
            Entry::Link(target) => symlink(target, at).unwrap(),
            Entry::Fifo => drop(run(sandbox.command("mkfifo").arg(path))),
        }
    }
    let Setting { reader, cluster: flags, argocd, .. } = &case.setting;
    let environments: BTreeSet<&str> = case.paths().filter_map(|path| path.split('/').next()).collect();
    let environment = match (reader, environments.first()) {
        (Reader::Together, _) => "",
        (_, None) => "dev",
        (_, Some(environment)) => environment,
    };
    if *reader != Reader::Together && environments.len() > 1 {
        return Err(format!("it edits {environments:?} and judges `{environment}` alone"));
    }
    let reading = if *reader == Reader::Package { Reading::Package } else { Reading::Found };
    // Who reads a package does not ask Git what to leave out.
    let gitignore = reading == Reading::Found;
    let listing = Listing::of_directory(&sandbox.path(environment), Path::new(environment), gitignore);
    let listing = listing.map_err(|errors| format!("{errors:?}"))?;
    let cluster = flags.as_ref().map_or_else(|| output.cluster.clone(), |flags| cluster(flags));
    let target = Versions { argocd: *argocd, ..Versions::default() }.of(Some(&cluster));
    let cluster_is_assumed = *reader == Reader::Found;
    let settings = Settings { target: &target, cluster: &cluster, cluster_is_assumed, reading };
    let verdict = pipeline::judge(&listing, settings, Watch::default());
    if !verdict.errors.is_empty() {
        return Err(format!("{:?}", verdict.errors));
    }
    Ok(policy::apply(verdict.findings, verdict.suppressions, true, &Levels::default(), None).findings)
}

#[test]
fn every_fault_is_found_as_what_it_is_where_it_is_and_as_nothing_else() {
    let matrix = Matrix::read();
    let known: BTreeSet<&str> = pipeline::rules().iter().map(|rule| rule.id).collect();
    let reports: Vec<(&Case, String)> =
        matrix.cases.par_iter().filter_map(|case| Some((case, matrix.run(case, &known)?))).collect();
    let mut told = String::new();
    for (case, report) in &reports {
        write!(told, "{}: {} ({})\n{report}", case.place, case.name, case.reference).unwrap();
    }
    let mut unknown: BTreeMap<&str, usize> = BTreeMap::new();
    for check in matrix.cases.iter().flat_map(|case| case.expected().chain(case.near_miss.as_deref())) {
        *unknown.entry(check).or_default() += usize::from(!known.contains(check));
    }
    unknown.retain(|_, count| *count > 0);
    if !unknown.is_empty() {
        writeln!(told, "no such check, and how often it is named: {unknown:?}").unwrap();
    }
    for area in AREAS {
        let cases: Vec<&Case> = matrix.cases.iter().filter(|case| case.area == area).collect();
        let misses = cases.iter().filter(|case| case.near_miss.is_some()).count();
        let wrong = reports.iter().filter(|(case, _)| case.area == area).count();
        let faults = cases.len() - misses;
        println!("{area}: {faults} faults, {misses} near misses; {wrong} wrong");
        writeln!(told, "{area}: {faults} faults, {misses} near misses; {wrong} wrong").unwrap();
    }
    assert!(reports.is_empty() && unknown.is_empty(), "\n{told}");
}

#[test]
fn nothing_is_wrong_with_what_the_faults_are_made_in() {
    let mut matrix = Matrix::read();
    let mut told = String::new();
    let cases = std::mem::take(&mut matrix.cases);
    for (key, output) in &matrix.outputs {
        // As it is judged by the cases that start from it.
        let own = cases.iter().filter(|case| self::key(case, &matrix.bases) == *key && case.setting.cluster.is_none());
        let readers: BTreeSet<bool> = own.map(|case| case.setting.reader == Reader::Package).collect();
        for is_package in readers {
            for environment in ["dev", "staging"] {
                let reader = if is_package { Reader::Package } else { Reader::Found };
                let case = unedited(environment, reader);
                let found = judge(&output.files, output, &case).unwrap();
                // The Applications of this delivery carry waves that say what is meant and have no effect.
                let meant =
                    |it: &Diagnostic| it.rule.id == "wave-without-parent" && key.0.as_deref() == Some("applications");
                for finding in found.iter().filter(|it| it.severity != Severity::Info && !meant(it)) {
                    writeln!(told, "{key:?}: {finding}").unwrap();
                }
            }
        }
    }
    assert!(told.is_empty(), "{told}");
}

/// A case that edits nothing of an environment.
fn unedited(environment: &str, reader: Reader) -> Case {
    let text = format!("=== nothing | base\n@ {environment}\n");
    let mut case = format::parse(AREAS[0], "nothing", &text).remove(0);
    case.setting.reader = reader;
    case
}

#[test]
fn there_are_many_cases_in_each_area_and_some_for_every_check() {
    let cases: Vec<Case> = format::read().into_iter().filter(|case| !case.setting.is_base).collect();
    let faults = cases.iter().filter(|case| case.near_miss.is_none());
    assert!(faults.clone().count() >= 100, "{} faults", faults.clone().count());
    assert!(cases.iter().filter(|case| case.near_miss.is_some()).count() >= 25);
    for area in AREAS {
        assert!(faults.clone().filter(|case| case.area == area).count() >= 10, "{area}");
    }
    let covered: BTreeSet<&str> = faults.flat_map(Case::expected).collect();
    let excepted: BTreeSet<&str> = NOT_HERE.iter().map(|(id, _)| *id).collect();
    assert!(covered.is_disjoint(&excepted));
    let checks = GROUPS.iter().flat_map(|group| group.checks).map(|check| check.rule.id);
    let without: Vec<&str> = checks.filter(|id| !covered.contains(id) && !excepted.contains(id)).collect();
    assert_eq!(without, [""; 0]);
}

#[test]
fn cases_are_written_as_the_readme_says() {
    let mut names = BTreeSet::new();
    for case in format::read() {
        let Case { place, name, reference, near_miss, setting, .. } = &case;
        assert!(names.insert(name.clone()), "{place}: another case has this name");
        if setting.is_base {
            assert_eq!(case.expected().count(), 0, "{place}: nothing is wrong with a base");
            continue;
        }
        let (what, row) = reference.split_once(' ').unwrap_or(("", reference));
        let is_row = match what {
            "" => ["AC", "VC"].iter().any(|prefix| row.starts_with(prefix)) && row.len() == 5,
            "idpbuilder" | "argocd" | "vcluster" | "kubernetes" => row.starts_with(|c: char| c.is_ascii_digit()),
            _ => false,
        };
        assert!(is_row, "{place}: `{reference}` is no row of a reference");
        let is_marked = case.expected().next().is_some();
        assert!(is_marked != near_miss.is_some(), "{place}: a fault is marked, a near miss is not");
        assert!(
            case.paths().all(|path| !path.starts_with("environments/")),
            "{place}: the output is edited, not the input"
        );
    }
}

#[test]
fn edits_fit_one_place() {
    let apply = |text: &str| {
        let files = "=== x | VC001\n@ dev/a\n a\n";
        let case = format::parse(AREAS[0], "x", &format!("{files}{text}")).remove(0);
        let mut files = Files::from([("dev/a".to_owned(), Entry::file("a\n b\nc\n b\n"))]);
        let marks = case.apply(&mut files)?;
        let texts = files.iter().map(|(path, entry)| format!("{path}={}", entry.text().unwrap_or_default()));
        let marks = marks.iter().map(ToString::to_string);
        Ok::<_, String>(texts.chain(marks).collect::<Vec<_>>().join(";").replace('\n', "/"))
    };
    for (edit, expected) in [
        ("- b\n+ B\n^ x", Ok("dev/a=a/ B/c/ b/;dev/a:2 [x]")),
        (" \n", Err("dev/a: no such lines: [\"a\", \"\"]")),
        ("@ dev/a\n   b\n", Err("dev/a: no such lines: [\"  b\"]")),
        ("@ dev/a\n-  b\n", Err("dev/a: no such lines: [\"  b\"]")),
        ("@ dev/a\n- b\n", Err("dev/a: not the only such lines: [\" b\"]")),
        ("@ dev/a\n c\n- b\n", Ok("dev/a=a/ b/c/;")),
        ("@ dev/a\n+d\n^ y\n^ z\n", Ok("dev/a=a/ b/c/ b/d/;dev/a:5 [y];dev/a:5 [z]")),
        ("@ dev/a\n+0\n a\n c\n", Err("dev/a: no such lines: [\"a\", \"c\"]")),
        // A line moves with what is put in front of it later.
        ("@ dev/a\n c\n^ x\n@ dev/a\n+0\n a\n", Ok("dev/a=0/a/ b/c/ b/;dev/a:4 [x]")),
        ("@ dev/b | new\n+1\n@ dev/a | removed\n", Ok("dev/b=1/;")),
        ("@ dev/a | renamed to dev/b\n^ x\n", Ok("dev/b=a/ b/c/ b/;dev/b:1 [x]")),
        ("@ dev/b | link to a\n^ x\n", Ok("dev/a=a/ b/c/ b/;dev/b=;dev/b:1 [x]")),
        ("@ dev\n^ x\n", Ok("dev/a=a/ b/c/ b/;dev:1 [x]")),
        ("@ dev/b\n+1\n", Err("there is no dev/b")),
        ("@ dev/a | new\n+1\n", Err("dev/a is there already")),
    ] {
        let found = apply(edit);
        let expected = expected.map(|text| text.trim_end_matches(';'));
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{edit:?}");
    }
}
