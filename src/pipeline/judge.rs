//! From files to findings: what anyone wrote, judged without being changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use crate::checks::{self, Around, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::idpbuilder::Cluster;
use crate::manifest::{self, FileFacts, ManifestSet};
use crate::network::Network;
use crate::package::{Objects, Package, Reading};
use crate::policy::{self, Suppression};
use crate::report::Coverage;
use crate::schema::{self, PLACEHOLDER_UNCHECKED, custom::Catalogue};
use crate::source::{self, Source, Span};
use crate::tree::{Kind, Listing, Part, Parts, ReadError, RepoPath};
use crate::yaml::{self, Entry};

/// The rules of this stage.
pub(super) static RULES: &[&Rule] = &[&CHART_NOT_RENDERED];

static CHART_NOT_RENDERED: Rule = Rule {
    id: "chart-not-rendered",
    summary: "Helm chart whose templates nobody has checked",
    severity: Severity::Info,
    effect: Effect::SilentlyIgnored,
    page: include_str!("chart-not-rendered.md"),
};

/// How files are judged.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// The versions and schemas that they are judged for.
    pub target: &'a schema::Target,
    /// The cluster that they are for.
    pub cluster: &'a Cluster,
    /// Whether nobody said so, and the cluster is what idpbuilder makes by default.
    pub cluster_is_assumed: bool,
    /// Who reads them.
    pub reading: Reading,
}

/// Who watches while files are judged; nobody by default.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Called after each file, or each environment of a project.
    pub done: &'a (dyn Fn() + Sync),
    /// Does each step of the work: [`READ`], [`PREDICT`], [`TRACE`], [`REFERENCES`], and each check by its id.
    pub around: Around<'a>,
}

impl Default for Watch<'_> {
    fn default() -> Self {
        Self { done: &|| (), around: &|_, work| work() }
    }
}

/// The step that reads files and judges each document by itself.
pub const READ: &str = "reading, YAML and schemas";
/// The step that finds out who reads and applies what.
pub const PREDICT: &str = "packages";
/// The step that traces the way to virtual clusters.
pub const TRACE: &str = "network paths";
/// The step that sorts objects by their names.
pub const REFERENCES: &str = "references";

/// What there is to say about files.
#[derive(Debug, Default)]
pub struct Verdict {
    /// The findings, as they were found.
    pub findings: Vec<Diagnostic>,
    /// The comments that suppress some of them.
    pub suppressions: Vec<Suppression>,
    /// How much was looked at.
    pub coverage: Coverage,
    /// How many files hold something that is meant for a cluster.
    pub files_with_manifests: usize,
    /// What could not be read.
    pub errors: Vec<ReadError>,
    /// Whether a fault ended the work, so that nobody has looked at what comes behind it.
    pub is_partial: bool,
}

impl Verdict {
    /// Puts two verdicts together.
    #[must_use]
    pub fn and(mut self, mut other: Self) -> Self {
        self.findings.append(&mut other.findings);
        self.suppressions.append(&mut other.suppressions);
        self.errors.append(&mut other.errors);
        self.coverage.files += other.coverage.files;
        self.coverage.documents += other.coverage.documents;
        self.files_with_manifests += other.files_with_manifests;
        self.is_partial |= other.is_partial;
        self
    }

    /// Takes in what was found in a file, and passes its facts on.
    fn take(&mut self, file: Result<Vec<Read>, ReadError>) -> Vec<FileFacts> {
        let parts = match file {
            Ok(parts) => parts,
            Err(error) => {
                self.errors.push(error);
                return Vec::new();
            }
        };
        self.coverage.files += 1;
        self.files_with_manifests += usize::from(parts.iter().any(|part| part.facts.has_manifests()));
        let mut is_told = false;
        let facts = parts.into_iter().map(|mut part| {
            part.facts.findings.retain(|finding| {
                finding.rule.id != PLACEHOLDER_UNCHECKED.id || !std::mem::replace(&mut is_told, true)
            });
            self.coverage.documents += part.facts.documents;
            self.findings.append(&mut part.facts.findings);
            self.suppressions.append(&mut part.suppressions);
            part.facts
        });
        facts.collect()
    }
}

/// What is left of a part of a file after it was looked at.
struct Read {
    facts: FileFacts,
    suppressions: Vec<Suppression>,
}

/// Judges files: each document by itself, in parallel and one after the other so that few are in memory, then what they say
/// together.
#[must_use]
pub fn judge(listing: &Listing, settings: Settings<'_>, watch: Watch<'_>) -> Verdict {
    judge_and_look(listing, settings, watch, |_| ()).0
}

