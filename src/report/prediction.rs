//! What idpbuilder and Argo CD will make of a package, for people.

use std::io::{self, Write};

use crate::idpbuilder::{BRANCH, Cluster, Profile};
use crate::manifest::ApplicationSource;
use crate::package::{Creator, Field, Package, PackagedApplication, Repository, RootApplication};
use crate::source::Spanned;
use crate::tree::Target;

/// A package as it is predicted.
#[derive(Clone, Copy)]
pub struct Prediction<'a> {
    /// What the user calls the package.
    pub argument: &'a str,
    /// What becomes of it.
    pub package: &'a Package<'a>,
    /// The one file at its root that is read, if that was named.
    pub only: Option<&'a str>,
    /// The cluster that it is for.
    pub cluster: &'a Cluster,
}

impl Prediction<'_> {
    /// Writes it.
    ///
    /// # Errors
    ///
    /// Passes on what the writer reports.
    pub fn write(self, out: &mut dyn Write) -> io::Result<()> {
        let Self { argument, package, only, cluster } = self;
        let words = cluster.create_command(&[argument.to_owned()], None);
        writeln!(out, "`{words}` with idpbuilder {}", cluster.profile)?;
        let is_read = |path: &str| path.contains('/') || only.is_none_or(|only| path == only);
        let mut roots = package.roots.iter().filter(|root| is_read(root.manifest.path.as_str())).peekable();
        if roots.peek().is_none() {
            writeln!(out, "\ncreates nothing, and ends with exit code 0")?;
        }
        for root in roots {
            self.root(root, out)?;
        }
        let children: Vec<_> =
            package.applications.iter().filter(|it| matches!(it.creator, Creator::Parent(_))).collect();
        if !children.is_empty() {
            writeln!(out, "\nArgo CD creates from that:")?;
        }
        for child in children {
            let wave = child.manifest.wave().map_or(String::new(), |wave| format!(" in wave {wave}"));
            let parent = package.parent_of(child).map_or(String::new(), |it| it.manifest.label());
            writeln!(out, "  {}{wave}, by {parent}, from {}", child.manifest.label(), child.manifest.path)?;
            sources(child, out)?;
        }
        let mut passed_over = package.losses.iter().filter(|loss| is_read(loss.path)).peekable();
        if passed_over.peek().is_some() || !package.unread.is_empty() {
            writeln!(out, "\npasses over")?;
        }
        for loss in passed_over {
            writeln!(out, "  what follows in {} at line {}", loss.path, loss.at.span.position().line)?;
        }
        for unread in &package.unread {
            writeln!(out, "  {}: {}", unread.path, unread.why())?;
        }
        self.second_create(out)
    }

    /// Writes what becomes of something that idpbuilder creates by itself.
    fn root(self, root: &RootApplication<'_>, out: &mut dyn Write) -> io::Result<()> {
        let Self { package, cluster, .. } = self;
        let manifest = root.manifest;
        writeln!(out, "\ncreates {} from {}", manifest.label(), manifest.path)?;
        if let Some(name) = &root.custom_package {
            writeln!(out, "  remembers it as CustomPackage `{name}` in namespace `idpbuilder-{}`", cluster.name)?;
        }
        for field in root.odd_spec.into_iter().flat_map(|spec| &spec.dropped) {
            writeln!(out, "  drops `{}`", field.path)?;
        }
        let asked = package.repositories.asked.iter().filter(|it| it.manifest.index == manifest.index);
        for repository in asked {
            self::repository(repository, out)?;
        }
        match package.applications.iter().find(|it| it.manifest.index == manifest.index) {
            Some(application) => sources(application, out),
            None => Ok(()),
        }
    }

    /// Writes what the next `idpbuilder create` has to be told, and what it does not do
    /// (cnoe-io/idpbuilder: pkg/controllers/localbuild/controller.go:341-436, pkg/build/build.go:135-163; issue #440).
    fn second_create(self, out: &mut dyn Write) -> io::Result<()> {
        let Self { package, cluster, .. } = self;
        writeln!(out, "\nA second `create` on the same cluster")?;
        writeln!(
            out,
            "  has to name every `--package` again: while one of the first run is missing, it never returns"
        )?;
        writeln!(out, "  refuses another `--host`, `--port`, `--protocol` or `--use-path-routing`")?;
        if package.application_health.is_some() {
            writeln!(
                out,
                "  has to name `-c argocd:FILE` again, or Argo CD is configured as if there had never been one"
            )?;
        }
        let loose: Vec<_> = package.repositories.readers.iter().filter(|reader| !reader.is_listed).collect();
        if !package.repositories.asked.is_empty() {
            let listed = if loose.is_empty() { ", where no kustomization lists them any longer" } else { "" };
            writeln!(out, "  leaves files in Gitea that are deleted or renamed here{listed}")?;
        }
        for reader in loose {
            let directory = shown(reader.directory.as_deref().or(reader.base.as_deref()).unwrap_or_default());
            writeln!(out, "    and {} goes on applying those of `{directory}`", reader.manifest.label())?;
        }
        if cluster.profile >= Profile::Head && !package.repositories.asked.is_empty() {
            writeln!(out, "  goes on copying from where the directories are now, even if the package has moved")?;
        }
        Ok(())
    }
}

/// Returns what people call a directory of the package.
fn shown(directory: &str) -> &str {
    if directory.is_empty() { "." } else { directory }
}

/// Writes what becomes of a directory.
fn repository(repository: &Repository<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Repository { url, field, directory, target, object, name, gitea_url, .. } = repository;
    let place = match field {
        Field::Source => "repoURL of a source".to_owned(),
        Field::Generator => "repoURL of a generator".to_owned(),
        Field::Value(keys) => format!("value `{keys}`"),
    };
    let (Some(object), Some(name), Some(gitea_url)) = (object, name, gitea_url) else {
        return writeln!(out, "  cannot make a repository of `{url}`, {place}");
    };
    let directory = shown(directory.as_deref().unwrap_or_default());
    let state = match target {
        Target::Directory => "",
        Target::Other => ", which is no directory",
        Target::Missing => ", which is not there",
        Target::Unknown => ", which cannot be seen from here",
    };
    writeln!(
        out,
        "  copies `{directory}`{state} to Gitea repository `{name}`, branch `{BRANCH}`, by GitRepository `{object}`"
    )?;
    writeln!(out, "  writes `{gitea_url}` for `{url}`, {place}")
}

/// Writes what an Application loads.
fn sources(application: &PackagedApplication<'_>, out: &mut dyn Write) -> io::Result<()> {
    for (source, directory) in application.application.sources.iter().zip(&application.directories) {
        let ApplicationSource { repo_url, chart, path, target_revision, .. } = source;
        let text = |text: &Option<Spanned<String>>, none: &str| match text {
            Some(text) => text.value.clone(),
            None => none.to_owned(),
        };
        let (url, revision) = (text(repo_url, "nowhere"), text(target_revision, "HEAD"));
        match (chart, directory) {
            (Some(chart), _) => writeln!(out, "    installs chart {chart} {revision} from {url}")?,
            (None, Some(directory)) => writeln!(out, "    applies `{}`", shown(directory))?,
            (None, None) => writeln!(out, "    applies `{}` of {url} at {revision}", text(path, "."))?,
        }
    }
    Ok(())
}
