//! `idpack explain`

use super::{Exit, Failure, print};
use crate::diagnostic::nearest;
use crate::pipeline;

pub(super) fn run(id: &str) -> Result<Exit, Vec<Failure>> {
    let rules = pipeline::rules();
    let Some(rule) = rules.iter().find(|rule| rule.id == id) else {
        let help = match nearest(id, rules.iter().map(|rule| rule.id)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are: {}", rules.iter().map(|rule| rule.id).collect::<Vec<_>>().join(", ")),
        };
        return Err(Failure::usage(format!("there is no check `{id}`"), help).into());
    };
    let (severity, effect) = (rule.severity.as_str(), rule.effect.as_str());
    let page = rule.page.trim_start_matches(&format!("# {id}\n")).trim();
    print(format_args!("# {id}\n\n{}: {severity}; otherwise: {effect}.\n\n{page}", rule.summary))
        .map_err(Failure::from)?;
    Ok(Exit::Clean)
}
