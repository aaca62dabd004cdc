//! The one place that knows the order of the stages.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::checks;
use crate::config::{self, Config};
use crate::descriptor::{self, Delivery, Descriptor};
use crate::diagnostic::{Diagnostic, Rule, has_errors};
use crate::environments;
use crate::git::{self, Branch, Message, Outcome, Place};
use crate::idpbuilder::Cluster;
use crate::model::{self, Environment};
use crate::output::{self, Basis, Digest, Lock, Marker, Plan};
use crate::pack::{self, Packs};
use crate::package::Reading;
use crate::policy;
use crate::render::{self, Templates};
use crate::schema::{self, custom::Catalogue};
use crate::source::Source;
use crate::tree::{self, Edits, Kind, Listing, ReadError, RepoPath, Tree};
use crate::yaml;

mod judge;

pub use judge::{PREDICT, READ, REFERENCES, Settings, TRACE, Verdict, Watch, judge, judge_and_look};

/// What a person wrote: the files of a project, read but not understood.
pub struct Project {
    /// Its directory.
    pub root: PathBuf,
    /// What findings call it.
    pub shown_root: PathBuf,
    /// `idpack.yaml`.
    pub config: Config,
    environments: Tree,
    templates: Tree,
    config_source: Option<(RepoPath, Arc<Source>)>,
    findings: Vec<Diagnostic>,
}

impl Project {
    /// Reads the project at `root`; findings call its files `shown_root` and their path.
    ///
    /// # Errors
    ///
    /// Names every file that cannot be read.
    pub fn read(root: &Path, shown_root: &Path) -> Result<Self, Vec<ReadError>> {
        let environments = tree::read_directory(root, shown_root, descriptor::DIRECTORY, descriptor::is_descriptor);
        let templates = tree::read_directory(root, shown_root, pack::DIRECTORY, pack::is_template);
        let config_source = tree::read_file(root, shown_root, config::FILE);
        match (environments, templates, config_source) {
            (Ok(environments), Ok(templates), Ok(config_source)) => {
                let (config, findings) =
                    config_source.as_ref().map(|(_, source)| config::load(source)).unwrap_or_default();
                Ok(Self {
                    root: root.to_owned(),
                    shown_root: shown_root.to_owned(),
                    config,
                    environments,
                    templates,
                    config_source,
                    findings,
                })
            }
            (environments, templates, config_source) => {
                let mut errors = environments.err().unwrap_or_default();
                errors.extend(templates.err().unwrap_or_default());
                errors.extend(config_source.err());
                Err(errors)
            }
        }
    }

    /// Gives its files the texts that they are to have.
    #[must_use]
    pub fn edited(self, edits: &Edits) -> Self {
        let config_source = self.config_source.map(|(path, source)| (path, edits.of(source)));
        let (config, findings) = config_source.as_ref().map(|(_, source)| config::load(source)).unwrap_or_default();
        let (environments, templates) = (self.environments.edited(edits), self.templates.edited(edits));
        Self { config, environments, templates, config_source, findings, ..self }
    }

