//! What idpbuilder does, by profile: defaults, reserved names, repository names and URLs.
//!
//! Facts from cnoe-io/idpbuilder at v0.8.1, v0.9.1, v0.10.1 and main (bef38e62).

use std::fmt;
use std::str::FromStr;

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
/// The only branch of the Gitea repositories (pkg/controllers/gitrepository/controller.go).
pub const BRANCH: &str = "main";
/// Stands for "a directory next to this file" in `repoURL` (`api/v1alpha1/custom_package_types.go`).
pub const CNOE_SCHEME: &str = "cnoe://";
/// The longest name of a Gitea repository (`MaxSize(100)` of `CreateRepoOption`).
pub const MAX_REPOSITORY_NAME: usize = 100;

/// A release line of idpbuilder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// 0.8: Argo CD 2.10.
    V0_8,
    /// 0.9: Argo CD 2.10.
    V0_9,
    /// 0.10: Argo CD 3.0.
    V0_10,
    /// The main branch: Argo CD 3.1.
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

/// Returns the name of the Gitea repository that serves a `cnoe://` directory of an Application
/// (pkg/controllers/custompackage/controller.go, pkg/controllers/gitrepository/controller.go).
#[must_use]
pub fn repository_name(cluster: &str, application: &str, directory: &str) -> String {
    format!("idpbuilder-{cluster}-{application}-{directory}")
}

/// Returns the URL under which Argo CD and the host machine reach a Gitea repository (pkg/util/gitea.go).
#[must_use]
pub fn repository_url(protocol: &str, host: &str, port: u16, path_routing: bool, repository: &str) -> String {
    if path_routing {
        format!("{protocol}://{host}:{port}/gitea/giteaAdmin/{repository}.git")
    } else {
        format!("{protocol}://gitea.{host}:{port}/giteaAdmin/{repository}.git")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repository_urls_are_those_of_the_walkthrough() {
        let name = repository_name("localdev", "dev", "dev");
        assert_eq!(
            repository_url("https", "cnoe.localtest.me", 8443, false, &name),
            "https://gitea.cnoe.localtest.me:8443/giteaAdmin/idpbuilder-localdev-dev-dev.git"
        );
        assert_eq!(
            repository_url("https", "cnoe.localtest.me", 8443, true, &name),
            "https://cnoe.localtest.me:8443/gitea/giteaAdmin/idpbuilder-localdev-dev-dev.git"
        );
    }
}
