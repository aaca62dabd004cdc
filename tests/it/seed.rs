use std::fs;
use std::path::Path;

use idpack::source::Source;
use idpack::yaml;
use serde_json::{Value, json};

use crate::oracle::{Sandbox, run};

fn data(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (node, findings) = yaml::read_one(&Source::new(path.to_string_lossy(), text));
    assert!(findings.is_empty(), "{findings:?}");
    node.unwrap().to_json()
}

#[test]
fn the_literal_values_of_the_architecture_come_out() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/seed");
    let project = Sandbox::new();
    for environment in ["dev", "staging"] {
        let descriptor = format!("environments/{environment}.yaml");
        project.write(&descriptor, &fs::read_to_string(fixture.join(&descriptor)).unwrap());
    }
    run(project.idpack().arg("build"));
    for environment in ["dev", "staging"] {
        let expected = |name: &str| data(&fixture.join(format!("expected/{environment}.{name}.yaml")));
        let built = |path: &str| data(&project.path(format!("out/{environment}/{path}")));

        let helm = built(&format!("vcluster-{environment}-helm.yaml"));
        assert_eq!(helm["metadata"]["name"], format!("vcluster-{environment}-helm"));
        assert_eq!(helm["metadata"]["namespace"], "argocd");
        assert_eq!(helm["metadata"]["annotations"], json!({"argocd.argoproj.io/sync-wave": "10"}));
        assert_eq!(helm["spec"]["source"]["repoURL"], "https://charts.loft.sh");
        assert_eq!(helm["spec"]["source"]["chart"], "vcluster");
        assert_eq!(helm["spec"]["source"]["targetRevision"], "0.26.0");
        assert_eq!(helm["spec"]["source"]["helm"], json!({"valuesObject": expected("values")}));
        assert_eq!(helm["spec"]["destination"]["namespace"], format!("{environment}-vcluster"));

        let ingress = built(&format!("vcluster-{environment}-ingress.yaml"));
        assert_eq!(ingress["metadata"]["annotations"], json!({"argocd.argoproj.io/sync-wave": "15"}));
        let directory = format!("vcluster-{environment}-ingress/manifests");
        assert_eq!(ingress["spec"]["source"]["repoURL"], format!("cnoe://{directory}"));
        assert_eq!(ingress["spec"]["destination"], helm["spec"]["destination"]);
        assert_eq!(built(&format!("{directory}/ingress.yaml")), expected("ingress"));

        let mapping = &built("cluster/kind.yaml")["nodes"][0]["extraPortMappings"];
        assert_eq!(*mapping, json!([{"containerPort": 443, "hostPort": 8443, "protocol": "TCP"}]));
    }
}
