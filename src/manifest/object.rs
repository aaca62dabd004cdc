//! An object while its text is still there.

use super::application::sources;
use super::embedded;
use crate::diagnostic::Diagnostic;
use crate::schema;
use crate::yaml::Node;

/// An object while its text is still there; or a document that is none, such as values for a chart, a kubeconfig or a
/// kustomization.
pub struct Object<'a> {
    /// The rank of its manifest among those of its file.
    pub(super) manifest: usize,
    /// The API group, empty for the core group.
    pub group: &'a str,
    /// `kind`, empty for what is no object.
    pub kind: &'a str,
    /// All of it.
    pub node: &'a Node,
    /// The versions that it is judged for.
    pub target: &'a schema::Target,
    /// What is wrong with its file so far.
    pub(super) findings: &'a mut Vec<Diagnostic>,
}

/// Finds out what is wrong with an object by itself.
pub type Judge = fn(&Object<'_>, &mut Vec<Diagnostic>);

impl<'a> Object<'a> {
    /// Returns `metadata.name`.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        self.node.at(&["metadata", "name"])?.as_str()
    }

    /// Returns all of it if it is of a kind.
    #[must_use]
    pub fn of_kind(&self, group: &str, kind: &str) -> Option<&'a Node> {
        (self.group == group && self.kind == kind).then_some(self.node)
    }

    /// Returns the Application that it is, or that it is a template of.
    #[must_use]
    pub fn application(&self) -> Option<WrittenApplication<'a>> {
        if let Some(node) = self.of_kind("argoproj.io", "Application") {
            return Some(WrittenApplication { node, is_template: false, is_patched: false });
        }
        let set = self.of_kind("argoproj.io", "ApplicationSet")?;
        let node = set.at(&["spec", "template"])?;
        Some(WrittenApplication { node, is_template: true, is_patched: fills_in(set) })
    }
}

/// An Application as somebody wrote it, by itself or as the template of an `ApplicationSet`.
#[derive(Clone, Copy, Debug)]
pub struct WrittenApplication<'a> {
    /// What has its `metadata` and `spec`.
    pub node: &'a Node,
    /// Whether an `ApplicationSet` fills it in.
    pub is_template: bool,
    /// Whether an `ApplicationSet` may add to it, so that nobody knows what is missing.
    pub is_patched: bool,
}

impl<'a> WrittenApplication<'a> {
    /// Returns `spec`.
    #[must_use]
    pub fn spec(&self) -> Option<&'a Node> {
        self.node.get("spec")
    }

    /// Returns the sources that Argo CD looks at.
    pub fn sources(&self) -> impl Iterator<Item = &'a Node> {
        self.spec().into_iter().flat_map(sources)
    }

    /// Returns its `source`, if it is the only one because there are no `sources`.
    #[must_use]
    pub fn single_source(&self) -> Option<&'a Node> {
        let spec = self.spec().filter(|spec| spec.items_at(&["sources"]).next().is_none())?;
        spec.get("source")
    }

    /// Returns the text of a string, unless an `ApplicationSet` still fills it in.
    #[must_use]
    pub fn known<'b>(&self, node: &'b Node) -> Option<&'b str> {
        node.as_str().filter(|text| !(self.is_template && text.contains("{{")))
    }

    /// Returns what the YAML in a string says, unless an `ApplicationSet` still fills it in. What is wrong with it is found elsewhere.
    #[must_use]
    pub fn read(&self, node: &Node) -> Option<Node> {
        self.known(node)?;
        embedded::read(node, &mut Vec::new())
    }
}

/// Tells whether an `ApplicationSet` may add to its template: by `templatePatch`, or by a generator's own `template`.
pub(super) fn fills_in(set: &Node) -> bool {
    fn has_template(generator: &Node) -> bool {
        let mut entries = generator.as_mapping().into_iter().flatten();
        entries.any(|entry| {
            entry.value.get("template").is_some_and(|template| !template.is_null())
                || entry.value.items_at(&["generators"]).any(has_template)
        })
    }
    set.at(&["spec", "templatePatch"]).is_some() || set.items_at(&["spec", "generators"]).any(has_template)
}