    /// Takes the project from a listing, such as that of a Git revision; `root` is where it would be on disk.
    ///
    /// # Errors
    ///
    /// Names every file that is no UTF-8.
    pub fn of_listing(root: &Path, listing: &Listing) -> Result<Self, Vec<ReadError>> {
        let (mut environments, mut templates, mut config_source) = (Tree::default(), Tree::default(), None);
        let mut errors = Vec::new();
        for (path, kind) in listing.iter() {
            let name = path.as_str();
            let below = |directory: &str| name.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'));
            let is_environment = below(descriptor::DIRECTORY) && descriptor::is_descriptor(name);
            let is_template = below(pack::DIRECTORY) && pack::is_template(name);
            // Hidden files are of an editor or of Git, in a directory as in a revision.
            let is_hidden = name.split('/').any(|part| part.starts_with('.'));
            if is_hidden || !(is_environment || is_template || name == config::FILE) {
                continue;
            }
            if kind != Kind::File {
                errors.push(listing.not_followed(path));
                continue;
            }
            match listing.read_whole(path) {
                Ok(source) if is_environment => drop(environments.insert(path.clone(), source)),
                Ok(source) if is_template => drop(templates.insert(path.clone(), source)),
                Ok(source) => config_source = Some((path.clone(), source)),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let (config, findings) = config_source.as_ref().map(|(_, source)| config::load(source)).unwrap_or_default();
        let (root, shown_root) = (root.to_owned(), PathBuf::new());
        Ok(Self { root, shown_root, config, environments, templates, config_source, findings })
    }

    /// Returns the comments in its descriptors and settings that suppress findings.
    #[must_use]
    pub fn suppressions(&self) -> Vec<policy::Suppression> {
        let settings = self.config_source.iter().map(|(_, source)| source);
        let sources = self.environments.iter().map(|(_, source)| source).chain(settings);
        sources.flat_map(policy::scan).collect()
    }

    /// Returns every file of the project that decides about the output, by its path within the project.
    fn inputs(&self) -> BTreeMap<&RepoPath, &Arc<Source>> {
        let config = self.config_source.iter().map(|(path, source)| (path, source));
        self.environments.iter().chain(&self.templates).chain(config).collect()
    }

    /// Resolves all descriptors, whether they are to be rendered or not: environments are judged together.
    ///
    /// The findings of the whole project are in the second result; what has errors is missing in the first.
    #[must_use]
    pub fn resolve(&self) -> (Resolved, Vec<Diagnostic>) {
        let (packs, found) = pack::load(&self.templates);
        let mut findings = self.findings.clone();
        findings.extend(found);
        let (templates, found) = Templates::compile(&packs);
        findings.extend(found);
        let (descriptors, found) = descriptor::load(&self.environments);
        findings.extend(found);
        let names = descriptors.iter().map(|descriptor| descriptor.name.value.clone()).collect();
        let mut environments = Vec::new();
        for descriptor in descriptors {
            let (environment, found) = model::resolve(&descriptor, &packs);
            findings.extend(found);
            environments.extend(environment.map(|environment| (environment, descriptor)));
        }
        let all = || environments.iter().map(|(environment, _)| environment);
        findings.extend(model::conflicts(all()));
        findings.extend(environments::check(&self.config.policies, &names, all()));
        (Resolved { packs, templates, environments }, findings)
    }
}

/// A project, understood.
pub struct Resolved {
    packs: Packs,
    templates: Templates,
    environments: Vec<(Environment, Descriptor)>,
}

/// The repository of an environment, rendered but not written.
pub struct Rendered {
    /// The environment.
    pub environment: Environment,
    /// Its files.
    pub tree: Tree,
    /// What they were made from: the digest of each descriptor and template of the project, by path.
    inputs: BTreeMap<String, Digest>,
}

impl Rendered {
    /// Returns the environment's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.environment.name.as_str()
    }
}

impl Resolved {
    /// Returns the names of all environments, sorted.
    #[must_use]
    pub fn names(&self) -> BTreeSet<&str> {
        self.environments.iter().map(|(environment, _)| environment.name.as_str()).collect()
    }

