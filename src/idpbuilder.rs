//! What idpbuilder does, by profile: defaults, reserved names, repository names and URLs.
//!
//! Facts from cnoe-io/idpbuilder at v0.8.1, v0.9.1, v0.10.1 and main (bef38e62).

pub mod argument;

use std::fmt;
use std::str::FromStr;

use crate::diagnostic::nearest;
use crate::source::Source;
use crate::yaml::{self, Value};

/// `--name` unless given (pkg/cmd/create/root.go).
pub const DEFAULT_CLUSTER_NAME: &str = "localdev";
/// `--host` unless given.
pub const DEFAULT_HOST: &str = "cnoe.localtest.me";
/// `--port` unless given: the port of the host machine that reaches ingress-nginx.
pub const DEFAULT_PORT: u16 = 8443;

/// Applications that idpbuilder installs itself and overwrites every 15 seconds (pkg/controllers/localbuild/controller.go).
pub const CORE_APPLICATIONS: [&str; 3] = ["argocd", "gitea", "nginx"];
/// Host names below `--host` that idpbuilder's own Ingresses use.
pub const CORE_HOST_PREFIXES: [&str; 2] = ["argocd", "gitea"];
/// The namespace that Argo CD reads Applications from; `--application-namespaces` is not set.
pub const ARGOCD_NAMESPACE: &str = "argocd";
/// The version of Argo CD whose types every release of idpbuilder reads Applications into, whatever version it installs
/// (cnoe-io/argocd-api 3091d64c). What they do not have is dropped.
pub const ARGOCD_TYPES: (u32, u32) = (2, 10);
/// The only branch of the Gitea repositories (pkg/controllers/gitrepository/controller.go).
pub const BRANCH: &str = "main";
/// Namespaces that belong to Kubernetes or to idpbuilder, and must not go when an environment does.
pub const SYSTEM_NAMESPACES: [&str; 7] =
    ["argocd", "default", "gitea", "ingress-nginx", "kube-node-lease", "kube-public", "kube-system"];
/// Stands for "a directory next to this file" in `repoURL` (`api/v1alpha1/custom_package_types.go`).
pub const CNOE_SCHEME: &str = "cnoe://";

/// Tells whether a URL was meant to begin with [`CNOE_SCHEME`], and does not: the beginning is compared letter by letter
/// (`pkg/controllers/custompackage/controller.go:708-710`).
#[must_use]
pub fn is_nearly_cnoe(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once(':').filter(|_| !url.starts_with(CNOE_SCHEME)) else { return false };
    let scheme = scheme.trim_start().to_lowercase();
    scheme == "cnoe" || rest.starts_with("//") && nearest(&scheme, ["cnoe"]).is_some()
}

/// The longest name of a Gitea repository (`MaxSize(100)` of `CreateRepoOption`).
pub const MAX_REPOSITORY_NAME: usize = 100;

/// A release line of idpbuilder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
pub enum Profile {
    /// 0.8: Argo CD 2.10.
    #[serde(rename = "0.8")]
    V0_8,
    /// 0.9: Argo CD 2.10.
    #[serde(rename = "0.9")]
    V0_9,
    /// 0.10: Argo CD 3.0.
    #[serde(rename = "0.10")]
    V0_10,
    /// The main branch: Argo CD 3.1.
    #[serde(rename = "head")]
    Head,
}

impl Profile {
    /// All profiles, oldest first.
    pub const ALL: [Self; 4] = [Self::V0_8, Self::V0_9, Self::V0_10, Self::Head];

    /// Returns the name that descriptors use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V0_8 => "0.8",
            Self::V0_9 => "0.9",
            Self::V0_10 => "0.10",
            Self::Head => "head",
        }
    }

    /// Returns the minor version of the Argo CD that this profile installs.
    #[must_use]
    pub fn argocd(self) -> (u32, u32) {
        match self {
            Self::V0_8 | Self::V0_9 => (2, 10),
            Self::V0_10 => (3, 0),
            Self::Head => (3, 1),
        }
    }
}

impl FromStr for Profile {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|profile| profile.as_str() == text).ok_or(())
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How the host machine reaches the cluster (`--protocol`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Port 443 of the Kind node is published; SSL passthrough works.
    #[default]
    Https,
    /// Port 80 of the Kind node is published; SSL passthrough is unreachable.
    Http,
}

