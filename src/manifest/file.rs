//! What one file says, and what is wrong with each of its documents by itself.

use std::collections::BTreeSet;

use super::facts::AnyFact;
use super::{
    Document, Fragment, Judge, KindCluster, Kustomization, Manifest, Object, READ_DOMAINS, Refusal, SKIP_MARKER,
    directory, document, is_kustomization_file, is_package_file, needs, placeholder, text,
};
use crate::diagnostic::{Diagnostic, Effect};
use crate::schema;
use crate::source::{Located, Span};
use crate::tree::{Part, RepoPath, join};
use crate::yaml::{self, Entry, Node, Value};

/// What a file says, or a part of it: facts that outlive its text.
#[derive(Debug)]
pub struct FileFacts {
    /// The file.
    pub path: RepoPath,
    /// How many documents it has, whatever they are.
    pub documents: usize,
    /// What is wrong with the text, and with each document by itself.
    pub findings: Vec<Diagnostic>,
    /// Whether there are `CustomResourceDefinition`s in it.
    pub has_definitions: bool,
    /// Whether it says to Argo CD that it is none of its business.
    pub is_skipped: bool,
    pub(super) manifests: Vec<Manifest>,
    /// What these say.
    pub(super) facts: Vec<AnyFact>,
    pub(super) kustomization: Option<Box<Kustomization>>,
    pub(super) kind_clusters: Vec<KindCluster>,
    pub(super) fragments: Vec<Fragment>,
    /// What Argo CD stops at.
    pub(super) refusal: Option<Box<Refusal>>,
    /// What idpbuilder finds in it, unless it is one object.
    pub(super) pieces: Box<[Document]>,
    /// Whether it has something for a cluster that is no manifest: a list, or an `apiVersion` or `kind` that is no name.
    has_other: bool,
}

impl Located for FileFacts {
    fn spans(&mut self, visit: &mut dyn FnMut(&mut Span)) {
        self.findings.spans(visit);
        self.manifests.spans(visit);
        self.facts.spans(visit);
        self.kustomization.spans(visit);
        self.kind_clusters.spans(visit);
        self.fragments.spans(visit);
        self.refusal.spans(visit);
        self.pieces.spans(visit);
    }
}

/// Reads a part of a file, and judges each document by itself: by schemas, and as `judge` does.
#[must_use]
pub fn read(path: &RepoPath, part: &Part, target: &schema::Target, judge: Judge) -> FileFacts {
    let mut facts = FileFacts {
        path: path.clone(),
        documents: 0,
        findings: Vec::new(),
        has_definitions: false,
        is_skipped: part.source.text().contains(SKIP_MARKER),
        manifests: Vec::new(),
        facts: Vec::new(),
        kustomization: None,
        kind_clusters: Vec::new(),
        fragments: Vec::new(),
        refusal: None,
        pieces: Box::default(),
        has_other: false,
    };
    let (documents, findings) = match part.fault {
        None => yaml::read(&part.source),
        Some((offset, help)) => (Vec::new(), vec![yaml::not_utf8(&part.source, offset, help)]),
    };
    facts.documents = documents.len();
    // What others do with a text that they cannot read is another matter.
    if is_package_file(path.as_str()) && !findings.iter().any(|finding| yaml::ends_reading(finding.rule)) {
        facts.pieces = document::find(&part.source, &documents);
    }
    // What cannot be read is reported as that.
    if part.fault.is_none() {
        facts.refusal = Refusal::find(path.as_str(), &part.source, &documents, &findings).map(Box::new);
    }
    facts.findings = findings;
    for document in documents {
        facts.add(document, target, judge);
    }
    // Most files hold one document, for which a vector takes the room of four; there may be many files.
    facts.manifests.shrink_to_fit();
    facts.facts.shrink_to_fit();
    facts
}

impl FileFacts {
    /// Returns the files that its kustomization uses as patches.
    #[must_use]
    pub fn patches(&self) -> Vec<String> {
        let home = directory(self.path.as_str());
        let patches = self.kustomization.iter().flat_map(|kustomization| &kustomization.patches);
        patches.filter_map(|patch| join(home, patch)).collect()
    }

    /// Returns the files and directories whose objects its kustomization changes.
    #[must_use]
    pub fn changed(&self) -> Vec<String> {
        let home = directory(self.path.as_str());
        let kustomization = self.kustomization.iter().filter(|kustomization| kustomization.transforms);
        kustomization.flat_map(|it| &it.resources).filter_map(|resource| join(home, resource)).collect()
    }

    /// Takes its objects for ones that somebody still changes: what is missing in them, or does not go together, may not be so
    /// in the end.
    pub fn be_changed(&mut self) {
        self.findings.retain(|finding| !finding.of_whole);
    }