    /// Renders the environments that `wanted` says, in parallel; `done` is called after each. Findings call the files
    /// `shown_output`, the environment and their path.
    ///
    /// # Errors
    ///
    /// Passes on a digest that cannot be computed.
    pub fn render(
        self,
        wanted: impl Fn(&str) -> bool + Sync,
        shown_output: &Path,
        done: &(dyn Fn() + Sync),
    ) -> Result<(Vec<Rendered>, Vec<Diagnostic>), Error> {
        let Self { packs, templates, environments } = self;
        let rendered = environments
            .into_par_iter()
            .filter(|(environment, _)| wanted(environment.name.as_str()))
            .map(|(environment, descriptor)| {
                let shown = shown_output.join(environment.name.as_str());
                let (tree, findings) = render::render(&environment, &templates, &shown.to_string_lossy());
                let inputs = inputs(&environment, &descriptor, &packs)?;
                done();
                Ok((Rendered { environment, tree, inputs }, findings))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let (rendered, findings): (Vec<_>, Vec<_>) = rendered.into_iter().unzip();
        Ok((rendered, findings.concat()))
    }
}

/// The digests of what an environment is made from, but for idpack itself.
fn inputs(
    environment: &Environment,
    descriptor: &Descriptor,
    packs: &Packs,
) -> Result<BTreeMap<String, Digest>, Error> {
    let mut inputs = BTreeMap::new();
    let mut add = |name: &str, source: &Source| -> Result<(), Error> {
        inputs.insert(name.to_owned(), Digest::of(source.text().as_bytes())?);
        Ok(())
    };
    for (path, source) in &descriptor.files {
        add(path.as_str(), source)?;
    }
    for package in &environment.packages {
        for (file, source) in package.pack.files.iter().filter(|_| !package.pack.built_in) {
            add(&format!("{}/{}/{file}", pack::DIRECTORY, package.pack.name), source)?;
        }
    }
    for (file, source) in &packs.own_repository {
        add(&format!("{}/{}/{file}", pack::DIRECTORY, pack::REPOSITORY), source)?;
    }
    Ok(inputs)
}

/// Checks rendered environments, in parallel. Those of one cluster are looked at together, because they may get in each other's
/// way.
#[must_use]
pub fn validate(rendered: &[Rendered], versions: &Versions, watch: Watch<'_>) -> Verdict {
    let mut clusters: BTreeMap<&str, Vec<&Rendered>> = BTreeMap::new();
    for rendered in rendered {
        clusters.entry(&rendered.environment.cluster.name).or_default().push(rendered);
    }
    let clusters: Vec<_> = clusters.into_values().collect();
    let verdicts = clusters.par_iter().filter_map(|environments| {
        let cluster = &environments.first()?.environment.cluster;
        let target = versions.of(Some(cluster));
        let settings = Settings { target: &target, cluster, cluster_is_assumed: false, reading: Reading::Found };
        let listing = match environments.as_slice() {
            [alone] => Listing::of_tree(&alone.tree),
            several => Listing::of_tree(&together(several)),
        };
        let verdict = judge(&listing, settings, Watch { done: &|| (), ..watch });
        for _ in environments {
            (watch.done)();
        }
        Some(verdict)
    });
    verdicts.reduce(Verdict::default, Verdict::and)
}

/// Puts environments into one tree, each in a directory of its name.
fn together(environments: &[&Rendered]) -> Tree {
    let mut tree = Tree::default();
    for rendered in environments {
        for (path, source) in &rendered.tree {
            tree.insert(RepoPath::existing(format!("{}/{path}", rendered.name())), Arc::clone(source));
        }
    }
    tree
}

/// Judges a project from its descriptors to what they are rendered to, which findings place below `shown_output`.
///
/// # Errors
///
/// Passes on a digest that cannot be computed.
pub fn judge_project(
    project: &Project,
    shown_output: &Path,
    versions: &Versions,
    watch: Watch<'_>,
) -> Result<Verdict, Error> {
    let (resolved, findings) = project.resolve();
    let mut verdict = Verdict { findings, suppressions: project.suppressions(), ..Verdict::default() };
    verdict.coverage.files = project.inputs().len();
    if !has_errors(&verdict.findings) {
        let (rendered, found) = resolved.render(|_| true, shown_output, &|| ())?;
        verdict.findings.extend(found);
        if !has_errors(&verdict.findings) {
            return Ok(verdict.and(validate(&rendered, versions, watch)));
        }
    }
    verdict.is_partial = true;
    Ok(verdict)
}

/// Reads the schemas of a user: every `*.json`, `*.yaml` and `*.yml` below a directory. See [`Catalogue::add_file`].
///
/// # Errors
///
/// Names what cannot be read.
pub fn read_schemas(
    directory: &Path,
    shown: &Path,
    catalogue: &mut Catalogue,
) -> Result<Vec<Diagnostic>, Vec<ReadError>> {
    let listing = Listing::of_directory(directory, shown, false)?;
    let (mut findings, mut errors) = (Vec::new(), Vec::new());
    let is_schema = |path: &str| [".json", ".yaml", ".yml"].iter().any(|extension| path.ends_with(extension));
    for (path, _) in listing.iter().filter(|(path, kind)| *kind == Kind::File && is_schema(path.as_str())) {
        match listing.read_whole(path) {
            Ok(source) => findings.extend(catalogue.add_file(path.as_str(), &source)),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(findings) } else { Err(errors) }
}

/// The versions that a user wants to be compatible with; those of a cluster's idpbuilder unless said otherwise.
#[derive(Clone, Debug, Default)]
pub struct Versions {
    /// The minor version of Argo CD.
    pub argocd: Option<schema::argocd::Version>,
    /// The minor version of Kubernetes.
    pub kubernetes: Option<schema::kubernetes::Version>,
    /// The schemas of a user.
    pub schemas: Option<Arc<Catalogue>>,
}

/// Returns the oldest and the newest minor version of Argo CD that idpack has facts about.
#[must_use]
pub fn known_argocd() -> [schema::argocd::Version; 2] {
    let versions = schema::argocd::VERSIONS;
    [versions[0], versions[versions.len() - 1]]
}

/// Returns the oldest and the newest minor version of Kubernetes that idpack has facts about.
#[must_use]
pub fn known_kubernetes() -> [schema::kubernetes::Version; 2] {
    [schema::kubernetes::OLDEST, schema::kubernetes::NEWEST]
}

impl Versions {
    /// Returns what manifests for a cluster are judged for; where no cluster is known, the newest of everything.
    #[must_use]
    pub fn of(&self, cluster: Option<&Cluster>) -> schema::Target {
        let [_, newest] = known_argocd();
        let argocd = self.argocd.or_else(|| Some(cluster?.profile.argocd())).unwrap_or(newest);
        let kubernetes = self.kubernetes.unwrap_or(schema::kubernetes::NEWEST);
        schema::Target {
            argocd,
            is_argocd_named: self.argocd.is_some(),
            kubernetes,
            custom: self.schemas.iter().cloned().collect(),
            is_final: false,
        }
    }
}

/// Tells whether a listing has descriptors of idpack below a directory of it, which ends with a slash unless it is the root,
/// and not just files that other tools call alike.
#[must_use]
pub fn has_descriptors(listing: &Listing, directory: &str) -> bool {
    let is_descriptor =
        |path: &RepoPath| path.as_str().starts_with(directory) && descriptor::is_descriptor(path.as_str());
    let mut candidates = listing.iter().filter(|(path, kind)| *kind == Kind::File && is_descriptor(path));
    candidates.any(|(path, _)| listing.read_whole(path).is_ok_and(|source| source.text().contains("idpack.dev/")))
}

/// Returns every rule that a finding can be of, by id.
#[must_use]
pub fn rules() -> Vec<&'static Rule> {
    let stages = [
        yaml::RULES,
        schema::RULES,
        config::RULES,
        descriptor::RULES,
        pack::RULES,
        model::RULES,
        render::RULES,
        environments::RULES,
        policy::RULES,
        judge::RULES,
    ];
    let mut rules: Vec<&Rule> = stages.concat();
    rules.extend(checks::rules());
    rules.sort_by_key(|rule| rule.id);
    rules
}

/// Why something could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The output directory.
    #[error(transparent)]
    Output(#[from] output::Error),
    /// A repository.
    #[error(transparent)]
    Git(#[from] git::Error),
}

impl Error {
    /// Returns what to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Output(error) => error.help().map(str::to_owned),
            Self::Git(error) => error.help(),
        }
    }

    /// Tells whether the machine is at fault, and not something that a person left there.
    #[must_use]
    pub fn is_of_the_machine(&self) -> bool {
        match self {
            Self::Output(error) => matches!(error, output::Error::Io { .. }),
            Self::Git(error) => matches!(error.fault, git::Fault::Io { .. } | git::Fault::Git(_)),
        }
    }
}

/// Where repositories are written, and how.
#[derive(Clone, Debug)]
pub struct Target {
    /// The output directory.
    pub output: PathBuf,
    /// Without working trees.
    pub bare: bool,
    /// Overwrite what was changed by hand.
    pub discard_edits: bool,
}

/// What has to be done to an environment's repository.
pub struct Planned<'a> {
    /// What was rendered.
    pub rendered: &'a Rendered,
    /// Its branch as it was found.
    pub branch: Branch,
    /// What is different on disk; `None` in a bare repository.
    pub plan: Option<Plan>,
    /// What idpack noted when it wrote last.
    pub marker: Option<Marker>,
}

impl Target {
    fn place(&self, environment: &str) -> Place {
        let name = if self.bare { format!("{environment}.git") } else { environment.to_owned() };
        Place { directory: self.output.join(name), bare: self.bare }
    }

