//! `idpack.yaml`: settings of a project, all of them optional.

use std::sync::Arc;

use serde::Deserialize;

use crate::diagnostic::{Diagnostic, Effect, Rule, Severity, has_errors};
use crate::schema;
use crate::source::Source;
use crate::yaml;

/// The file's name, at the root of a project.
pub const FILE: &str = "idpack.yaml";

/// `idpack.yaml` does not have the shape of one.
pub static CONFIG_SCHEMA: Rule = Rule {
    id: "config-schema",
    summary: "`idpack.yaml` has an unknown key or a value of the wrong kind",
    severity: Severity::Error,
    effect: Effect::NotGenerated,
    page: include_str!("config-schema.md"),
};

/// The rules of this stage.
pub static RULES: &[&Rule] = &[&CONFIG_SCHEMA];

/// Settings of a project.
#[derive(Debug, Default, Deserialize)]
pub struct Config {
    /// Where the repositories go, relative to the project.
    pub output: Option<String>,
    /// Who commits.
    #[serde(default)]
    pub commit: CommitConfig,
}

/// `commit`: who the commits are from.
#[derive(Debug, Default, Deserialize)]
pub struct CommitConfig {
    /// A name.
    pub name: Option<String>,
    /// A mail address.
    pub email: Option<String>,
}

/// Reads the settings.
#[must_use]
pub fn load(source: &Arc<Source>) -> (Config, Vec<Diagnostic>) {
    let (node, mut diagnostics) = yaml::read_one(source);
    let Some(node) = node else { return (Config::default(), diagnostics) };
    diagnostics.extend(schema::idpack::config().check(&CONFIG_SCHEMA, &node));
    if has_errors(&diagnostics) {
        return (Config::default(), diagnostics);
    }
    match yaml::from_node(&node) {
        Ok(config) => (config, diagnostics),
        Err(error) => {
            diagnostics.push(Diagnostic::new(&CONFIG_SCHEMA, &error.span, error.message));
            (Config::default(), diagnostics)
        }
    }
}
