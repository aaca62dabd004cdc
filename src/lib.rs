//! idpack turns short environment descriptors into the Git repositories that idpbuilder and Argo CD consume.

pub mod diagnostic;
pub mod idpbuilder;
pub mod source;
pub mod tree;
pub mod vcluster;
pub mod yaml;
