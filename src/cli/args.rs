//! The command line.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config;
use crate::diagnostic::Severity;
use crate::idpbuilder::{Cluster, Profile, Protocol};
use crate::package::Reading;
use crate::pipeline;
use crate::report::Format;
use crate::schema::names;

/// Turns short environment descriptors into the Git repositories that idpbuilder and Argo CD consume, and proves them right
/// first.
#[derive(Debug, Parser)]
#[command(
    name = "idpack",
    version,
    max_term_width = 100,
    arg_required_else_help = true,
    after_help = "Examples:
  idpack init demo           start a project in demo/
  idpack build               render, check and commit every environment
  idpack diff                show what build would change, and why
  idpack validate PATH       judge any directory of manifests

Exit codes:
  0  done, nothing found
  1  findings of level error, or drift
  2  wrong usage, or input that cannot be read
  3  a fault of idpack or of its machine"
)]
pub(super) struct Cli {
    /// The project; default: the nearest directory upwards that has environments/.
    #[arg(short = 'C', long, value_name = "DIR", global = true)]
    pub(super) directory: Option<PathBuf>,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Start a project: descriptors, editor schema, pre-commit hook, CI workflow.
    ///
    /// What is there already is kept.
    #[command(after_help = "Examples:
  idpack init                start in this directory
  idpack init demo && idpack -C demo build")]
    Init {
        /// Where; created if it does not exist.
        #[arg(value_name = "DIR", default_value = ".")]
        path: PathBuf,
    },
    /// Render descriptors to files, without Git and without checks of the result.
    #[command(after_help = "Examples:
  idpack render              write every environment below out/
  idpack render dev          write one
  idpack render --output /tmp/preview")]
    Render(RenderArgs),
    /// Render, check and commit: one Git repository per environment.
    ///
    /// Everything is checked before the first file is written. An environment that did not change gets no commit.
    #[command(after_help = "Examples:
  idpack build               every environment
  idpack build dev staging   some of them
  idpack build --bare --output /srv/git
  SOURCE_DATE_EPOCH=1700000000 idpack build   the same commit ids everywhere")]
    Build(BuildArgs),
    /// Judge manifests: this project, or whatever a PATH names.
    ///
    /// Without a PATH, this project is judged from its descriptors to the rendered files; nothing is written. A PATH is a
    /// directory, a file, or `-` for standard input: a project, what `build` wrote, a package for idpbuilder, a directory of
    /// manifests, whoever wrote them.
    #[command(after_help = "Examples:
  idpack validate                        this project
  idpack validate out/dev                what build wrote
  idpack validate ~/stacks/ref-implementation --as package
  kustomize build . | idpack validate -
  idpack validate --rev main             this project as it is on main
  idpack validate . --format sarif > idpack.sarif
  idpack validate . --baseline known.json --update-baseline
  idpack validate manifests/ --diff      show what can be mended for certain
  idpack validate manifests/ --fix       mend it, and report what is left
  idpack validate - --fix < a.yaml > b.yaml

Exit codes: 0 no finding of level error (see --fail-on), 1 findings, with --diff alone something to
mend, 2 wrong usage, unreadable input or nothing to validate, 3 a fault of idpack or of its machine.")]
    Validate(ValidateArgs),
    /// Show what build would change and why.
    ///
    /// Names the cause of each change: a descriptor, a template, another version of idpack, an edit by hand, a file that is no
    /// longer rendered. Exits with 1 if anything would change.
    #[command(after_help = "Examples:
  idpack diff
  idpack diff staging")]
    Diff(DiffArgs),
    /// Print the page of a check, or what idpbuilder will make of a package.
    ///
    /// The page says what a check looks at, why it matters and how to mend what it finds. Of a package it prints the Applications
    /// that idpbuilder creates, the Gitea repositories and their URLs, what is passed over or dropped, and what a second
    /// `idpbuilder create` does.
    #[command(after_help = "Examples:
  idpack explain san-missing-host
  idpack explain --package out/dev
  idpack explain --package out/dev --name demo --port 9443 --idpbuilder head")]
    Explain(ExplainArgs),
    /// List all checks with their severity and effect.
    #[command(after_help = "Examples:
  idpack checks
  idpack checks --format json

In idpack.yaml, `checks: {CHECK: \"off\"}` changes the level of a check for a whole project; a comment
`# idpack: ignore[CHECK] reason` suppresses one finding.")]
    Checks {
        /// How to write the list.
        #[arg(long, value_enum, default_value = "human")]
        format: ListFormat,
    },
    /// Print the JSON Schema of descriptors, for editors.
    #[command(after_help = "Examples:
  idpack schema > environments/environment.schema.json
  idpack schema --pack")]
    Schema {
        /// The schema of idpack.yaml instead.
        #[arg(long, conflicts_with = "pack")]
        config: bool,
        /// The schema of templates/PACK/pack.yaml instead.
        #[arg(long)]
        pack: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct RenderArgs {
    /// Environments; default: all.
    #[arg(value_name = "ENV")]
    pub(super) environments: Vec<String>,
    /// Where the repositories are; default: out, or what idpack.yaml says.
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    /// Overwrite files that idpack wrote and somebody changed since.
    #[arg(long)]
    pub(super) discard_edits: bool,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The name between brackets in a finding.
    #[arg(value_name = "CHECK", required_unless_present = "package", conflicts_with = "package")]
    pub(super) check: Option<String>,
    /// An argument of `idpbuilder create --package`.
    #[arg(long, value_name = "DIR")]
    pub(super) package: Option<String>,
    #[command(flatten)]
    pub(super) cluster: ClusterArgs,
}

#[derive(Debug, Args)]
pub(super) struct ValidateArgs {
    /// Directories, files, or `-` for standard input; default: this project.
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Judge what a Git revision holds, not the files as they are.
    #[arg(long, value_name = "REVISION")]
    pub(super) rev: Option<String>,
    /// Who reads the directory; default: found out by what is in it.
    #[arg(long = "as", value_enum, value_name = "READER")]
    pub(super) reading: Option<ReadingArg>,
    /// How to write the findings.
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = one_of(&Format::ALL, Format::as_str))]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) levels: LevelArgs,
    /// The least severity of a finding that makes the exit code 1.
    #[arg(long, value_enum, value_name = "SEVERITY", default_value = "error")]
    pub(super) fail_on: FailOn,
    /// A file with findings that are known and do not count.
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Write the baseline from what is found now.
    #[arg(long)]
    pub(super) update_baseline: bool,
    #[command(flatten)]
    pub(super) mend: MendArgs,
    #[command(flatten)]
    pub(super) versions: VersionArgs,
    #[command(flatten)]
    pub(super) cluster: ClusterArgs,
    /// Say on standard error how long reading, predicting and each check took.
    #[arg(long)]
    pub(super) timings: bool,
    /// How many threads work; default: one for each core.
    #[arg(short, long, value_name = "N")]
    pub(super) jobs: Option<std::num::NonZeroUsize>,
}

