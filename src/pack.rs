//! Packs: template directories, what they install and what can be set about them.
//!
//! The built-in packs are the repository's own `templates/`, embedded in the program. A directory of the same name in a
//! user's project replaces a built-in pack as a whole; any other name adds one.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;

use crate::diagnostic::{Diagnostic, Effect, Rule, Severity, has_errors};
use crate::schema::{self, Schema};
use crate::source::{Source, Span, Spanned};
use crate::tree::{RepoPath, Tree};
use crate::yaml::{self, Node};

/// The directory of the packs in a project.
pub const DIRECTORY: &str = "templates";
/// The file that describes a pack.
pub const FILE: &str = "pack.yaml";
/// The pack that installs the virtual cluster.
pub const VCLUSTER: &str = "vcluster";
/// The pack that makes it reachable.
pub const VCLUSTER_INGRESS: &str = "vcluster-ingress";
/// The template of a helm pack's values.
pub const VALUES_TEMPLATE: &str = "values.yaml.j2";
/// Not a pack: the templates of what every repository holds beside its packages.
pub const REPOSITORY: &str = "_repository";

/// A pack cannot be used.
pub static PACK_INVALID: Rule = Rule {
    id: "pack-invalid",
    summary: "template directory that is no pack, or whose description is wrong",
    severity: Severity::Error,
    effect: Effect::NotGenerated,
    page: include_str!("pack-invalid.md"),
};

/// The rules of this stage.
pub static RULES: &[&Rule] = &[&PACK_INVALID];

/// A template directory.
#[derive(Debug)]
pub struct Pack {
    /// The name of the directory.
    pub name: Spanned<String>,
    /// Where its content comes from.
    pub source: PackSource,
    /// The sync wave unless a descriptor says otherwise.
    pub wave: i32,
    /// Pattern of the Application's name; `{environment}` and `{package}` stand for names.
    pub application: Spanned<String>,
    /// The schema of the values that a descriptor may set; `None` takes everything.
    pub values: Option<Arc<Schema>>,
    /// Its files, [`FILE`] among them, by path within the pack.
    pub files: BTreeMap<String, Arc<Source>>,
    /// Whether it is part of idpack.
    pub built_in: bool,
}

impl Pack {
    /// Returns the templates and the manifests to copy, by path within the pack.
    pub fn templates(&self) -> impl Iterator<Item = (&str, &Arc<Source>)> {
        self.files.iter().filter(|(file, _)| *file != FILE).map(|(file, source)| (file.as_str(), source))
    }
}

/// Where the content of a pack comes from.
#[derive(Debug)]
pub enum PackSource {
    /// A Helm chart; only its values are templated.
    Helm(ChartTemplate),
    /// Manifests, one template each.
    Manifests,
}

/// The chart of a helm pack; each field is a template.
#[derive(Clone, Debug, Deserialize)]
pub struct ChartTemplate {
    /// The Helm repository.
    #[serde(rename = "repoURL")]
    pub repo_url: Spanned<String>,
    /// The chart's name there.
    pub name: Spanned<String>,
    /// Its version.
    pub version: Spanned<String>,
    /// The Helm release; the Application's name unless given.
    pub release: Option<Spanned<String>>,
}

#[derive(Deserialize)]
struct Document {
    metadata: Metadata,
    spec: Spec,
}

#[derive(Deserialize)]
struct Metadata {
    name: Spanned<String>,
}

#[derive(Deserialize)]
struct Spec {
    source: SourceKind,
    #[serde(default)]
    wave: i32,
    application: Option<Spanned<String>>,
    chart: Option<ChartTemplate>,
    values: Option<Node>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum SourceKind {
    Helm,
    Manifests,
}

/// The packs of a project, and the templates of what every repository holds beside them.
#[derive(Debug)]
pub struct Packs {
    /// Packs by name.
    pub packs: BTreeMap<String, Arc<Pack>>,
    /// Templates of [`REPOSITORY`] by file name, idpack's own.
    pub built_in_repository: BTreeMap<String, Arc<Source>>,
    /// Those of the project, which take their place.
    pub own_repository: BTreeMap<String, Arc<Source>>,
}

/// Tells whether a file below [`DIRECTORY`] belongs to a pack: its description, a template, or a manifest to copy.
#[must_use]
pub fn is_template(path: &str) -> bool {
    is_yaml(path) || path.strip_suffix(".j2").is_some()
}

/// Returns the embedded `templates/`.
#[must_use]
pub fn built_in() -> &'static Tree {
    static TREE: OnceLock<Tree> = OnceLock::new();
    const FILES: &[(&str, &str)] = &[
        ("templates/_repository/README.md.j2", include_str!("../templates/_repository/README.md.j2")),
        ("templates/_repository/kind.yaml.j2", include_str!("../templates/_repository/kind.yaml.j2")),
        ("templates/vcluster/pack.yaml", include_str!("../templates/vcluster/pack.yaml")),
        ("templates/vcluster/values.yaml.j2", include_str!("../templates/vcluster/values.yaml.j2")),
        ("templates/vcluster-ingress/ingress.yaml.j2", include_str!("../templates/vcluster-ingress/ingress.yaml.j2")),
        ("templates/vcluster-ingress/pack.yaml", include_str!("../templates/vcluster-ingress/pack.yaml")),
    ];
    TREE.get_or_init(|| {
        let mut tree = Tree::default();
        for (path, text) in FILES {
            if let Ok(repo_path) = RepoPath::new(*path) {
                tree.insert(repo_path, Source::new(format!("built-in {path}"), *text));
            }
        }
        tree
    })
}

