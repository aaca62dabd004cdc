use std::path::Path;
use std::process::Command;

use idpack::diagnostic::{Diagnostic, Effect, Rule, Severity};
use idpack::pipeline;
use idpack::report::{Coverage, Format, Report, github, write};
use idpack::source::{Source, Span};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::oracle::{Sandbox, run, tool};

mod readers;

use readers::Seen;

static HOST_WRONG: Rule = Rule {
    id: "host-wrong",
    summary: "host that is wrong",
    severity: Severity::Error,
    effect: Effect::Unreachable,
    page: "# host-wrong\n\n## What it checks\n\nThe host\nis right.\n\n## Why it matters\n\nNobody answers.\n\n\
           ## Fails\n\n```yaml\nhost: x\n```\n\n## How to fix\n\nWrite `a.b`.\n\n### Or\n\nDo not.\n",
};

static KIND_NEW: Rule = Rule {
    id: "kind-new",
    summary: "kind that nobody knows",
    severity: Severity::Info,
    effect: Effect::Style,
    page: "A page without headings.",
};

static WAVE_ODD: Rule = Rule {
    id: "wave-odd",
    summary: "wave that is odd",
    severity: Severity::Warning,
    effect: Effect::SilentlyIgnored,
    page: "## What it checks\n\nWaves are even.\n",
};

const RULES: [&Rule; 3] = [&HOST_WRONG, &KIND_NEW, &WAVE_ODD];

const COVERAGE: Coverage = Coverage { files: 5, documents: 7, suppressed: 1, known: 2 };

fn text(format: Format, findings: &[Diagnostic]) -> String {
    text_of(format, &Report { findings, coverage: COVERAGE }, &RULES)
}