/// Judges files, and looks at what becomes of them.
pub fn judge_and_look<T>(
    listing: &Listing,
    settings: Settings<'_>,
    watch: Watch<'_>,
    look: impl FnOnce(&Package<'_>) -> T,
) -> (Verdict, T) {
    let mut verdict = Verdict::default();
    let manifests = step(watch, READ, || read(listing, settings, watch, &mut verdict));
    let Settings { cluster, cluster_is_assumed, reading, .. } = settings;
    let package = step(watch, PREDICT, || Package::predict(listing, &manifests, cluster, reading));
    verdict.findings.extend(value_files(listing, &package));
    // Of what nobody reads, nothing counts but that.
    let is_named = matches!(reading, Reading::Package | Reading::Source);
    let unread = package.unread.iter().filter(|_| is_named).map(|unread| unread.shown.clone());
    let values: BTreeSet<&RepoPath> =
        package.applications.iter().flat_map(|it| &it.value_files).map(|(_, path)| *path).collect();
    let is_deep =
        |path: &RepoPath| package.too_deep.contains(manifest::directory(path.as_str())) && !values.contains(path);
    let deep = listing.iter().filter(|(path, _)| is_deep(path)).map(|(path, _)| listing.shown(path));
    let unread: BTreeSet<String> = unread.chain(deep).collect();
    if !unread.is_empty() {
        verdict.findings.retain(|finding| !unread.contains(finding.span.source().name()));
        verdict.suppressions.retain(|suppression| !unread.contains(suppression.file()));
    }
    let network = step(watch, TRACE, || Network::trace(&manifests, &package));
    let objects = step(watch, REFERENCES, || Objects::of(&manifests, &package));
    let scope = Scope {
        manifests: &manifests,
        package: &package,
        objects: &objects,
        network: &network,
        cluster,
        argocd: settings.target.is_argocd_named.then_some(settings.target.argocd),
        cluster_is_assumed,
    };
    verdict.findings.extend(checks::run(&scope, watch.around));
    let seen = look(&package);
    (verdict, seen)
}

/// Does one step of the work where it is watched.
fn step<T>(watch: Watch<'_>, name: &'static str, mut work: impl FnMut() -> T) -> T {
    let mut made = None;
    (watch.around)(name, &mut || made = Some(work()));
    made.unwrap_or_else(work)
}

/// Reads the files, and judges each document by itself.
fn read(listing: &Listing, settings: Settings<'_>, watch: Watch<'_>, verdict: &mut Verdict) -> ManifestSet {
    let charts = charts(listing);
    let (templates, wanted): (Vec<&RepoPath>, Vec<&RepoPath>) = listing
        .iter()
        .filter(|(path, kind)| *kind == Kind::File && (listing.is_single() || manifest::is_candidate(path.as_str())))
        .map(|(path, _)| path)
        .partition(|path| charts.iter().any(|chart| is_template(chart, path)));
    let mut files: Vec<Result<Vec<Read>, ReadError>> = wanted
        .par_iter()
        .map(|path| {
            let read = read_file(listing, path, settings.target);
            (watch.done)();
            read
        })
        .collect();
    let mut target = settings.target.clone();
    let own = definitions(listing, &files, &wanted, &mut verdict.findings);
    target.custom.extend(own.map(Arc::new));
    target.is_final = true;
    if !target.custom.is_empty() {
        // Who defines a kind may stand behind who uses it, so that some files are read again.
        files.par_iter_mut().zip(&wanted).for_each(|(file, path)| {
            if file.as_ref().is_ok_and(|parts| parts.iter().any(|part| part.facts.has_unknown_kinds())) {
                *file = read_file(listing, path, &target);
            }
        });
    }
    let parts = || files.iter().filter_map(|file| file.as_ref().ok()).flatten();
    let patches: BTreeSet<String> = parts().flat_map(|part| part.facts.patches()).collect();
    let annotated: BTreeMap<String, Vec<Entry>> =
        parts().flat_map(|part| part.facts.annotated()).map(|(path, entries)| (path, entries.to_vec())).collect();
    let changed: BTreeSet<String> = parts().flat_map(|part| part.facts.changed()).collect();
    let is_changed = |path: &RepoPath| {
        changed.contains(path.as_str()) || !changed.is_empty() && path.ancestors().any(|above| changed.contains(above))
    };
    for part in files.iter_mut().filter_map(|file| file.as_mut().ok()).flatten() {
        if is_changed(&part.facts.path) {
            part.facts.be_changed();
        }
        if patches.contains(part.facts.path.as_str()) {
            part.facts.be_a_patch();
        } else if let Some(annotations) = annotated.get(part.facts.path.as_str()) {
            part.facts.annotate(annotations);
        }
    }
    let manifests = ManifestSet::collect(files.into_iter().flat_map(|file| verdict.take(file)));
    verdict.findings.extend(charts.iter().filter_map(|chart| not_rendered(listing, chart, &templates)));
    manifests
}
/// Puts the `CustomResourceDefinition`s of the files together; `None` if there are none. Their files are read once more, one by
/// one: as trees, definitions are large.
fn definitions(
    listing: &Listing,
    files: &[Result<Vec<Read>, ReadError>],
    wanted: &[&RepoPath],
    findings: &mut Vec<Diagnostic>,
) -> Option<Catalogue> {
    let has_definitions = |file: &Result<Vec<Read>, ReadError>| {
        file.as_ref().is_ok_and(|parts| parts.iter().any(|part| part.facts.has_definitions))
    };
    let mut catalogue = None;
    for path in files.iter().zip(wanted).filter(|(file, _)| has_definitions(file)).map(|(_, path)| path) {
        let catalogue = catalogue.get_or_insert_with(Catalogue::default);
        for part in listing.read(path).into_iter().flatten().filter_map(Result::ok) {
            let mut found = Vec::new();
            for document in manifest::objects(yaml::read(&part.source).0) {
                found.extend(catalogue.add_crd(&document));
            }
            source::condense(&part.source, &mut [catalogue, &mut found]);
            findings.append(&mut found);
        }
    }
    catalogue
}

/// Judges the files that Applications take values for the vCluster chart from.
fn value_files(listing: &Listing, package: &Package<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for it in &package.applications {
        for (rank, path) in &it.value_files {
            let source = &it.application.sources[*rank];
            if !source.is_vcluster() {
                continue;
            }
            // What cannot be read was reported when it was read as any other file.
            let Ok(text) = listing.read_whole(path) else { continue };
            let revision = source.target_revision.as_ref().map_or("", |revision| &revision.value);
            for values in &yaml::read(&text).0 {
                findings.extend(schema::vcluster::check(revision, values));
            }
        }
    }
    findings
}

/// Reads a file, judges its documents by themselves and lets go of its text.
fn read_file(listing: &Listing, path: &RepoPath, target: &schema::Target) -> Result<Vec<Read>, ReadError> {
    let look = |part: &Part| look(path, part, target, listing.is_single());
    match listing.read(path)? {
        Parts::Whole(part) => Ok(part.iter().map(look).collect()),
        parts @ Parts::Stream { .. } => {
            let mut parts: Vec<(usize, Result<Read, ReadError>)> =
                parts.enumerate().par_bridge().map(|(rank, part)| (rank, part.map(|part| look(&part)))).collect();
            parts.sort_by_key(|(rank, _)| *rank);
            parts.into_iter().map(|(_, part)| part).collect()
        }
    }
}

/// The group of Kind's own configuration, which is a Go template to idpbuilder (pkg/kind/cluster.go:56-101).
const KIND_GROUP: &str = "kind.x-k8s.io/";

fn look(path: &RepoPath, part: &Part, target: &schema::Target, is_named: bool) -> Read {
    let mut facts = manifest::read(path, part, target, checks::run_on);
    let text = part.source.text();
    let is_json = path.as_str().to_ascii_lowercase().ends_with(".json");
    let is_settings = is_json && !is_named && !(text.contains("apiVersion") && text.contains("kind"));
    let is_template = text.contains("{{") && text.contains(KIND_GROUP) || manifest::is_template(path.as_str(), text);
    if is_settings || is_template {
        // Settings of some program, perhaps with comments, which YAML does not have; or of Kind, which idpbuilder renders.
        facts.findings.retain(|finding| !yaml::is_about_syntax(finding.rule));
    }
    // JSON has no comments.
    let mut suppressions = if is_json { Vec::new() } else { policy::scan(&part.source) };
    source::condense(&part.source, &mut [&mut facts, &mut suppressions]);
    Read { facts, suppressions }
}

/// Returns the directories of Helm charts.
fn charts(listing: &Listing) -> Vec<&str> {
    let files = listing.iter().filter(|(_, kind)| *kind == Kind::File);
    files
        .filter_map(|(path, _)| path.as_str().strip_suffix("Chart.yaml"))
        .filter(|at| at.is_empty() || at.ends_with('/'))
        .collect()
}

/// Tells whether a file is a template of a chart, whose directory ends with a slash.
fn is_template(chart: &str, path: &RepoPath) -> bool {
    path.as_str().strip_prefix(chart).is_some_and(|path| path.starts_with("templates/"))
}

fn not_rendered(listing: &Listing, chart: &str, templates: &[&RepoPath]) -> Option<Diagnostic> {
    let count = templates.iter().filter(|path| is_template(chart, path)).count();
    let path = listing.file(&format!("{chart}Chart.yaml"))?;
    let message = match count {
        0 => return None,
        1 => "the template of this chart is not rendered: nobody has checked it".to_owned(),
        _ => format!("the {count} templates of this chart are not rendered: nobody has checked them"),
    };
    let span = Span::whole(&Source::new(listing.shown(path), ""));
    let help = "`helm template` renders it: `helm template CHART | idpack validate -`";
    Some(Diagnostic::new(&CHART_NOT_RENDERED, &span, message).help(help))
}
