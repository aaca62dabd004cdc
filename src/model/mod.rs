//! What a descriptor means: every default resolved once, every name checked, every value with the place it came from.
//!
//! A value that was derived stands at the place of what it was derived from: a default host name at the environment's name.

use std::collections::BTreeMap;
use std::sync::Arc;

pub use names::{ApplicationName, EnvironmentName, Hostname, Namespace, Port, ReleaseName, Wave};

use crate::descriptor::{ClusterSpec, Delivery, Descriptor, PackageSpec, VclusterSpec};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity, has_errors, nearest};
use crate::idpbuilder::{self, Cluster, Profile};
use crate::pack::{self, Pack, PackSource, Packs};
use crate::source::{Span, Spanned};
use crate::vcluster;
use crate::yaml::{Mapping, Node};

mod names;

/// A name, written or derived, is none that Kubernetes takes.
pub static NAME_INVALID: Rule = Rule {
    id: "name-invalid",
    summary: "name, written or derived, that Kubernetes, Helm or Gitea does not take",
    severity: Severity::Error,
    effect: Effect::ApiReject,
    page: include_str!("name-invalid.md"),
};

/// A package names no pack, or two packages cannot be told apart.
pub static PACKAGE_INVALID: Rule = Rule {
    id: "package-invalid",
    summary: "package of an unknown pack, or one that clashes with another",
    severity: Severity::Error,
    effect: Effect::NotGenerated,
    page: include_str!("package-invalid.md"),
};

/// The values of a package do not fit the schema of its pack.
pub static PACKAGE_VALUES: Rule = Rule {
    id: "package-values",
    summary: "values of a package that do not fit its pack",
    severity: Severity::Error,
    effect: Effect::NotGenerated,
    page: include_str!("package-values.md"),
};

/// Two environments of one cluster cannot both be right.
pub static ENVIRONMENT_CONFLICT: Rule = Rule {
    id: "environment-conflict",
    summary: "environments of one cluster that contradict each other or claim the same name",
    severity: Severity::Error,
    effect: Effect::Unreachable,
    page: include_str!("environment-conflict.md"),
};

/// The rules of this stage.
pub static RULES: &[&Rule] = &[&ENVIRONMENT_CONFLICT, &NAME_INVALID, &PACKAGE_INVALID, &PACKAGE_VALUES];

/// One environment.
#[derive(Debug)]
pub struct Environment {
    /// Its name, and that of its repository and parent Application.
    pub name: Spanned<EnvironmentName>,
    /// The idpbuilder cluster that it lives in.
    pub cluster: Spanned<Cluster>,
    /// How Applications are arranged.
    pub delivery: Spanned<Delivery>,
    /// Where Argo CD finds the repository; `None` if idpbuilder serves it.
    pub repository: Option<GitRepository>,
    /// The cluster that everything is installed in.
    pub destination: Spanned<Destination>,
    /// The virtual cluster.
    pub vcluster: VirtualCluster,
    /// What is installed, by wave and name.
    pub packages: Vec<Package>,
}

/// A Git repository that Argo CD can reach by itself.
#[derive(Debug)]
pub struct GitRepository {
    /// The URL.
    pub url: Spanned<String>,
    /// Branch, tag or commit.
    pub revision: Spanned<String>,
}

/// The `destination` of an Application, without its namespace.
#[derive(Debug, PartialEq, Eq)]
pub enum Destination {
    /// The address of the API server.
    Server(String),
    /// The name that Argo CD knows the cluster under.
    Name(String),
}

/// A virtual cluster and the way to it.
#[derive(Debug)]
pub struct VirtualCluster {
    /// The Helm release, which names the Service.
    pub release: Spanned<ReleaseName>,
    /// The namespace, which holds no other virtual cluster.
    pub namespace: Spanned<Namespace>,
    /// The public host name.
    pub hostname: Spanned<Hostname>,
    /// The URL in the exported kubeconfig, if the descriptor insists on one.
    pub server: Option<Spanned<String>>,
    /// The Helm repository of the chart.
    pub chart_repository: Spanned<String>,
    /// The chart's version.
    pub chart_version: Spanned<String>,
    /// The names that the certificate gets beyond its own: in-cluster host, public host, those of the descriptor.
    pub sans: Vec<Spanned<String>>,
}