fn text_of(format: Format, report: &Report<'_>, rules: &[&'static Rule]) -> String {
    let mut out = Vec::new();
    write(format, report, rules, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn sarif(findings: &[Diagnostic]) -> Value {
    serde_json::from_str(&text(Format::Sarif, findings)).unwrap()
}

/// Returns findings that every format has to be careful with.
fn nasty() -> Vec<Diagnostic> {
    let finding = |rule, name: &str, text: &str, start, end, message: &str| {
        Diagnostic::new(rule, &Span::new(&Source::new(name, text), start, end), message)
    };
    let source = Source::new("a b#c/é%.yaml", "kö: <x>\n🚀: \"1\"");
    let message = "`<a href=\"x\">` & 50% | ]]>\n\ttab, colon: \u{1B}[31m 🚀\\";
    vec![
        finding(&WAVE_ODD, "-", "a\n", 0, 1, "stdin"),
        finding(&WAVE_ODD, "../out/dev.yaml", "a: 1\nb: 2\n", 0, 10, "two\r\nlines"),
        finding(&KIND_NEW, "/abs/x y.yaml", "", 0, 0, "`x` is *new*"),
        finding(&HOST_WRONG, "HEAD~1:dev.yaml", "x: y\n", 3, 4, "a, b"),
        Diagnostic::new(&HOST_WRONG, &Span::new(&source, 15, 18), message)
            .related(&Span::new(&source, 5, 8), "a | b")
            .help("say 'no', or `--x=1%`"),
    ]
}

/// Compares with a file that was written by hand.
#[track_caller]
fn assert_written(actual: &str, expected: &str) {
    let expected = expected.replace("[ESC]", "\u{1B}").replace("[TAB]", "\t");
    assert_eq!(actual, expected.replace("[VERSION]", env!("CARGO_PKG_VERSION")));
}

#[test]
fn nasty_findings_as_json() {
    assert_written(&text(Format::Json, &nasty()), include_str!("report/nasty.json"));
}

#[test]
fn nasty_findings_as_sarif() {
    assert_written(&text(Format::Sarif, &nasty()), include_str!("report/nasty.sarif"));
}

#[test]
fn nasty_findings_as_junit() {
    assert_written(&text(Format::Junit, &nasty()), include_str!("report/nasty.xml"));
}

#[test]
fn nasty_findings_as_workflow_commands() {
    assert_written(&text(Format::Github, &nasty()), include_str!("report/nasty.github"));
}

#[test]
fn nasty_findings_as_summary() {
    let findings = nasty();
    let summary = github::summary(&Report { findings: &findings, coverage: COVERAGE });
    assert_written(&summary, include_str!("report/nasty.md"));
}

#[test]
fn nothing_found_is_said_and_not_silence() {
    let report = Report { findings: &[], coverage: Coverage { files: 1, documents: 3, ..Coverage::default() } };
    let clean = |format| text_of(format, &report, &RULES);
    let json: Value = serde_json::from_str(&clean(Format::Json)).unwrap();
    let summary = json!({
        "errors": 0, "warnings": 0, "infos": 0, "files": 1, "documents": 3, "suppressed": 0, "known": 0
    });
    assert_eq!(json, json!({"version": 1, "findings": [], "summary": summary}));
    let sarif: Value = serde_json::from_str(&clean(Format::Sarif)).unwrap();
    assert_eq!(sarif["runs"][0]["results"], json!([]));
    assert_eq!(sarif["runs"][0]["properties"]["documents"], 3);
    assert_eq!(
        clean(Format::Junit),
        r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="idpack" tests="1" failures="0" errors="0">
  <testsuite name="idpack" tests="1" failures="0" errors="0" skipped="0">
    <testcase classname="idpack" name="no findings in 1 file, 3 documents"/>
  </testsuite>
</testsuites>
"#
    );
    assert_eq!(clean(Format::Github), "no findings in 1 file, 3 documents\n");
    assert_eq!(github::summary(&report), "### idpack: no findings\n\n1 file, 3 documents\n");
}

#[test]
fn formats_have_different_names() {
    let names = Format::ALL.map(Format::as_str);
    assert_eq!(names, ["human", "json", "sarif", "junit", "github"]);
}

#[test]
fn a_writer_that_refuses_is_heard() {
    /// A disk without space.
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let findings = nasty();
    let report = Report { findings: &findings, coverage: COVERAGE };
    for format in Format::ALL {
        let error = write(format, &report, &RULES, &mut Full).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull, "{format:?}");
    }
}

#[test]
fn a_rule_that_nobody_named_is_listed_behind_the_others() {
    let findings = nasty();
    let text = text_of(Format::Sarif, &Report { findings: &findings, coverage: COVERAGE }, &[&KIND_NEW]);
    let sarif: Value = serde_json::from_str(&text).unwrap();
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: Vec<_> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["kind-new", "wave-odd", "host-wrong"]);
    for result in sarif["runs"][0]["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], ids[index]);
    }
}

/// GitHub's limits: docs.github.com, "SARIF support for code scanning", `reportingDescriptor` object.
#[test]
fn every_rule_has_what_github_wants_of_it() {
    let report = Report { findings: &[], coverage: COVERAGE };
    let rules = pipeline::rules();
    let sarif: Value = serde_json::from_str(&text_of(Format::Sarif, &report, &rules)).unwrap();
    let described = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(described.len(), rules.len());
    for (rule, described) in rules.iter().zip(described) {
        assert_eq!(described["id"], rule.id);
        for key in ["shortDescription", "fullDescription"] {
            let length = described[key]["text"].as_str().unwrap().chars().count();
            assert!((1..=1024).contains(&length), "{}: {key} has {length} characters", rule.id);
        }
        assert_ne!(described["fullDescription"], described["shortDescription"], "{}: no section found", rule.id);
        let help = described["help"]["text"].as_str().unwrap();
        assert!(!help.contains("# file:"), "{}: the help text holds an example", rule.id);
        assert_eq!(described["help"]["markdown"].as_str().unwrap(), rule.page.trim());
    }
}

