//! Values that vCluster itself has judged: what it does not start with is an error, and what it starts with is none.

use std::fs;
use std::path::Path;

use super::faults;

/// Returns the errors about values, with what they are about, when the chart of `revision` gets them.
fn errors(revision: &str, values: &str) -> Vec<String> {
    let values = values.trim_end().replace('\n', "\n          ");
    let application = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: vcluster-dev-helm, namespace: argocd}}\nspec:\n\
         \x20 project: default\n  destination: {{server: https://kubernetes.default.svc, namespace: dev-vcluster}}\n\
         \x20 source:\n    repoURL: https://charts.loft.sh\n    chart: vcluster\n    targetRevision: {revision}\n    helm:\n\
         \x20     valuesObject:\n          {values}\n"
    );
    let found = faults::check(&[("vcluster.yaml".to_owned(), application)]);
    let errors = found.iter().filter(|it| it.severity.as_str() == "error");
    errors.map(|it| format!("{} {}", it.rule.id, it.message)).collect()
}

#[test]
fn kubeconfigs_of_the_corpus_are_judged_as_vcluster_did() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/vcluster-values");
    if !directory.exists() {
        return println!("not run: {} is absent", directory.display());
    }
    for (name, expected) in [
        ("00-seed", None),
        ("01-server-noproto", Some("kubeconfig-server-invalid")),
        ("02-server-ftp", Some("kubeconfig-server-invalid")),
        // vCluster starts with it, and no client finds its host on the certificate.
        ("05-san-bad-host", Some("san-invalid")),
    ] {
        let values = fs::read_to_string(directory.join(name).with_extension("yaml")).unwrap();
        let found = errors("0.36.1", &values);
        let ids: Vec<_> = found.iter().filter_map(|it| it.split(' ').next()).collect();
        assert_eq!(ids, expected.into_iter().collect::<Vec<_>>(), "{name}: {found:?}");
    }
    // The rule about the scheme came with 0.30.
    let values = "exportKubeConfig: {server: 'a.b:443'}";
    for (revision, stops) in [("0.29.3", false), ("0.30.0", true), ("*", false)] {
        assert_eq!(errors(revision, values)[0].ends_with("vCluster does not start with it"), stops, "{revision}");
    }
}