/// Something to install: a pack with a name, a wave, a namespace and values.
#[derive(Debug)]
pub struct Package {
    /// The templates.
    pub pack: Arc<Pack>,
    /// Its name among the packages of the environment.
    pub name: Spanned<String>,
    /// The Application that installs it.
    pub application: Spanned<ApplicationName>,
    /// When, relative to the others.
    pub wave: Spanned<Wave>,
    /// Where.
    pub namespace: Spanned<Namespace>,
    /// What the descriptor sets; a mapping.
    pub values: Node,
}

/// Resolves a descriptor. `None` if it has errors, all of which are in the second result.
#[must_use]
pub fn resolve(descriptor: &Descriptor, packs: &Packs) -> (Option<Environment>, Vec<Diagnostic>) {
    let mut resolver = Resolver { name: &descriptor.name, diagnostics: Vec::new() };
    let environment = resolver.environment(descriptor, packs);
    let environment = environment.filter(|_| !has_errors(&resolver.diagnostics));
    (environment, resolver.diagnostics)
}

struct Resolver<'a> {
    name: &'a Spanned<String>,
    diagnostics: Vec<Diagnostic>,
}

impl Resolver<'_> {
    fn environment(&mut self, descriptor: &Descriptor, packs: &Packs) -> Option<Environment> {
        let spec = &descriptor.spec;
        let name = self.checked(self.name.clone(), EnvironmentName::parse)?;
        let cluster = self.cluster(&spec.cluster);
        let vcluster = self.virtual_cluster(&spec.vcluster, cluster.as_ref());
        let delivery = spec.delivery.clone().unwrap_or_else(|| self.derived(Delivery::default()));
        let destination = match &spec.destination {
            None => self.derived(Destination::Server("https://kubernetes.default.svc".to_owned())),
            Some(written) => match (&written.server, &written.name) {
                (None, Some(name)) => Spanned::new(Destination::Name(name.clone()), written.span.clone()),
                (server, _) => {
                    Spanned::new(Destination::Server(server.clone().unwrap_or_default()), written.span.clone())
                }
            },
        };
        let repository = spec.repository.as_ref().map(|written| GitRepository {
            url: written.url.clone(),
            revision: written.revision.clone().unwrap_or_else(|| self.derived(idpbuilder::BRANCH.to_owned())),
        });
        let (cluster, vcluster) = (cluster?, vcluster?);
        let packages = self.packages(spec.packages.as_deref(), &spec.vcluster, &vcluster.namespace, &delivery, packs);
        self.check_repository_names(&cluster, &delivery, &packages);
        Some(Environment { name, cluster, delivery, repository, destination, vcluster, packages })
    }

    /// A default: it stands at the name of the environment.
    fn derived<T>(&self, value: T) -> Spanned<T> {
        Spanned::new(value, self.name.span.clone())
    }

    /// Makes a name of a text, or explains why it is none.
    fn checked<T>(&mut self, text: Spanned<String>, parse: impl Fn(String) -> Result<T, String>) -> Option<Spanned<T>> {
        match parse(text.value.clone()) {
            Ok(name) => Some(Spanned::new(name, text.span)),
            Err(reason) => {
                let message = if text.span.text().contains(&text.value) {
                    reason
                } else {
                    format!("`{}` is derived from here, and {reason}", text.value)
                };
                self.diagnostics.push(Diagnostic::new(&NAME_INVALID, &text.span, message));
                None
            }
        }
    }

    fn cluster(&mut self, spec: &ClusterSpec) -> Option<Spanned<Cluster>> {
        let defaults = Cluster::default();
        let text = |written: &Option<Spanned<String>>, default: String| {
            written.clone().unwrap_or_else(|| Spanned::new(default, self.name.span.clone()))
        };
        let (name, host) = (text(&spec.name, defaults.name), text(&spec.host, defaults.host));
        let profile = text(&spec.idpbuilder, defaults.profile.as_str().to_owned());
        let span = spec.name.as_ref().map_or(&self.name.span, |name| &name.span).clone();
        let name = self.checked(name, Namespace::parse);
        let host = self.checked(host, Hostname::parse);
        let port = match &spec.port {
            Some(port) => {
                self.checked(port.clone().map(|port| port.to_string()), |text| Port::new(text.parse().unwrap_or(0)))
            }
            None => Port::new(defaults.port).ok().map(|port| self.derived(port)),
        };
        let profile = self.checked(profile, |text| {
            text.parse::<Profile>().map_err(|()| format!("`{text}` is no release line of idpbuilder"))
        });
        let cluster = Cluster {
            name: name?.value.as_str().to_owned(),
            host: host?.value.as_str().to_owned(),
            port: port?.value.get(),
            protocol: spec.protocol.as_ref().map_or(defaults.protocol, |protocol| protocol.value),
            path_routing: spec.path_routing.as_ref().is_some_and(|routing| routing.value),
            profile: profile?.value,
        };
        Some(Spanned::new(cluster, span))
    }

    fn virtual_cluster(&mut self, spec: &VclusterSpec, cluster: Option<&Spanned<Cluster>>) -> Option<VirtualCluster> {
        let name = &self.name.value;
        let host = cluster.map_or(idpbuilder::DEFAULT_HOST, |cluster| &cluster.host);
        let or = |written: &Option<Spanned<String>>, default: String| {
            written.clone().unwrap_or_else(|| self.derived(default))
        };
        let release = or(&spec.release, format!("vcluster-{name}-helm"));
        let namespace = or(&spec.namespace, format!("{name}-vcluster"));
        let hostname = or(&spec.hostname, format!("{name}-vcluster.{host}"));
        let chart_repository = or(&spec.chart.repo_url, vcluster::CHART_REPOSITORY.to_owned());
        let chart_version = or(&spec.chart.version, vcluster::DEFAULT_CHART_VERSION.to_owned());
        let release = self.checked(release, ReleaseName::parse);
        let namespace = self.checked(namespace, |text| {
            if idpbuilder::SYSTEM_NAMESPACES.contains(&text.as_str()) {
                return Err(format!("`{text}` belongs to the cluster, and removing the environment would remove it"));
            }
            Namespace::parse(text)
        });
        let hostname = self.checked(hostname, Hostname::parse);
        if spec.server.is_none() && is_before(&chart_version, (0, 24)) {
            let message = format!(
                "chart {chart_version} takes no second kubeconfig Secret: `exportKubeConfig.additionalSecrets` came with 0.24"
            );
            self.diagnostics.push(
                Diagnostic::new(&PACKAGE_VALUES, &chart_version.span, message)
                    .help("pin 0.24.0 or later, or set `spec.vcluster.server`, which then is the only URL"),
            );
        }
        let (release, namespace, hostname) = (release?, namespace?, hostname?);
        let in_cluster = vcluster::in_cluster_host(release.as_str(), namespace.as_str());
        let mut sans = vec![
            Spanned::new(in_cluster, release.span.clone()),
            Spanned::new(hostname.as_str().to_owned(), hostname.span.clone()),
        ];
        for san in &spec.extra_sans {
            if !sans.iter().any(|earlier| earlier.value == san.value) {
                sans.push(san.clone());
            }
        }
        Some(VirtualCluster {
            release,
            namespace,
            hostname,
            server: spec.server.clone(),
            chart_repository,
            chart_version,
            sans,
        })
    }

    fn packages(
        &mut self,
        written: Option<&[Spanned<PackageSpec>]>,
        vcluster: &VclusterSpec,
        namespace: &Spanned<Namespace>,
        delivery: &Spanned<Delivery>,
        packs: &Packs,
    ) -> Vec<Package> {
        let mut packages = Vec::new();
        match written {
            None => {
                for pack in [pack::VCLUSTER, pack::VCLUSTER_INGRESS] {
                    let spec = PackageSpec {
                        pack: self.derived(pack.to_owned()),
                        name: None,
                        wave: None,
                        namespace: None,
                        values: None,
                    };
                    packages.extend(self.package(&spec, vcluster, namespace, packs));
                }
            }
            Some(written) => {
                for spec in written {
                    packages.extend(self.package(spec, vcluster, namespace, packs));
                }
            }
        }
        packages.sort_by(|a, b| (a.wave.value, &a.name.value).cmp(&(b.wave.value, &b.name.value)));
        self.check_packages(&packages, namespace, delivery);
        if delivery.value == Delivery::SingleApplication {
            self.check_waves(&packages, delivery);
        }
        if let Some(values) = &vcluster.values
            && !packages.iter().any(|package| package.pack.name.value == pack::VCLUSTER)
        {
            let message = format!("these values are not used: no package is of the pack `{}`", pack::VCLUSTER);
            self.diagnostics.push(
                Diagnostic::new(&PACKAGE_INVALID, &values.span, message)
                    .help("`spec.packages` replaces the built-in list: name `vcluster` and `vcluster-ingress` in it if you want them"),
            );
        }
        packages
    }

    fn package(
        &mut self,
        spec: &PackageSpec,
        vcluster: &VclusterSpec,
        namespace: &Spanned<Namespace>,
        packs: &Packs,
    ) -> Option<Package> {
        let Some(pack) = packs.packs.get(&spec.pack.value) else {
            let known = packs.packs.keys().map(String::as_str);
            let message = format!("there is no pack `{}`", spec.pack);
            let help = match nearest(&spec.pack, known.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "a pack is a directory below `templates/` with a `{}`; there are {}",
                    pack::FILE,
                    known.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
                ),
            };
            self.diagnostics.push(Diagnostic::new(&PACKAGE_INVALID, &spec.pack.span, message).help(help));
            return None;
        };
        let name = spec.name.clone().unwrap_or_else(|| spec.pack.clone());
        let application = spec.name.clone().unwrap_or_else(|| {
            let pattern = &pack.application.value;
            self.derived(pattern.replace("{environment}", self.name).replace("{package}", &name))
        });
        let application = self.checked(application, ApplicationName::parse)?;
        let wave = match &spec.wave {
            Some(wave) => wave.clone().map(Wave),
            None => Spanned::new(Wave(pack.wave), spec.pack.span.clone()),
        };
        let namespace = match &spec.namespace {
            Some(written) => self.checked(written.clone(), Namespace::parse)?,
            None => namespace.clone(),
        };
        let mut values = Node::new(Mapping::default(), &spec.pack.span);
        let chart_values = vcluster.values.as_ref().filter(|_| pack.name.value == pack::VCLUSTER);
        for written in [chart_values, spec.values.as_ref()].into_iter().flatten() {
            values.overlay(written.clone());
        }
        if let Some(schema) = &pack.values {
            self.diagnostics.extend(schema.check(&PACKAGE_VALUES, &values));
        }
        Some(Package { pack: Arc::clone(pack), name, application, wave, namespace, values })
    }

    /// In one Application the resources of a chart are in wave 0, whatever the package says: only manifests can be moved.
    fn check_waves(&mut self, packages: &[Package], delivery: &Spanned<Delivery>) {
        let is_chart = |package: &&Package| matches!(package.pack.source, PackSource::Helm(_));
        let applied = |package: &Package| if is_chart(&package) { Wave(0) } else { package.wave.value };
        for chart in packages.iter().filter(is_chart) {
            let contradicts =
                |other: &&Package| chart.wave.cmp(&other.wave.value) != applied(chart).cmp(&applied(other));
            if let Some(other) = packages.iter().find(contradicts) {
                let message = format!(
                    "`{}` in wave {} and `{}` in wave {} will not be applied in that order: in one Application a chart is in wave 0",
                    chart.name, chart.wave, other.name, other.wave
                );
                self.diagnostics.push(
                    Diagnostic::new(&PACKAGE_INVALID, &chart.wave.span, message)
                        .related(&other.wave.span, "the other wave")
                        .related(&delivery.span, "single-application is chosen here")
                        .help("give manifests that follow a chart a wave above 0 and above the chart's, or choose another delivery"),
                );
                return;
            }
        }
    }

    fn check_packages(&mut self, packages: &[Package], namespace: &Spanned<Namespace>, delivery: &Spanned<Delivery>) {
        let mut applications: BTreeMap<&str, &Span> = BTreeMap::new();
        if delivery.value != Delivery::Applications {
            applications.insert(self.name, &self.name.span);
        }
        for package in packages {
            let application = &package.application;
            if let Some(earlier) = applications.insert(application.as_str(), &application.span) {
                let message = format!("two Applications of this environment are called `{application}`");
                self.diagnostics.push(
                    Diagnostic::new(&PACKAGE_INVALID, &package.name.span, message)
                        .related(earlier, "the other one")
                        .help("give the package a `name` of its own"),
                );
            }
            if delivery.value == Delivery::SingleApplication && package.namespace.value != namespace.value {
                let message = format!(
                    "`{}` goes to the namespace `{}`, but the one Application of this delivery has `{namespace}`",
                    package.name, package.namespace
                );
                self.diagnostics.push(
                    Diagnostic::new(&PACKAGE_INVALID, &package.namespace.span, message)
                        .related(&delivery.span, "single-application is chosen here")
                        .help("leave the namespace out, or choose another delivery"),
                );
            }
        }
    }

    /// Gitea refuses long repository names, and idpbuilder then retries for ever.
    fn check_repository_names(
        &mut self,
        cluster: &Spanned<Cluster>,
        delivery: &Spanned<Delivery>,
        packages: &[Package],
    ) {
        let environment = &self.name.value;
        let too_long = packages.iter().find_map(|package| {
            let name = match delivery.value {
                Delivery::AppOfApps => cluster.repository_name(environment, environment),
                Delivery::Applications => cluster.repository_name(package.application.as_str(), "manifests"),
                Delivery::SingleApplication => cluster.repository_name(environment, package.application.as_str()),
            };
            (name.len() > idpbuilder::MAX_REPOSITORY_NAME).then_some((package, name))
        });
        if let Some((package, name)) = too_long {
            let message = format!(
                "the Gitea repository would be called `{name}`: {} characters, Gitea takes {}",
                name.len(),
                idpbuilder::MAX_REPOSITORY_NAME
            );
            self.diagnostics.push(
                Diagnostic::new(&NAME_INVALID, &package.application.span, message)
                    .related(&cluster.span, "the cluster's name is part of it")
                    .help("shorten one of the names: idpbuilder would try for ever"),
            );
        }
    }
}

