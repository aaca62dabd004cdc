//! What idpbuilder makes of a package directory, written from its source (cnoe-io/idpbuilder v0.10.1 and bef38e62) and Gitea's,
//! with readers other than idpack's own. Each fault begins with the letter of the fact that it breaks:
//!
//! - (a) the root has a regular `*.yaml` file that is one Application;
//! - (b) every YAML file at the root is one: idpbuilder applies nothing else, and logs or loses it;
//! - (c) names make Kubernetes objects, are nobody else's, and the Application survives Argo CD's 2.10 types;
//! - (d) each `cnoe://` names a directory of the package that can be pushed, and that has the path and revision asked for;
//! - (e) each such directory has a Gitea repository of its own, and children name it by the URL that idpbuilder gives it;
//! - (f) what Argo CD renders is listed by a kustomization, because files are never removed from Gitea;
//! - (g) no `.gitignore` keeps a file back;
//! - (h) `cnoe://` stands only where it is rewritten.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize as _;
use serde_yaml::Value;
use walkdir::WalkDir;

use crate::oracle::Sandbox;

mod broken;
mod fields;

const CNOE: &str = "cnoe://";

/// The flags of `idpbuilder create` that decide names and URLs.
pub(crate) struct Cluster<'a> {
    pub(crate) name: &'a str,
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) protocol: &'a str,
    pub(crate) path_routing: bool,
}

impl Cluster<'_> {
    /// Names the Gitea repository of a directory (pkg/controllers/gitrepository/controller.go:60).
    fn repository(&self, application: &str, directory: &str) -> String {
        format!("idpbuilder-{}-{application}-{directory}", self.name)
    }

    /// Returns the URL that Argo CD reads a repository from (pkg/util/gitea.go:108).
    fn url(&self, repository: &str) -> String {
        let Cluster { protocol, host, port, .. } = self;
        let base = if self.path_routing { format!("{host}:{port}/gitea") } else { format!("gitea.{host}:{port}") };
        format!("{protocol}://{base}/giteaAdmin/{repository}.git")
    }
}

/// What a package should come to, each sorted.
#[derive(Debug, PartialEq)]
pub(crate) struct Expected<'a> {
    /// The Applications that idpbuilder creates.
    pub(crate) applications: &'a [&'a str],
    /// The Applications that those create.
    pub(crate) children: &'a [&'a str],
    /// The repositories in Gitea.
    pub(crate) repositories: &'a [&'a str],
}

/// Asserts that idpbuilder installs all of the package in `directory`, and that this is what is expected.
///
/// # Panics
///
/// With every fault, or with the difference.
pub(crate) fn assert_compatible(directory: &Path, cluster: &Cluster, expected: &Expected) {
    let seen = inspect(directory, cluster);
    assert!(seen.faults.is_empty(), "{}:\n{}\n", directory.display(), seen.faults.join("\n"));
    let applications: Vec<_> = seen.applications.iter().map(String::as_str).collect();
    let children: Vec<_> = seen.children.iter().map(String::as_str).collect();
    let repositories: Vec<_> = seen.repositories.keys().map(String::as_str).collect();
    let seen = Expected { applications: &applications, children: &children, repositories: &repositories };
    assert_eq!(&seen, expected, "{}", directory.display());
}

/// Follows idpbuilder, then Argo CD, through a package.
fn inspect<'a>(package: &'a Path, cluster: &'a Cluster<'a>) -> Inspection<'a> {
    let mut seen = Inspection {
        package,
        cluster,
        applications: BTreeSet::new(),
        children: BTreeSet::new(),
        repositories: BTreeMap::new(),
        rendered: BTreeSet::new(),
        faults: Vec::new(),
    };
    for (file, application) in seen.scan() {
        seen.application(&file, &application);
    }
    let directories: BTreeSet<_> = seen.repositories.values().map(|(_, directory)| directory.clone()).collect();
    for directory in &directories {
        seen.pushed(directory);
    }
    for directory in seen.rendered.clone() {
        if !directory.join("kustomization.yaml").is_file() {
            seen.fault('f', format!("{}: Argo CD renders it without a kustomization.yaml", directory.display()));
        }
    }
    seen
}

