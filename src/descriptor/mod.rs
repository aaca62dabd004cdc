//! What a person wrote about an environment: found, merged with what it extends, checked for its shape.

use std::sync::Arc;

use serde::Deserialize;

use crate::diagnostic::{Diagnostic, Effect, Rule, Severity, has_errors};
use crate::idpbuilder::Protocol;
use crate::schema;
use crate::source::{Source, Span, Spanned};
use crate::tree::{RepoPath, Tree};
use crate::yaml::{self, Node};

mod extends;

/// The directory of the descriptors in a project.
pub const DIRECTORY: &str = "environments";

/// A descriptor does not have the shape of one.
pub static DESCRIPTOR_SCHEMA: Rule = Rule {
    id: "descriptor-schema",
    summary: "descriptor with an unknown key, a missing key or a value of the wrong kind",
    severity: Severity::Error,
    effect: Effect::NotGenerated,
    page: include_str!("descriptor-schema.md"),
};

/// `extends` leads nowhere, or in a circle.
pub static DESCRIPTOR_EXTENDS: Rule = Rule {
    id: "descriptor-extends",
    summary: "descriptor that extends a file that does not exist, or itself",
    severity: Severity::Error,
    effect: Effect::NotGenerated,
    page: include_str!("descriptor-extends.md"),
};

/// Two descriptors describe an environment of the same name.
pub static DESCRIPTOR_DUPLICATE: Rule = Rule {
    id: "descriptor-duplicate",
    summary: "two descriptors with the same name",
    severity: Severity::Error,
    effect: Effect::NotGenerated,
    page: include_str!("descriptor-duplicate.md"),
};

/// The rules of this stage.
pub static RULES: &[&Rule] = &[&DESCRIPTOR_DUPLICATE, &DESCRIPTOR_EXTENDS, &DESCRIPTOR_SCHEMA];

/// One environment as it was written, everything that it extends merged in.
#[derive(Debug)]
pub struct Descriptor {
    /// `metadata.name`.
    pub name: Spanned<String>,
    /// `spec`.
    pub spec: Spec,
    /// The files that it was read from: itself, then what it extends, nearest first.
    pub files: Vec<(RepoPath, Arc<Source>)>,
}

/// The document that [`schema::idpack::environment`] describes.
#[derive(Deserialize)]
struct Document {
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
}

#[derive(Deserialize)]
struct Metadata {
    name: Spanned<String>,
}

/// `spec` of a descriptor. What is absent gets its default in [`crate::model`].
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// The idpbuilder cluster.
    pub cluster: ClusterSpec,
    /// How Applications are arranged.
    pub delivery: Option<Spanned<Delivery>>,
    /// Where Argo CD finds the repository when idpbuilder does not serve it.
    pub repository: Option<RepositorySpec>,
    /// The cluster that everything is installed in.
    pub destination: Option<Spanned<DestinationSpec>>,
    /// The virtual cluster.
    pub vcluster: VclusterSpec,
    /// What is installed; `None` stands for the two built-in packs.
    pub packages: Option<Vec<Spanned<PackageSpec>>>,
}

/// `spec.cluster`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterSpec {
    /// `--name`.
    pub name: Option<Spanned<String>>,
    /// `--host`.
    pub host: Option<Spanned<String>>,
    /// `--port`.
    pub port: Option<Spanned<u16>>,
    /// `--protocol`.
    pub protocol: Option<Spanned<Protocol>>,
    /// `--use-path-routing`.
    pub path_routing: Option<Spanned<bool>>,
    /// The release line of idpbuilder.
    pub idpbuilder: Option<Spanned<String>>,
}

/// `spec.delivery`: how Applications are arranged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// A parent Application syncs the others in the order of their waves.
    #[default]
    AppOfApps,
    /// Every Application stands alone at the root; their waves have no effect.
    Applications,
    /// One Application with a source per package; waves are on the resources.
    SingleApplication,
}

