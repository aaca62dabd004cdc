//! What leads connections to Services, by the host that they ask for.

use super::Object;
use super::{INGRESS_CLASS, number, text};
use crate::source::{Located, Span, Spanned};
use crate::vcluster;
use crate::yaml::Node;

/// An object that leads connections to Services: one of its own, or one that the vCluster chart renders.
#[derive(Debug)]
pub struct HostRoute {
    /// Its kind.
    pub kind: RouteKind,
    /// Its name, or the value that makes the chart render it.
    pub span: Span,
    /// The class of the controller that takes it.
    pub class: Option<Spanned<String>>,
    /// What it does with which hosts.
    pub rules: Box<[RouteRule]>,
    /// Whether TLS connections are passed through, as far as its own fields say so.
    pub passthrough: Option<Spanned<bool>>,
    /// The Secrets with certificates for TLS connections.
    pub secrets: Box<[Spanned<String>]>,
    /// What it is attached to: Gateways with their listeners, or the entry points of Traefik.
    pub attachments: Box<[String]>,
    /// Where a `TLSRoute` should say what it is attached to, and does not.
    pub detached: Option<Span>,
}

/// An object of its own that leads connections to Services.
#[derive(Debug)]
pub struct WrittenRoute {
    /// Its manifest, in [`ManifestSet::manifests`](super::ManifestSet::manifests).
    pub manifest: usize,
    /// What it says.
    pub route: HostRoute,
}

/// The kinds of such objects, by who understands them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteKind {
    /// `Ingress` of `networking.k8s.io`, for many controllers.
    Ingress,
    /// `TLSRoute` of `gateway.networking.k8s.io`, for those of the Gateway API.
    TlsRoute,
    /// `IngressRouteTCP` of `traefik.io`, and of `traefik.containo.us` before Traefik 3.
    IngressRouteTcp,
    /// `HTTPProxy` of `projectcontour.io`.
    HttpProxy,
}

/// What is done with some hosts.
#[derive(Debug)]
pub struct RouteRule {
    /// The rule as a whole.
    pub span: Span,
    /// The hosts; none at all stands for any host.
    pub hosts: Box<[Spanned<String>]>,
    /// Whether more than the host decides on what the rule is for, so that another one may have the same host.
    pub is_conditional: bool,
    /// Where their connections go.
    pub backends: Box<[Backend]>,
}

/// A Service that connections go to.
#[derive(Debug)]
pub struct Backend {
    /// The entry as a whole.
    pub span: Span,
    /// The `path` of an Ingress, unless it is empty.
    pub path: Option<Spanned<String>>,
    /// The `pathType` of an Ingress.
    pub path_type: Option<Spanned<String>>,
    /// The namespace of the Service, where it is not that of the object.
    pub namespace: Option<Spanned<String>>,
    /// The name of the Service; none in the rule that the vCluster chart writes for its own Service.
    pub service: Option<Spanned<String>>,
    /// Its port.
    pub port: Option<Spanned<ServicePort>>,
}

/// How somebody names a port: of a Service, or of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServicePort {
    /// By its number.
    Number(i64),
    /// By its name.
    Name(String),
}

impl std::fmt::Display for ServicePort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

impl WrittenRoute {
    pub(super) fn of(object: &Object<'_>) -> Option<Self> {
        let route = HostRoute::of(object.group, object.kind, object.node)?;
        Some(Self { manifest: object.manifest, route })
    }
}

impl HostRoute {
    /// Reads an object, if it is of one of these kinds.
    fn of(group: &str, kind: &str, node: &Node) -> Option<Self> {
        match (group, kind) {
            ("networking.k8s.io", "Ingress") => Some(Self::ingress(node)),
            ("gateway.networking.k8s.io", "TLSRoute") => Some(Self::tls_route(node)),
            ("traefik.io" | "traefik.containo.us", "IngressRouteTCP") => Some(Self::ingress_route_tcp(node)),
            ("projectcontour.io", "HTTPProxy") => Some(Self::http_proxy(node)),
            _ => None,
        }
    }

    /// Returns what the vCluster chart renders of its values (loft-sh/vcluster v0.36.1, `chart/templates/ingress.yaml` and
    /// `tlsroute.yaml`). Its template engine goes over some of them, and what that makes of a host nobody knows.
    pub(super) fn of_chart(values: &Node) -> Box<[Self]> {
        let section = |name| {
            let section = values.at(&["controlPlane", name])?;
            let enabled = section.get("enabled").filter(|enabled| enabled.as_bool() == Some(true))?;
            Some((section, enabled))
        };
        let ingress = section("ingress").map(|(section, enabled)| Self::chart_ingress(section, enabled));
        let tls_route = section("tlsRoute").map(|(section, enabled)| Self::chart_tls_route(values, section, enabled));
        let mut routes: Vec<Self> = ingress.into_iter().chain(tls_route).collect();
        routes.retain(|route| route.rules.iter().flat_map(|rule| &rule.hosts).all(|host| !host.contains("{{")));
        routes.into()
    }

