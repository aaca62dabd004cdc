//! Where Applications and `ApplicationSet`s come into being.

use super::{IN_CLUSTER, LossKind, Package};
use crate::idpbuilder;
use crate::manifest::{Manifest, ManifestSet, OddSpec, is_package_file};

/// An Application or `ApplicationSet` that idpbuilder creates by itself.
#[derive(Debug)]
pub struct RootApplication<'a> {
    /// Its manifest.
    pub manifest: &'a Manifest,
    /// The name of the object by which idpbuilder remembers it, if it has a name.
    pub custom_package: Option<String>,
    /// What is out of the ordinary about it, such as fields that idpbuilder does not pass on.
    pub odd_spec: Option<&'a OddSpec>,
}

/// The Argo CD that an Application belongs to, as far as the tree tells it from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Home<'a> {
    /// The directory of the package that it comes from, by way of its parents.
    pub package: &'a str,
    /// The cluster that its parents deploy it to; the one that idpbuilder creates if it is empty.
    pub cluster: &'a str,
}

/// Finds what idpbuilder creates by itself: the first document of the files in a package.
pub(super) fn roots<'a>(package: &Package<'a>, manifests: &'a ManifestSet) -> Vec<RootApplication<'a>> {
    let all = manifests.manifests().iter();
    let is_root = |manifest: &&Manifest| {
        manifest.is_argocd_application()
            && package.packages.contains(manifest.directory())
            && is_package_file(manifest.path.as_str())
            && !package.is_lost(manifest)
    };
    let root = |manifest: &'a Manifest| {
        let file = manifest.path.as_str().rsplit('/').next().unwrap_or_default();
        let custom_package = manifest.name.as_ref().map(|name| idpbuilder::custom_package_name(file, name));
        RootApplication { manifest, custom_package, odd_spec: manifest.fact_in(&manifests.facts.odd_specs) }
    };
    all.filter(is_root).map(root).collect()
}

impl<'a> Package<'a> {
    /// Tells whether idpbuilder passes over an object of a package because of where it stands in its file.
    #[must_use]
    pub fn is_lost(&self, manifest: &Manifest) -> bool {
        let Ok(rank) = self.losses.binary_search_by(|loss| loss.path.cmp(manifest.path.as_str())) else { return false };
        let loss = &self.losses[rank];
        matches!(loss.kind, LossKind::Behind | LossKind::Further)
            && manifest.kind.span.position() >= loss.at.span.position()
    }

    /// Returns the entry of [`Package::roots`] for what idpbuilder creates by itself.
    #[must_use]
    pub fn root(&self, manifest: &Manifest) -> Option<&RootApplication<'a>> {
        let rank = self.roots.binary_search_by_key(&manifest.index, |root| root.manifest.index).ok()?;
        self.roots.get(rank)
    }

    /// Finds the Argo CD that an Application or `ApplicationSet` ends up in; `None` if nobody that the tree tells of creates it.
    #[must_use]
    pub fn home_of(&self, manifest: &'a Manifest) -> Option<Home<'a>> {
        let (mut manifest, mut cluster) = (manifest, "");
        // Each step leads to a parent, and there are not more parents than Applications.
        for _ in 0..=self.applications.len() {
            if self.packages.contains(manifest.directory()) {
                return Some(Home { package: manifest.directory(), cluster });
            }
            let parent = self.application_of(manifest)?;
            if cluster.is_empty() && parent.destination() != IN_CLUSTER[1] {
                cluster = parent.application.server.as_ref().or(parent.application.cluster.as_ref())?;
            }
            manifest = parent.manifest;
        }
        None
    }
}