    /// Compares rendered environments with what is there. Changes nothing.
    ///
    /// # Errors
    ///
    /// Everything that stands in the way, of all environments.
    pub fn plan<'a>(&self, rendered: &'a [Rendered]) -> Result<Vec<Planned<'a>>, Vec<Error>> {
        let planned: Vec<Result<Planned<'_>, Vec<Error>>> =
            rendered.par_iter().map(|rendered| self.plan_one(rendered)).collect();
        let (mut plans, mut errors) = (Vec::new(), Vec::new());
        for planned in planned {
            match planned {
                Ok(planned) => plans.push(planned),
                Err(found) => errors.extend(found),
            }
        }
        if errors.is_empty() { Ok(plans) } else { Err(errors) }
    }

    fn plan_one<'a>(&self, rendered: &'a Rendered) -> Result<Planned<'a>, Vec<Error>> {
        let name = rendered.name();
        let one = |error: Error| vec![error];
        let branch = git::read(&self.place(name), name).map_err(|error| one(error.into()))?;
        if self.bare {
            return Ok(Planned { rendered, branch, plan: None, marker: None });
        }
        let marker = Marker::read(&self.output, name).map_err(|error| one(error.into()))?;
        let nothing = BTreeMap::new();
        let basis = Basis {
            marker: marker.as_ref(),
            head: branch.tip().map_or(&nothing, |tip| &tip.files),
            inputs: &rendered.inputs,
            discard_edits: self.discard_edits,
        };
        let plan = output::plan(&self.output, name, &rendered.tree, basis).map_err(|error| one(error.into()))?;
        if plan.conflicts.is_empty() {
            Ok(Planned { rendered, branch, plan: Some(plan), marker })
        } else {
            Err(plan.conflicts.iter().cloned().map(|conflict| output::Error::Conflict(conflict).into()).collect())
        }
    }
}