    /// An object without anything special.
    fn plain(kind: RouteKind, span: &Span) -> Self {
        Self {
            kind,
            span: span.clone(),
            class: None,
            rules: Box::default(),
            passthrough: None,
            secrets: Box::default(),
            attachments: Box::default(),
            detached: None,
        }
    }

    fn ingress(node: &Node) -> Self {
        Self {
            class: text(node, &["spec", "ingressClassName"])
                .or_else(|| text(node, &["metadata", "annotations", INGRESS_CLASS])),
            rules: node.items_at(&["spec", "rules"]).map(RouteRule::of_ingress).collect(),
            secrets: secrets(node.items_at(&["spec", "tls"])),
            ..Self::plain(RouteKind::Ingress, name_span(node))
        }
    }

    fn tls_route(node: &Node) -> Self {
        let span = name_span(node);
        let parents = node.at(&["spec", "parentRefs"]);
        Self {
            rules: RouteRule::of_tls_route(node, &["spec"]).into_iter().collect(),
            passthrough: Some(Spanned::new(true, span.clone())),
            attachments: parent_refs(parents),
            detached: is_empty(parents).then(|| parents.map_or(span, |parents| &parents.span).clone()),
            ..Self::plain(RouteKind::TlsRoute, span)
        }
    }

    fn ingress_route_tcp(node: &Node) -> Self {
        let rules: Box<[RouteRule]> = node.items_at(&["spec", "routes"]).map(RouteRule::of_traefik).collect();
        let tls = node.at(&["spec", "tls"]).filter(|tls| !tls.is_null());
        let written = tls.and_then(|tls| tls.get("passthrough"));
        let written = written.and_then(|it| Some(Spanned::new(it.as_bool()?, it.span.clone())));
        // Without `tls` the bytes are passed on as they come, which Traefik does for any host together only.
        let catch_all = || rules.first().filter(|rule| tls.is_none() && rule.hosts.is_empty() && !rule.is_conditional);
        let passthrough = written.or_else(|| catch_all().map(|rule| Spanned::new(true, rule.span.clone())));
        Self {
            passthrough,
            secrets: secrets(tls.into_iter()),
            attachments: node.items_at(&["spec", "entryPoints"]).filter_map(Node::as_str).map(str::to_owned).collect(),
            rules,
            ..Self::plain(RouteKind::IngressRouteTcp, name_span(node))
        }
    }

    fn http_proxy(node: &Node) -> Self {
        let passthrough = node.at(&["spec", "virtualhost", "tls", "passthrough"]);
        let annotation = |key| text(node, &["metadata", "annotations", key]);
        Self {
            class: text(node, &["spec", "ingressClassName"])
                .or_else(|| annotation("projectcontour.io/ingress.class"))
                .or_else(|| annotation(INGRESS_CLASS)),
            rules: RouteRule::of_contour(node).into_iter().collect(),
            passthrough: passthrough.and_then(|it| Some(Spanned::new(it.as_bool()?, it.span.clone()))),
            ..Self::plain(RouteKind::HttpProxy, name_span(node))
        }
    }

    fn chart_ingress(section: &Node, enabled: &Node) -> Self {
        let own: Box<[RouteRule]> = section.items_at(&["spec", "rules"]).map(RouteRule::of_ingress).collect();
        let default = || Box::from([RouteRule::of_chart(section, enabled)]);
        Self {
            class: text(section, &["spec", "ingressClassName"])
                .or_else(|| text(section, &["annotations", INGRESS_CLASS])),
            rules: if own.is_empty() { default() } else { own },
            // An annotation that the chart sets unless it is told otherwise.
            passthrough: Some(Spanned::new(true, enabled.span.clone())),
            secrets: secrets(section.items_at(&["spec", "tls"])),
            ..Self::plain(RouteKind::Ingress, &enabled.span)
        }
    }