struct Inspection<'a> {
    package: &'a Path,
    cluster: &'a Cluster<'a>,
    applications: BTreeSet<String>,
    children: BTreeSet<String>,
    /// Each Gitea repository with the Application and the directory that it is for.
    repositories: BTreeMap<String, (String, PathBuf)>,
    /// The directories that Argo CD renders.
    rendered: BTreeSet<PathBuf>,
    faults: Vec<String>,
}

impl Inspection<'_> {
    fn fault(&mut self, fact: char, message: impl AsRef<str>) {
        self.faults.push(format!("({fact}) {}", message.as_ref()));
    }

    /// Reads the root as idpbuilder does (pkg/controllers/localbuild/controller.go:598).
    fn scan(&mut self) -> Vec<(String, Value)> {
        let mut applications = Vec::new();
        for entry in WalkDir::new(self.package).min_depth(1).max_depth(1).sort_by_file_name() {
            let entry = entry.unwrap();
            let name = entry.file_name().to_str().unwrap().to_owned();
            if !is_yaml(&name.to_ascii_lowercase()) {
                continue;
            }
            if !entry.file_type().is_file() || !is_yaml(&name) {
                self.fault('b', format!("{name}: idpbuilder reads only regular files called *.yaml"));
                continue;
            }
            match single_document(&fs::read_to_string(entry.path()).unwrap()) {
                Ok(document) if is_application(&document) => applications.push((name, document)),
                Ok(_) => self.fault('b', format!("{name}: no Application")),
                Err(reason) => self.fault('b', format!("{name}: {reason}")),
            }
        }
        if applications.is_empty() {
            self.fault('a', "no Application at the root");
        }
        applications
    }

    /// Creates an Application of the root.
    fn application(&mut self, file: &str, application: &Value) {
        let name = self.identity(application);
        // The CustomPackage is called after the file up to its first dot (localbuild/controller.go:948).
        let stem = file.split('.').next().unwrap_or_default().to_ascii_lowercase();
        if !is_subdomain(&format!("{stem}-{name}")) {
            self.fault('c', format!("{file}: `{stem}-{name}` cannot name a CustomPackage"));
        }
        for fault in fields::faults(application) {
            self.fault('c', format!("{file}: {fault}"));
        }
        for source in sources(application) {
            let url = source["repoURL"].as_str().unwrap_or_default();
            if url.starts_with(CNOE)
                && let Some(directory) = self.repository(&name, url)
            {
                self.source(&name, &directory, source);
            }
        }
        let sources = ["spec.sources[]", "spec.source"];
        for (path, text) in strings(application).into_iter().filter(|(_, text)| text.contains(CNOE)) {
            let field = sources.iter().find_map(|source| path.strip_prefix(source)).unwrap_or_default();
            match field {
                ".repoURL" => {}
                _ if field.starts_with(".helm.valuesObject.") && text.starts_with(CNOE) => {
                    self.repository(&name, text);
                }
                _ => self.fault('h', format!("{file}: `{path}` is not rewritten")),
            }
        }
        self.applications.insert(name);
    }

    /// Checks what every Application needs to exist, and returns its name.
    fn identity(&mut self, application: &Value) -> String {
        let metadata = &application["metadata"];
        let name = metadata["name"].as_str().unwrap_or_default().to_owned();
        if !is_subdomain(&name) {
            self.fault('c', format!("`{name}` cannot name an Application"));
        }
        if ["argocd", "gitea", "nginx"].contains(&name.as_str()) {
            self.fault('c', format!("`{name}` is an Application of idpbuilder's own"));
        }
        if self.applications.contains(&name) || self.children.contains(&name) {
            self.fault('c', format!("two Applications are called `{name}`"));
        }
        if metadata["namespace"] != "argocd" {
            self.fault('c', format!("`{name}` is not in the namespace argocd"));
        }
        if sources(application).is_empty() {
            self.fault('c', format!("`{name}` has no source"));
        }
        name
    }

    /// Makes the Gitea repository of a `cnoe://` URL and returns its directory (pkg/controllers/custompackage/controller.go:700).
    fn repository(&mut self, application: &str, url: &str) -> Option<PathBuf> {
        let directory = normal(&self.package.join(&url[CNOE.len()..]));
        if directory == self.package || !directory.starts_with(self.package) {
            self.fault('d', format!("`{application}`: {url} is no directory of the package"));
            return None;
        }
        if !fs::symlink_metadata(&directory).is_ok_and(|metadata| metadata.is_dir()) {
            self.fault('d', format!("`{application}`: {url} is no directory"));
            return None;
        }
        let base = directory.file_name().unwrap().to_str().unwrap();
        if !is_subdomain(base) {
            self.fault('d', format!("`{application}`: `{base}` cannot be part of the name of a GitRepository"));
        }
        let repository = self.cluster.repository(application, base);
        if repository.len() > 100 {
            self.fault('e', format!("{repository}: Gitea allows 100 characters, not {}", repository.len()));
        }
        let owner = (application.to_owned(), directory.clone());
        if self.repositories.get(&repository).is_some_and(|other| *other != owner) {
            self.fault('e', format!("{repository}: for more than one directory"));
        }
        self.repositories.insert(repository, owner);
        Some(directory)
    }

    /// Resolves the revision and path of a source inside its repository.
    fn source(&mut self, application: &str, directory: &Path, source: &Value) {
        let revision = source.get("targetRevision").map_or(Some("HEAD"), Value::as_str);
        if !matches!(revision, Some("HEAD" | "main")) {
            self.fault('d', format!("`{application}`: the only branch is main, not {revision:?}"));
        }
        let path = source["path"].as_str().map(|path| normal(&directory.join(path)));
        match path.filter(|path| path.starts_with(directory) && path.is_dir()) {
            Some(path) => _ = self.rendered.insert(path),
            None => self.fault('d', format!("`{application}`: no directory {:?} in its repository", source["path"])),
        }
    }

    /// Copies a directory into its repository, and lets Argo CD read what arrives (pkg/util/files/files.go:13).
    fn pushed(&mut self, directory: &Path) {
        let mut yaml: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
        let mut files = Vec::new();
        let mut walk = WalkDir::new(directory).min_depth(1).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            let entry = entry.unwrap();
            let (path, kind) = (entry.path(), entry.file_type());
            if entry.file_name() == ".git" {
                self.fault('d', format!("{}: idpbuilder would push to its origin", path.display()));
                if kind.is_dir() {
                    walk.skip_current_dir();
                }
            } else if kind.is_file() {
                files.push(path.to_path_buf());
                let name = entry.file_name().to_str().unwrap().to_owned();
                if is_yaml(&name) {
                    yaml.entry(path.parent().unwrap().to_path_buf()).or_default().insert(name);
                }
            } else if !kind.is_dir() {
                self.fault('d', format!("{}: neither a file nor a directory", path.display()));
            }
        }
        if files.is_empty() {
            self.fault('d', format!("{}: nothing to push", directory.display()));
        }
        for file in ignored(directory, &files) {
            self.fault('g', format!("{}: kept back by a .gitignore", file.display()));
        }
        for (directory, names) in yaml {
            self.listed(&directory, &names);
            for name in names {
                self.manifest(&directory.join(name));
            }
        }
    }

    /// Compares a kustomization with the YAML files beside it.
    fn listed(&mut self, directory: &Path, names: &BTreeSet<String>) {
        let text = fs::read_to_string(directory.join("kustomization.yaml")).unwrap_or_default();
        let kustomization = single_document(&text).unwrap_or_default();
        let resources = kustomization["resources"].as_sequence().into_iter().flatten();
        let listed: Vec<_> = resources.map(|name| name.as_str().unwrap_or_default()).collect();
        let present: Vec<_> = names.iter().map(String::as_str).filter(|name| *name != "kustomization.yaml").collect();
        if kustomization["kind"] != "Kustomization" || listed != present {
            let directory = directory.display();
            self.fault('f', format!("{directory}: the kustomization lists {listed:?}, the directory has {present:?}"));
        }
    }

    /// Reads a manifest that Argo CD applies; an Application in it is a child.
    fn manifest(&mut self, file: &Path) {
        let document = match single_document(&fs::read_to_string(file).unwrap()) {
            Ok(document) => document,
            Err(reason) => return self.fault('f', format!("{}: {reason}", file.display())),
        };
        for (path, _) in strings(&document).into_iter().filter(|(_, text)| text.contains(CNOE)) {
            self.fault('h', format!("{}: `{path}` is not rewritten", file.display()));
        }
        if !is_application(&document) {
            return;
        }
        let name = self.identity(&document);
        for source in sources(&document).into_iter().filter(|source| source.get("chart").is_none()) {
            let url = source["repoURL"].as_str().unwrap_or_default();
            let mut repositories = self.repositories.iter();
            match repositories.find(|(repository, _)| self.cluster.url(repository) == url) {
                Some((_, (_, directory))) => self.source(&name, &directory.clone(), source),
                None => self.fault('e', format!("`{name}`: {url} is no repository of this package")),
            }
        }
        self.children.insert(name);
    }
}

