//! SARIF 2.1.0 for code scanning and editors, within the limits that GitHub sets.
//!
//! Sources: OASIS SARIF 2.1.0; docs.github.com, "SARIF support for code scanning" and "SARIF results exceed limits".

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::fingerprint::{self, Fingerprint};
use super::{Report, changes, counted, message_with_help};
use crate::diagnostic::{Change, Changes, Diagnostic, Rule, Severity};
use crate::source::Span;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The domain that the project's API group is in.
const INFORMATION_URI: &str = "https://idpack.dev";

/// What relative paths are relative to. Readers know where that is on their machine.
const ROOT: &str = "%SRCROOT%";

/// The results that a file may have; GitHub refuses one with more.
const RESULTS: usize = 25_000;

/// The related places that a result may have; GitHub shows no more.
const RELATED: usize = 100;

/// The characters that GitHub takes of a rule's description.
const DESCRIPTION: usize = 1024;

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    invocations: [Invocation; 1],
    original_uri_base_ids: BTreeMap<&'static str, Base>,
    column_kind: &'static str,
    properties: Coverage,
    results: Results<'a>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    information_uri: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    short_description: Text<'static>,
    full_description: Text<'static>,
    help: Help,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Text<'a> {
    text: Cow<'a, str>,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: &'static str,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    effect: &'static str,
    tags: [&'static str; 2],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text<'static>,
}

#[derive(Serialize)]
struct Base {
    description: Text<'static>,
}

#[derive(Serialize)]
struct Coverage {
    files: usize,
    documents: usize,
    suppressed: usize,
    known: usize,
}

/// Findings that become results one by one.
struct Results<'a> {
    findings: &'a [&'a Diagnostic],
    rules: BTreeMap<&'static str, usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Text<'a>,
    locations: [Location<'a>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
    partial_fingerprints: PartialFingerprints,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Fix<'a>>,
    properties: ResultProperties,
}

/// SARIF 2.1.0, 3.55.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fix<'a> {
    artifact_changes: [ArtifactChange<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange<'a> {
    artifact_location: ArtifactLocation,
    replacements: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement<'a> {
    deleted_region: Region,
    #[serde(skip_serializing_if = "Option::is_none")]
    inserted_content: Option<Text<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(rename = "physicalLocation")]
    place: Place,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PartialFingerprints {
    #[serde(rename = "idpackFinding/v1")]
    finding: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_location_line_hash: Option<String>,
}

#[derive(Serialize)]
struct ResultProperties {
    effect: &'static str,
}

/// Writes the report as one run, one result after the other.
pub(super) fn write(report: &Report<'_>, rules: &[&'static Rule], out: &mut dyn Write) -> io::Result<()> {
    let findings = worst(report.findings);
    let rules = all_rules(rules, &findings);
    let left_out = report.findings.len() - findings.len();
    let notification = || Notification {
        level: "warning",
        message: Text::from(format!("{} left out, none worse than these {RESULTS}", counted(left_out, "finding"))),
    };
    let driver = Driver {
        name: "idpack",
        version: env!("CARGO_PKG_VERSION"),
        semantic_version: env!("CARGO_PKG_VERSION"),
        information_uri: INFORMATION_URI,
        rules: rules.iter().map(|rule| Descriptor::new(rule)).collect(),
    };
    let invocation = Invocation {
        execution_successful: true,
        tool_execution_notifications: (left_out > 0).then(notification).into_iter().collect(),
    };
    let base = Base { description: Text::from("The directory that idpack was started in") };
    let run = Run {
        tool: Tool { driver },
        invocations: [invocation],
        original_uri_base_ids: BTreeMap::from([(ROOT, base)]),
        column_kind: "unicodeCodePoints",
        properties: Coverage {
            files: report.coverage.files,
            documents: report.coverage.documents,
            suppressed: report.coverage.suppressed,
            known: report.coverage.known,
        },
        results: Results {
            findings: &findings,
            rules: rules.iter().enumerate().map(|(index, rule)| (rule.id, index)).collect(),
        },
    };
    serde_json::to_writer_pretty(&mut *out, &Log { schema: SCHEMA, version: "2.1.0", runs: [run] })?;
    writeln!(out)
}

/// Returns as many findings as a file may have, the worst ones, in their order.
fn worst(findings: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut order: Vec<usize> = (0..findings.len()).collect();
    if order.len() > RESULTS {
        order.sort_by_key(|index| std::cmp::Reverse(findings[*index].severity));
        order.truncate(RESULTS);
        order.sort_unstable();
    }
    order.into_iter().map(|index| &findings[index]).collect()
}

