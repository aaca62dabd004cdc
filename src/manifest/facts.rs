//! The facts about objects: one list per kind of fact, each in the order of the manifests.
//!
//! A new kind of fact is one line in `facts!` below, and a file of its own: a struct with `manifest: usize`, its [`Located`], and
//! `of`, which reads an [`Object`] and returns an `Option` or another collection of them.

use super::{
    AppProject, Application, ApplicationSet, ArgocdConfig, Binding, ClusterSecret, CustomResource, Definition,
    GuardedNamespace, Hydrator, Keys, LargeObject, Manifest, ManifestSet, NetworkPolicy, Object, OddSpec,
    OtherComparison, PodSelector, Service, WaveKey, Workload, WrittenRoute,
};
use crate::source::{Located, Span};

/// Something that one object says.
pub trait Fact {
    /// Returns the rank of its manifest, in [`ManifestSet::manifests`].
    fn manifest(&self) -> usize;
}

impl ManifestSet {
    /// Returns the manifest of the object that says something.
    #[must_use]
    pub fn manifest_of(&self, fact: &impl Fact) -> &Manifest {
        &self.manifests()[fact.manifest()]
    }
}

impl Manifest {
    /// Returns what a list of [`Facts`] says about it; the first if it says several things.
    #[must_use]
    pub fn fact_in<'a, T: Fact>(&self, facts: &'a [T]) -> Option<&'a T> {
        let rank = facts.partition_point(|fact| fact.manifest() < self.index);
        facts.get(rank).filter(|fact| fact.manifest() == self.index)
    }
}

/// Makes [`Facts`] of its lists.
macro_rules! facts {
    ($($(#[$doc:meta])* $list:ident: $fact:ident,)*) => {
        /// What the objects of a tree say.
        #[derive(Debug, Default)]
        pub struct Facts {
            $($(#[$doc])* pub $list: Vec<$fact>,)*
        }

        /// Something that an object of a file says. Most files have one fact or none, and there may be many files.
        #[derive(Debug)]
        pub(super) enum AnyFact {
            $($fact(Box<$fact>),)*
        }

        impl AnyFact {
            /// Reads what an object says.
            pub(super) fn of(object: &mut Object<'_>) -> Vec<Self> {
                let mut facts = Vec::new();
                $(facts.extend($fact::of(object).into_iter().map(|fact| Self::$fact(Box::new(fact))));)*
                facts
            }
        }

        impl Located for AnyFact {
            fn spans(&mut self, visit: &mut dyn FnMut(&mut Span)) {
                match self {
                    $(Self::$fact(fact) => fact.spans(visit),)*
                }
            }
        }

        impl Facts {
            /// Takes in what a file says, whose manifests have the ranks from `first` on.
            pub(super) fn append(&mut self, facts: Vec<AnyFact>, first: usize) {
                for fact in facts {
                    match fact {
                        $(AnyFact::$fact(mut fact) => {
                            fact.manifest += first;
                            self.$list.push(*fact);
                        })*
                    }
                }
            }
        }

        $(impl Fact for $fact {
            fn manifest(&self) -> usize {
                self.manifest
            }
        })*
    };
}

facts! {
    /// The Applications.
    applications: Application,
    /// The `ApplicationSet`s.
    application_sets: ApplicationSet,
    /// The Applications and `ApplicationSet`s with something out of the ordinary.
    odd_specs: OddSpec,
    /// The `AppProject`s.
    projects: AppProject,
    /// The `ConfigMap`s that are an `argocd-cm`, by name.
    argocd_configs: ArgocdConfig,
    /// Where Argo CD is told to compare `StatefulSet`s in another way than it does by itself.
    other_comparisons: OtherComparison,
    /// The Secrets that tell Argo CD about clusters.
    cluster_secrets: ClusterSecret,
    /// The keys of labels and annotations that were meant to be sync waves.
    wave_keys: WaveKey,
    /// What leads connections to Services.
    routes: WrittenRoute,
    /// The Services.
    services: Service,
    /// The `NetworkPolicies`.
    network_policies: NetworkPolicy,
    /// The Namespaces that say what pods they admit.
    namespaces: GuardedNamespace,
    /// The bindings of roles.
    bindings: Binding,
    /// The `CustomResourceDefinition`s.
    definitions: Definition,
    /// The Applications whose manifests are rendered into a branch.
    hydrators: Hydrator,
    /// The objects that are large.
    large_objects: LargeObject,
    /// The keys of `ConfigMap`s and Secrets.
    keys: Keys,
    /// The budgets and policies for pods with some labels.
    pod_selectors: PodSelector,
    /// What makes pods.
    workloads: Workload,
    /// The objects that somebody else than Kubernetes and Argo CD reads.
    custom_resources: CustomResource,
}

#[cfg(test)]
mod tests {
    use crate::manifest;

    #[test]
    fn facts_and_manifests_know_each_other() {
        let object = |group: &str, kind: &str| format!("apiVersion: {group}/v1\nkind: {kind}\nmetadata: {{name: x}}\n");
        let application = object("argoproj.io", "Application");
        let two = format!("{application}---\n{}", object("rbac.authorization.k8s.io", "RoleBinding"));
        let (set, _) = manifest::parse(&[("a.yaml", &application), ("b.yaml", &two)]);
        let facts = &set.facts;
        let ranks: Vec<_> = facts.applications.iter().map(|fact| set.manifest_of(fact).index).collect();
        assert_eq!(ranks, [0, 1]);
        assert_eq!(set.manifest_of(&facts.bindings[0]).kind.value, "RoleBinding");
        for manifest in set.manifests() {
            let found = manifest.fact_in(&facts.applications).map(|application| application.manifest);
            assert_eq!(found, (manifest.kind.value == "Application").then_some(manifest.index));
            assert_eq!(manifest.fact_in(&facts.bindings).is_some(), manifest.kind.value == "RoleBinding");
        }
    }
}