#[test]
fn a_long_description_ends_in_time() {
    static LONG: std::sync::LazyLock<Rule> = std::sync::LazyLock::new(|| Rule {
        id: "long",
        page: String::leak(format!("## What it checks\n\n{}\n", "é".repeat(1025))),
        ..Rule { id: "", summary: "a long page", severity: Severity::Error, effect: Effect::Style, page: "" }
    });
    let report = Report { findings: &[], coverage: COVERAGE };
    let sarif: Value = serde_json::from_str(&text_of(Format::Sarif, &report, &[&LONG])).unwrap();
    let full = &sarif["runs"][0]["tool"]["driver"]["rules"][0]["fullDescription"]["text"];
    assert_eq!(*full, format!("{}…", "é".repeat(1023)));
}

fn uri(name: &str) -> (String, Option<String>) {
    let finding = Diagnostic::new(&WAVE_ODD, &Span::whole(&Source::new(name, "")), "x");
    let sarif = sarif(&[finding]);
    let location = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    (location["uri"].as_str().unwrap().to_owned(), location["uriBaseId"].as_str().map(str::to_owned))
}

#[test]
fn paths_become_uris() {
    let root = Some("%SRCROOT%".to_owned());
    assert_eq!(uri("environments/dev.yaml"), ("environments/dev.yaml".to_owned(), root.clone()));
    assert_eq!(uri("./a//./b.yaml"), ("a/b.yaml".to_owned(), root.clone()));
    assert_eq!(uri("a?b&c=[d]@\\e.yaml"), ("a%3Fb%26c%3D%5Bd%5D%40%5Ce.yaml".to_owned(), root.clone()));
    assert_eq!(uri("c:d/e:f"), ("c%3Ad/e%3Af".to_owned(), root.clone()));
    assert_eq!(uri("日本/🚀"), ("%E6%97%A5%E6%9C%AC/%F0%9F%9A%80".to_owned(), root));
    assert_eq!(uri("../a b"), ("../a%20b".to_owned(), None));
    assert_eq!(uri("a/../../b"), ("a/../../b".to_owned(), None));
    assert_eq!(uri("/tmp/#x"), ("file:///tmp/%23x".to_owned(), None));
    assert_eq!(uri("-"), ("-".to_owned(), None));
}

fn fingerprints(findings: &[Diagnostic], key: &str) -> Vec<String> {
    let sarif = sarif(findings);
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    results.iter().map(|result| result["partialFingerprints"][key].as_str().unwrap().to_owned()).collect()
}

#[test]
fn fingerprints_survive_lines_above_and_tell_findings_apart() {
    let findings = |text: &str| {
        let source = Source::new("dev.yaml", text);
        let places: Vec<_> = text.match_indices("host").map(|(at, _)| Span::new(&source, at, at + 4)).collect();
        let finding = |rule, span: &Span, message: &str| Diagnostic::new(rule, span, message);
        vec![
            finding(&HOST_WRONG, &places[0], "wrong"),
            finding(&HOST_WRONG, &places[1], "wrong"),
            finding(&HOST_WRONG, &places[1], "other"),
            finding(&WAVE_ODD, &places[1], "wrong"),
        ]
    };
    let (before, after) = (findings("host: a\nhost: b\n"), findings("# comment\n\nhost: a\nport: 1\nhost: c\n"));
    let names = fingerprints(&before, "idpackFinding/v1");
    assert_eq!(names, fingerprints(&after, "idpackFinding/v1"));
    let distinct: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(distinct.len(), 4, "{names:?}");
}

#[test]
fn github_gets_the_worst_results_that_it_takes() {
    let source = Source::new("dev.yaml", "a\n".repeat(25_003));
    let mut findings: Vec<_> = (0..25_002)
        .map(|line| Diagnostic::new(&WAVE_ODD, &Span::new(&source, line * 2, line * 2 + 1), "odd"))
        .collect();
    findings.push(Diagnostic::new(&HOST_WRONG, &Span::new(&source, 50_004, 50_005), "wrong"));
    let sarif = sarif(&findings);
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 25_000);
    assert_eq!(results[24_999]["ruleId"], "host-wrong");
    let line = |result: &Value| result["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64().unwrap();
    assert_eq!((line(&results[0]), line(&results[24_998]), line(&results[24_999])), (1, 24_999, 25_003));
    assert_eq!(
        run["invocations"][0]["toolExecutionNotifications"],
        json!([{"level": "warning", "message": {"text": "3 findings left out, none worse than these 25000"}}])
    );
}

