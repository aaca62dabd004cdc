//! The objects of a tree by what others call them, and what else there will be.

use std::collections::{BTreeMap, BTreeSet};

use super::Package;
use crate::diagnostic::is_misspelt;
use crate::manifest::{ApplicationSource, Kind, Label, Manifest, ManifestSet, Workload};
use crate::tree::join;

/// With so many objects beside each other a name is compared.
const NEIGHBOURS: usize = 256;

/// Where an object that reaches a cluster as it is written comes from and gets to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place<'a> {
    home: Home<'a>,
    /// Its namespace; `None` if no file says which, and it is the same one for all objects of its home of which that is so.
    pub namespace: Option<&'a str>,
}

/// The Application that applies an object, by its rank, or else the directory of its file: what comes from one home belongs
/// together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Home<'a> {
    Application(usize),
    Directory(&'a str),
}

/// What a kustomization does to a file, other than loading it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Change {
    /// It changes the objects.
    transforms: bool,
    /// It gives them a namespace.
    moves: bool,
}

/// The objects of a tree by what others call them.
#[derive(Debug)]
pub struct Objects<'a> {
    set: &'a ManifestSet,
    package: &'a Package<'a>,
    /// What is referred to, by kind and name.
    named: BTreeMap<(&'static Kind, &'a str), Vec<&'a Manifest>>,
    /// The same by place, as far as that is certain.
    placed: BTreeMap<(Place<'a>, &'static Kind), Vec<&'a Manifest>>,
    /// The names of what generators and operators make, as far as they say so.
    made: BTreeSet<&'a str>,
    /// What the names of other things that charts and operators make have in them.
    makers: BTreeSet<&'a str>,
    /// What kustomizations that no Application loads change.
    transformed: BTreeSet<String>,
    /// The files to whose objects a kustomization gives a namespace.
    moved: BTreeSet<String>,
    /// The Applications that load from outside of the tree, too, and the namespaces of these.
    open: BTreeSet<usize>,
    open_namespaces: BTreeSet<&'a str>,
    /// The homes with something that an operator reads, which may make pods.
    operated: BTreeSet<Home<'a>>,
    /// The ranks of workloads, by their labels.
    labelled: BTreeMap<(&'a str, &'a str), Vec<usize>>,
    /// The ranks of workloads, by place.
    workloads: BTreeMap<Place<'a>, Vec<usize>>,
}

impl<'a> Objects<'a> {
    /// Sorts the objects of a tree.
    #[must_use]
    pub fn of(set: &'a ManifestSet, package: &'a Package<'a>) -> Self {
        let (transformed, moved) = kustomized(set);
        let mut objects = Self {
            set,
            package,
            named: BTreeMap::new(),
            placed: BTreeMap::new(),
            made: set.kustomizations.values().flat_map(|it| &it.names).map(String::as_str).collect(),
            makers: BTreeSet::new(),
            transformed,
            moved,
            open: BTreeSet::new(),
            open_namespaces: BTreeSet::new(),
            operated: BTreeSet::new(),
            labelled: BTreeMap::new(),
            workloads: BTreeMap::new(),
        };
        objects.add_applications();
        for it in &set.facts.custom_resources {
            let manifest = set.manifest_of(it);
            objects.made.extend(it.names.iter().map(|name| &**name));
            if !it.is_plain {
                objects.makers.extend(manifest.name.as_ref().map(|name| name.as_str()));
                objects.operated.insert(objects.home(manifest));
            }
        }
        for manifest in set.manifests() {
            let Some(kind) = Kind::of(manifest.group(), &manifest.kind) else { continue };
            let Some(name) = &manifest.name else { continue };
            objects.named.entry((kind, name.as_str())).or_default().push(manifest);
            if let Some(place) = objects.place(manifest) {
                objects.placed.entry((place.of_kind(kind), kind)).or_default().push(manifest);
            }
        }
        for (rank, workload) in set.facts.workloads.iter().enumerate() {
            if let Some(place) = objects.place(set.manifest_of(workload)) {
                objects.workloads.entry(place).or_default().push(rank);
            }
            for (key, value) in &workload.labels {
                objects.labelled.entry((key, value)).or_default().push(rank);
            }
        }
        objects
    }

    fn add_applications(&mut self) {
        for (rank, it) in self.package.applications.iter().enumerate() {
            for (source, directory) in it.application.sources.iter().zip(&it.directories) {
                let release = source.release_name.as_ref().or(it.manifest.name.as_ref());
                if source.chart.is_some() || source.release_name.is_some() {
                    self.makers.extend(release.map(|release| release.as_str()));
                }
                let is_reference = |source: &ApplicationSource| {
                    source.reference.is_some() && source.path.is_none() && source.chart.is_none()
                };
                if directory.is_none() && !source.is_vcluster() && !is_reference(source) {
                    self.open.insert(rank);
                    self.open_namespaces.extend(it.application.namespace.as_ref().map(|namespace| namespace.as_str()));
                }
            }
        }
    }

