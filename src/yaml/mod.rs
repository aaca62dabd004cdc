//! YAML as Kubernetes reads it.
//!
//! kubectl, Argo CD, Helm and the API server read YAML through Go's `sigs.k8s.io/yaml`, which applies the scalar rules of
//! YAML 1.1: `no` is false, `010` is 8, `1_000` is a number. [`read`] gives the same answers and keeps the place of every key
//! and value; [`write`] quotes every string that such a reader would take for something else. Nothing else in idpack reads or
//! writes YAML.

mod node;

pub use node::{Entry, Mapping, Node, Value};