/// Finds what is wrong between environments: those of one cluster share its facts, and claim hosts, namespaces and
/// Applications for themselves.
#[must_use]
pub fn conflicts<'a>(environments: impl Iterator<Item = &'a Environment>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let mut clusters: BTreeMap<&str, &Environment> = BTreeMap::new();
    let mut claims: BTreeMap<(&str, Claim), (&Environment, &Span)> = BTreeMap::new();
    for environment in environments {
        let cluster = &environment.cluster;
        match clusters.get(cluster.name.as_str()) {
            Some(first) if first.cluster.value != cluster.value => {
                let message = format!(
                    "`{}` and `{}` are on the cluster `{}` but describe it differently: {}",
                    first.name,
                    environment.name,
                    cluster.name,
                    difference(&first.cluster, cluster)
                );
                diagnostics.push(
                    Diagnostic::new(&ENVIRONMENT_CONFLICT, &environment.cluster.span, message)
                        .related(&first.cluster.span, format!("`{}` describes it here", first.name))
                        .help("put the cluster into a base that both extend, or give it another name"),
                );
            }
            Some(_) => {}
            None => drop(clusters.insert(&cluster.name, environment)),
        }
        for (claim, span) in environment.claims() {
            let message = format!("`{}` also has the {} `{}`", environment.name, claim.kind, claim.name);
            if let Some((other, earlier)) = claims.insert((&cluster.name, claim), (environment, span)) {
                diagnostics.push(
                    Diagnostic::new(&ENVIRONMENT_CONFLICT, span, message)
                        .related(earlier, format!("`{}` has it here", other.name))
                        .help("on one cluster only one environment can have it"),
                );
            }
        }
    }
    diagnostics
}

