//! Names that cannot hold nonsense.

use std::fmt;
use std::num::NonZeroU16;

use crate::schema::names;
use crate::{idpbuilder, vcluster};

/// Defines a string that keeps a rule. Every type has the same three functions, and none of them has a body worth repeating.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $rule:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Checks a text.
            ///
            /// # Errors
            ///
            /// Says which rule the text breaks.
            pub fn parse(text: impl Into<String>) -> Result<Self, String> {
                let text = text.into();
                let rule: fn(&str) -> Result<(), String> = $rule;
                rule(&text)?;
                Ok(Self(text))
            }

            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// The name of an environment: a DNS label of at most 38 characters that is none of idpbuilder's own names.
    EnvironmentName, |text| {
        names::label(text)?;
        at_most(text, 38, "names derived from it would get too long for Helm and Gitea")?;
        if idpbuilder::CORE_APPLICATIONS.contains(&text) || text == "cluster" {
            return Err(format!("`{text}` is a name that idpbuilder and this layout use themselves"));
        }
        Ok(())
    }
}
name! {
    /// A namespace: a DNS label.
    Namespace, names::label
}
name! {
    /// A Helm release of the vCluster chart: the name of its Service, at most 52 characters.
    ReleaseName, |text| {
        names::service_name(text)?;
        at_most(text, vcluster::MAX_RELEASE_NAME, "the label that the StatefulSet gives its pods would get too long")
    }
}
name! {
    /// A complete host name in lower case, without port or wildcard.
    Hostname, names::host
}
name! {
    /// The name of an Application; Helm releases and directories are called after it, so it is a DNS label.
    ApplicationName, |text| {
        names::label(text)?;
        if idpbuilder::CORE_APPLICATIONS.contains(&text) {
            return Err(format!("`{text}` is an Application of idpbuilder's own, which overwrites this one"));
        }
        Ok(())
    }
}

/// A TCP port, 1 to 65535.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port(NonZeroU16);

impl Port {
    /// Checks a number.
    ///
    /// # Errors
    ///
    /// Refuses 0.
    pub fn new(number: u16) -> Result<Self, String> {
        NonZeroU16::new(number).map(Self).ok_or_else(|| "a port is a number from 1 to 65535".to_owned())
    }

    /// Returns the number.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0.get()
    }
}

/// A sync wave. Lower ones are synced first; 0 is the default of Argo CD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wave(pub i32);

impl fmt::Display for Wave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn at_most(text: &str, limit: usize, reason: &str) -> Result<(), String> {
    match text.chars().count() {
        length if length > limit => Err(format!("`{text}` has {length} characters, more than {limit}: {reason}")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_rules() {
        assert!(EnvironmentName::parse("dev").is_ok());
        assert!(EnvironmentName::parse("a".repeat(38)).is_ok());
        for bad in ["", "Dev", "dev_1", "-dev", "gitea", "cluster", &"a".repeat(39)] {
            assert!(EnvironmentName::parse(bad).is_err(), "{bad}");
        }
        assert!(ReleaseName::parse("a".repeat(52)).is_ok());
        assert!(ReleaseName::parse("a".repeat(53)).is_err());
        assert!(ReleaseName::parse("1a").is_err());
        assert!(Hostname::parse("dev.cnoe.localtest.me").is_ok());
        for bad in ["*.a.b", "a.b:8443", "https://a.b", "A.b", "a..b"] {
            assert!(Hostname::parse(bad).is_err(), "{bad}");
        }
        assert!(Port::new(0).is_err());
    }
}
