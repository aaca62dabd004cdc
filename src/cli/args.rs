//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
    /// Show what build would change and why.
    ///
    /// Names the cause of each change: a descriptor, a template, another version of idpack, an edit by hand, a file that is no
    /// longer rendered. Exits with 1 if anything would change.
    #[command(after_help = "Examples:
  idpack diff
  idpack diff staging")]
    Diff(DiffArgs),
    /// Print the page of a check: what it looks at, why it matters, how to mend what it finds.
    #[command(after_help = "Examples:
  idpack explain san-missing-host
  idpack explain descriptor-schema")]
    Explain {
        /// The name between brackets in a finding.
        #[arg(value_name = "CHECK")]
        check: String,
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
    /// When, in seconds since 1970; default: SOURCE_DATE_EPOCH, or when the descriptors were committed, or now.
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
