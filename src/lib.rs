//! idpack turns short environment descriptors into the Git repositories that idpbuilder and Argo CD consume, and proves them
//! right before anyone applies them.
//!
//! Data flows one way: each stage is a plain function from what the stage before it made, and a module imports only modules
//! that stand above it in this list.

pub mod source;

pub mod tree;

pub mod diagnostic;

pub mod credential;

pub mod yaml;

pub mod schema;

pub mod idpbuilder;

pub mod vcluster;

pub mod config;

pub mod descriptor;

pub mod pack;

pub mod model;

pub mod render;

pub mod environments;

pub mod manifest;

pub mod package;

pub mod network;

pub mod checks;

pub mod policy;

pub mod fix;

pub mod output;

pub mod git;

pub mod report;

pub mod pipeline;

pub mod cli;
