//! `idpack schema`

use super::{Exit, Failure, print};
use crate::schema::idpack;

pub(super) fn run(config: bool, pack: bool) -> Result<Exit, Vec<Failure>> {
    let schema = match (config, pack) {
        (true, _) => idpack::CONFIG,
        (_, true) => idpack::PACK,
        _ => idpack::ENVIRONMENT,
    };
    print(schema.trim_end()).map_err(Failure::from)?;
    Ok(Exit::Clean)
}