/// Returns the rules, and those of the findings that are missing among them.
fn all_rules(rules: &[&'static Rule], findings: &[&Diagnostic]) -> Vec<&'static Rule> {
    let mut all = rules.to_vec();
    for finding in findings {
        if !all.iter().any(|rule| rule.id == finding.rule.id) {
            all.push(finding.rule);
        }
    }
    all
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fingerprints = fingerprint::all(self.findings.iter().copied());
        let results = self.findings.iter().zip(fingerprints);
        serializer.collect_seq(
            results.map(|(finding, names)| SarifResult::new(finding, names, self.rules.get(finding.rule.id).copied())),
        )
    }
}

impl<'a> SarifResult<'a> {
    fn new(finding: &'a Diagnostic, names: Fingerprint, rule_index: Option<usize>) -> Self {
        let related = finding.related.iter().take(RELATED).enumerate().map(|(index, related)| Location {
            id: Some(index + 1),
            place: Place::new(&related.span),
            message: Some(Text::from(related.message.as_str())),
        });
        Self {
            rule_id: finding.rule.id,
            rule_index,
            level: level(finding.severity),
            message: Text::from(message_with_help(finding)),
            locations: [Location { id: None, place: Place::new(&finding.span), message: None }],
            related_locations: related.collect(),
            partial_fingerprints: PartialFingerprints {
                finding: names.finding,
                primary_location_line_hash: names.line,
            },
            fixes: changes(finding).map(Fix::new).into_iter().collect(),
            properties: ResultProperties { effect: finding.rule.effect.as_str() },
        }
    }
}

impl<'a> Fix<'a> {
    fn new(changes: &'a Changes) -> Self {
        let replacement = |change: &'a Change| Replacement {
            deleted_region: Region {
                start_line: change.start.line,
                start_column: change.start.column,
                end_line: change.end.line,
                end_column: change.end.column,
            },
            inserted_content: (!change.text.is_empty()).then(|| Text::from(change.text.as_str())),
        };
        let replacements = changes.parts.iter().map(replacement).collect();
        let artifact_location = ArtifactLocation::new(&changes.path);
        Self { artifact_changes: [ArtifactChange { artifact_location, replacements }] }
    }
}

impl Place {
    fn new(span: &Span) -> Self {
        let (start, end) = (span.position(), span.end_position());
        Self {
            artifact_location: ArtifactLocation::new(span.source().name()),
            region: Region {
                start_line: start.line,
                start_column: start.column,
                end_line: end.line,
                end_column: end.column,
            },
        }
    }
}

impl ArtifactLocation {
    /// Returns the URI of a path as findings show it. What is not below the directory that idpack was started in has no base.
    fn new(path: &str) -> Self {
        if path.starts_with('/') {
            return Self { uri: format!("file://{}", encoded(path)), uri_base_id: None };
        }
        let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        let outside = path == "-" || parts.contains(&"..");
        Self { uri: encoded(&parts.join("/")), uri_base_id: (!outside).then_some(ROOT) }
    }
}

/// Encodes all but `/` and the characters that mean nothing in a URI (RFC 3986, 2.3). A colon may not stand in the first
/// segment of a relative one, as in `HEAD:dev.yaml`.
fn encoded(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

impl Descriptor {
    fn new(rule: &Rule) -> Self {
        let checked = section(rule.page, "What it checks").map_or(rule.summary.to_owned(), paragraph);
        let parts = ["What it checks", "Why it matters", "How to fix"];
        let help: Vec<&str> = parts.into_iter().filter_map(|heading| section(rule.page, heading)).collect();
        Self {
            id: rule.id,
            short_description: Text::from(shortened(rule.summary)),
            full_description: Text::from(shortened(&checked).into_owned()),
            help: Help {
                text: if help.is_empty() { rule.summary.to_owned() } else { help.join("\n\n") },
                markdown: rule.page.trim(),
            },
            default_configuration: Configuration { level: level(rule.severity) },
            properties: RuleProperties { effect: rule.effect.as_str(), tags: ["gitops", rule.effect.as_str()] },
        }
    }
}

impl<'a, T: Into<Cow<'a, str>>> From<T> for Text<'a> {
    fn from(text: T) -> Self {
        Self { text: text.into() }
    }
}

/// Returns the name that SARIF has for a severity.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// Returns what a page says below a heading of the second level.
fn section<'a>(page: &'a str, heading: &str) -> Option<&'a str> {
    let sections = page.split("\n## ").map(|section| section.strip_prefix("## ").unwrap_or(section));
    sections.filter_map(|section| section.strip_prefix(heading)?.strip_prefix('\n')).map(str::trim).next()
}

/// Joins lines that are only broken because they are long.
fn paragraph(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(DESCRIPTION) {
        Some(_) => text.chars().take(DESCRIPTION - 1).chain(['…']).collect(),
        None => Cow::Borrowed(text),
    }
}
