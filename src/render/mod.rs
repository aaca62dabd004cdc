//! From what an environment means to the files of its repository.
//!
//! Manifests of a pack are templates; Applications, kustomizations and the settings of the cluster are written from the model.
//! Every file knows which place in a descriptor or template each part of it came from.

use std::sync::Arc;

pub use context::facts;
pub use engine::Templates;

use application::{Application, git_source, kustomization, own_source};
use context::Context;

use crate::descriptor::Delivery;
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity, has_errors};
use crate::idpbuilder::argocd_cm;
use crate::model::{Environment, NAME_INVALID, Package};
use crate::pack::{self, ChartTemplate, PackSource};
use crate::schema::names;
use crate::source::{Origin, Source, Span, Spanned};
use crate::tree::{RepoPath, Tree};
use crate::yaml::{self, Mapping, Node};

mod application;
mod context;
mod engine;
mod text;

/// A template cannot be compiled or rendered.
pub static TEMPLATE_ERROR: Rule = Rule {
    id: "template-error",
    summary: "template that does not compile, uses what is not there, or does not end",
    severity: Severity::Error,
    effect: Effect::NotGenerated,
    page: include_str!("template-error.md"),
};

/// What a template printed is not what it should be.
pub static TEMPLATE_OUTPUT: Rule = Rule {
    id: "template-output",
    summary: "printed value that breaks the YAML around it, or rendered file that cannot be used",
    severity: Severity::Error,
    effect: Effect::NotGenerated,
    page: include_str!("template-output.md"),
};

/// The rules of this stage.
pub static RULES: &[&Rule] = &[&TEMPLATE_ERROR, &TEMPLATE_OUTPUT];

/// The directory of the child Applications, within the directory that idpbuilder makes a repository of.
const APPS: &str = "apps";
/// The directory of a package's manifests when its Application stands alone, as in the seed of this layout.
const MANIFESTS: &str = "manifests";

/// Renders the repository of an environment. Findings call its files `shown_root` and their path.
#[must_use]
pub fn render(environment: &Environment, templates: &Templates, shown_root: &str) -> (Tree, Vec<Diagnostic>) {
    let mut layout = Layout { environment, templates, shown_root, tree: Tree::default(), diagnostics: Vec::new() };
    match environment.delivery.value {
        Delivery::AppOfApps => layout.app_of_apps(),
        Delivery::Applications => layout.applications(),
        Delivery::SingleApplication => layout.single_application(),
    }
    layout.cluster_files();
    layout.readme();
    (layout.tree, layout.diagnostics)
}

struct Layout<'a> {
    environment: &'a Environment,
    templates: &'a Templates,
    shown_root: &'a str,
    tree: Tree,
    diagnostics: Vec<Diagnostic>,
}