    /// Returns the files to whose objects its kustomization gives annotations, with these.
    pub fn annotated(&self) -> impl Iterator<Item = (String, &[Entry])> {
        let home = directory(self.path.as_str());
        let kustomization = self.kustomization.as_deref().filter(|kustomization| !kustomization.annotations.is_empty());
        kustomization.into_iter().flat_map(move |kustomization| {
            let files = kustomization.resources.iter().filter_map(move |resource| join(home, resource));
            files.map(|file| (file, &*kustomization.annotations))
        })
    }

    /// Gives annotations to all of its objects, as a kustomization does.
    pub fn annotate(&mut self, annotations: &[Entry]) {
        let read: Vec<_> = annotations.iter().filter(|entry| is_read(&entry.key.value)).collect();
        for manifest in &mut self.manifests {
            let is_replaced = |entry: &&Entry| read.iter().any(|new| new.key.value == entry.key.value);
            let kept = manifest.annotations.iter().filter(|entry| !is_replaced(entry)).cloned();
            manifest.annotations = kept.chain(read.iter().copied().cloned()).collect();
        }
    }

    /// Takes what it holds for parts of objects: nothing of it gets into a cluster as it is, and nothing is missing in it.
    pub fn be_a_patch(&mut self) {
        self.manifests.clear();
        self.facts.clear();
        self.fragments.clear();
        self.refusal = None;
        self.pieces = Box::default();
        self.be_changed();
        self.has_other = true;
    }

    /// Tells whether something in it is meant for a cluster, or was meant to be.
    #[must_use]
    pub fn has_manifests(&self) -> bool {
        !self.manifests.is_empty()
            || !self.kind_clusters.is_empty()
            || !self.fragments.is_empty()
            || self.has_other
            || self.kustomization.is_some()
    }

    /// Tells whether it holds an object whose fields nobody has looked at.
    #[must_use]
    pub fn has_unknown_kinds(&self) -> bool {
        self.manifests.iter().any(|manifest| !manifest.has_schema)
    }

    /// Takes in the items of a list.
    fn add_list(&mut self, node: Node, target: &schema::Target, judge: Judge) {
        let fault = |node: &Node, message: String| Diagnostic::new(&schema::KUBERNETES_SCHEMA, &node.span, message);
        match node.get("items") {
            None => return,
            Some(items) if items.as_sequence().is_none() && !items.is_null() => {
                let message = format!("`items` has to be a list, found {}", items.type_name());
                return self.findings.push(fault(items, message));
            }
            Some(_) => {}
        }
        for (rank, item) in objects(vec![node]).enumerate() {
            let has = |key| item.get(key).is_some();
            if item.as_mapping().is_none() {
                let message = format!("`items[{rank}]` has to be an object, found {}", item.type_name());
                self.findings.push(fault(&item, message));
            } else if !(has("metadata") || has("apiVersion") && has("kind")) {
                let missing = if has("kind") { "apiVersion" } else { "kind" };
                self.findings.push(fault(&item, format!("`items[{rank}].{missing}` is missing")));
            } else {
                self.add(item, target, judge);
            }
        }
    }

    /// Judges what is no object.
    fn judge_other(&mut self, node: &Node, target: &schema::Target, judge: Judge) {
        let mut found = Vec::new();
        judge(&Object { manifest: 0, group: "", kind: "", node, target, findings: &mut self.findings }, &mut found);
        self.take(found);
    }

    /// Takes in findings. Where one of them is about something secret, no other one shows the line.
    fn take(&mut self, mut found: Vec<Diagnostic>) {
        let leaks = found.iter().filter(|finding| finding.rule.effect == Effect::DataLeak);
        let lines: BTreeSet<u32> = leaks.map(|finding| finding.span.position().line).collect();
        self.findings.append(&mut found);
        if !lines.is_empty() {
            let is_secret = |span: &Span| lines.contains(&span.position().line);
            self.findings.iter_mut().for_each(|finding| hide(finding, &is_secret));
        }
    }