#[test]
fn a_result_has_at_most_a_hundred_related_places() {
    let span = Span::whole(&Source::new("dev.yaml", "a\n"));
    let finding = (0..101).fold(Diagnostic::new(&WAVE_ODD, &span, "odd"), |finding, index: usize| {
        finding.related(&span, index.to_string())
    });
    let sarif = sarif(&[finding]);
    let related = sarif["runs"][0]["results"][0]["relatedLocations"].as_array().unwrap();
    assert_eq!((related.len(), &related[99]["id"]), (100, &json!(100)));
}

/// Source of the limit: docs.github.com, "Workflow commands for GitHub Actions", step isolation and limits.
#[test]
fn a_summary_is_short_enough_to_be_shown() {
    let source = Source::new("#".repeat(4000), "");
    let finding = |rule| Diagnostic::new(rule, &Span::whole(&source), "|".repeat(100_000));
    let mut findings: Vec<_> = (0..150).map(|_| finding(&WAVE_ODD)).collect();
    findings.push(finding(&HOST_WRONG));
    let summary = github::summary(&Report { findings: &findings, coverage: COVERAGE });
    assert!(summary.len() < 1024 * 1024, "{} bytes", summary.len());
    let rows: Vec<_> =
        summary.lines().filter(|line| line.starts_with("| error") || line.starts_with("| warning")).collect();
    assert_eq!(rows.len(), 100);
    assert!(rows[0].starts_with("| error | host-wrong |"), "the worst comes first: {}", rows[0]);
    assert!(summary.ends_with("\n\n51 findings more in the log\n"), "{}", &summary[summary.len() - 100..]);
    let fits = github::summary(&Report { findings: &findings[..100], coverage: COVERAGE });
    assert!(!fits.contains("more in the log"));
}

/// Switches off the rule of SARIF Multitool that opens every URL.
const OFFLINE: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<Properties>
  <Properties Key="SARIF2006.UrisShouldBeReachable.Options">
    <Property Key="RuleEnabled" Value="Disabled" Type="Driver.RuleEnabledState" />
  </Properties>
</Properties>
"#;

/// Returns a command of SARIF Multitool, which would otherwise want a library for languages.
fn multitool(program: &Path, sandbox: &Sandbox) -> Command {
    let mut command = sandbox.command(program);
    command.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
    command
}

/// Returns what SARIF Multitool has against a log: by the specification, and by GitHub's rules for uploads.
///
/// It says nothing at all of a log that it cannot load, so a fault is added, and has to come back.
fn complaints(program: &Path, mut log: Value) -> Vec<String> {
    let sandbox = Sandbox::new();
    log["runs"][0]["canary"] = json!(true);
    sandbox.write("log.sarif", &log.to_string());
    sandbox.write("offline.xml", OFFLINE);
    let rules = ["--config", "offline.xml", "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning"];
    let output = run(multitool(program, &sandbox).args(["validate", "log.sarif"]).args(rules));
    assert!(output.contains("Analysis completed successfully"), "{output}");
    let about_the_log = output.lines().filter_map(|line| line.split_once("log.sarif(")).map(|(_, complaint)| complaint);
    let (canary, complaints): (Vec<&str>, Vec<&str>) =
        about_the_log.partition(|complaint| complaint.contains("error JSON1005: runs[0].canary"));
    assert_eq!(canary.len(), 1, "{output}");
    complaints.into_iter().map(str::to_owned).collect()
}

