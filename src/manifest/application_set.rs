//! What an Argo CD `ApplicationSet` says.

use super::Object;
use super::application::{ApplicationSource, sources};
use super::cnoe::{self, CnoeText};
use super::text;
use crate::idpbuilder::CNOE_SCHEME;
use crate::source::{Located, Span, Spanned};

/// An Argo CD `ApplicationSet`, as far as idpbuilder changes it. What it fills in later is not known.
#[derive(Debug)]
pub struct ApplicationSet {
    /// Its manifest, in [`ManifestSet::manifests`](super::ManifestSet::manifests).
    pub manifest: usize,
    /// The Git generators that idpbuilder looks at: those of `generators` and those of a `matrix` there.
    pub generators: Box<[GitGenerator]>,
    /// The sources of the template, without their values.
    pub sources: Box<[ApplicationSource]>,
    /// What else says `cnoe://`.
    pub cnoe: Box<[CnoeText]>,
}

/// A Git generator.
#[derive(Debug)]
pub struct GitGenerator {
    /// `repoURL`.
    pub repo_url: Spanned<String>,
    /// `revision`.
    pub revision: Option<Spanned<String>>,
}

impl ApplicationSet {
    /// Takes the facts of an `ApplicationSet`, and judges the chart values in its template, but for what it fills in later.
    pub(super) fn of(object: &mut Object<'_>) -> Option<Self> {
        let node = object.of_kind("argoproj.io", "ApplicationSet")?;
        let mut found = Vec::new();
        let template = node.at(&["spec", "template", "spec"]);
        let source = |source| ApplicationSource { values: None, ..ApplicationSource::of(source, &mut found) };
        let sources = template.into_iter().flat_map(sources).map(source).collect();
        found.retain(|finding| !finding.span.text().contains("{{"));
        object.findings.append(&mut found);
        let generators = node.items_at(&["spec", "generators"]);
        let with_inner = generators
            .flat_map(|generator| std::iter::once(generator).chain(generator.items_at(&["matrix", "generators"])));
        Some(Self {
            manifest: object.manifest,
            generators: with_inner
                .filter_map(|generator| {
                    let repo_url = text(generator, &["git", "repoURL"])?;
                    Some(GitGenerator { repo_url, revision: text(generator, &["git", "revision"]) })
                })
                .collect(),
            sources,
            cnoe: node.get("spec").map_or_else(Box::default, cnoe::of_application_set),
        })
    }

    /// Returns the `repoURL`s of its sources and generators.
    pub fn urls(&self) -> impl Iterator<Item = &Spanned<String>> {
        let sources = self.sources.iter().filter_map(|source| source.repo_url.as_ref());
        sources.chain(self.generators.iter().map(|generator| &generator.repo_url))
    }

    /// Tells whether a source or a generator is one that only idpbuilder understands.
    #[must_use]
    pub fn says_cnoe(&self) -> bool {
        self.urls().any(|url| url.starts_with(CNOE_SCHEME))
    }
}

located! {
    ApplicationSet: generators, sources, cnoe;
    GitGenerator: repo_url, revision;
}
