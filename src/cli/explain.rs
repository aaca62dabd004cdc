//! `idpack explain`

use super::context::find_rule;
use super::{Exit, Failure, print};

pub(super) fn run(id: &str) -> Result<Exit, Vec<Failure>> {
    let rule = find_rule(id).map_err(|(message, help)| Failure::usage(message, help))?;
    let (severity, effect) = (rule.severity.as_str(), rule.effect.as_str());
    let page = rule.page.trim_start_matches(&format!("# {id}\n")).trim();
    print(format_args!("# {id}\n\n{}: {severity}; otherwise: {effect}.\n\n{page}", rule.summary))
        .map_err(Failure::from)?;
    Ok(Exit::Clean)
}