#[test]
fn sarif_multitool_accepts_the_log() {
    let Some(program) = tool("sarif-multitool", "IDPACK_SARIF_MULTITOOL") else { return };
    let findings = nasty();
    for findings in [&findings[..], &[]] {
        let log = text_of(Format::Sarif, &Report { findings, coverage: COVERAGE }, &pipeline::rules());
        assert_eq!(complaints(&program, serde_json::from_str(&log).unwrap()), [""; 0]);
    }
}

#[test]
fn sarif_multitool_would_complain() {
    let Some(program) = tool("sarif-multitool", "IDPACK_SARIF_MULTITOOL") else { return };
    let expect = |rule: &str, change: &dyn Fn(&mut Value)| {
        let mut log = sarif(&nasty());
        change(&mut log["runs"][0]["results"][0]);
        let complaints = complaints(&program, log);
        assert!(complaints.iter().any(|complaint| complaint.contains(rule)), "{rule}: {complaints:?}");
    };
    expect("error SARIF1009", &|result| result["ruleIndex"] = json!(3));
    expect("error GH1015", &|result| drop(result.as_object_mut().unwrap().remove("locations")));
}

#[test]
fn the_log_keeps_to_the_schema_of_sarif() {
    let Some(schema) = tool("sarif-2.1.0.json", "IDPACK_SARIF_SCHEMA") else { return };
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let faults = |log: &Value| -> Vec<String> {
        schema.iter_errors(log).map(|error| format!("{}: {error}", error.instance_path())).collect()
    };
    let findings = nasty();
    for findings in [&findings[..], &[]] {
        let log = text_of(Format::Sarif, &Report { findings, coverage: COVERAGE }, &pipeline::rules());
        assert_eq!(faults(&serde_json::from_str(&log).unwrap()), [""; 0]);
    }
    let mut log = sarif(&findings);
    log["runs"][0]["columnKind"] = json!("unicode");
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = json!("a b");
    log["runs"][0]["results"][1]["colour"] = json!("red");
    assert_eq!(faults(&log).len(), 3, "{:?}", faults(&log));
}