impl Protocol {
    /// Both protocols.
    pub const ALL: [Self; 2] = [Self::Https, Self::Http];

    /// Returns the URL scheme.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
        }
    }

    /// Returns the port of the Kind node that is published on the host machine (`pkg/kind/resources/kind.yaml.tmpl`).
    #[must_use]
    pub fn node_port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http => 80,
        }
    }
}

/// What `idpbuilder create` was or will be told; the default is what it assumes by itself.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Cluster {
    /// `--name`.
    pub name: String,
    /// `--host`.
    pub host: String,
    /// `--port`, on the host machine and of the nginx Service inside the cluster.
    pub port: u16,
    /// `--protocol`.
    pub protocol: Protocol,
    /// `--use-path-routing`.
    pub path_routing: bool,
    /// The release line in use.
    #[serde(rename = "idpbuilder")]
    pub profile: Profile,
}

impl Default for Cluster {
    fn default() -> Self {
        Self {
            name: DEFAULT_CLUSTER_NAME.to_owned(),
            host: DEFAULT_HOST.to_owned(),
            port: DEFAULT_PORT,
            protocol: Protocol::default(),
            path_routing: false,
            profile: Profile::V0_10,
        }
    }
}

impl Cluster {
    /// Returns the name of the Gitea repository that serves a `cnoe://` directory of an Application
    /// (pkg/controllers/custompackage/controller.go, pkg/controllers/gitrepository/controller.go).
    #[must_use]
    pub fn repository_name(&self, application: &str, directory: &str) -> String {
        format!("idpbuilder-{}-{application}-{directory}", self.name)
    }

    /// Returns the URL under which Argo CD and the host machine reach that repository (pkg/util/gitea.go).
    #[must_use]
    pub fn repository_url(&self, application: &str, directory: &str) -> String {
        let repository = self.repository_name(application, directory);
        let Self { host, port, protocol, .. } = self;
        let base = if self.path_routing { format!("{host}:{port}/gitea") } else { format!("gitea.{host}:{port}") };
        format!("{}://{base}/giteaAdmin/{repository}.git", protocol.as_str())
    }

    /// Returns the URL under which the host machine, and thanks to idpbuilder's DNS the cluster too, reach a host name.
    #[must_use]
    pub fn public_url(&self, host: &str) -> String {
        format!("{}://{host}:{}", self.protocol.as_str(), self.port)
    }

    /// Returns the command that creates or updates the cluster with all of its packages. `argocd_cm` is the file that makes
    /// sync waves wait; both have to be repeated in every later call.
    #[must_use]
    pub fn create_command(&self, packages: &[String], argocd_cm: Option<&str>) -> String {
        let default = Self::default();
        let mut words = vec!["idpbuilder create".to_owned()];
        let mut flag = |name: &str, value: &str, default: &str| {
            if value != default {
                words.push(format!("{name} {}", shell_word(value)));
            }
        };
        flag("--name", &self.name, &default.name);
        flag("--host", &self.host, &default.host);
        flag("--port", &self.port.to_string(), &default.port.to_string());
        flag("--protocol", self.protocol.as_str(), default.protocol.as_str());
        if self.path_routing {
            words.push("--use-path-routing".to_owned());
        }
        words.extend(argocd_cm.map(|path| format!("-c {}", shell_word(&format!("argocd:{path}")))));
        words.extend(packages.iter().map(|path| format!("--package {}", shell_word(path))));
        words.join(" ")
    }

    /// Tells whether idpbuilder's own Ingresses use a host name.
    #[must_use]
    pub fn is_reserved_host(&self, host: &str) -> bool {
        host == self.host
            || CORE_HOST_PREFIXES.iter().any(|prefix| host.strip_prefix(prefix) == Some(&format!(".{}", self.host)))
    }
}

/// Quotes a word for a POSIX shell if it needs that.
fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Tells whether idpbuilder can decode an object (pkg/k8s/schema.go; pkg/k8s/deserialize.go, which wants one object and no list).
#[must_use]
pub fn can_decode(api_version: &str, kind: &str) -> bool {
    match api_version {
        "v1"
        | "admissionregistration.k8s.io/v1"
        | "apiextensions.k8s.io/v1"
        | "apps/v1"
        | "batch/v1"
        | "networking.k8s.io/v1"
        | "rbac.authorization.k8s.io/v1" => !kind.ends_with("List"),
        "argoproj.io/v1alpha1" => ["AppProject", "Application", "ApplicationSet"].contains(&kind),
        "idpbuilder.cnoe.io/v1alpha1" => ["CustomPackage", "GitRepository", "Localbuild"].contains(&kind),
        _ => false,
    }
}