impl Layout<'_> {
    /// A parent at the root, its children in `NAME/apps`, manifests in `NAME/APPLICATION`.
    fn app_of_apps(&mut self) {
        let Environment { name, packages, .. } = self.environment;
        let mut children = Vec::new();
        for package in packages {
            let application = package.application.as_str();
            let source = match &package.pack.source {
                PackSource::Helm(chart) => self.chart_source(package, chart),
                PackSource::Manifests => self
                    .manifests(package, &format!("{name}/{application}"), Vec::new())
                    .then(|| self.child_source(application)),
            };
            let Some(source) = source else { continue };
            self.write(&format!("{name}/{APPS}/{application}.yaml"), &self.application(package, source));
            children.push(format!("{application}.yaml"));
        }
        children.sort();
        self.write(&format!("{name}/{APPS}/kustomization.yaml"), &kustomization(&name.span, &children, Vec::new()));
        let parent = Application {
            name: Spanned::new(name.as_str(), name.span.clone()),
            wave: None,
            sources: vec![own_source(self.environment, name.as_str(), APPS)],
            destination: application::argocd(&name.span),
            creates_namespace: false,
        };
        self.write(&format!("{name}.yaml"), &parent.manifest());
    }

    /// idpbuilder rewrites `cnoe://` in the files at the root only, so a child has to name the repository as it will be.
    fn child_source(&self, directory: &str) -> Node {
        let Environment { name, cluster, repository, .. } = self.environment;
        if repository.is_some() {
            return own_source(self.environment, name.as_str(), directory);
        }
        let url = cluster.repository_url(name.as_str(), name.as_str());
        git_source(&url, &cluster.span, directory, "HEAD", &name.span)
    }

    /// Every Application at the root, manifests in `APPLICATION/manifests`.
    fn applications(&mut self) {
        for package in &self.environment.packages {
            let application = package.application.as_str();
            let directory = format!("{application}/{MANIFESTS}");
            let source = match &package.pack.source {
                PackSource::Helm(chart) => self.chart_source(package, chart),
                PackSource::Manifests => self
                    .manifests(package, &directory, Vec::new())
                    .then(|| own_source(self.environment, &directory, ".")),
            };
            if let Some(source) = source {
                self.write(&format!("{application}.yaml"), &self.application(package, source));
            }
        }
    }

    /// One Application at the root with a source for each package; the waves are on the resources.
    fn single_application(&mut self) {
        let Environment { name, packages, vcluster, .. } = self.environment;
        let mut sources = Vec::new();
        for package in packages {
            let directory = format!("{name}/{}", package.application);
            let wave = Node::new(package.wave.to_string(), &package.wave.span);
            sources.extend(match &package.pack.source {
                PackSource::Helm(chart) => self.chart_source(package, chart),
                PackSource::Manifests => self
                    .manifests(package, &directory, vec![(application::WAVE_ANNOTATION, wave)])
                    .then(|| own_source(self.environment, &directory, ".")),
            });
        }
        let single = Application {
            name: Spanned::new(name.as_str(), name.span.clone()),
            wave: None,
            sources,
            destination: application::destination(self.environment, &vcluster.namespace),
            creates_namespace: true,
        };
        self.write(&format!("{name}.yaml"), &single.manifest());
    }

    /// The Application of one package.
    fn application(&self, package: &Package, source: Node) -> Node {
        let name = &package.application;
        let application = Application {
            name: Spanned::new(name.as_str(), name.span.clone()),
            wave: Some(&package.wave),
            sources: vec![source],
            destination: application::destination(self.environment, &package.namespace),
            creates_namespace: true,
        };
        application.manifest()
    }

    /// The source of a helm pack: the chart, and what its values template makes with the descriptor's values on top.
    fn chart_source(&mut self, package: &Package, chart: &ChartTemplate) -> Option<Node> {
        let context = Context::new(self.environment, Some(package));
        let mut field = |template: &Spanned<String>| match self.templates.expand(template, &context) {
            Ok(text) => Some(text),
            Err(finding) => {
                self.diagnostics.push(finding);
                None
            }
        };
        let release = chart.release.as_ref().map(&mut field);
        let (repo_url, name, version) = (field(&chart.repo_url), field(&chart.name), field(&chart.version));
        if let Some(Some(release)) = &release
            && let Err(reason) = names::helm_release(release)
        {
            self.diagnostics.push(Diagnostic::new(&NAME_INVALID, &release.span, reason));
        }
        let mut values = context::empty(&package.name.span);
        if package.pack.files.contains_key(pack::VALUES_TEMPLATE) {
            let shown = format!("{}: values of {}", self.environment.name, package.application);
            let derived = self.rendered(package, pack::VALUES_TEMPLATE, shown, &context)?;
            values = self.one_document(&derived)?;
        }
        values.overlay(package.values.clone());
        let span = &package.name.span;
        let mut helm = Vec::new();
        let release = release.flatten();
        let is_single = self.environment.delivery.value == Delivery::SingleApplication;
        match release {
            Some(release) if is_single || release.value != package.application.as_str() => {
                helm.push(("releaseName", Node::new(release.value.as_str(), &release.span)));
            }
            None if is_single => {
                helm.push(("releaseName", Node::new(package.application.as_str(), &package.application.span)));
            }
            _ => {}
        }
        if values.as_mapping().is_some_and(|values| !values.is_empty()) {
            helm.push(("valuesObject", values));
        }
        let text = |text: Spanned<String>| Node::new(text.value, &text.span);
        let mut source = vec![("repoURL", text(repo_url?)), ("chart", text(name?)), ("targetRevision", text(version?))];
        if !helm.is_empty() {
            source.push(("helm", Node::mapping(span, helm)));
        }
        Some(Node::mapping(span, source))
    }

    /// Renders the manifests of a package into a directory, with a kustomization that lists them. Tells whether all went well.
    fn manifests(&mut self, package: &Package, directory: &str, annotations: Vec<(&str, Node)>) -> bool {
        let context = Context::new(self.environment, Some(package));
        let before = self.diagnostics.len();
        let mut resources = Vec::new();
        for (file, template) in package.pack.templates() {
            let target = file.strip_suffix(".j2").unwrap_or(file);
            let path = format!("{directory}/{target}");
            let shown = format!("{}/{path}", self.shown_root);
            let rendered = if engine::is_template(file) {
                self.rendered(package, file, shown, &context)
            } else {
                let mut lines = Vec::new();
                text::line_origins(template.text(), 0, &Span::whole(template), &mut lines);
                Some(Source::generated(shown, template.text(), lines))
            };
            let Some(rendered) = rendered else { continue };
            let Some(document) = self.one_document(&rendered) else { continue };
            if document.as_mapping().is_none_or(Mapping::is_empty) {
                continue;
            }
            for key in ["apiVersion", "kind"] {
                if document.get(key).and_then(Node::as_str).is_none() {
                    self.diagnostics.push(
                        Diagnostic::new(
                            &TEMPLATE_OUTPUT,
                            &document.span,
                            format!("this is no Kubernetes object: it has no `{key}`"),
                        )
                        .help("every file of a pack is rendered as a manifest; other content belongs into a ConfigMap"),
                    );
                }
            }
            self.insert(&path, rendered);
            resources.push(target.to_owned());
        }
        let span = &package.name.span;
        if resources.is_empty() && self.diagnostics.len() == before {
            let message =
                format!("the pack `{}` renders no manifest for `{}`", package.pack.name, self.environment.name);
            self.diagnostics.push(
                Diagnostic::new(&TEMPLATE_OUTPUT, span, message).help(
                    "an Application without resources looks healthy and does nothing; take the package out instead",
                ),
            );
        }
        resources.sort();
        self.write(&format!("{directory}/kustomization.yaml"), &kustomization(span, &resources, annotations));
        !has_errors(&self.diagnostics[before..])
    }

    fn rendered(&mut self, package: &Package, file: &str, shown: String, context: &Context) -> Option<Arc<Source>> {
        match self.templates.render(&format!("{}/{file}", package.pack.name), shown, context) {
            Ok(source) => Some(source),
            Err(findings) => {
                self.diagnostics.extend(findings);
                None
            }
        }
    }

    /// Reads a rendered file back: one mapping, or nothing at all. `None` if it is anything else.
    fn one_document(&mut self, source: &Arc<Source>) -> Option<Node> {
        let (documents, found) = yaml::read(source);
        let mut faulty = has_errors(&found);
        self.diagnostics.extend(found);
        let mut documents = documents.into_iter().filter(|document| !document.is_null());
        let first = documents.next().unwrap_or_else(|| context::empty(&Span::new(source, 0, 0)));
        if let Some(second) = documents.next() {
            faulty = true;
            self.diagnostics.push(
                Diagnostic::new(&TEMPLATE_OUTPUT, &second.span, "a second document begins here")
                    .help("one document in each file: put this one into a template of its own"),
            );
        }
        if first.as_mapping().is_none() {
            faulty = true;
            let message = format!("a mapping is expected here, this is {}", first.type_name());
            self.diagnostics.push(Diagnostic::new(&TEMPLATE_OUTPUT, &first.span, message));
        }
        (!faulty).then_some(first)
    }

    /// What `idpbuilder create` takes beside the package. Both files depend on the cluster alone, because a cluster has only
    /// one of each and several environments may bring them.
    fn cluster_files(&mut self) {
        let Environment { cluster, repository: None, .. } = self.environment else { return };
        if self.environment.delivery.value == Delivery::AppOfApps {
            let origins = vec![Origin { start: 0, end: u32::MAX, span: cluster.span.clone() }];
            let path = "cluster/argocd-cm.yaml";
            let text = argocd_cm(cluster.profile);
            self.insert(path, Source::generated(format!("{}/{path}", self.shown_root), text, origins));
        }
        self.repository_file("cluster/kind.yaml", "kind.yaml.j2");
    }

    fn readme(&mut self) {
        self.repository_file("README.md", "README.md.j2");
    }

    fn repository_file(&mut self, path: &str, template: &str) {
        let context = Context::new(self.environment, None);
        let shown = format!("{}/{path}", self.shown_root);
        match self.templates.render(&format!("{}/{template}", pack::REPOSITORY), shown, &context) {
            Ok(source) => self.insert(path, source),
            Err(findings) => self.diagnostics.extend(findings),
        }
    }

    /// Writes a document that was built here; its parts come from where their nodes stand, or from where those came from.
    fn write(&mut self, path: &str, document: &Node) {
        let (text, mut origins) = yaml::write_located(document);
        for origin in &mut origins {
            if let Some(original) = origin.span.origin() {
                origin.span = original.clone();
            }
        }
        self.insert(path, Source::generated(format!("{}/{path}", self.shown_root), text, origins));
    }

    fn insert(&mut self, path: &str, source: Arc<Source>) {
        let span = Span::new(&source, 0, 0);
        let problem = match RepoPath::new(path) {
            Ok(path) => self
                .tree
                .insert(path, source)
                .map(|_| format!("two things are written to `{path}`", path = span.source().name())),
            Err(error) => Some(error.to_string()),
        };
        if let Some(message) = problem {
            self.diagnostics.push(Diagnostic::new(&TEMPLATE_OUTPUT, &span, message));
        }
    }
}