/// Who commits, and when.
#[derive(Clone, Debug)]
pub struct Identity {
    /// A name.
    pub name: String,
    /// A mail address.
    pub email: String,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub time: i64,
}

impl Planned<'_> {
    /// Returns what a commit of this plan changes, compared with the tip of the branch.
    ///
    /// # Errors
    ///
    /// Passes on a digest that cannot be computed.
    pub fn committed(&self) -> Result<Vec<output::ChangeKind>, Error> {
        let nothing = BTreeMap::new();
        let before = self.branch.tip().map_or(&nothing, |tip| &tip.files);
        let after = output::digests(&self.rendered.tree)?;
        let paths: BTreeSet<&RepoPath> = before.keys().chain(after.keys()).collect();
        let kinds = paths.into_iter().filter_map(|path| match (before.get(path), after.get(path)) {
            (None, _) => Some(output::ChangeKind::Create),
            (_, None) => Some(output::ChangeKind::Delete),
            (before, after) => (before != after).then_some(output::ChangeKind::Update),
        });
        Ok(kinds.collect())
    }

    /// Writes the files.
    ///
    /// # Errors
    ///
    /// The machine's, or what got in the way since the plan was made.
    pub fn apply(&self, lock: &Lock) -> Result<(), Error> {
        self.plan.iter().try_for_each(|plan| Ok(output::apply(plan, lock)?))
    }

    /// Writes the files and commits them.
    ///
    /// # Errors
    ///
    /// As [`Planned::apply`]; a commit is made as a whole or not at all.
    pub fn build(&self, identity: &Identity, source: Option<&str>, lock: &Lock) -> Result<Outcome, Error> {
        self.apply(lock)?;
        let trailers: Vec<(&str, &str)> = source.map(|commit| ("Idpack-Source-Commit", commit)).into_iter().collect();
        let subject = format!("chore({}): render environment", self.rendered.name());
        let message = Message {
            name: &identity.name,
            email: &identity.email,
            time: identity.time,
            subject: &subject,
            body: "",
            trailers: &trailers,
        };
        Ok(git::commit(&self.branch, &self.rendered.tree, &message, lock)?)
    }
}

