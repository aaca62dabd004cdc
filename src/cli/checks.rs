//! `idpack checks`

use serde::Serialize;

use super::args::ListFormat;
use super::{Exit, Failure, print};
use crate::pipeline;

/// A check, as `--format json` writes it: a public interface.
#[derive(Serialize)]
struct Entry {
    id: &'static str,
    severity: &'static str,
    effect: &'static str,
    summary: &'static str,
}

/// How to make the checks fit a repository.
const TUNING: &str = "
To tune them:
  idpack explain CHECK                       why a check matters and how to mend what it finds
  # idpack: ignore[CHECK] reason             behind a line or above it: this finding is meant
  checks: {CHECK: warning}                   in idpack.yaml: error, warning, info or \"off\" for the project
  --deny CHECK, --warn CHECK, --allow CHECK  the same for one run
  --baseline FILE --update-baseline          notes what is known, so that only new findings count
  --fail-on warning                          what makes the exit code 1";

pub(super) fn run(format: ListFormat) -> Result<Exit, Vec<Failure>> {
    let rules = pipeline::rules();
    let entries = rules.iter().map(|rule| Entry {
        id: rule.id,
        severity: rule.severity.as_str(),
        effect: rule.effect.as_str(),
        summary: rule.summary,
    });
    match format {
        ListFormat::Json => {
            let list = serde_json::json!({"version": 1, "checks": entries.collect::<Vec<_>>()});
            print(format_args!("{list:#}")).map_err(Failure::from)?;
        }
        ListFormat::Human => {
            let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
            for Entry { id, severity, effect, summary } in entries {
                print(format_args!("{id:width$}  {severity:7}  {effect:17}  {summary}")).map_err(Failure::from)?;
            }
            print(TUNING).map_err(Failure::from)?;
        }
    }
    Ok(Exit::Clean)
}
