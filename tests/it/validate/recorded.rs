use std::path::Path;

use idpack::diagnostic::Effect;
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

#[test]
fn the_whole_of_idpack_refuses_nothing_that_the_api_server_accepts() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/recorded");
    let Ok(mutations) = std::fs::read_to_string(directory.join("mutations.jsonl")) else {
        println!("not run: ../shared/corpus/recorded is absent");
        return;
    };
    let (mut wrong, mut judged) = (Vec::new(), 0);
    for line in mutations.lines() {
        let mutation: Value = serde_json::from_str(line).unwrap();
        let is_accepted = mutation["verdict"] == "accept";
        if !is_accepted && mutation["stage"] != "decode" {
            continue;
        }
        let base =
            std::fs::read_to_string(directory.join(format!("bases/{}.yaml", mutation["base"].as_str().unwrap())));
        let base = base.unwrap();
        assert!(!is_refused(&base).0, "{}", mutation["base"]);
        let (nodes, _) = yaml::read(&Source::new("base.yaml", base));
        let mut document = nodes[0].to_json();
        crate::schema::mutate(&mut document, &mutation);
        let (is_refused, found) = is_refused(&document.to_string());
        if is_refused == is_accepted {
            wrong.push(format!("{} {} {} {found:?}", mutation["base"], mutation["path"], mutation["value"]));
        }
        judged += 1;
    }
    assert!(judged > 2500 && wrong.is_empty(), "{judged} judged, {} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
