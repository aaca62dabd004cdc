//! Which virtual cluster a backend means.

use std::collections::BTreeMap;

use super::{Exposure, Fit, Target, VirtualCluster, WrittenService};
use crate::manifest::{Backend, Label, Manifest, ManifestSet, POD_NAME_LABEL, RouteRule, Service};
use crate::package::{Package, PackagedApplication};
use crate::vcluster;
use crate::yaml::Node;

/// Where an object is: its cluster and its namespace, as far as they are known.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    cluster: Option<&'a str>,
    namespace: Option<&'a str>,
}

impl<'a> Place<'a> {
    pub(super) fn of(exposure: &Exposure<'a>) -> Self {
        Self {
            cluster: exposure.application.map(PackagedApplication::destination),
            namespace: exposure.namespace.map(|namespace| namespace.as_str()),
        }
    }

    /// Returns where a backend is looked for: where its object is, unless it says otherwise.
    fn of_backend(self, backend: &'a Backend) -> Self {
        Self { namespace: backend.namespace.as_ref().map(|namespace| namespace.as_str()).or(self.namespace), ..self }
    }

    fn of_manifest(manifest: &'a Manifest, package: &'a Package<'a>) -> Self {
        Self {
            cluster: package.destination_of(manifest),
            namespace: package.namespace_of(manifest).map(|namespace| namespace.as_str()),
        }
    }
}

/// The virtual clusters by what others can know about them. Of several with the same key, the first counts.
pub(super) struct Index<'a> {
    manifests: &'a ManifestSet,
    /// By cluster, namespace and release.
    by_place: BTreeMap<(&'a str, &'a str, &'a str), usize>,
    /// By namespace and release.
    by_name: BTreeMap<(&'a str, &'a str), usize>,
    by_release: BTreeMap<&'a str, usize>,
    /// By a name on the certificate or the host of an exported server.
    by_host: BTreeMap<String, usize>,
    by_namespace: BTreeMap<&'a str, usize>,
    /// The names of the other Services that charts render, each with the virtual cluster and whether it is headless and leads
    /// to the API server.
    others: BTreeMap<String, Vec<(usize, bool)>>,
    services: Vec<WrittenService<'a>>,
    /// Ranks among these, by namespace and name.
    by_service: BTreeMap<(&'a str, &'a str), usize>,
}

impl<'a> Index<'a> {
    pub(super) fn new(
        manifests: &'a ManifestSet,
        package: &'a Package<'a>,
        virtual_clusters: &[VirtualCluster<'a>],
    ) -> Self {
        let mut index = Self {
            manifests,
            by_place: BTreeMap::new(),
            by_name: BTreeMap::new(),
            by_release: BTreeMap::new(),
            by_host: BTreeMap::new(),
            by_namespace: BTreeMap::new(),
            others: BTreeMap::new(),
            services: Vec::new(),
            by_service: BTreeMap::new(),
        };
        for (rank, it) in virtual_clusters.iter().enumerate() {
            let release = it.release.as_str();
            index.by_release.entry(release).or_insert(rank);
            for namespace in it.namespaces() {
                index.by_place.entry((it.application.destination(), namespace, release)).or_insert(rank);
                index.by_name.entry((namespace, release)).or_insert(rank);
                index.by_namespace.entry(namespace).or_insert(rank);
            }
            let exported = it.endpoints().map(|(_, endpoint)| endpoint.host.to_lowercase());
            for host in it.sans.iter().cloned().chain(exported) {
                index.by_host.entry(host).or_insert(rank);
            }
            for service in vcluster::services(release, it.source.values.as_ref()).split_off(1) {
                let is_api = service.name == vcluster::headless_service(release);
                index.others.entry(service.name).or_default().push((rank, is_api));
            }
        }
        for service in manifests.facts.services.iter().filter(|service| service.may_be_for_virtual_cluster()) {
            let manifest = manifests.manifest_of(service);
            let Some(name) = manifest.name.as_ref().filter(|_| package.is_exact(manifest)) else { continue };
            let place = Place::of_manifest(manifest, package);
            if let Some(virtual_cluster) = index.led_to_by(place, service, virtual_clusters) {
                let key = (place.namespace.unwrap_or_default(), name.as_str());
                index.by_service.entry(key).or_insert(index.services.len());
                index.services.push(WrittenService { manifest, service, virtual_cluster });
            }
        }
        index
    }

    pub(super) fn into_services(self) -> Vec<WrittenService<'a>> {
        self.services
    }

