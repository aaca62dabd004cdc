//! What an object refers to by name is in the namespace where it is looked for.

use super::references;
use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::Manifest;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "reference-namespace",
        summary: "name of an object that is in another namespace",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("reference_namespace.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// Names of objects that every namespace has, on some clusters at least.
const EVERYWHERE: [&str; 6] =
    ["builder", "default", "deployer", "kube-root-ca.crt", "openshift-service-ca.crt", "pipeline"];

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    for (manifest, place, need) in references(scope) {
        let (kind, name) = (need.kind, need.name.as_str());
        let Some(wanted) = place.namespace.filter(|_| kind.is_namespaced && kind.group != "argoproj.io") else {
            continue;
        };
        // Somebody may copy it.
        let is_copied =
            |it: &Manifest| it.fact_in(&scope.manifests.facts.keys).is_some_and(crate::manifest::Keys::is_open);
        let named = scope.objects.named(kind, name);
        let elsewhere = named.iter().filter(|it| !is_copied(it)).filter_map(|it| {
            let there = scope.objects.place(it).filter(|there| there.is_beside(place))?.namespace?;
            Some((*it, there)).filter(|_| there != wanted)
        });
        let elsewhere: Vec<_> = elsewhere.collect();
        let Some((first, namespace)) = elsewhere.first() else { continue };
        if elsewhere.len() < named.len()
            || EVERYWHERE.contains(&name)
            || scope.objects.may_be_made(name)
            || scope.objects.is_open(place)
        {
            continue;
        }
        let message = format!("there is no {} `{name}` in namespace `{wanted}`, only in `{namespace}`", kind.name);
        let help = match need.namespace {
            Some(_) => format!("write `namespace: {namespace}`"),
            None => format!("give both the same namespace: {} cannot look into another one", manifest.kind),
        };
        let there = first.namespace.as_ref().map_or(first.name_span(), |namespace| &namespace.span);
        findings.push(
            Diagnostic::new(&CHECK.rule, &need.name.span, message)
                .related(there, format!("{} is in namespace `{namespace}`", first.label()))
                .help(help),
        );
    }
}