/// Returns the name of the object by which idpbuilder remembers an Application of a package
/// (pkg/controllers/localbuild/controller.go): `file` is the name of the Application's file.
#[must_use]
pub fn custom_package_name(file: &str, application: &str) -> String {
    let stem = file.split('.').next().unwrap_or_default().to_lowercase();
    format!("{stem}-{application}")
}

/// The key of `argocd-cm` that gives Applications a health, without which no sync wave waits for one (argoproj/argo-cd v3.1.7,
/// docs/operator-manual/health.md).
pub const APPLICATION_HEALTH: &str = "resource.customizations.health.argoproj.io_Application";

/// Returns the `argocd-cm` of a profile with the health check of Applications added, for `idpbuilder create -c argocd:FILE`.
///
/// The text is the same for every environment: when several bring it, idpbuilder takes the last one.
#[must_use]
pub fn argocd_cm(profile: Profile) -> String {
    /// What the older releases install; 0.8 lacks the first (install.yaml of v0.8.1 and v0.9.1).
    const OLD: [&str; 4] =
        ["accounts.developer", "application.resourceTrackingMethod", "resource.exclusions", "timeout.reconciliation"];
    let newest = include_str!("idpbuilder/argocd-cm.yaml");
    let keys = match profile {
        Profile::V0_8 => &OLD[1..],
        Profile::V0_9 => &OLD[..],
        Profile::V0_10 | Profile::Head => return newest.to_owned(),
    };
    let (Some(mut config), _) = yaml::read_one(&Source::new("argocd-cm.yaml", newest)) else {
        return newest.to_owned();
    };
    if let Value::Mapping(document) = &mut config.value
        && let Some(Value::Mapping(data)) = document.get_mut("data").map(|data| &mut data.value)
    {
        data.retain(|entry| entry.key.value == APPLICATION_HEALTH || keys.contains(&entry.key.as_str()));
    }
    yaml::write(&config)
}

/// Returns the keys that the `argocd-cm` of a profile has by itself.
#[must_use]
pub fn argocd_cm_keys(profile: Profile) -> Vec<String> {
    let (config, _) = yaml::read_one(&Source::new("argocd-cm.yaml", argocd_cm(profile)));
    let data = config.as_ref().and_then(|config| config.get("data")?.as_mapping()).into_iter().flatten();
    data.map(|entry| entry.key.value.clone()).filter(|key| key != APPLICATION_HEALTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repository_urls_are_those_of_the_walkthrough() {
        let cluster = Cluster::default();
        assert_eq!(
            cluster.repository_url("dev", "dev"),
            "https://gitea.cnoe.localtest.me:8443/giteaAdmin/idpbuilder-localdev-dev-dev.git"
        );
        let cluster = Cluster { path_routing: true, ..cluster };
        assert_eq!(
            cluster.repository_url("dev", "dev"),
            "https://cnoe.localtest.me:8443/gitea/giteaAdmin/idpbuilder-localdev-dev-dev.git"
        );
    }

    #[test]
    fn what_was_meant_to_be_cnoe_is_known() {
        for url in ["cnoe:/dev", "cnoe:dev", "CNOE://dev", " cnoe://dev", "cone://dev", "cnoe:", "cnoes://dev"] {
            assert!(is_nearly_cnoe(url), "{url}");
        }
        for url in ["cnoe://dev", "https://cnoe.io/dev", "oci://cnoe", "code:dev", "git@cnoe:dev", "cnoe", "", "://dev"]
        {
            assert!(!is_nearly_cnoe(url), "{url}");
        }
    }

    #[test]
    fn reserved_hosts_are_exact() {
        let cluster = Cluster::default();
        assert!(cluster.is_reserved_host("argocd.cnoe.localtest.me"));
        assert!(cluster.is_reserved_host("cnoe.localtest.me"));
        assert!(!cluster.is_reserved_host("dev-vcluster.cnoe.localtest.me"));
        assert!(!cluster.is_reserved_host("xargocd.cnoe.localtest.me"));
    }
}
