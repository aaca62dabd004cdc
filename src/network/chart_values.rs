//! The values of a virtual cluster, as the templates of the chart and vCluster itself read them.

use super::VirtualCluster;
use crate::schema::vcluster::Version;
use crate::yaml::{Entry, Node};

impl<'a> VirtualCluster<'a> {
    /// Looks a value up with its key. Null is none: it takes a default away, if there is one.
    #[must_use]
    pub fn value_entry(&self, path: &[&str]) -> Option<&'a Entry> {
        let (key, above) = path.split_last()?;
        self.value(above)?.as_mapping()?.entry(key).filter(|entry| !entry.value.is_null())
    }

    /// Returns the value of a switch that is on: true, or the text of it where the chart takes texts too.
    #[must_use]
    pub fn switched_on(&self, path: &[&str]) -> Option<&'a Node> {
        self.value(path).filter(|value| value.as_bool() == Some(true) || value.as_str() == Some("true"))
    }

    /// Returns the value that chooses a backing store, by the two keys that lead to it.
    #[must_use]
    pub fn backing_store(&self, [kind, name]: [&str; 2]) -> Option<&'a Node> {
        self.switched_on(&["controlPlane", "backingStore", kind, name, "enabled"])
    }

    /// Returns the custom resources that are synced in a direction, `toHost` or `fromHost`, or that it is said of.
    pub fn custom_resources(&self, way: &str) -> impl Iterator<Item = &'a Entry> {
        self.value(&["sync", way, "customResources"]).and_then(Node::as_mapping).into_iter().flatten()
    }

    /// Tells whether the chart is pinned to this version or a later one.
    #[must_use]
    pub fn is_since(&self, version: Version) -> bool {
        self.version().is_some_and(|pinned| pinned >= version)
    }
}