/// Reads the built-in packs and those of a project, whose `templates/` tree is given.
#[must_use]
pub fn load(project: &Tree) -> (Packs, Vec<Diagnostic>) {
    let (mut packs, mut diagnostics) = (BTreeMap::new(), Vec::new());
    let mut directories = by_directory(built_in());
    let mut own = by_directory(project);
    let built_in_repository = directories.remove(REPOSITORY).unwrap_or_default();
    let own_repository = own.remove(REPOSITORY).unwrap_or_default();
    for (file, text) in own_repository.iter().filter(|(file, _)| !built_in_repository.contains_key(*file)) {
        let message = format!("`{DIRECTORY}/{REPOSITORY}/{file}` is not used");
        let known = built_in_repository.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        diagnostics.push(
            Diagnostic::new(&PACK_INVALID, &Span::new(text, 0, 0), message)
                .help(format!("what can be replaced is {known}")),
        );
    }
    directories.retain(|name, _| !own.contains_key(name));
    for (is_built_in, directories) in [(true, directories), (false, own)] {
        for (name, files) in directories {
            let (pack, found) = load_one(&name, files, is_built_in);
            diagnostics.extend(found);
            packs.extend(pack.map(|pack| (name, Arc::new(pack))));
        }
    }
    (Packs { packs, built_in_repository, own_repository }, diagnostics)
}

/// Says why a file of a pack would have no effect, or a wrong one.
fn misplaced(file: &str, source: &PackSource) -> Option<&'static str> {
    const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
    let target = file.strip_suffix(".j2").unwrap_or(file);
    match source {
        _ if file == FILE => None,
        PackSource::Helm(_) if file == VALUES_TEMPLATE => None,
        PackSource::Helm(_) => Some("is not used: a helm pack has `values.yaml.j2` and nothing else"),
        PackSource::Manifests if KUSTOMIZATIONS.contains(&target.rsplit('/').next().unwrap_or(target)) => {
            Some("is in the way: the kustomization is generated, and lists what the pack renders")
        }
        PackSource::Manifests if !is_yaml(target) => Some("is rendered as a manifest: call it `….yaml.j2`"),
        PackSource::Manifests => None,
    }
}

fn is_yaml(file: &str) -> bool {
    [".yaml", ".yml"].iter().any(|extension| file.ends_with(extension))
}

/// Groups the files below `templates/` by the directory they are in.
fn by_directory(tree: &Tree) -> BTreeMap<String, BTreeMap<String, Arc<Source>>> {
    let mut directories: BTreeMap<String, BTreeMap<String, Arc<Source>>> = BTreeMap::new();
    for (path, source) in tree {
        let below = path.as_str().strip_prefix(DIRECTORY).and_then(|path| path.strip_prefix('/'));
        if let Some((directory, file)) = below.and_then(|path| path.split_once('/')) {
            directories.entry(directory.to_owned()).or_default().insert(file.to_owned(), Arc::clone(source));
        }
    }
    directories
}

fn load_one(name: &str, files: BTreeMap<String, Arc<Source>>, built_in: bool) -> (Option<Pack>, Vec<Diagnostic>) {
    let Some(source) = files.get(FILE) else {
        let file = files.values().next().map(|source| Span::new(source, 0, 0));
        let missing = file.map(|span| {
            Diagnostic::new(&PACK_INVALID, &span, format!("`templates/{name}/` has templates but no `{FILE}`"))
                .help("describe the pack: apiVersion, kind: Pack, metadata.name and spec.source")
        });
        return (None, missing.into_iter().collect());
    };
    let (node, mut diagnostics) = yaml::read_one(source);
    let Some(node) = node else { return (None, diagnostics) };
    diagnostics.extend(schema::idpack::pack().check(&PACK_INVALID, &node));
    if has_errors(&diagnostics) {
        return (None, diagnostics);
    }
    let document: Document = match yaml::from_node(&node) {
        Ok(document) => document,
        Err(error) => {
            diagnostics.push(Diagnostic::new(&PACK_INVALID, &error.span, error.message));
            return (None, diagnostics);
        }
    };
    let Document { metadata, spec } = document;
    if metadata.name.value != name {
        let message = format!("the pack in `templates/{name}/` calls itself `{}`", metadata.name);
        diagnostics.push(
            Diagnostic::new(&PACK_INVALID, &metadata.name.span, message)
                .help("descriptors use the name of the directory: make them the same"),
        );
    }
    let values = spec.values.and_then(|values| match Schema::compile(&values.to_json()) {
        Ok(schema) => Some(Arc::new(schema)),
        Err(reason) => {
            diagnostics.push(Diagnostic::new(
                &PACK_INVALID,
                &values.span,
                format!("`spec.values` is no JSON Schema: {reason}"),
            ));
            None
        }
    });
    let source = match (spec.source, spec.chart) {
        (SourceKind::Helm, Some(chart)) => PackSource::Helm(chart),
        (_, Some(chart)) => {
            let message = "a pack of manifests has no chart";
            diagnostics.push(Diagnostic::new(&PACK_INVALID, &chart.name.span, message).help("write `source: helm`"));
            PackSource::Manifests
        }
        (_, None) => PackSource::Manifests,
    };
    let strangers = files.iter().filter_map(|(file, text)| Some((file, text, misplaced(file, &source)?)));
    for (file, text, reason) in strangers {
        let message = format!("`{DIRECTORY}/{name}/{file}` {reason}");
        diagnostics.push(Diagnostic::new(&PACK_INVALID, &Span::new(text, 0, 0), message));
    }
    if has_errors(&diagnostics) {
        return (None, diagnostics);
    }
    let application = spec
        .application
        .unwrap_or_else(|| Spanned::new("{package}-{environment}".to_owned(), metadata.name.span.clone()));
    (Some(Pack { name: metadata.name, source, wave: spec.wave, application, values, files, built_in }), diagnostics)
}
