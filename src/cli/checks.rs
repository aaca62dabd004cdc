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
        }
    }
    Ok(Exit::Clean)
}