/// The line hashes that SARIF Multitool adds to a log without them, for files that it reads itself.
#[test]
fn sarif_multitool_hashes_lines_alike() {
    let Some(program) = tool("sarif-multitool", "IDPACK_SARIF_MULTITOOL") else { return };
    let texts = [
        ("a.yaml", "a: 1\nb:  2\n\n\tc   \n🚀: 日本\n\n\n"),
        ("b.yaml", "same\nsame\nsame\nlast line without end"),
        ("c.yaml", "one\r\ntwo\r\n  three\r\n"),
        ("d.yaml", &"a long line of a file with many of them # 12345678901234567890\n".repeat(8)),
    ];
    let sandbox = Sandbox::new();
    let mut findings = Vec::new();
    for (name, text) in texts {
        sandbox.write(name, text);
        let source = Source::new(name, text);
        let starts = text.match_indices('\n').map(|(at, _)| at);
        findings.extend(starts.map(|at| Diagnostic::new(&WAVE_ODD, &Span::new(&source, at, at), "odd")));
    }
    let log = text(Format::Sarif, &findings).replace("primaryLocationLineHash", "ours");
    let mut log: Value = serde_json::from_str(&log).unwrap();
    log["runs"][0]["originalUriBaseIds"]["%SRCROOT%"]["uri"] = format!("file://{}", sandbox.path("").display()).into();
    sandbox.write("log.sarif", &log.to_string());
    let options = ["--insert", "RollingHashPartialFingerprints", "--output", "hashed.sarif"];
    run(multitool(&program, &sandbox).args(["rewrite", "log.sarif"]).args(options));
    let hashed = std::fs::read_to_string(sandbox.path("hashed.sarif")).unwrap();
    let hashed: Value = serde_json::from_str(hashed.trim_start_matches('\u{FEFF}')).unwrap();
    let results = hashed["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), findings.len());
    for result in results {
        let names = &result["partialFingerprints"];
        assert!(names["primaryLocationLineHash"].is_string(), "{result}");
        assert_eq!(names["primaryLocationLineHash"], names["ours"], "{result}");
    }
}

/// Prints what junitparser understands; its own count of the tests has to be the one that the file declares.
const JUNITPARSER: &str = "\
import json, junitparser
report = junitparser.JUnitXml.fromfile('report.xml')
counts = lambda suites: [(s.tests, s.failures, s.errors, s.skipped) for s in suites]
totals = lambda: (report.tests, report.failures, report.errors)
declared, total = counts(report), totals()
for suite in report: suite.update_statistics()
report.update_statistics()
assert (declared, total) == (counts(report), totals()), (declared, total)
print(json.dumps([
    [suite.name, case.classname, case.name, type(result).__name__, result.message, result.text]
    for suite in report for case in suite for result in case.result or [junitparser.Skipped('none')]
]))
";

#[test]
fn junitparser_reads_what_was_meant() {
    let Some(python) = tool("python with junitparser", "IDPACK_JUNITPARSER") else { return };
    let read = |findings: &[Diagnostic]| -> Value {
        let sandbox = Sandbox::new();
        sandbox.write("judge.py", JUNITPARSER);
        sandbox.write("report.xml", &text(Format::Junit, findings));
        serde_json::from_str(&run(sandbox.command(&python).arg("judge.py"))).unwrap()
    };
    let message = "`<a href=\"x\">` & 50% | ]]>\n\ttab, colon: \u{FFFD}[31m 🚀\\";
    let details = format!("{message}\nhelp: say 'no', or `--x=1%`\na b#c/é%.yaml:1:5: a | b\neffect: unreachable");
    let new = "`x` is *new*";
    let expected = json!([
        ["-", "wave-odd", "-:1:1 stdin", "Skipped", "warning: stdin", "stdin\neffect: silently-ignored"],
        [
            "../out/dev.yaml",
            "wave-odd",
            "../out/dev.yaml:1:1 two\r\nlines",
            "Skipped",
            "warning: two\r\nlines",
            "two\r\nlines\neffect: silently-ignored"
        ],
        [
            "/abs/x y.yaml",
            "kind-new",
            format!("/abs/x y.yaml:1:1 {new}"),
            "Skipped",
            format!("info: {new}"),
            format!("{new}\neffect: style")
        ],
        ["HEAD~1:dev.yaml", "host-wrong", "HEAD~1:dev.yaml:1:4 a, b", "Failure", "a, b", "a, b\neffect: unreachable"],
        ["a b#c/é%.yaml", "host-wrong", format!("a b#c/é%.yaml:2:4 {message}"), "Failure", message, details],
    ]);
    assert_eq!(read(&nasty()), expected);
    let clean = "no findings in 5 files, 7 documents, 1 finding suppressed, 2 findings known to the baseline";
    assert_eq!(read(&[]), json!([["idpack", "idpack", clean, "Skipped", "none", null]]));
}

fn tricky_text() -> impl Strategy<Value = String> {
    let tricky = "\0\t\n\r\u{1B} \"'`<>&%|:,;=#*_[](){}\\/]~!@$\u{7F}\u{85}\u{2028}\u{FEFF}\u{FFFE}\u{FFFF}🚀é";
    let part = prop_oneof![
        3 => prop::sample::select(tricky.chars().collect::<Vec<_>>()).prop_map(String::from),
        2 => prop::char::range('a', 'z').prop_map(String::from),
        1 => any::<char>().prop_map(String::from),
        1 => prop::sample::select(vec!["%0A", "%25", "%3A", "&amp;", "&#10;", "]]>", "::", "\r\n"]).prop_map(String::from),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

fn tricky_path() -> impl Strategy<Value = String> {
    let part = tricky_text().prop_map(|text| text.replace(['/', '\0'], "_"));
    let part = part.prop_map(|text| if matches!(text.as_str(), "" | "." | "..") { "x".to_owned() } else { text });
    let parts = prop::collection::vec(part, 1..4).prop_map(|parts| parts.join("/"));
    let prefix = prop::sample::select(vec!["", "", "/", "../", "HEAD:"]);
    prop_oneof![8 => (prefix, parts).prop_map(|(prefix, path)| prefix.to_owned() + &path), 1 => Just("-".to_owned())]
}

fn tricky_finding() -> impl Strategy<Value = Diagnostic> {
    let rule = prop::sample::select(RULES.to_vec());
    let severity = prop::sample::select(vec![Severity::Error, Severity::Warning, Severity::Info]);
    let help = prop::option::of(tricky_text());
    let place = (tricky_path(), tricky_text(), any::<prop::sample::Index>(), any::<prop::sample::Index>());
    (rule, severity, place, tricky_text(), help).prop_map(|(rule, severity, place, message, help)| {
        let (path, text, start, end) = place;
        let boundaries: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
        let (one, other) = (*start.get(&boundaries), *end.get(&boundaries));
        let span = Span::new(&Source::new(path, text), one.min(other), one.max(other));
        Diagnostic { severity, help, ..Diagnostic::new(rule, &span, message) }
    })
}

/// Returns what every format has to say of a finding.
fn meant(finding: &Diagnostic) -> Seen {
    let before = &finding.span.source().text()[..finding.span.start() as usize];
    let line = before.rsplit('\n').next().unwrap();
    let help = finding.help.iter().map(|help| format!("\nhelp: {help}"));
    Seen {
        check: finding.rule.id.to_owned(),
        severity: finding.severity.as_str().to_owned(),
        path: finding.span.source().name().to_owned(),
        line: before.matches('\n').count() as u64 + 1,
        column: line.chars().count() as u64 + 1,
        message: std::iter::once(finding.message.clone()).chain(help).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_formats_say_the_same(findings in prop::collection::vec(tricky_finding(), 0..6)) {
        let meant: Vec<Seen> = findings.iter().map(meant).collect();
        prop_assert_eq!(&readers::json(&text(Format::Json, &findings)), &meant);
        prop_assert_eq!(&readers::sarif(&text(Format::Sarif, &findings)), &meant);

        let mut seen = readers::github(&text(Format::Github, &findings));
        for (seen, finding) in seen.iter_mut().zip(&findings) {
            if finding.span.text().contains('\n') {
                prop_assert_eq!(seen.column, 0, "a column of several lines");
                seen.column = u64::from(finding.span.position().column);
            }
        }
        prop_assert_eq!(&seen, &meant);

        let mut in_xml = meant.clone();
        in_xml.sort_by(|one, other| one.path.cmp(&other.path));
        for meant in &mut in_xml {
            meant.path = readers::xml_text(&meant.path);
            meant.message = readers::xml_text(&meant.message);
        }
        prop_assert_eq!(&readers::junit(&text(Format::Junit, &findings)), &in_xml);
    }

    #[test]
    fn no_finding_breaks_out_of_the_summary(findings in prop::collection::vec(tricky_finding(), 1..4)) {
        let summary = github::summary(&Report { findings: &findings, coverage: COVERAGE });
        let (head, table) = summary.split_once("\n| --- | --- | --- | --- |\n").unwrap();
        prop_assert!(head.ends_with("| Severity | Check | Place | Message |"));
        prop_assert_eq!(table.lines().count(), findings.len());
        prop_assert!(!summary.contains('\r'));
        for row in table.lines() {
            prop_assert!(row.starts_with("| ") && row.ends_with(" |") && row.matches('|').count() == 5, "{}", row);
            let plain = row.replace("<br>", "").replace("<code>", "").replace("</code>", "");
            let markup = plain.contains(['<', '>', '`', '*', '_', '[', ']', '~', '\\', '$', '@', ':', '!']);
            prop_assert!(!markup, "{}", row);
            prop_assert_eq!(row.matches("<code>").count(), row.matches("</code>").count());
        }
    }
}
