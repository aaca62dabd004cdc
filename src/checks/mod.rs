//! Checks: what can be wrong about manifests that belong together.
//!
//! A check is a value: a rule, and a function that looks for what breaks it. It sees manifests, what becomes of them and the
//! network between them, never templates or text, so that it judges a repository that somebody else wrote exactly as it
//! judges our own. What one object says by itself is looked at while it is read, everything else as facts. Each check is one file and one Markdown page, whose examples are executed by the tests.

mod argocd;
mod network;
mod package;
mod references;
mod security;
mod vcluster;
mod waves;

use std::sync::LazyLock;

use crate::diagnostic::{Diagnostic, Rule};
use crate::idpbuilder::Cluster;
use crate::manifest::{ManifestSet, Object};
use crate::network::{Network, is_below};
use crate::package::{Objects, Package, PackagedApplication};
use crate::schema;

/// What a check looks at.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The manifests of a tree.
    pub manifests: &'a ManifestSet,
    /// What becomes of them.
    pub package: &'a Package<'a>,
    /// The objects by what others call them.
    pub objects: &'a Objects<'a>,
    /// The virtual clusters and the Ingresses that lead to them.
    pub network: &'a Network<'a>,
    /// The cluster that they are for.
    pub cluster: &'a Cluster,
    /// The minor version of Argo CD, if somebody named it.
    pub argocd: Option<schema::argocd::Version>,
    /// Whether nobody said so, and the cluster is what idpbuilder makes by default.
    pub cluster_is_assumed: bool,
}

impl Scope<'_> {
    /// Tells whether idpbuilder is known to read the tree, and does not only may.
    fn is_for_idpbuilder(&self) -> bool {
        !self.cluster_is_assumed || self.package.is_for_idpbuilder()
    }

    /// Tells whether idpbuilder is what serves a host, as far as anyone says: the tree is for idpbuilder, or the host lies below
    /// the one that it serves.
    fn serves(&self, host: &str) -> bool {
        self.is_for_idpbuilder() || is_below(&host.to_lowercase(), &self.cluster.host)
    }

    /// Tells whether all fields of an Application get to Argo CD: idpbuilder does not pass the younger ones on of those that it
    /// creates, for `application-field-dropped` to say.
    fn passes_fields_on(&self, application: &PackagedApplication<'_>) -> bool {
        !self.is_for_idpbuilder() || self.package.root(application.manifest).is_none()
    }

    /// Ends a help text that relies on a fact about the cluster with a word on where that fact is from.
    fn note_assumption(&self, help: String) -> String {
        if self.cluster_is_assumed { help + " (idpbuilder's defaults are assumed for this cluster)" } else { help }
    }
}

/// A rule, and how to find what breaks it.
#[derive(Debug)]
pub struct Check {
    /// What the check is about, with its page.
    pub rule: Rule,
    /// The version of idpack that had it first.
    pub since: &'static str,
    /// Adds what it finds.
    run: Run,
}

impl Check {
    /// Tells whether it looks at objects that belong together, and not at each by itself.
    #[must_use]
    pub fn is_of_tree(&self) -> bool {
        matches!(self.run, Run::Tree(_))
    }
}

/// What a check looks at, and the function that adds what it finds.
#[derive(Debug)]
enum Run {
    /// Each object by itself, while it is read: nothing has to be remembered for that. What a template of an `ApplicationSet`
    /// does not say yet counts as unknown.
    Object(fn(&Object<'_>, &mut Vec<Diagnostic>)),
    /// Each document by itself, while it is read, whether it is an object or something else, such as values for a chart.
    Document(fn(&Object<'_>, &mut Vec<Diagnostic>)),
    /// All that belongs together, as facts.
    Tree(fn(&Scope<'_>, &mut Vec<Diagnostic>)),
}

/// Checks about one thing.
#[derive(Debug)]
pub struct Group {
    /// Its directory.
    pub name: &'static str,
    /// What the checks are about.
    pub title: &'static str,
    /// The checks, by id.
    pub checks: &'static [&'static Check],
}

/// The checks by what they are about, each group in the directory of its name.
pub static GROUPS: &[Group] = &[
    Group { name: "package", title: "What idpbuilder and Argo CD make of a directory", checks: package::CHECKS },
    Group { name: "waves", title: "Sync waves", checks: waves::CHECKS },
    Group { name: "network", title: "The path to a virtual cluster", checks: network::CHECKS },
    Group { name: "vcluster", title: "Virtual clusters", checks: vcluster::CHECKS },
    Group { name: "argocd", title: "What Argo CD makes of what it is told", checks: argocd::CHECKS },
    Group { name: "references", title: "What objects refer to", checks: references::CHECKS },
    Group { name: "security", title: "What should not be in a repository", checks: security::CHECKS },
];

/// All checks, by id.
pub static CHECKS: LazyLock<Vec<&Check>> = LazyLock::new(|| {
    let mut checks: Vec<_> = GROUPS.iter().flat_map(|group| group.checks).copied().collect();
    checks.sort_unstable_by_key(|check| check.rule.id);
    checks
});

/// Runs the checks about objects that belong together, each within `around`, which gets its id. Returns their findings in no
/// particular order.
#[must_use]
pub fn run(scope: &Scope<'_>, around: Around<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for check in &*CHECKS {
        if let Run::Tree(run) = check.run {
            around(check.rule.id, &mut || run(scope, &mut findings));
        }
    }
    findings
}

/// Runs the checks about an object by itself, or about a document that is none.
pub fn run_on(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let is_object = !object.kind.is_empty();
    for check in &*CHECKS {
        match check.run {
            Run::Object(run) if is_object => run(object, findings),
            Run::Document(run) => run(object, findings),
            Run::Object(_) | Run::Tree(_) => {}
        }
    }
}

/// Does a piece of work that has a name, and may look at a clock before and after.
pub type Around<'a> = &'a (dyn Fn(&'static str, &mut dyn FnMut()) + Sync);

/// Returns the rules of all checks, by id.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    CHECKS.iter().map(|check| &check.rule)
}