/// `spec.repository`.
#[derive(Debug, Deserialize)]
pub struct RepositorySpec {
    /// The URL that Argo CD clones.
    pub url: Spanned<String>,
    /// Branch, tag or commit.
    pub revision: Option<Spanned<String>>,
}

/// `spec.destination`; exactly one field is set.
#[derive(Debug, Deserialize)]
pub struct DestinationSpec {
    /// The address of the API server.
    pub server: Option<String>,
    /// The name that Argo CD knows the cluster under.
    pub name: Option<String>,
}

/// `spec.vcluster`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VclusterSpec {
    /// The Helm release.
    pub release: Option<Spanned<String>>,
    /// The namespace.
    pub namespace: Option<Spanned<String>>,
    /// The public host name.
    pub hostname: Option<Spanned<String>>,
    /// The URL in the exported kubeconfig.
    pub server: Option<Spanned<String>>,
    /// The chart.
    pub chart: ChartSpec,
    /// Further names on the certificate.
    #[serde(rename = "extraSANs")]
    pub extra_sans: Vec<Spanned<String>>,
    /// Chart values over the derived ones.
    pub values: Option<Node>,
}

/// `spec.vcluster.chart`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChartSpec {
    /// The Helm repository.
    #[serde(rename = "repoURL")]
    pub repo_url: Option<Spanned<String>>,
    /// The exact version.
    pub version: Option<Spanned<String>>,
}

/// An item of `spec.packages`.
#[derive(Debug, Deserialize)]
pub struct PackageSpec {
    /// The pack's directory name.
    pub pack: Spanned<String>,
    /// Tells packages of one pack apart, and names the Application.
    pub name: Option<Spanned<String>>,
    /// The sync wave.
    pub wave: Option<Spanned<i32>>,
    /// The target namespace.
    pub namespace: Option<Spanned<String>>,
    /// Values of the pack.
    pub values: Option<Node>,
}

/// Tells whether a file below [`DIRECTORY`] is a descriptor or a base of one.
#[must_use]
pub fn is_descriptor(path: &str) -> bool {
    [".yaml", ".yml"].iter().any(|extension| path.ends_with(extension))
}

/// Reads all descriptors of a project, sorted by the name of their file. A file whose name starts with `_` is a base.
///
/// Faulty ones are left out of the first result and explained, completely, in the second.
#[must_use]
pub fn load(tree: &Tree) -> (Vec<Descriptor>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let files = extends::Files::read(tree, &mut diagnostics);
    let mut descriptors: Vec<Descriptor> = Vec::new();
    for path in files.environments() {
        let mut found = Vec::new();
        if let Some(descriptor) = load_one(&files, path, &mut found) {
            match descriptors.iter().find(|earlier| earlier.name.value == descriptor.name.value) {
                Some(earlier) => found.push(
                    Diagnostic::new(
                        &DESCRIPTOR_DUPLICATE,
                        &descriptor.name.span,
                        format!("there are two environments called `{}`", descriptor.name),
                    )
                    .related(&earlier.name.span, "the other one")
                    .help("every environment has its own repository, which carries its name: choose another"),
                ),
                None => descriptors.push(descriptor),
            }
        }
        diagnostics.extend(found);
    }
    (descriptors, diagnostics)
}

fn load_one(files: &extends::Files, path: &RepoPath, diagnostics: &mut Vec<Diagnostic>) -> Option<Descriptor> {
    let merged = files.resolve(path, diagnostics)?;
    let found = schema::idpack::environment().check(&DESCRIPTOR_SCHEMA, &merged.root);
    let faulty = has_errors(&found);
    diagnostics.extend(found);
    if faulty {
        return None;
    }
    match yaml::from_node::<Document>(&merged.root) {
        Ok(document) => Some(Descriptor { name: document.metadata.name, spec: document.spec, files: merged.files }),
        Err(error) => {
            diagnostics.push(Diagnostic::new(&DESCRIPTOR_SCHEMA, &error.span, error.message));
            None
        }
    }
}

/// Returns the place of a whole document, for what is missing in it.
fn document_span(source: &Arc<Source>) -> Span {
    Span::new(source, 0, 0)
}
