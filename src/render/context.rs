//! What templates see: `environment`, `cluster`, `vcluster`, `package` and `values`.
//!
//! This is a public interface, described in the project's README. The tree keeps the place of every value, so that whatever a
//! template prints can be traced back to the descriptor.

use crate::descriptor::Delivery;
use crate::idpbuilder;
use crate::model::{Environment, Package, VirtualCluster};
use crate::pack::PackSource;
use crate::source::{Span, Spanned};
use crate::vcluster;
use crate::yaml::{Mapping, Node, Value};

/// The values that templates see, with their places and in the form of the template engine.
pub(super) struct Context {
    tree: Node,
    pub(super) value: minijinja::Value,
}

impl Context {
    /// Builds what the templates of one package see, or, without one, those of the repository.
    pub(super) fn new(environment: &Environment, package: Option<&Package>) -> Self {
        let span = &environment.name.span;
        let mut entries = vec![
            ("environment", environment_node(environment)),
            ("cluster", cluster_node(environment)),
            ("vcluster", vcluster_node(environment)),
        ];
        match package {
            Some(package) => {
                entries.push(("package", package_node(package)));
                entries.push(("values", package.values.clone()));
            }
            None => entries.push(("commands", commands_node(environment))),
        }
        let tree = Node::mapping(span, entries);
        let value = to_engine(&tree);
        Self { tree, value }
    }

    /// Returns the place that an expression took its value from: the longest path at its beginning if there is one, else a
    /// value that reads like `text`, the case of loop variables.
    pub(super) fn origin(&self, expression: &str, text: &str) -> Option<&Span> {
        let path = expression.trim_start();
        let end = path.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(path.len());
        let path: Vec<&str> = path[..end].split('.').collect();
        match self.tree.at(&path) {
            Some(node) => Some(&node.span),
            None => find_text(&self.tree, text),
        }
    }
}

/// Returns what templates see of an environment, with the packages by their names.
#[must_use]
pub fn facts(environment: &Environment) -> Node {
    let package = |package: &Package| {
        let Value::Mapping(mut facts) = package_node(package).value else { return package_node(package) };
        let key = Spanned::new("values".to_owned(), package.values.span.clone());
        facts.insert(key, package.values.clone());
        Node::new(facts, &package.name.span)
    };
    let packages = environment.packages.iter().map(|it| (it.name.as_str(), package(it)));
    let span = &environment.name.span;
    Node::mapping(
        span,
        [
            ("environment", environment_node(environment)),
            ("cluster", cluster_node(environment)),
            ("vcluster", vcluster_node(environment)),
            ("packages", Node::mapping(span, packages)),
        ],
    )
}

fn find_text<'a>(node: &'a Node, text: &str) -> Option<&'a Span> {
    match &node.value {
        Value::String(own) => (own == text).then_some(&node.span),
        Value::Sequence(items) => items.iter().find_map(|item| find_text(item, text)),
        Value::Mapping(mapping) => mapping.iter().find_map(|entry| find_text(&entry.value, text)),
        _ => None,
    }
}