    /// Takes in one document.
    fn add(&mut self, node: Node, target: &schema::Target, judge: Judge) {
        let Some(keys) = node.as_mapping() else { return };
        if is_kustomization_file(self.path.as_str()) {
            self.kustomization = Some(Box::new(Kustomization::of(&node)));
            return self.judge_other(&node, target, judge);
        }
        let (api_version, kind) = match (text(&node, &["apiVersion"]), text(&node, &["kind"])) {
            (Some(api_version), Some(kind)) => (api_version, kind),
            (api_version, kind) => {
                // `metadata` beside one of the two tells a broken manifest from a Chart.yaml or other settings.
                if keys.get("metadata").is_none() || (api_version.is_none() && kind.is_none()) {
                    return self.judge_other(&node, target, judge);
                }
                let wrong = ["apiVersion", "kind"].into_iter().find_map(|key| nameless(keys.entry(key)?));
                if let Some(finding) = wrong {
                    self.findings.push(finding);
                    self.has_other = true;
                } else {
                    let missing = if kind.is_none() { "kind" } else { "apiVersion" };
                    let keys: Vec<_> = keys.iter().map(|entry| entry.key.clone()).collect();
                    let span = keys.first().map_or(&node.span, |key| &key.span).clone();
                    self.fragments.push(Fragment { span, missing, keys });
                }
                return;
            }
        };
        if is_list(&api_version, &kind) {
            self.has_other = true;
            self.add_list(node, target, judge);
            return;
        }
        // What kustomize and kubectl read themselves goes to no cluster.
        let is_kubeconfig = *api_version == "v1" && *kind == "Config" && node.get("clusters").is_some();
        if is_kubeconfig || *api_version == "builtin" {
            return self.judge_other(&node, target, judge);
        }
        if api_version.starts_with("kind.x-k8s.io/") {
            self.kind_clusters.push(KindCluster::of(&node));
            return;
        }
        let guess = || Some(vec![schema::guess(target, &node).filter(|_| target.is_final)?]);
        let verdict = schema::check(target, &node).or_else(guess);
        let has_schema = verdict.is_some();
        let mut verdict: Vec<_> = verdict.into_iter().flatten().collect();
        if *api_version == "v1" && *kind == "Secret" {
            for finding in &mut verdict {
                conceal(finding, &node);
            }
        }
        let index = self.manifests.len();
        let (name, namespace) = (text(&node, &["metadata", "name"]), text(&node, &["metadata", "namespace"]));
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        placeholder::drop_unknown(&node, (group, &kind), verdict, &mut self.findings);
        let findings = &mut self.findings;
        let mut object = Object { manifest: index, group, kind: &kind, node: &node, target, findings };
        self.facts.extend(AnyFact::of(&mut object));
        let mut found = Vec::new();
        judge(&object, &mut found);
        self.take(found);
        let entries = node.at(&["metadata", "annotations"]).and_then(Node::as_mapping).into_iter().flatten();
        self.manifests.push(Manifest {
            index,
            path: self.path.clone(),
            has_schema,
            annotations: entries.filter(|entry| is_read(&entry.key.value)).cloned().collect(),
            needs: needs::of(group, &kind, &node),
            api_version,
            kind,
            name,
            namespace,
        });
        self.has_definitions |= self.manifests[index].kind.value == "CustomResourceDefinition";
    }
}

/// Takes what a Secret holds out of a finding about it.
fn conceal(finding: &mut Diagnostic, secret: &Node) {
    let is_within = |span: &Span| {
        let values = ["data", "stringData"].into_iter().filter_map(|key| secret.get(key));
        values.into_iter().any(|it| (it.span.start()..=it.span.end()).contains(&span.start()))
    };
    if is_within(&finding.span) {
        let value = finding.span.text().trim_matches(['"', '\'']).to_owned();
        if finding.help.as_ref().is_some_and(|help| !value.is_empty() && help.contains(&value)) {
            finding.help = None;
        }
        if !value.is_empty() {
            finding.message = finding.message.replace(&format!("`{value}`"), "the value");
        }
    }
    hide(finding, &is_within);
}

/// Conceals those places that a finding shows which hold something secret.
fn hide(finding: &mut Diagnostic, is_secret: &impl Fn(&Span) -> bool) {
    let shown = finding.related.iter_mut().map(|related| &mut related.span).chain([&mut finding.span]);
    for span in shown.filter(|span| is_secret(span)) {
        *span = span.concealed();
        // It would say what is hidden.
        finding.fix = None;
    }
}

/// Reports an `apiVersion` or `kind` that is no name.
fn nameless(Entry { key, value }: &Entry) -> Option<Diagnostic> {
    let reason = match value.as_str() {
        None => format!("has to be a string, found {}", value.type_name()),
        Some("") => "is empty".to_owned(),
        Some(_) => return None,
    };
    // What is not there is shown at its key.
    let span = if value.span.start() == value.span.end() { &key.span } else { &value.span };
    Some(Diagnostic::new(&schema::KUBERNETES_SCHEMA, span, format!("`{key}` {reason}")))
}

/// Tells whether an object is a list of Kubernetes itself, which stands for its items.
fn is_list(api_version: &str, kind: &str) -> bool {
    kind == "List" && api_version == "v1"
        || kind.ends_with("List") && kind != "List" && schema::kubernetes::is_builtin_group(api_version)
}

/// Returns the objects of documents, those of lists among them.
pub fn objects(documents: Vec<Node>) -> impl Iterator<Item = Node> {
    documents.into_iter().flat_map(|mut node| {
        let is = |key: &str, node: &Node| node.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
        if !is_list(&is("apiVersion", &node), &is("kind", &node)) {
            return vec![node];
        }
        let Value::Mapping(list) = &mut node.value else { return Vec::new() };
        match list.remove("items").map(|items| items.value) {
            Some(Value::Sequence(items)) => items,
            _ => Vec::new(),
        }
    })
}

/// Tells whether somebody reads an annotation. What `kubectl` noted when it applied the object is only long.
fn is_read(key: &str) -> bool {
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    READ_DOMAINS.iter().any(|read| domain.ends_with(read)) && domain != "kubectl.kubernetes.io"
}