/// What becomes of findings that can be mended for certain.
#[derive(Debug, Default, Args)]
pub(super) struct MendArgs {
    /// Mend what can have been meant in one way only, then judge again.
    ///
    /// Nothing else in a file changes: comments, order, quotes and line ends stay. Of standard input the mended text goes to
    /// standard output, and the findings to standard error.
    #[arg(long, conflicts_with_all = ["update_baseline", "rev"])]
    pub(super) fix: bool,
    /// Show what --fix would change, and write nothing; with --fix, show what it changes.
    #[arg(long, conflicts_with_all = ["update_baseline", "rev"])]
    pub(super) diff: bool,
}

impl MendArgs {
    /// Tells whether anything is to be mended or shown.
    pub(super) fn is_asked(&self) -> bool {
        self.fix || self.diff
    }
}

/// What `idpbuilder create` was or will be told, in its own words.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "The cluster, as `idpbuilder create` is told about it")]
pub(super) struct ClusterArgs {
    /// The name of the cluster; default: localdev.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The host name below which everything is served; default: cnoe.localtest.me.
    #[arg(long, value_name = "HOST", value_parser = parse_host)]
    host: Option<String>,
    /// The port of the host machine that reaches the cluster; default: 8443.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// The protocol of that port; default: https.
    #[arg(long, value_name = "PROTOCOL", value_parser = one_of(&Protocol::ALL, Protocol::as_str))]
    protocol: Option<Protocol>,
    /// Serve Argo CD and Gitea below paths of the host, not below names of their own.
    #[arg(long)]
    use_path_routing: bool,
    /// The release line of idpbuilder; default: 0.10.
    #[arg(long, value_name = "RELEASE", value_parser = one_of(&Profile::ALL, Profile::as_str))]
    idpbuilder: Option<Profile>,
}

impl ClusterArgs {
    /// Tells whether the command line says something about the cluster.
    pub(super) fn is_given(&self) -> bool {
        let Self { name, host, port, protocol, use_path_routing, idpbuilder } = self;
        name.is_some()
            || host.is_some()
            || port.is_some()
            || protocol.is_some()
            || *use_path_routing
            || idpbuilder.is_some()
    }

    /// Returns the cluster that the command line describes, over what is known already; nothing if neither says anything.
    pub(super) fn over(&self, known: Option<&Cluster>) -> Option<Cluster> {
        if !self.is_given() {
            return known.cloned();
        }
        let base = known.cloned().unwrap_or_default();
        Some(Cluster {
            name: self.name.clone().unwrap_or(base.name),
            host: self.host.clone().unwrap_or(base.host),
            port: self.port.unwrap_or(base.port),
            protocol: self.protocol.unwrap_or(base.protocol),
            path_routing: self.use_path_routing || base.path_routing,
            profile: self.idpbuilder.unwrap_or(base.profile),
        })
    }
}

