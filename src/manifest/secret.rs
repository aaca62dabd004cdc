//! Clusters that Argo CD is told about.

use base64::prelude::{BASE64_STANDARD, Engine};

use super::Object;
use super::embedded;
use crate::credential::is_placeholder;
use crate::source::{Located, Span, Spanned};
use crate::yaml::{Node, Value};

/// Marks the Secrets that Argo CD takes for clusters (argo-cd v3.1.7, common/common.go).
pub const SECRET_TYPE: &str = "argocd.argoproj.io/secret-type";

/// A Secret that tells Argo CD about a cluster, or was meant to. It holds nothing that is secret.
#[derive(Debug)]
pub struct ClusterSecret {
    /// Its manifest, in [`super::ManifestSet::manifests`].
    pub manifest: usize,
    /// Whether it has the label by which Argo CD finds it. One without has all the keys.
    pub is_labelled: bool,
    /// `name`: what Argo CD calls the cluster.
    pub name: Option<String>,
    /// `server`: the URL of its API server.
    pub server: Option<Spanned<String>>,
    /// `config`, if it can be read.
    pub config: Option<Box<ClusterConfig>>,
}

/// How Argo CD gets into a cluster (argo-cd v3.1.7, pkg/apis/application/v1alpha1/types.go, `ClusterConfig`).
#[derive(Debug)]
pub struct ClusterConfig {
    /// Where it stands.
    pub span: Span,
    /// `tlsClientConfig.insecure`, if it is true.
    pub insecure: Option<Span>,
    /// Whether there is `tlsClientConfig.caData`.
    pub has_ca: bool,
    /// `tlsClientConfig.serverName`.
    pub server_name: Option<Spanned<String>>,
    /// Whether there is `tlsClientConfig.certData`.
    pub has_client_certificate: bool,
    /// The fields that hold credentials in full, and not a word that stands for them.
    pub credentials: Box<[&'static str]>,
}

impl ClusterSecret {
    /// Reads a Secret, if it is about a cluster.
    #[must_use]
    pub fn of(object: &Object<'_>) -> Option<Self> {
        let node = object.of_kind("", "Secret")?;
        let label = node.at(&["metadata", "labels", SECRET_TYPE]).and_then(Node::as_str);
        let is_labelled = label == Some("cluster");
        let has = |key: &&str| node.at(&["stringData", key]).or_else(|| node.at(&["data", key])).is_some();
        // What SOPS encrypted cannot be read.
        if !is_labelled && !["name", "server", "config"].iter().all(has) || node.get("sops").is_some() {
            return None;
        }
        let text = |key| value(node, key).filter(|value| !value.as_str().unwrap_or_default().is_empty());
        let config = text("config").and_then(|text| ClusterConfig::of(&text)).map(Box::new);
        let mut server = text("server").and_then(spanned);
        if let (Some(server), Some(config)) = (&mut server, &config)
            && !config.credentials.is_empty()
            && server.span.position().line == config.span.position().line
        {
            server.span = server.span.concealed();
        }
        let name = text("name").and_then(spanned).map(|name| name.value);
        Some(Self { manifest: object.manifest, is_labelled, name, server, config })
    }
}

impl ClusterConfig {
    fn of(text: &Node) -> Option<Self> {
        /// The fields that let in whoever knows them.
        const CREDENTIALS: [(&str, &[&str]); 3] = [
            ("bearerToken", &["bearerToken"]),
            ("password", &["password"]),
            ("tlsClientConfig.keyData", &["tlsClientConfig", "keyData"]),
        ];
        // What is wrong with it as YAML is not wrong with it as JSON.
        let config = embedded::read(text, &mut Vec::new())?;
        config.as_mapping()?;
        let tls = |key| config.at(&["tlsClientConfig", key]);
        let is_set = |node: Option<&Node>| node.and_then(Node::as_str).is_some_and(|text| !text.is_empty());
        let credentials: Box<[_]> = CREDENTIALS
            .into_iter()
            .filter(|(_, path)| config.at(path).and_then(Node::as_str).is_some_and(|text| !is_placeholder(text)))
            .map(|(name, _)| name)
            .collect();
        let mut it = Self {
            span: text.span.clone(),
            insecure: tls("insecure").filter(|node| node.as_bool() == Some(true)).map(|node| node.span.clone()),
            has_ca: is_set(tls("caData")),
            server_name: tls("serverName").filter(|node| is_set(Some(node))).cloned().and_then(spanned),
            has_client_certificate: is_set(tls("certData")),
            credentials,
        };
        if !it.credentials.is_empty() {
            it.spans(&mut |span| *span = span.concealed());
        }
        Some(it)
    }
}

/// Returns the text of a key of a Secret: that in `stringData`, which the API server writes over that in `data`.
fn value(node: &Node, key: &str) -> Option<Node> {
    if let Some(text) = node.at(&["stringData", key]) {
        return text.as_str().map(|_| text.clone());
    }
    let encoded = node.at(&["data", key])?;
    Some(Node::new(decoded(encoded.as_str()?)?, &encoded.span))
}

/// Returns the text of a value in the `data` of a Secret.
#[must_use]
pub fn decoded(encoded: &str) -> Option<String> {
    let digits: String = encoded.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    String::from_utf8(BASE64_STANDARD.decode(digits).ok()?).ok()
}

fn spanned(node: Node) -> Option<Spanned<String>> {
    match node.value {
        Value::String(text) => Some(Spanned::new(text, node.span)),
        _ => None,
    }
}

located! {
    ClusterSecret: server, config;
    ClusterConfig: span, insecure, server_name;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest;

    fn read(rest: &str) -> Option<ClusterSecret> {
        let text = format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n{rest}");
        manifest::parse(&[("s.yaml", &text)]).0.facts.cluster_secrets.pop()
    }

    #[test]
    fn clusters_are_told_by_their_label_or_by_their_keys() {
        let labelled = |label| format!("  labels: {{argocd.argoproj.io/secret-type: {label}}}\n");
        assert!(read(&labelled("cluster")).unwrap().is_labelled);
        assert!(read(&labelled("repository")).is_none());
        assert!(read("stringData: {server: a, config: '{}'}\n").is_none());
        assert!(!read("stringData: {name: dev, server: a}\ndata: {config: e30=}\n").unwrap().is_labelled);
        let encrypted = labelled("cluster") + "sops: {mac: x}\n";
        assert!(read(&encrypted).is_none());
    }

    #[test]
    fn what_is_encoded_is_read_as_well() {
        let plain = "  name: dev\n  server: https://a\n";
        let config =
            r#"{"bearerToken": "geheim", "tlsClientConfig": {"insecure": true, "serverName": "b", "caData": "YQ=="}}"#;
        let block = config.replace(", ", ",\n      ");
        let encoded = BASE64_STANDARD.encode(config);
        for (rest, insecure, server_name) in [
            (format!("stringData:\n{plain}  config: '{config}'\n"), "s.yaml:8:11", "s.yaml:8:11"),
            (format!("stringData:\n{plain}  config: |\n      {block}\n"), "s.yaml:10:39", "s.yaml:11:21"),
            (format!("stringData:\n{plain}data:\n  config: {encoded}\n"), "s.yaml:9:11", "s.yaml:9:11"),
        ] {
            let secret = read(&rest).unwrap();
            let (server, config) = (secret.server.unwrap(), secret.config.unwrap());
            assert_eq!((secret.name.as_deref(), server.to_string()), (Some("dev"), "https://a".to_owned()));
            assert_eq!(config.insecure.unwrap().to_string(), insecure);
            let name = config.server_name.unwrap();
            assert_eq!((name.as_str(), name.span.to_string().as_str()), ("b", server_name));
            assert!(config.has_ca && !config.has_client_certificate);
            assert_eq!(*config.credentials, ["bearerToken"]);
        }
    }

    #[test]
    fn nothing_holds_on_to_a_secret() {
        let rest = "stringData: {name: dev, server: 'https://a', config: '{\"password\": \"geheim\"}'}\n";
        let mut secret = read(rest).unwrap();
        assert!(!format!("{secret:?}").contains("geheim"));
        secret.spans(&mut |span| assert!(!span.source().text().contains("geheim"), "{span}"));
        assert_eq!(secret.server.unwrap().span.to_string(), "s.yaml:5:33");
    }
}
