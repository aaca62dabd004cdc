//! What a run knows before it reads its input: the project around, its settings, the versions to judge for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{LevelArgs, VersionArgs};
use super::{Failure, find_project, unreadable};
use crate::config::{self, Config};
use crate::diagnostic::{Diagnostic, Rule, Severity, nearest};
use crate::idpbuilder::Cluster;
use crate::pipeline::{self, Versions};
use crate::policy::Levels;
use crate::schema::custom::Catalogue;
use crate::source::Spanned;
use crate::tree::{self, Edits};

/// The directory of a project with schemas of custom resources.
const SCHEMAS: &str = "schemas";

/// See the module.
#[derive(Default)]
pub(super) struct Context {
    /// The project around, if there is one.
    pub(super) project: Option<PathBuf>,
    /// What findings call it.
    pub(super) shown_project: PathBuf,
    /// What the user thinks of each check.
    pub(super) levels: Levels,
    /// The findings that are known.
    pub(super) baseline: Option<PathBuf>,
    /// What is wrong with `idpack.yaml`.
    pub(super) findings: Vec<Diagnostic>,
    /// What manifests are judged for.
    pub(super) versions: Versions,
    /// The cluster that `idpack.yaml` says files are for.
    pub(super) cluster: Option<Cluster>,
}

impl Context {
    /// Finds the project around `directory` or the current one, and reads its settings; the command line goes before them. `edits` are what
    /// is to become of its files.
    pub(super) fn new(
        directory: Option<&Path>,
        levels: &LevelArgs,
        versions: &VersionArgs,
        edits: &Edits,
    ) -> Result<Self, Vec<Failure>> {
        let mut context = Self {
            versions: Versions {
                argocd: versions.argocd_version,
                kubernetes: versions.kubernetes_version,
                schemas: None,
            },
            levels: Levels::of(&pipeline::rules()),
            ..Self::default()
        };
        if let Some((root, shown)) = find_project(directory)? {
            let source = tree::read_file(&root, &shown, config::FILE).map_err(|error| Failure::usage(error, None))?;
            let source = source.map(|(_, source)| edits.of(source));
            let (config, findings) = source.as_ref().map(config::load).unwrap_or_default();
            context.findings = findings;
            context.configure(&config, &root);
            (context.project, context.shown_project) = (Some(root), shown);
        }
        context.read_schemas(&versions.schemas)?;
        let wanted =
            [(&levels.allow, None), (&levels.warn, Some(Severity::Warning)), (&levels.deny, Some(Severity::Error))];
        for (ids, level) in wanted {
            for id in ids {
                let rule = find_rule(id).map_err(|(message, help)| Failure::usage(message, help))?;
                context.levels.set(rule, level).map_err(|reason| Failure::usage(reason, None))?;
            }
        }
        Ok(context)
    }

    /// Reads the schemas of custom resources: those that are named, and those of the project.
    fn read_schemas(&mut self, named: &[PathBuf]) -> Result<(), Vec<Failure>> {
        let own = self.project.as_ref().map(|root| root.join(SCHEMAS)).filter(|directory| directory.is_dir());
        let own = own.map(|directory| (directory, self.shown_project.join(SCHEMAS)));
        let named = named.iter().map(|directory| (directory.clone(), directory.clone()));
        // What is named last goes before what came first.
        let directories: Vec<_> = own.into_iter().chain(named).collect();
        if directories.is_empty() {
            return Ok(());
        }
        let mut catalogue = Catalogue::default();
        for (directory, shown) in directories {
            match pipeline::read_schemas(&directory, &shown, &mut catalogue) {
                Ok(findings) => self.findings.extend(findings),
                Err(errors) => return Err(unreadable(&errors)),
            }
        }
        self.versions.schemas = Some(Arc::new(catalogue));
        Ok(())
    }

    /// Takes over the settings of a project.
    fn configure(&mut self, config: &Config, root: &Path) {
        self.cluster.clone_from(&config.cluster);
        self.baseline = config.validate.baseline.as_ref().map(|path| root.join(path));
        let mut known = |version: &Option<Spanned<(u32, u32)>>, known: [(u32, u32); 2]| {
            let version = version.as_ref()?;
            let is_known = (known[0]..=known[1]).contains(&version.value);
            if !is_known {
                let [(major, oldest), (last, newest)] = known;
                let message = format!("idpack knows versions {major}.{oldest} to {last}.{newest}");
                self.findings.push(Diagnostic::new(&config::CONFIG_SCHEMA, &version.span, message));
            }
            is_known.then_some(version.value)
        };
        let argocd = known(&config.versions.argocd, pipeline::known_argocd());
        let kubernetes = known(&config.versions.kubernetes, pipeline::known_kubernetes());
        self.versions.argocd = self.versions.argocd.or(argocd);
        self.versions.kubernetes = self.versions.kubernetes.or(kubernetes);
        for (id, level) in &config.checks {
            let fault = match find_rule(id) {
                Ok(rule) => self.levels.set(rule, *level).err().map(|reason| (reason, None)),
                Err((message, help)) => Some((message, Some(help))),
            };
            if let Some((message, help)) = fault {
                let finding = Diagnostic::new(&config::CONFIG_SCHEMA, &id.span, message);
                self.findings.push(help.into_iter().fold(finding, Diagnostic::help));
            }
        }
    }
}

/// Returns the rule of this name, or what to say instead: what is wrong, and what was probably meant.
pub(super) fn find_rule(id: &str) -> Result<&'static Rule, (String, String)> {
    let rules = pipeline::rules();
    rules.iter().find(|rule| rule.id == id).copied().ok_or_else(|| {
        let near = nearest(id, rules.iter().map(|rule| rule.id));
        let help = near.map_or("`idpack checks` lists them".to_owned(), |near| format!("did you mean `{near}`?"));
        (format!("there is no check `{id}`"), help)
    })
}
