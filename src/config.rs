//! `idpack.yaml`: settings of a project, all of them optional.

use std::sync::Arc;

use serde::Deserialize;

use crate::diagnostic::{Diagnostic, Effect, Rule, Severity, has_errors};
use crate::idpbuilder::Cluster;
use crate::schema;
use crate::source::{Source, Spanned};
use crate::yaml::{self, Node};

/// The file's name, at the root of a project.
pub const FILE: &str = "idpack.yaml";

/// `idpack.yaml` does not have the shape of one.
pub static CONFIG_SCHEMA: Rule = Rule {
    id: "config-schema",
    summary: "`idpack.yaml` with an unknown key or a value of the wrong kind",
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
    /// The level of each check that is named, nothing for off.
    #[serde(skip)]
    pub checks: Vec<(Spanned<String>, Option<Severity>)>,
    /// How `idpack validate` judges.
    #[serde(default)]
    pub validate: ValidateConfig,
    /// The cluster that manifests are for, of which descriptors say themselves what they need.
    pub cluster: Option<Cluster>,
    /// What manifests are judged for.
    #[serde(skip)]
    pub versions: VersionConfig,
    /// What environments have in common, or must not.
    #[serde(skip)]
    pub policies: Vec<Policy>,
}

/// One of `policies`: how a value of one environment relates to those of the others.
#[derive(Debug)]
pub struct Policy {
    /// How the values relate.
    pub relation: Relation,
    /// The value, by the names that templates see.
    pub field: Spanned<String>,
    /// The environments, in their order; empty: all of them.
    pub environments: Vec<Spanned<String>>,
}

/// How the values of environments relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// All are equal.
    Same,
    /// No two are equal.
    Different,
    /// None is an older version than the one before it.
    NotBehind,
}

impl Relation {
    /// All of them, with the key in `idpack.yaml`.
    const ALL: [(&str, Self); 3] =
        [("same", Self::Same), ("different", Self::Different), ("notBehind", Self::NotBehind)];
}

/// `validate`: how `idpack validate` judges.
#[derive(Debug, Default, Deserialize)]
pub struct ValidateConfig {
    /// The file with the findings that are known, relative to the project.
    pub baseline: Option<String>,
}

/// `versions`: minor versions of what the manifests are for.
#[derive(Debug, Default)]
pub struct VersionConfig {
    /// Of Argo CD.
    pub argocd: Option<Spanned<(u32, u32)>>,
    /// Of Kubernetes.
    pub kubernetes: Option<Spanned<(u32, u32)>>,
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
    match yaml::from_node::<Config>(&node) {
        Ok(config) => {
            let version = |key| {
                let node = node.at(&["versions", key])?;
                Some(Spanned::new(minor_version(node.as_str()?)?, node.span.clone()))
            };
            let versions = VersionConfig { argocd: version("argocd"), kubernetes: version("kubernetes") };
            (Config { checks: levels(&node), versions, policies: policies(&node), ..config }, diagnostics)
        }
        Err(error) => {
            diagnostics.push(Diagnostic::new(&CONFIG_SCHEMA, &error.span, error.message));
            (Config::default(), diagnostics)
        }
    }
}

/// Reads the level of each check.
fn levels(config: &Node) -> Vec<(Spanned<String>, Option<Severity>)> {
    let entries = config.get("checks").and_then(Node::as_mapping).into_iter().flatten();
    let level = |text| Severity::ALL.into_iter().find(|severity| severity.as_str() == text);
    entries.filter_map(|entry| Some((entry.key.clone(), level(entry.value.as_str()?)))).collect()
}

fn policies(config: &Node) -> Vec<Policy> {
    let spanned = |node: &Node| Some(Spanned::new(node.as_str()?.to_owned(), node.span.clone()));
    let policy = |node: &Node| {
        let (relation, field) = Relation::ALL.into_iter().find_map(|(key, it)| Some((it, spanned(node.get(key)?)?)))?;
        Some(Policy { relation, field, environments: node.items_at(&["environments"]).filter_map(spanned).collect() })
    };
    config.items_at(&["policies"]).filter_map(policy).collect()
}

/// Reads a minor version, as in `1.33`.
#[must_use]
pub fn minor_version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.trim_start_matches('v').split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
