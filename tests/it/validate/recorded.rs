use std::collections::BTreeSet;
use std::path::Path;

use idpack::diagnostic::{Effect, has_errors};
use idpack::idpbuilder::Cluster;
use idpack::package::Reading;
use idpack::pipeline::{self, Settings, Versions, Watch};
use idpack::source::Source;
use idpack::tree::{Listing, RepoPath, Tree};
use idpack::yaml;
use serde_json::Value;

/// Tells whether all of idpack says that the API server would refuse a text.
fn is_refused(text: &str) -> (bool, Vec<String>) {
    let mut tree = Tree::default();
    tree.insert(RepoPath::new("object.yaml").unwrap(), Source::new("object.yaml", text));
    let cluster = Cluster::default();
    let target = Versions::default().of(None);
    let settings = Settings { target: &target, cluster: &cluster, cluster_is_assumed: true, reading: Reading::Found };
    let found = pipeline::judge(&Listing::of_tree(&tree), settings, Watch::default()).findings;
    let is_refused = found.iter().any(|finding| finding.rule.effect == Effect::ApiReject);
    (is_refused, found.iter().map(ToString::to_string).collect())
}

/// What the API server refuses and idpack lets pass: base, path, value as JSON, and why nobody else can know.
const MISSES: [(&str, &str, &str, &str); 7] = [
    ("pod-debug", "/spec/priority", "1", DEFAULT_CLASS),
    ("pod-debug", "/spec/priority", "2", DEFAULT_CLASS),
    ("pod-debug", "/spec/priority", "65535", DEFAULT_CLASS),
    ("pod-debug", "/spec/priorityClassName", "\"nope\"", "a class may be in the cluster already"),
    ("svc-clusterip", "/spec/clusterIP", "\"1.2.3.4\"", SERVICE_RANGE),
    ("svc-clusterip", "/spec/clusterIP", "\"10.97.1.2\"", SERVICE_RANGE),
    ("svc-headless", "/spec/clusterIP", "\"127.0.0.1\"", SERVICE_RANGE),
];
const DEFAULT_CLASS: &str = "the priority has to be that of the cluster's default class";
const SERVICE_RANGE: &str = "the addresses of Services are the server's own setting";

/// The share of all mutations that has to be judged as the API server judged them.
const SHARE: f64 = 0.98;

#[test]
fn the_whole_of_idpack_judges_as_the_api_server_did() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/recorded");
    let Ok(mutations) = std::fs::read_to_string(directory.join("mutations.jsonl")) else {
        println!("not run: ../shared/corpus/recorded is absent");
        return;
    };
    let text = |base: &str| std::fs::read_to_string(directory.join(format!("bases/{base}.yaml"))).unwrap();
    let (mut refused, mut missed, mut judged) = (Vec::new(), BTreeSet::new(), 0_u32);
    for line in mutations.lines() {
        let mutation: Value = serde_json::from_str(line).unwrap();
        let base = mutation["base"].as_str().unwrap();
        let (nodes, _) = yaml::read(&Source::new("base.yaml", text(base)));
        let mut document = nodes[0].to_json();
        crate::schema::mutate(&mut document, &mutation);
        let (is_refused, found) = is_refused(&document.to_string());
        let (path, value) = (mutation["path"].as_str().unwrap(), mutation["value"].to_string());
        match (mutation["verdict"] == "accept", is_refused) {
            (true, true) => refused.push(format!("{base} {path} {value} {found:?}")),
            (false, false) => drop(missed.insert((base.to_owned(), path.to_owned(), value))),
            _ => {}
        }
        judged += 1;
    }
    assert!(refused.is_empty(), "refused, though the API server accepts it:\n{}", refused.join("\n"));
    let known =
        MISSES.iter().map(|(base, path, value, _)| ((*base).to_owned(), (*path).to_owned(), (*value).to_owned()));
    let known: BTreeSet<_> = known.collect();
    let (new, gone): (Vec<_>, Vec<_>) = (missed.difference(&known).collect(), known.difference(&missed).collect());
    assert!(new.is_empty(), "not refused, though the API server refuses it: {new:#?}");
    assert!(gone.is_empty(), "judged rightly now, take it off the list: {gone:#?}");
    let right = 1.0 - f64::from(u32::try_from(missed.len()).unwrap()) / f64::from(judged);
    assert!(judged > 3500 && right >= SHARE, "{right} of {judged}");
}

#[test]
fn what_is_accepted_is_clean_to_begin_with() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/recorded/bases");
    let Ok(files) = std::fs::read_dir(directory) else {
        println!("not run: ../shared/corpus/recorded is absent");
        return;
    };
    for file in files {
        let path = file.unwrap().path();
        let (is_refused, found) = is_refused(&std::fs::read_to_string(&path).unwrap());
        assert!(!is_refused, "{}: {found:?}", path.display());
    }
}

/// What the API server refuses, and what it accepts and nothing then works with.
#[test]
fn every_file_that_does_not_work_is_an_error_by_itself() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/kube-apiserver");
    let Ok(verdicts) = std::fs::read_to_string(directory.join("verdicts.tsv")) else {
        println!("not run: ../shared/corpus/kube-apiserver is absent");
        return;
    };
    let files: Vec<_> = verdicts.lines().skip(1).filter_map(|row| row.split('\t').next()).collect();
    assert_eq!(files.len(), 36);
    let cluster = Cluster::default();
    let target = Versions::default().of(None);
    let settings = Settings { target: &target, cluster: &cluster, cluster_is_assumed: true, reading: Reading::Found };
    for file in files {
        let listing = Listing::of_files(&[directory.join(file)]).unwrap();
        let found = pipeline::judge(&listing, settings, Watch::default()).findings;
        assert!(has_errors(&found), "{file}: {found:?}");
    }
}