/// Why a file would change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Nothing was written before.
    New,
    /// A descriptor changed, or was added to or taken from the chain.
    Descriptor(String),
    /// A template changed, or was added or removed.
    Template(String),
    /// Another version of idpack wrote the file.
    Tool(String),
    /// Somebody changed the file.
    HandEdit,
    /// The file is no longer rendered.
    Orphan,
    /// The file was lost.
    Missing,
    /// A default, or something else that leaves no trace.
    Unknown,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("the environment is new"),
            Self::Descriptor(name) => write!(f, "the descriptor {name} changed"),
            Self::Template(name) => write!(f, "the template {name} changed"),
            Self::Tool(version) => write!(f, "idpack {version} wrote it, this is {}", env!("CARGO_PKG_VERSION")),
            Self::HandEdit => f.write_str("it was edited by hand"),
            Self::Orphan => f.write_str("it is no longer rendered"),
            Self::Missing => f.write_str("it was removed by hand"),
            Self::Unknown => f.write_str("the reason is not recorded"),
        }
    }
}

impl Planned<'_> {
    /// Returns why a file of this plan changes, sorted.
    #[must_use]
    pub fn causes(&self, change: &output::Change) -> Vec<Cause> {
        let Some(marker) = &self.marker else {
            return vec![if self.branch.tip().is_some() { Cause::Unknown } else { Cause::New }];
        };
        let mut causes = BTreeSet::new();
        if change.edited {
            causes.insert(Cause::HandEdit);
        }
        if change.kind() == output::ChangeKind::Delete {
            causes.insert(Cause::Orphan);
        }
        let written = marker.files().get(&change.path);
        let is_lost = change.before.is_none() && written.is_some();
        if is_lost {
            causes.insert(Cause::Missing);
        }
        // What idpack would write anyhow needs no other reason than the hand that changed it.
        let wanted = change.after.as_ref().and_then(|source| Digest::of(source.text().as_bytes()).ok());
        if written.is_some() && wanted.as_ref() == written {
            return causes.into_iter().collect();
        }
        let (before, after) = (marker.inputs(), &self.rendered.inputs);
        for name in before.keys().chain(after.keys()).filter(|name| before.get(*name) != after.get(*name)) {
            let is_descriptor = name.starts_with(descriptor::DIRECTORY);
            causes.insert(if is_descriptor { Cause::Descriptor(name.clone()) } else { Cause::Template(name.clone()) });
        }
        if marker.tool() != env!("CARGO_PKG_VERSION") {
            causes.insert(Cause::Tool(marker.tool().to_owned()));
        }
        if causes.is_empty() {
            causes.insert(Cause::Unknown);
        }
        causes.into_iter().collect()
    }
}

/// Returns the commit that the project's files were taken from, if all of them are committed.
///
/// # Errors
///
/// Passes on a digest that cannot be computed.
pub fn source_commit(project: &Project) -> Result<Option<git::SourceCommit>, Error> {
    let mut inputs = BTreeMap::new();
    for (path, source) in project.inputs() {
        inputs.insert(path.to_string(), Digest::of(source.text().as_bytes())?);
    }
    Ok(git::source_commit(&project.root, &inputs, &[descriptor::DIRECTORY, pack::DIRECTORY]))
}

/// Returns the `idpbuilder create` command of each cluster, naming all of its environments; `directory` says where the
/// repository of an environment is.
#[must_use]
pub fn create_commands(resolved: &Resolved, directory: impl Fn(&str) -> PathBuf) -> Vec<String> {
    let mut clusters: BTreeMap<&str, (&Cluster, Vec<String>, Option<String>)> = BTreeMap::new();
    let environments = resolved.environments.iter().map(|(environment, _)| environment);
    for environment in environments.filter(|environment| environment.repository.is_none()) {
        let directory = directory(environment.name.as_str());
        let (_, packages, argocd_cm) =
            clusters.entry(&environment.cluster.name).or_insert((&environment.cluster, Vec::new(), None));
        packages.push(directory.to_string_lossy().into_owned());
        if environment.delivery.value == Delivery::AppOfApps && argocd_cm.is_none() {
            *argocd_cm = Some(directory.join("cluster/argocd-cm.yaml").to_string_lossy().into_owned());
        }
    }
    let commands = clusters.values();
    commands.map(|(cluster, packages, argocd_cm)| cluster.create_command(packages, argocd_cm.as_deref())).collect()
}