/// Converts a tree into a value of the template engine.
fn to_engine(node: &Node) -> minijinja::Value {
    match &node.value {
        Value::Null => minijinja::Value::from(()),
        Value::Bool(truth) => (*truth).into(),
        Value::Integer(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::String(text) => text.as_str().into(),
        Value::Sequence(items) => items.iter().map(to_engine).collect(),
        Value::Mapping(mapping) => {
            minijinja::Value::from_pairs(mapping.iter().map(|entry| (entry.key.as_str(), to_engine(&entry.value))))
        }
    }
}

fn text(value: &Spanned<impl ToString>) -> Node {
    Node::new(value.to_string(), &value.span)
}

fn environment_node(environment: &Environment) -> Node {
    let delivery = match environment.delivery.value {
        Delivery::AppOfApps => "app-of-apps",
        Delivery::Applications => "applications",
        Delivery::SingleApplication => "single-application",
    };
    Node::mapping(
        &environment.name.span,
        [("name", text(&environment.name)), ("delivery", Node::new(delivery, &environment.delivery.span))],
    )
}

fn cluster_node(environment: &Environment) -> Node {
    let cluster = &environment.cluster;
    let at = |value: Value| Node::new(value, &cluster.span);
    Node::mapping(
        &cluster.span,
        [
            ("name", at(cluster.name.as_str().into())),
            ("host", at(cluster.host.as_str().into())),
            ("port", at(cluster.port.into())),
            ("protocol", at(cluster.protocol.as_str().into())),
            ("pathRouting", at(cluster.path_routing.into())),
            ("idpbuilder", at(cluster.profile.as_str().into())),
            ("nodePort", at(cluster.protocol.node_port().into())),
            ("served", at(environment.repository.is_none().into())),
        ],
    )
}

fn vcluster_node(environment: &Environment) -> Node {
    let VirtualCluster { release, namespace, hostname, server, chart_repository, chart_version, sans } =
        &environment.vcluster;
    let in_cluster = vcluster::in_cluster_host(release.as_str(), namespace.as_str());
    let chart =
        Node::mapping(&chart_version.span, [("repoURL", text(chart_repository)), ("version", text(chart_version))]);
    let mut entries = vec![
        ("release", text(release)),
        ("namespace", text(namespace)),
        ("hostname", text(hostname)),
        ("publicURL", Node::new(environment.cluster.public_url(hostname.as_str()), &hostname.span)),
        ("inClusterURL", Node::new(format!("https://{in_cluster}:{}", vcluster::SERVICE_PORT), &release.span)),
        ("service", Node::new(vcluster::service(release.as_str()), &release.span)),
        ("servicePort", Node::new(vcluster::SERVICE_PORT, &release.span)),
        ("sans", Node::new(sans.iter().map(text).collect::<Vec<_>>(), &hostname.span)),
        ("chart", chart),
    ];
    entries.extend(server.as_ref().map(|server| ("server", text(server))));
    Node::mapping(&hostname.span, entries)
}

fn package_node(package: &Package) -> Node {
    let wave = Value::Integer(package.wave.value.0.into());
    Node::mapping(
        &package.name.span,
        [
            ("pack", text(&package.pack.name)),
            ("name", text(&package.name)),
            ("application", text(&package.application)),
            ("namespace", text(&package.namespace)),
            ("wave", Node::new(wave, &package.wave.span)),
        ],
    )
}

/// What the README of a repository needs for its commands.
fn commands_node(environment: &Environment) -> Node {
    let Environment { name, cluster, delivery, packages, .. } = environment;
    let list = |items: Vec<String>| {
        let items: Vec<Node> = items.into_iter().map(|item| Node::new(item, &name.span)).collect();
        Node::new(items, &name.span)
    };
    let applications: Vec<String> = match delivery.value {
        Delivery::Applications => packages.iter().map(|package| package.application.to_string()).collect(),
        _ => vec![name.to_string()],
    };
    let file = |application: &String| format!("{application}.yaml");
    let manifests = packages.iter().filter(|package| matches!(package.pack.source, PackSource::Manifests));
    let repositories: Vec<String> = match delivery.value {
        Delivery::AppOfApps => vec![cluster.repository_name(name.as_str(), name.as_str())],
        Delivery::Applications => {
            manifests.map(|package| cluster.repository_name(package.application.as_str(), "manifests")).collect()
        }
        Delivery::SingleApplication => {
            manifests.map(|package| cluster.repository_name(name.as_str(), package.application.as_str())).collect()
        }
    };
    let argocd_cm = (delivery.value == Delivery::AppOfApps).then_some("cluster/argocd-cm.yaml");
    let create = cluster.create_command(&[".".to_owned()], argocd_cm);
    let custom_packages = applications
        .iter()
        .map(|application| idpbuilder::custom_package_name(&file(application), application))
        .collect();
    Node::mapping(
        &name.span,
        [
            ("create", Node::new(create, &name.span)),
            ("roots", list(applications.iter().map(file).collect())),
            ("customPackages", list(custom_packages)),
            ("repositories", list(repositories)),
            ("applications", list(applications)),
        ],
    )
}

/// An empty mapping at a place.
pub(super) fn empty(span: &Span) -> Node {
    Node::new(Mapping::default(), span)
}