/// Takes a host name, and no URL.
fn parse_host(text: &str) -> Result<String, String> {
    names::host(text).map(|()| text.to_owned())
}

/// Parses one of a few values by its name.
fn one_of<T: Copy + Send + Sync + 'static>(
    values: &'static [T],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let find = move |text: String| values.iter().copied().find(|value| name(*value) == text).ok_or("no such value");
    PossibleValuesParser::new(values.iter().map(|value| name(*value))).try_map(find)
}

#[derive(Debug, Default, Args)]
pub(super) struct LevelArgs {
    /// Make a check an error.
    #[arg(long, value_name = "CHECK")]
    pub(super) deny: Vec<String>,
    /// Make a check a warning.
    #[arg(long, value_name = "CHECK")]
    pub(super) warn: Vec<String>,
    /// Switch a check off.
    #[arg(long, value_name = "CHECK")]
    pub(super) allow: Vec<String>,
}

#[derive(Debug, Default, Args)]
pub(super) struct VersionArgs {
    /// The minor version of Argo CD; default: what idpack.yaml or the environment says, else the newest.
    #[arg(long, value_name = "VERSION", value_parser = parse_argocd)]
    pub(super) argocd_version: Option<(u32, u32)>,
    /// The minor version of Kubernetes; default: what idpack.yaml says, else the newest.
    #[arg(long, value_name = "VERSION", value_parser = parse_kubernetes)]
    pub(super) kubernetes_version: Option<(u32, u32)>,
    /// A directory with schemas of custom resources, named as kubeconform names them, or with
    /// definitions of them (CRDs); `schemas/` of the project is read without being named.
    #[arg(long, value_name = "DIR")]
    pub(super) schemas: Vec<PathBuf>,
}

/// `--as`
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ReadingArg {
    /// idpbuilder: exactly the files of `idpbuilder create --package`
    Package,
    /// Argo CD: exactly the files of a source of an Application
    Source,
    /// Nobody in particular: all YAML and JSON, but what .gitignore leaves out
    Plain,
}

impl ReadingArg {
    pub(super) fn reading(self) -> Reading {
        match self {
            Self::Package => Reading::Package,
            Self::Source => Reading::Source,
            Self::Plain => Reading::Plain,
        }
    }
}

/// `--fail-on`
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}

impl FailOn {
    pub(super) fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Info => Some(Severity::Info),
            Self::Never => None,
        }
    }
}

/// How lists are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ListFormat {
    Human,
    Json,
}

fn parse_argocd(text: &str) -> Result<(u32, u32), String> {
    parse_version(text, pipeline::known_argocd())
}

fn parse_kubernetes(text: &str) -> Result<(u32, u32), String> {
    parse_version(text, pipeline::known_kubernetes())
}

/// Reads a version up to its minor number; one that idpack has no facts about would be judged as another.
fn parse_version(text: &str, known: [(u32, u32); 2]) -> Result<(u32, u32), String> {
    let minor = text.trim_start_matches('v').splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
    let [(major, oldest), (last, newest)] = known;
    config::minor_version(&minor)
        .filter(|version| (known[0]..=known[1]).contains(version))
        .ok_or_else(|| format!("idpack knows {major}.{oldest} to {last}.{newest}"))
}

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// Environments; default: all.
    #[arg(value_name = "ENV")]
    pub(super) environments: Vec<String>,
    /// Where the repositories are; default: out, or what idpack.yaml says.
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct BuildArgs {
    #[command(flatten)]
    pub(super) render: RenderArgs,
    /// Write bare repositories, without files to look at.
    #[arg(long)]
    pub(super) bare: bool,
    /// Who commits; Git's own configuration is never asked.
    #[arg(long, value_name = "NAME <EMAIL>", value_parser = parse_identity)]
    pub(super) author: Option<(String, String)>,
    /// When, in seconds since 1970; default: `SOURCE_DATE_EPOCH`, or when the descriptors were committed, or now.
    #[arg(long, value_name = "SECONDS")]
    pub(super) date: Option<u32>,
}

fn parse_identity(text: &str) -> Result<(String, String), String> {
    let parts = text.trim().strip_suffix('>').and_then(|text| text.split_once('<'));
    match parts.map(|(name, email)| (name.trim(), email.trim())) {
        Some((name, email))
            if !name.is_empty()
                && !email.is_empty()
                && !name.contains(['<', '>', '\n'])
                && !email.contains(['<', '>', ' ', '\n']) =>
        {
            Ok((name.to_owned(), email.to_owned()))
        }
        _ => Err("write it as `Name <name@example.org>`".to_owned()),
    }
}