/// Tells whether a version is of a release line before the given one.
fn is_before(version: &str, (major, minor): (u64, u64)) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map_while(|part| part.parse::<u64>().ok());
    numbers.next().zip(numbers.next()).is_some_and(|line| line < (major, minor))
}

/// Something that only one environment of a cluster can have.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    kind: &'static str,
    name: String,
    /// Where, for what is unique within one destination only.
    destination: Option<String>,
}

impl Environment {
    fn claims(&self) -> Vec<(Claim, &Span)> {
        let claim = |kind, name: &str, destination| Claim { kind, name: name.to_owned(), destination };
        let VirtualCluster { hostname, namespace, .. } = &self.vcluster;
        let destination = match &self.destination.value {
            Destination::Server(text) | Destination::Name(text) => Some(text.clone()),
        };
        let mut claims = vec![
            (claim("host name", hostname.as_str(), None), &hostname.span),
            (claim("virtual cluster's namespace", namespace.as_str(), destination), &namespace.span),
        ];
        if self.delivery.value != Delivery::Applications {
            claims.push((claim("Application", self.name.as_str(), None), &self.name.span));
        }
        if self.delivery.value != Delivery::SingleApplication {
            let applications = self.packages.iter().map(|package| &package.application);
            claims.extend(applications.map(|name| (claim("Application", name.as_str(), None), &name.span)));
        }
        claims
    }
}

fn difference(first: &Cluster, second: &Cluster) -> String {
    let facts = |cluster: &Cluster| {
        [
            ("host", cluster.host.clone()),
            ("port", cluster.port.to_string()),
            ("protocol", cluster.protocol.as_str().to_owned()),
            ("pathRouting", cluster.path_routing.to_string()),
            ("idpbuilder", cluster.profile.to_string()),
        ]
    };
    let differing = facts(first).into_iter().zip(facts(second)).filter(|(a, b)| a != b);
    differing.map(|((name, a), (_, b))| format!("{name} is `{a}` and `{b}`")).collect::<Vec<_>>().join(", ")
}