    /// Returns where an object comes from and gets to, if it reaches a cluster as it is written.
    #[must_use]
    pub fn place(&self, manifest: &'a Manifest) -> Option<Place<'a>> {
        let home = self.home(manifest);
        let (is_exact, is_somewhere) = match home {
            Home::Application(_) => (self.package.is_exact(manifest), false),
            Home::Directory(_) => (!self.transformed.contains(manifest.path.as_str()), self.is_moved(manifest)),
        };
        let namespace = self.package.namespace_of(manifest).filter(|_| !is_somewhere);
        is_exact.then_some(Place { home, namespace: namespace.map(|namespace| namespace.as_str()) })
    }

    /// Tells whether a kustomization gives an object its namespace, and changes what refers to it alike.
    #[must_use]
    pub fn is_moved(&self, manifest: &Manifest) -> bool {
        self.moved.contains(manifest.path.as_str())
    }

    /// Tells whether somebody else may put pods and other objects beside those of a place.
    #[must_use]
    pub fn is_open(&self, place: Place<'_>) -> bool {
        matches!(place.home, Home::Application(rank) if self.open.contains(&rank))
    }

    /// Tells whether pods that are in no file may get to a place.
    #[must_use]
    pub fn may_have_more_pods(&self, place: Place<'a>) -> bool {
        self.is_open(place)
            || self.operated.contains(&place.home)
            || place.namespace.is_some_and(|namespace| self.open_namespaces.contains(namespace))
    }

    /// Returns the objects of a kind and name, wherever they are.
    #[must_use]
    pub fn named<'b>(&'b self, kind: &'static Kind, name: &'b str) -> &'b [&'a Manifest] {
        self.named.get(&(kind, name)).map_or(&[], Vec::as_slice)
    }

    /// Tells whether there may be an object of some name that is in no file: a generator, a chart or an operator makes it.
    #[must_use]
    pub fn may_be_made(&self, name: &str) -> bool {
        self.made.contains(name) || self.makers.iter().any(|maker| name.contains(maker))
    }

    /// Returns the object of a kind beside a place whose name was probably meant.
    #[must_use]
    pub fn near(&self, place: Place<'a>, kind: &'static Kind, name: &str) -> Option<&'a Manifest> {
        let beside = self.placed.get(&(place.of_kind(kind), kind)).into_iter().flatten().take(NEIGHBOURS);
        let is_near = |it: &&&'a Manifest| it.name.as_ref().is_some_and(|known| is_misspelt(name, known));
        beside.copied().find(|it| is_near(&it))
    }

    /// Returns the object beside a place that makes a Secret whose name was probably meant, with that name.
    #[must_use]
    pub fn near_made(&self, place: Place<'a>, name: &str) -> Option<(&'a Manifest, &'a str)> {
        let makers = self.set.facts.custom_resources.iter().filter(|it| it.makes_secret);
        let beside = makers.filter(|it| self.place(self.set.manifest_of(*it)) == Some(place)).take(NEIGHBOURS);
        beside.into_iter().find_map(|it| {
            let near = it.names.iter().find(|known| is_misspelt(name, known))?;
            Some((self.set.manifest_of(it), &**near))
        })
    }

    /// Returns what makes pods that have all of these labels, wherever they are.
    #[must_use]
    pub fn selected(&self, labels: &[Label]) -> Vec<&'a Workload> {
        let Some(fewest) = labels.iter().map(|label| self.labelled(label)).min_by_key(|ranks| ranks.len()) else {
            return Vec::new();
        };
        let workloads = fewest.iter().map(|rank| &self.set.facts.workloads[*rank]);
        workloads.filter(|it| labels.iter().all(|label| it.label(&label.key) == Some(&**label.value))).collect()
    }

    fn labelled<'b>(&'b self, label: &'b Label) -> &'b [usize] {
        self.labelled.get(&(&*label.key, &**label.value)).map_or(&[], Vec::as_slice)
    }

    /// Returns what makes pods at a place, as many as can be compared.
    pub fn workloads_at(&self, place: Place<'a>) -> impl Iterator<Item = &'a Workload> {
        let ranks = self.workloads.get(&place).into_iter().flatten().take(NEIGHBOURS);
        ranks.map(|rank| &self.set.facts.workloads[*rank])
    }

    fn home(&self, manifest: &'a Manifest) -> Home<'a> {
        match &self.package.syncs[manifest.index] {
            Some(sync) => Home::Application(sync.application),
            None => Home::Directory(manifest.directory()),
        }
    }
}

impl<'a> Place<'a> {
    /// Returns another namespace of the same home.
    #[must_use]
    pub fn within(self, namespace: &'a str) -> Self {
        Self { namespace: Some(namespace), ..self }
    }

    /// Tells whether both are in one cluster for certain, whatever their namespaces.
    #[must_use]
    pub fn is_beside(self, other: Self) -> bool {
        self.home == other.home
    }

    /// Returns where objects of a kind are that are not in namespaces, or in this one.
    fn of_kind(self, kind: &Kind) -> Self {
        Self { namespace: self.namespace.filter(|_| kind.is_namespaced), ..self }
    }
}

/// Returns the files whose objects kustomizations change, and those to whose objects they give a namespace.
fn kustomized(set: &ManifestSet) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut changes: BTreeMap<String, Change> = BTreeMap::new();
    let mut pending: Vec<(String, Change)> = Vec::new();
    for (home, it) in &set.kustomizations {
        let change = Change { transforms: it.transforms, moves: it.namespace.is_some() };
        pending.push((home.clone(), change));
    }
    while let Some((path, change)) = pending.pop() {
        let known = changes.entry(path.clone()).or_default();
        let both = Change { transforms: known.transforms | change.transforms, moves: known.moves | change.moves };
        if *known == both {
            continue;
        }
        *known = both;
        let Some(kustomization) = set.kustomizations.get(&path) else { continue };
        let loaded = kustomization.resources.iter().map(|resource| resource.as_str());
        let loaded = loaded.chain(kustomization.parts.iter().map(String::as_str));
        pending.extend(loaded.filter_map(|resource| Some((join(&path, resource)?, both))));
    }
    let files =
        |is: fn(&Change) -> bool| changes.iter().filter(|(_, it)| is(it)).map(|(path, _)| path.clone()).collect();
    (files(|it| it.transforms), files(|it| it.moves))
}
