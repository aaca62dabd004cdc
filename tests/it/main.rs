//! Integration tests: one program, one module per topic.

#![cfg(test)]

/// The source tree keeps to its own rules.
mod architecture;
/// Values that try to break out of the template that prints them.
mod breakout;
/// Documents with a fault, which has to be found where it is.
mod broken;
/// What the vCluster chart makes of a release is what Helm rendered.
mod chart;
/// Every page of a check does what it says.
mod checks;
/// The program as people call it.
mod cli;
/// What `idpack build` makes of each delivery, as idpbuilder sees it.
mod deliveries;
/// Commits, judged by Git itself.
/// `idpack explain --package`: what idpbuilder will make of a package.
mod explain;
/// What is meant is written, and nothing else changes.
mod fix;
mod git;
/// Argo CD's health check for Applications opens a sync wave only when it should.
mod health;
/// A second opinion on what idpbuilder does with a package directory.
mod idpbuilder;
/// Kustomize, Helm and a foreign validator judge what is built.
mod kubernetes;
/// Single faults in what idpack builds, from the tables of what its readers do.
mod matrix;
/// Other programs as judges, and a clean place to run programs in.
mod oracle;
/// What may be written and what must stay.
mod output;
/// Findings as machines read them.
mod report;
/// Schemas judge documents as the API server does, and say so in our words.
mod schema;
/// The architecture that idpack follows, literally.
mod seed;
/// `idpack validate`, as people call it.
mod validate;
/// YAML is read and written as Kubernetes understands it.
mod yaml;