    fn chart_tls_route(values: &Node, section: &Node, enabled: &Node) -> Self {
        let mut rule = RouteRule::of_tls_route(section, &["spec"]);
        let has = |key| section.items_at(&["spec", key]).next().is_some();
        let default = RouteRule::of_chart(section, enabled);
        if let Some(rule) = rule.as_mut() {
            if !has("hostnames") {
                rule.hosts = default.hosts;
            }
            if !has("rules") {
                rule.backends = default.backends;
            }
        } else {
            rule = Some(default);
        }
        let own = section.at(&["spec", "parentRefs"]);
        let parents = if is_empty(own) { section.get("parentRefs") } else { own };
        let key = || Some(&values.get("controlPlane")?.as_mapping()?.entry("tlsRoute")?.key.span);
        let detached = || parents.map(|parents| &parents.span).or_else(key).unwrap_or(&enabled.span).clone();
        Self {
            rules: rule.into_iter().collect(),
            passthrough: Some(Spanned::new(true, enabled.span.clone())),
            attachments: parent_refs(parents),
            detached: is_empty(parents).then(detached),
            ..Self::plain(RouteKind::TlsRoute, &enabled.span)
        }
    }
}

impl RouteRule {
    fn of_ingress(node: &Node) -> Self {
        Self {
            span: node.span.clone(),
            hosts: text(node, &["host"]).into_iter().collect(),
            is_conditional: false,
            backends: node.items_at(&["http", "paths"]).map(Backend::of_ingress).collect(),
        }
    }

    /// All rules of a `TLSRoute` are for the same hosts.
    fn of_tls_route(node: &Node, spec: &[&str]) -> Option<Self> {
        let spec = node.at(spec)?;
        let backends = spec.items_at(&["rules"]).flat_map(|rule| rule.items_at(&["backendRefs"]));
        Some(Self {
            span: spec.span.clone(),
            hosts: super::strings(spec.items_at(&["hostnames"])).into(),
            is_conditional: false,
            backends: backends.filter(|backend| is_service(backend)).map(Backend::of_service).collect(),
        })
    }

    fn of_traefik(node: &Node) -> Self {
        let matched = text(node, &["match"]);
        let (hosts, is_conditional) = matched.as_ref().map_or((Vec::new(), true), |it| hosts_of_match(it));
        let span = matched.map_or_else(|| node.span.clone(), |matched| matched.span);
        Self {
            hosts: hosts.into_iter().map(|host| Spanned::new(host, span.clone())).collect(),
            span,
            is_conditional,
            backends: node.items_at(&["services"]).map(Backend::of_service).collect(),
        }
    }

    /// `tcpproxy` takes the TLS connections of a host, `routes` the requests otherwise.
    fn of_contour(node: &Node) -> Option<Self> {
        let spec = node.get("spec")?;
        let tcp = spec.items_at(&["tcpproxy", "services"]).map(Backend::of_service);
        let http = spec.items_at(&["routes"]).flat_map(|route| route.items_at(&["services"]));
        let has_tcp = spec.items_at(&["tcpproxy", "services"]).next().is_some();
        Some(Self {
            span: spec.get("virtualhost").unwrap_or(spec).span.clone(),
            hosts: text(spec, &["virtualhost", "fqdn"]).into_iter().collect(),
            is_conditional: false,
            backends: if has_tcp { tcp.collect() } else { http.map(Backend::of_service).collect() },
        })
    }

    /// What the chart writes by itself: one host, and the Service of the release.
    fn of_chart(section: &Node, enabled: &Node) -> Self {
        let placeholder = || Spanned::new(vcluster::PLACEHOLDER_HOST.to_owned(), enabled.span.clone());
        let host = text(section, &["host"]).unwrap_or_else(placeholder);
        let backend = Backend {
            span: enabled.span.clone(),
            path: None,
            path_type: None,
            namespace: None,
            service: None,
            port: None,
        };
        Self {
            span: enabled.span.clone(),
            hosts: Box::from([host]),
            is_conditional: false,
            backends: Box::from([backend]),
        }
    }
}

impl Backend {
    fn of_ingress(node: &Node) -> Self {
        let port = ["backend", "service", "port"];
        let by_number = || number(node, &[&port[..], &["number"]].concat()).map(|it| it.map(ServicePort::Number));
        let by_name = || text(node, &[&port[..], &["name"]].concat()).map(|it| it.map(ServicePort::Name));
        Self {
            span: node.span.clone(),
            path: text(node, &["path"]),
            path_type: text(node, &["pathType"]),
            namespace: None,
            service: text(node, &["backend", "service", "name"]),
            port: by_number().or_else(by_name),
        }
    }

