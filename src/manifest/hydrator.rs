//! Applications whose manifests Argo CD renders into a branch, and syncs from there.

use super::Object;
use super::text;
use crate::source::{Located, Span, Spanned};

/// Where the manifests of an Application are rendered to.
#[derive(Debug)]
pub struct Hydrator {
    /// Its manifest, in [`ManifestSet::manifests`](super::ManifestSet::manifests).
    pub manifest: usize,
    /// The repository, unless it is that of the dry source.
    pub repository: Option<Box<str>>,
    /// The branch that they are written to.
    pub branch: Box<str>,
    /// `syncSource.path`.
    pub path: Spanned<String>,
}

impl Hydrator {
    pub(super) fn of(object: &Object<'_>) -> Option<Self> {
        let hydrator = object.of_kind("argoproj.io", "Application")?.at(&["spec", "sourceHydrator"])?;
        let written = |path: &[&str]| text(hydrator, path).map(|text| Box::from(text.value));
        let branch = written(&["hydrateTo", "targetBranch"]).or_else(|| written(&["syncSource", "targetBranch"]))?;
        Some(Self {
            manifest: object.manifest,
            repository: written(&["syncSource", "repoURL"]).or_else(|| written(&["drySource", "repoURL"])),
            branch,
            path: text(hydrator, &["syncSource", "path"])?,
        })
    }
}

located! {
    Hydrator: path;
}