fn is_yaml(name: &str) -> bool {
    [".yaml", ".yml"].iter().any(|extension| name.ends_with(extension))
}

fn is_application(document: &Value) -> bool {
    document["apiVersion"] == "argoproj.io/v1alpha1" && document["kind"] == "Application"
}

/// Tells whether Kubernetes takes a name for an object: a DNS-1123 subdomain (apimachinery, util/validation).
fn is_subdomain(name: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let part = |part: &str| {
        part.starts_with(alphanumeric)
            && part.ends_with(alphanumeric)
            && part.chars().all(|c| alphanumeric(c) || c == '-')
    };
    name.len() <= 253 && name.split('.').all(part)
}

/// Returns the sources of an Application; `sources` hides `source`.
fn sources(application: &Value) -> Vec<&Value> {
    let spec = &application["spec"];
    let many: Vec<_> = spec["sources"].as_sequence().into_iter().flatten().collect();
    if many.is_empty() { spec.get("source").into_iter().collect() } else { many }
}

/// Reads a text as both of idpbuilder's readers have to: whole, and cut at `---` lines (custompackage/controller.go:242).
fn single_document(text: &str) -> Result<Value, String> {
    let documents: Result<Vec<_>, _> = serde_yaml::Deserializer::from_str(text).map(Value::deserialize).collect();
    let mut documents = documents.map_err(|error| error.to_string())?;
    let chunks = text.split("\n---\n").filter(|chunk| !chunk.trim().is_empty()).count();
    match documents.pop() {
        Some(document) if documents.is_empty() && chunks == 1 && document.is_mapping() => Ok(document),
        _ => Err("not exactly one document".to_owned()),
    }
}

