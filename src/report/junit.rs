//! `JUnit` XML as Ant and Jenkins know it: a suite for each file, a test case for each finding.
//!
//! An error is a failure. A warning or info is a *skipped* test: GitLab, Jenkins and the reporters for GitHub show those with
//! their message and stay green, whereas they hide what a passed test wrote to `system-out`. A run without findings is one
//! passed test that says how much was read, because readers take a report without tests for a broken one.
//!
//! Attributes are those of `junit-10.xsd` (jenkinsci/xunit-plugin), which has no `skipped` for all suites together and no
//! place on a test case.

use std::fmt;
use std::io::{self, Write};

use super::{Report, full_message};
use crate::diagnostic::{Diagnostic, Severity};

/// Writes the report, suite by suite, in the order of the paths.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let tests = report.findings.len().max(1);
    let failures = report.count(Severity::Error);
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="idpack" tests="{tests}" failures="{failures}" errors="0">"#)?;
    if report.findings.is_empty() {
        writeln!(out, r#"  <testsuite name="idpack" tests="1" failures="0" errors="0" skipped="0">"#)?;
        writeln!(out, r#"    <testcase classname="idpack" name="no findings in {}"/>"#, report.coverage)?;
        writeln!(out, "  </testsuite>")?;
    }
    let mut findings: Vec<&Diagnostic> = report.findings.iter().collect();
    findings.sort_by_key(|finding| finding.span.source().name());
    for suite in findings.chunk_by(|one, next| one.span.source().name() == next.span.source().name()) {
        write_suite(suite, out)?;
    }
    writeln!(out, "</testsuites>")
}

/// Writes the findings of one file.
fn write_suite(findings: &[&Diagnostic], out: &mut dyn Write) -> io::Result<()> {
    let failures = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    writeln!(
        out,
        r#"  <testsuite name="{}" tests="{}" failures="{failures}" errors="0" skipped="{}">"#,
        Escaped(findings[0].span.source().name()),
        findings.len(),
        findings.len() - failures
    )?;
    for finding in findings {
        let name = format!("{} {}", finding.span, finding.message);
        let check = Escaped(finding.rule.id);
        writeln!(out, r#"    <testcase classname="{check}" name="{}">"#, Escaped(&name))?;
        let details = format!("{}\neffect: {}", full_message(finding), finding.rule.effect.as_str());
        let (message, details) = (Escaped(&finding.message), Escaped(&details));
        if finding.severity == Severity::Error {
            writeln!(out, r#"      <failure type="{check}" message="{message}">{details}</failure>"#)?;
        } else {
            let severity = finding.severity.as_str();
            writeln!(out, r#"      <skipped message="{severity}: {message}">{details}</skipped>"#)?;
        }
        writeln!(out, "    </testcase>")?;
    }
    writeln!(out, "  </testsuite>")
}

/// Text that stays the same as an attribute or between tags, but for the characters that no XML 1.0 document can hold.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                // Readers forbid `]]>` between tags.
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                // Readers make a blank of these in an attribute, and a line feed of a carriage return anywhere.
                '\t' | '\n' | '\r' => write!(f, "&#{};", u32::from(character))?,
                '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => f.write_char('\u{FFFD}')?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}
