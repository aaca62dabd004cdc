//! In which order one sync applies what needs each other.
//!
//! Facts from argoproj/argo-cd v3.1.7, `gitops-engine/pkg/sync/sync_context.go` and `sync_tasks.go`: a sync applies the objects
//! of one step, waits until all of them are healthy, as far as they have a health, and goes on. Whatever has more than one step
//! waits, but for the last. Namespaces and definitions are taken to the step of the first object that is in need of them.

use std::collections::BTreeMap;

use super::{Package, PackagedApplication};
use crate::idpbuilder::SYSTEM_NAMESPACES;
use crate::manifest::{Kind, Lack, Manifest, ManifestSet, Step};
use crate::source::Span;

/// Kinds whose objects are in a namespace, by group: those that people write most.
const NAMESPACED: [(&str, &[&str]); 5] = [
    (
        "",
        &[
            "ConfigMap",
            "LimitRange",
            "PersistentVolumeClaim",
            "Pod",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
        ],
    ),
    ("apps", &["DaemonSet", "Deployment", "StatefulSet"]),
    ("batch", &["CronJob", "Job"]),
    ("networking.k8s.io", &["Ingress", "NetworkPolicy"]),
    ("rbac.authorization.k8s.io", &["Role", "RoleBinding"]),
];
/// How many Applications may be each other's children before idpack gives up.
const MAX_DEPTH: usize = 16;
/// How many objects of one kind and name are looked at.
const MAX_CANDIDATES: usize = 8;

/// Something that one sync applies before what it needs.
#[derive(Debug)]
pub struct Inversion<'a> {
    /// What the sync applies too early: `user`, or the Application that applies that.
    pub early: &'a Manifest,
    /// Its step.
    pub early_step: Step,
    /// What the sync applies later: `needed`, or the Application that applies that.
    pub late: &'a Manifest,
    /// Its step.
    pub late_step: Step,
    /// What needs something.
    pub user: &'a Manifest,
    /// Where it says so.
    pub place: &'a Span,
    /// What it needs.
    pub needed: &'a Manifest,
    /// Whether `early` never gets healthy without it, so that the sync never comes to `late`.
    pub blocks: bool,
}

impl Inversion<'_> {
    /// Names what is needed, with the Application that applies it if that is what comes late.
    #[must_use]
    pub fn needed_label(&self) -> String {
        label(self.needed, self.late)
    }

    /// Names what needs it, with the Application that applies it if that is what comes early.
    #[must_use]
    pub fn user_label(&self) -> String {
        label(self.user, self.early)
    }
}

fn label(manifest: &Manifest, item: &Manifest) -> String {
    if manifest.index == item.index { manifest.label() } else { format!("{} of {}", manifest.label(), item.label()) }
}

/// Finds all inversions, in the order of the manifests.
pub(super) fn find<'a>(package: &Package<'a>, set: &'a ManifestSet) -> Vec<Inversion<'a>> {
    let manifests = set.manifests();
    // Without waves and hooks there is one step.
    if manifests.windows(2).all(|pair| pair[0].step() == pair[1].step()) {
        return Vec::new();
    }
    let mut order = Order::new(package, set);
    for manifest in manifests {
        order.look_at(manifest);
    }
    for application in &package.applications {
        order.add_release_namespace(application);
    }
    order.found
}

struct Order<'p, 'a> {
    package: &'p Package<'a>,
    set: &'a ManifestSet,
    /// What others refer to, by the cluster, the kind, the namespace and the name.
    named: BTreeMap<(Cluster<'a>, &'static Kind, Option<&'a str>, &'a str), Vec<&'a Manifest>>,
    /// Namespaces by cluster and name, but for those that are there anyway or that a sync creates.
    namespaces: BTreeMap<(Cluster<'a>, &'a str), Vec<&'a Manifest>>,
    /// Definitions by cluster, group and kind.
    definitions: BTreeMap<(Cluster<'a>, &'a str, &'a str), Vec<&'a Manifest>>,
    found: Vec<Inversion<'a>>,
}

/// Where an Application deploys to; `None` for the one that no file tells of.
type Cluster<'a> = Option<&'a str>;

/// An object that one Application applies, and the Application by its rank.
type Link<'a> = (usize, &'a Manifest);

/// Something that needs something else.
struct User<'a> {
    manifest: &'a Manifest,
    /// Where it says so.
    place: &'a Span,
    /// Whether it never gets healthy without it.
    blocks: bool,
    /// Whether a sync that applies both takes what is needed to the step of the user.
    is_followed: bool,
}

impl<'p, 'a> Order<'p, 'a> {
    fn new(package: &'p Package<'a>, set: &'a ManifestSet) -> Self {
        let (named, namespaces, definitions) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut order = Self { package, set, named, namespaces, definitions, found: Vec::new() };
        for manifest in set.manifests() {
            let (Some(cluster), Some(name)) = (order.cluster_of(manifest), &manifest.name) else { continue };
            if let Some(kind) = Kind::of(manifest.group(), &manifest.kind) {
                let namespace = package.namespace_of(manifest).filter(|_| kind.is_namespaced);
                let key = (cluster, kind, namespace.map(|it| it.as_str()), name.as_str());
                order.named.entry(key).or_default().push(manifest);
            } else if manifest.kind.value == "Namespace"
                && manifest.group().is_empty()
                && !SYSTEM_NAMESPACES.contains(&name.as_str())
            {
                order.namespaces.entry((cluster, name.as_str())).or_default().push(manifest);
            }
        }
        for it in package.applications.iter().filter(|it| it.application.sync.creates_namespace()) {
            let namespace = it.application.namespace.as_ref().map_or("", |namespace| &namespace.value);
            order.namespaces.remove(&(Some(it.destination()), namespace));
        }
        for it in &set.facts.definitions {
            let manifest = set.manifest_of(it);
            if let Some(cluster) = order.cluster_of(manifest) {
                order.definitions.entry((cluster, &*it.group, &*it.kind)).or_default().push(manifest);
            }
        }
        order
    }