/// Returns all strings in a value with their paths, indices left out: `spec.sources[].repoURL`.
fn strings(value: &Value) -> Vec<(String, &str)> {
    fn visit<'v>(value: &'v Value, path: &str, found: &mut Vec<(String, &'v str)>) {
        match value {
            Value::String(text) => found.push((path.to_owned(), text)),
            Value::Sequence(items) => items.iter().for_each(|item| visit(item, &format!("{path}[]"), found)),
            Value::Mapping(entries) => {
                for (key, value) in entries {
                    let key = key.as_str().unwrap_or_default();
                    visit(value, &if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    visit(value, "", &mut found);
    found
}

/// Resolves `.` and `..` by their letters, as Go's `filepath.Join` does.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => _ = normal.pop(),
            _ => normal.push(component),
        }
    }
    normal
}

/// Returns the files that a `.gitignore` in `directory` keeps out of the commit. Those directly in `directory` arrive all the same:
/// idpbuilder adds each by its name (pkg/controllers/gitrepository/controller.go:192, go-git v5.12 `AddGlob`).
fn ignored(directory: &Path, files: &[PathBuf]) -> Vec<PathBuf> {
    let sandbox = Sandbox::new();
    let repository = git2::Repository::init(sandbox.path("clone")).unwrap();
    repository.config().unwrap().set_str("core.excludesFile", "/dev/null").unwrap();
    repository.set_workdir(directory, false).unwrap();
    let below = files.iter().filter(|file| file.parent() != Some(directory));
    let ignored = below.filter(|file| repository.is_path_ignored(file.strip_prefix(directory).unwrap()).unwrap());
    ignored.cloned().collect()
}
