//! What others wrote, and programs accepted, gives no errors from any check; what vCluster refuses does.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use idpack::diagnostic::{Diagnostic, Severity};
use idpack::idpbuilder::Cluster;
use idpack::package::Reading;
use idpack::pipeline::{self, Settings, Versions, Watch};
use idpack::tree::{Listing, Part, RepoPath};

use crate::schema::{files, shared};

/// Values that vCluster starts with, and whose API server then is not where the chart says, or not under the name meant.
const UNREACHABLE: [&str; 2] = ["05-san-bad-host.yaml", "14-proxy-port.yaml"];

/// Judges files, and returns the errors.
fn errors(texts: &[(&str, String)], reading: Reading) -> Vec<String> {
    let part = |path: &str, text: &str| Part::new(path, text.as_bytes().to_vec(), 1);
    let parts: BTreeMap<RepoPath, Part> =
        texts.iter().map(|(path, text)| (RepoPath::new(*path).unwrap(), part(path, text))).collect();
    let cluster = Cluster::default();
    let target = Versions::default().of(None);
    let settings = Settings { target: &target, cluster: &cluster, cluster_is_assumed: true, reading };
    let found = pipeline::judge(&Listing::of_parts(parts, []), settings, Watch::default()).findings;
    found.iter().filter(|it| it.severity == Severity::Error).map(Diagnostic::to_string).collect()
}

#[test]
fn what_charts_render_and_the_api_server_accepted_gives_no_errors() {
    for directory in ["data/vcluster-rendered", "corpus/recorded/bases"] {
        let Some(directory) = shared(directory) else { continue };
        let files = files(&directory);
        assert!(files.len() > 40, "{}", directory.display());
        for file in files {
            let name = file.file_name().unwrap().to_str().unwrap();
            let text = [(name, fs::read_to_string(&file).unwrap())];
            for reading in [Reading::Found, Reading::Plain, Reading::Source] {
                assert_eq!(errors(&text, reading), [""; 0], "{name} {reading:?}");
            }
        }
    }
}

#[test]
fn the_configuration_of_argo_cd_that_idpbuilder_installs_gives_no_errors() {
    let Some(directory) = shared("data") else { return };
    let text = fs::read_to_string(directory.join("idpbuilder-argocd-cm-0.10.yaml")).unwrap();
    for reading in [Reading::Found, Reading::Plain] {
        assert_eq!(errors(&[("argocd-cm.yaml", text.clone())], reading), [""; 0], "{reading:?}");
    }
}

#[test]
fn values_give_errors_if_helm_or_vcluster_refuses_them() {
    let Some(directory) = shared("corpus/vcluster-values") else { return };
    let verdicts = fs::read_to_string(directory.join("verdicts.tsv")).unwrap();
    let mut wrong = Vec::new();
    for row in verdicts.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let is_refused = columns[1..3].contains(&"reject") || UNREACHABLE.contains(&columns[0]);
        let found = errors(&[("vcluster.yaml", application(&directory.join(columns[0])))], Reading::Found);
        if found.is_empty() == is_refused {
            wrong.push(format!("{row}: {found:?}"));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// Returns an Application with the values of a file.
fn application(values: &Path) -> String {
    let values = fs::read_to_string(values).unwrap();
    let values: String = values.lines().flat_map(|line| ["        ", line, "\n"]).collect();
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: vcluster-dev-helm\n  namespace: argocd\n\
         spec:\n  project: default\n  destination:\n    server: https://kubernetes.default.svc\n    namespace: dev-vcluster\n  \
         source:\n    repoURL: https://charts.loft.sh\n    chart: vcluster\n    targetRevision: 0.36.1\n    helm:\n      \
         valuesObject:\n{values}"
    )
}