    /// Finds a release where an object can reach it.
    fn here(&self, place: Place<'_>, release: &str) -> Option<usize> {
        match (place.cluster, place.namespace) {
            (Some(cluster), Some(namespace)) => self.by_place.get(&(cluster, namespace, release)).copied(),
            (None, Some(namespace)) => self.by_name.get(&(namespace, release)).copied(),
            (_, None) => self.by_release.get(release).copied(),
        }
    }

    /// Finds the virtual cluster whose pods a Service selects, or whose Service it stands for.
    fn led_to_by(&self, place: Place<'_>, service: &Service, all: &[VirtualCluster<'_>]) -> Option<usize> {
        if let Some(name) = &service.external_name {
            let name = name.trim_end_matches('.');
            let name = name.strip_suffix(".svc.cluster.local").or_else(|| name.strip_suffix(".svc"))?;
            let (release, namespace) = name.split_once('.')?;
            return self.here(Place { namespace: Some(namespace), ..place }, release);
        }
        let label = |wanted| service.selector.iter().find(|label| &*label.key == wanted).map(|label| &**label.value);
        let pod = || Some(label(POD_NAME_LABEL)?.rsplit_once('-')?.0);
        let only = || self.by_namespace.get(place.namespace?).copied();
        let rank = match label("release").or_else(pod) {
            Some(release) => self.here(place, release)?,
            None => only()?,
        };
        let it = all.get(rank)?;
        let is_here = place.cluster.is_none_or(|cluster| cluster == it.application.destination());
        let own = it.value(&["controlPlane", "statefulSet", "pods", "labels"]);
        let selects = |label: &Label| match (&*label.key, &**label.value) {
            ("release", value) => value == it.release.value,
            (POD_NAME_LABEL, value) => {
                value.strip_prefix(it.release.as_str()).is_some_and(|rest| rest.starts_with('-'))
            }
            pair if pair == vcluster::POD_LABEL => true,
            (key, value) => own.and_then(|own| own.get(key)).and_then(Node::as_str) == Some(value),
        };
        (is_here && service.selector.iter().all(selects)).then_some(rank)
    }

    /// Finds the virtual cluster that a backend leads to, or would if it were in its place.
    pub(super) fn target(&self, place: Place<'_>, backend: &Backend) -> Option<Target> {
        let service = backend.service.as_ref()?.as_str();
        let place = place.of_backend(backend);
        let found = |fit| move |virtual_cluster| Target { virtual_cluster, fit };
        if let Some(target) = self.here(place, service).map(found(Fit::Service)) {
            return Some(target);
        }
        if let Some((rank, is_api)) = self.other(place, service) {
            return is_api.then(|| found(Fit::Headless)(rank));
        }
        if let Some(rank) = self.by_service.get(&(place.namespace.unwrap_or_default(), service)) {
            return Some(found(Fit::Written(*rank))(self.services[*rank].virtual_cluster));
        }
        if self.is_known(place, service) {
            return None;
        }
        self.by_release.get(service).copied().map(found(Fit::Elsewhere))
    }

    /// Finds the virtual cluster that a backend was meant for which is no Service that anybody knows: by a host, or by its
    /// namespace, which a virtual cluster has for itself. Services that vCluster syncs from within
    /// (`{name}-x-{namespace}-x-{release}`) are no mistakes.
    pub(super) fn meant(
        &self,
        place: Place<'_>,
        passes_through: bool,
        rule: &RouteRule,
        backend: &Backend,
    ) -> Option<Target> {
        let service = backend.service.as_ref()?.as_str();
        let place = place.of_backend(backend);
        let is_known = self.other(place, service).is_some() || self.is_known(place, service);
        if is_known || service.contains("-x-") || backend.path.as_ref().is_some_and(|path| path.value != "/") {
            return None;
        }
        let by_host = rule.hosts.iter().find_map(|host| self.by_host.get(host.as_str()));
        let by_namespace = || self.by_namespace.get(place.namespace.filter(|_| passes_through)?);
        let virtual_cluster = *by_host.or_else(by_namespace)?;
        Some(Target { virtual_cluster, fit: Fit::OtherName })
    }

    /// Finds a Service of a chart that is not the main one.
    fn other(&self, place: Place<'_>, service: &str) -> Option<(usize, bool)> {
        let release = ["-etcd-headless", "-etcd", "-headless"].iter().find_map(|end| service.strip_suffix(end))?;
        let rank = self.here(place, release)?;
        self.others.get(service)?.iter().find(|(owner, _)| *owner == rank).copied()
    }

    /// Tells whether somebody wrote a Service of this name.
    fn is_known(&self, place: Place<'_>, service: &str) -> bool {
        let mut namespaces = [place.namespace.unwrap_or_default(), ""].into_iter();
        namespaces.any(|namespace| self.manifests.find("Service", namespace, service).next().is_some())
    }
}