    /// Reads an entry that has `name` and `port` itself, and perhaps `namespace`.
    fn of_service(node: &Node) -> Self {
        Self {
            span: node.span.clone(),
            path: None,
            path_type: None,
            namespace: text(node, &["namespace"]),
            service: text(node, &["name"]),
            port: port(node, &["port"]),
        }
    }
}

/// Reads a number or a name.
pub(super) fn port(node: &Node, path: &[&str]) -> Option<Spanned<ServicePort>> {
    let by_name = || text(node, path).map(|it| it.map(ServicePort::Name));
    number(node, path).map(|it| it.map(ServicePort::Number)).or_else(by_name)
}

/// Tells whether a reference of the Gateway API is one to a Service, which it is by default.
fn is_service(reference: &Node) -> bool {
    let is = |key, wanted| reference.get(key).and_then(Node::as_str).is_none_or(|it| it == wanted);
    is("kind", "Service") && is("group", "")
}

fn name_span(node: &Node) -> &Span {
    node.at(&["metadata", "name"]).map_or(&node.span, |name| &name.span)
}

fn secrets<'a>(tls: impl Iterator<Item = &'a Node>) -> Box<[Spanned<String>]> {
    tls.filter_map(|tls| text(tls, &["secretName"])).collect()
}

fn is_empty(list: Option<&Node>) -> bool {
    list.is_none_or(|list| list.is_null() || list.as_sequence().is_some_and(<[Node]>::is_empty))
}

/// Returns the Gateways that a route is attached to, each as one text; without a namespace it begins with a `/`.
fn parent_refs(parents: Option<&Node>) -> Box<[String]> {
    let parents = parents.and_then(Node::as_sequence).unwrap_or_default();
    let word = |parent: &Node, key| parent.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
    let port = |parent: &Node| parent.get("port").and_then(Node::as_i64).map_or_else(String::new, |it| it.to_string());
    let parents = parents.iter().map(|parent| {
        let [namespace, kind, name, section] =
            ["namespace", "kind", "name", "sectionName"].map(|key| word(parent, key));
        format!("{namespace}/{kind}/{name}/{section}/{}", port(parent))
    });
    parents.collect()
}

/// Returns the hosts of a rule of Traefik, and whether the rule is about something else than hosts, too
/// (traefik/traefik v3.6, `pkg/muxer/tcp/matcher.go`; of several hosts in one matcher, as version 2 has them, each counts).
fn hosts_of_match(rule: &str) -> (Vec<String>, bool) {
    let (mut hosts, mut is_conditional) = (Vec::new(), false);
    for matcher in rule.split("||").map(str::trim) {
        let arguments = matcher.split_once('(').filter(|(name, _)| name.trim().eq_ignore_ascii_case("HostSNI"));
        let Some(arguments) = arguments.and_then(|(_, rest)| rest.strip_suffix(')')) else {
            is_conditional = true;
            continue;
        };
        for argument in arguments.split(',').map(str::trim) {
            let quoted =
                ['`', '"', '\''].into_iter().find_map(|quote| argument.strip_prefix(quote)?.strip_suffix(quote));
            match quoted.filter(|host| !host.contains(['`', '"', '\'', '(', ')', '&', ' '])) {
                Some("*") => return (Vec::new(), false),
                Some(host) => hosts.push(host.to_owned()),
                None => is_conditional = true,
            }
        }
    }
    (hosts, is_conditional)
}

located! {
    WrittenRoute: route;
    HostRoute: span, class, rules, passthrough, secrets, detached;
    RouteRule: span, hosts, backends;
    Backend: span, path, path_type, namespace, service, port;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_traefik() {
        let hosts = |rule| {
            let (hosts, is_conditional) = hosts_of_match(rule);
            (hosts.join(" "), is_conditional)
        };
        for (rule, expected) in [
            ("HostSNI(`a.b`)", ("a.b", false)),
            ("HostSNI(`a.b`) || HostSNI(`c.d`)", ("a.b c.d", false)),
            ("HostSNI(`a.b`, `c.d`)", ("a.b c.d", false)),
            ("HostSNI(\"a.b\")", ("a.b", false)),
            ("HostSNI(`*`)", ("", false)),
            ("HostSNI(`a.b`) && ClientIP(`10.0.0.0/8`)", ("", true)),
            ("HostSNI(`a.b`) || (HostSNI(`c.d`) && ALPN(`h2`))", ("a.b", true)),
            ("HostSNIRegexp(`^.+\\.b$`)", ("", true)),
            ("!HostSNI(`a.b`)", ("", true)),
            ("", ("", true)),
        ] {
            assert_eq!(hosts(rule), (expected.0.to_owned(), expected.1), "{rule}");
        }
    }
}
