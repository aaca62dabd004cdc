//! What looks like a fault and is none. `tests/fixtures/accepted/README.md` explains the form.

use std::path::Path;

use idpack::schema::kubernetes;
use idpack::source::Source;
use idpack::yaml;

use super::{files, lines};

#[test]
fn what_only_looks_like_a_fault_is_accepted() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/accepted");
    let (mut judged, mut wrong) = (0, Vec::new());
    for file in files(&directory) {
        for text in std::fs::read_to_string(&file).unwrap().split("\n---\n") {
            let version = text.lines().next().and_then(|line| line.strip_prefix("# kubernetes 1."));
            let version = version.map_or(kubernetes::NEWEST, |minor| (1, minor.parse().unwrap()));
            let (nodes, unreadable) = yaml::read(&Source::new("case.yaml", text));
            assert!(unreadable.is_empty(), "{text}\n{unreadable:?}");
            let found =
                kubernetes::check(version, &nodes[0]).unwrap_or_else(|| panic!("no kind of Kubernetes: {text}"));
            if !found.is_empty() {
                wrong.push(format!("{text}\n{:#?}", lines(&found)));
            }
            judged += 1;
        }
    }
    assert!(judged >= 50 && wrong.is_empty(), "{judged} judged\n{}", wrong.join("\n---\n"));
}
