//! Two objects must not claim the same host.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::checks::{Check, Run, Scope};
use crate::diagnostic::{Diagnostic, Effect, Rule, Severity};
use crate::manifest::{Backend, RouteKind};
use crate::network::{Controller, Exposure};
use crate::source::{Span, Spanned};
use crate::vcluster::PLACEHOLDER_HOST;

/// Marks an Ingress that takes a share of the requests of another one (ingress-nginx, annotations.md).
const CANARY: &str = "nginx.ingress.kubernetes.io/canary";

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "ingress-host-duplicate",
        summary: "host and path that two routes claim",
        severity: Severity::Error,
        effect: Effect::Unreachable,
        page: include_str!("ingress_host_duplicate.md"),
    },
    since: "0.1.0",
    run: Run::Tree(run),
};

/// What there is one of: place, controller, class or what else tells controllers of a kind apart, host and path.
type Claim<'a> = (&'a str, Controller, Cow<'a, str>, &'a str, &'a str);

fn run(scope: &Scope<'_>, findings: &mut Vec<Diagnostic>) {
    let mut claims: BTreeMap<Claim<'_>, (&Span, &Exposure<'_>)> = BTreeMap::new();
    for exposure in &scope.network.exposures {
        // A canary shares host and path with the Ingress that it varies.
        if exposure.annotation(CANARY).is_some_and(|value| value.as_str() == Some("true")) {
            continue;
        }
        let shares = shares(exposure);
        for (place, share) in exposure.places().flat_map(|place| shares.iter().map(move |share| (place, share))) {
            for (host, path) in hosts(exposure) {
                match claims.entry((place, exposure.controller, share.clone(), host.as_str(), path)) {
                    Entry::Vacant(free) => drop(free.insert((&host.span, exposure))),
                    Entry::Occupied(taken) => findings.extend(conflict(exposure, host, path, *taken.get())),
                }
            }
        }
    }
}

/// Returns the hosts that an object claims, with the paths of an Ingress.
fn hosts<'a>(exposure: &Exposure<'a>) -> impl Iterator<Item = (&'a Spanned<String>, &'a str)> + use<'a> {
    let rules = exposure.object.rules.iter().filter(|rule| !rule.is_conditional);
    rules.flat_map(|rule| {
        // A placeholder is for `placeholder-host` to say.
        let hosts = rule.hosts.iter().filter(|host| host.value != PLACEHOLDER_HOST);
        let path = |backend: &'a Backend| backend.path.as_ref().map_or("/", |path| &path.value);
        hosts.flat_map(move |host| rule.backends.iter().map(move |backend| (host, path(backend))))
    })
}

/// Reports a host that was claimed before.
fn conflict(
    exposure: &Exposure<'_>,
    host: &Spanned<String>,
    path: &str,
    (first, other): (&Span, &Exposure<'_>),
) -> Option<Diagnostic> {
    let is_ingress = exposure.object.kind == RouteKind::Ingress;
    // Another version of the same object does not compete with it, and the backends of a rule that knows no paths share it.
    if other.manifest.is_same_object(exposure.manifest) || !is_ingress && *first == host.span {
        return None;
    }
    let message = if is_ingress {
        format!("path `{path}` of `{host}` is taken already")
    } else {
        format!("`{host}` is taken already")
    };
    let help = if exposure.built_in.is_some() == other.built_in.is_some() {
        "give each of them a host of its own"
    } else {
        "keep the one that the chart renders, or switch it off and keep the other one"
    };
    let finding = Diagnostic::new(&CHECK.rule, &host.span, message);
    Some(finding.related(first, "it is claimed here first").help(help))
}

/// Returns what an object shares with others of its kind: its class, its Gateways or its entry points.
fn shares<'a>(exposure: &Exposure<'a>) -> Vec<Cow<'a, str>> {
    let attachments = &exposure.object.attachments;
    match exposure.object.kind {
        RouteKind::Ingress => vec![Cow::Borrowed(exposure.class())],
        RouteKind::HttpProxy => {
            vec![exposure.object.class.as_ref().map_or(Cow::Borrowed(""), |class| (&class.value).into())]
        }
        RouteKind::IngressRouteTcp if attachments.is_empty() => vec![Cow::Borrowed("")],
        RouteKind::IngressRouteTcp => attachments.iter().map(Cow::from).collect(),
        RouteKind::TlsRoute => {
            let namespace = exposure.namespace.map_or("", |namespace| &namespace.value);
            let absolute = |parent: &'a String| match parent.strip_prefix('/') {
                Some(rest) => Cow::Owned(format!("{namespace}/{rest}")),
                None => Cow::Borrowed(parent.as_str()),
            };
            attachments.iter().map(absolute).collect()
        }
    }
}