    /// Adds everything that an object needs.
    fn look_at(&mut self, manifest: &'a Manifest) {
        let Some(cluster) = self.cluster_of(manifest) else { return };
        let own = self.package.namespace_of(manifest);
        for need in manifest.needs.iter().filter(|need| matches!(need.lack, Lack::Unhealthy | Lack::Idle)) {
            let namespace = need.namespace.as_deref().or(own.map(|own| own.as_str()));
            let key = (cluster, need.kind, namespace.filter(|_| need.kind.is_namespaced), need.name.as_str());
            let (place, blocks) = (&need.name.span, need.lack == Lack::Unhealthy);
            let user = User { manifest, place, blocks, is_followed: false };
            self.add(&user, self.named.get(&key).cloned());
        }
        let definitions = self.definitions.get(&(cluster, manifest.group(), manifest.kind.as_str())).cloned();
        self.add(&User { manifest, place: &manifest.kind.span, blocks: true, is_followed: true }, definitions);
        let is_here =
            |(group, kinds): &(&str, &[&str])| *group == manifest.group() && kinds.contains(&&*manifest.kind.value);
        if let Some(namespace) = own.filter(|_| NAMESPACED.iter().any(is_here)) {
            let namespaces = self.namespaces.get(&(cluster, namespace.as_str())).cloned();
            self.add(&User { manifest, place: &namespace.span, blocks: true, is_followed: true }, namespaces);
        }
    }

    /// Adds the namespace of what an Application installs as a virtual cluster.
    fn add_release_namespace(&mut self, it: &PackagedApplication<'a>) {
        for source in it.application.sources.iter().filter(|source| source.is_vcluster()) {
            if let Some(namespace) = source.release_namespace.as_ref().or(it.application.namespace.as_ref()) {
                let namespaces = self.namespaces.get(&(Some(it.destination()), namespace.as_str())).cloned();
                let user = User { manifest: it.manifest, place: &namespace.span, blocks: true, is_followed: false };
                self.add(&user, namespaces);
            }
        }
    }

    /// Adds an inversion if all of the objects that would do come too late. Many of the same name are meant for somebody
    /// who chooses.
    fn add(&mut self, user: &User<'a>, needed: Option<Vec<&'a Manifest>>) {
        let Some(needed) = needed.filter(|needed| needed.len() <= MAX_CANDIDATES) else { return };
        let users = self.links(user.manifest);
        let Some((applier, _)) = users.first() else { return };
        let mut late = None;
        for needed in needed {
            let links = self.links(needed);
            let Some((provider, _)) = links.first() else { return };
            if user.is_followed && applier == provider {
                return;
            }
            // The nearest Application that has a hand in both decides.
            let common = users.iter().find_map(|(rank, early)| {
                let (_, late) = links.iter().find(|(other, _)| other == rank)?;
                Some((*early, *late))
            });
            let Some((early, later)) = common else { return };
            match self.step(early).zip(self.step(later)) {
                Some((early_step, late_step)) if early_step < late_step => {
                    late.get_or_insert((early, early_step, later, late_step, needed));
                }
                _ => return,
            }
        }
        let Some((early, early_step, late, late_step, needed)) = late else { return };
        // Applications are waited for only where they have a health, which does not count their hooks.
        let (is_application, is_own) = (early.is_argocd_application(), std::ptr::eq(early, user.manifest));
        let is_waited_for =
            !is_application || self.package.application_health.is_some() && (is_own || !user.manifest.is_hook());
        self.found.push(Inversion {
            early,
            early_step,
            late,
            late_step,
            user: user.manifest,
            place: user.place,
            needed,
            blocks: user.blocks && is_waited_for,
        });
    }

    /// Returns who applies an object, who applies that Application, and so on, each with what it applies; nothing if the
    /// object is applied by nobody or not as it is written.
    fn links(&self, manifest: &'a Manifest) -> Vec<Link<'a>> {
        let mut links = Vec::new();
        let mut item = manifest;
        while let Some(sync) =
            self.package.syncs[item.index].as_ref().filter(|sync| sync.exact && links.len() < MAX_DEPTH)
        {
            links.push((sync.application, item));
            let Some(application) = self.package.applications.get(sync.application) else { break };
            item = application.manifest;
        }
        links
    }

    /// Returns the step of an object, unless its author may have meant another.
    fn step(&self, manifest: &Manifest) -> Option<Step> {
        manifest.step().filter(|_| self.set.knows_wave(manifest))
    }

    /// Returns the cluster that an object gets into, if anybody applies it.
    fn cluster_of(&self, manifest: &Manifest) -> Option<Cluster<'a>> {
        let sync = self.package.syncs[manifest.index].as_ref()?;
        Some(self.package.applications.get(sync.application).map(PackagedApplication::destination))
    }
}
