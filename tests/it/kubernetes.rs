//! Kustomize, Helm and a schema validator of other people judge what idpack writes.

use std::fs;
use std::path::{Path, PathBuf};

use idpack::source::Source;
use idpack::yaml;
use serde_json::Value;
use walkdir::WalkDir;

use crate::oracle::{Sandbox, run, tool};

const DELIVERIES: [&str; 3] = ["app-of-apps", "applications", "single-application"];

/// Builds the three deliveries as three environments of three clusters.
fn project() -> Sandbox {
    let project = Sandbox::new();
    for (index, delivery) in DELIVERIES.iter().enumerate() {
        let text = format!(
            "apiVersion: idpack.dev/v1alpha1\nkind: Environment\nmetadata: {{name: env{index}}}\nspec:\n  delivery: {delivery}\n  cluster: {{name: c{index}}}\n  vcluster:\n    values: {{controlPlane: {{statefulSet: {{labels: {{country: \"no\", build: \"1_000\", on: \"08\"}}}}}}}}\n"
        );
        project.write(format!("environments/env{index}.yaml"), &text);
    }
    run(project.idpack().arg("build"));
    project
}

fn files(directory: &Path, name: &str) -> Vec<PathBuf> {
    let entries = WalkDir::new(directory).sort_by_file_name().into_iter().map(|entry| entry.unwrap().into_path());
    let files = entries.filter(|path| path.is_file() && !path.iter().any(|part| part == ".git"));
    files.filter(|path| path.file_name().unwrap().to_str().unwrap().ends_with(name)).collect()
}

fn data(path: &Path) -> Value {
    yaml::read_one(&Source::new("file", fs::read_to_string(path).unwrap())).0.unwrap().to_json()
}

#[test]
fn kustomize_accepts_every_kustomization() {
    let Some(kubectl) = tool("kubectl", "IDPACK_KUBECTL") else { return };
    let project = project();
    let kustomizations = files(&project.path("out"), "kustomization.yaml");
    assert!(kustomizations.len() >= 4, "{kustomizations:?}");
    for kustomization in kustomizations {
        let rendered = run(project.command(&kubectl).arg("kustomize").arg(kustomization.parent().unwrap()));
        assert!(rendered.contains("kind:"), "{}", kustomization.display());
    }
    let directory = project.path("out/env2/env2/vcluster-env2-ingress");
    let single = run(project.command(&kubectl).arg("kustomize").arg(directory));
    assert!(single.contains("argocd.argoproj.io/sync-wave: \"15\""), "waves are on the resources: {single}");
}

#[test]
fn helm_reads_back_the_values_that_were_meant() {
    let Some(helm) = tool("helm", "IDPACK_HELM") else { return };
    let project = project();
    project.write("chart/Chart.yaml", "apiVersion: v2\nname: judge\nversion: 0.1.0\n");
    project.write("chart/templates/judge.yaml", "# json: {{ .Values | toJson }}\nkind: ConfigMap\n");
    let mut judged = 0;
    for path in files(&project.path("out"), ".yaml") {
        let manifest = data(&path);
        let sources = manifest["spec"]["sources"].as_array().cloned().unwrap_or_default();
        for source in sources.into_iter().chain([manifest["spec"]["source"].clone()]) {
            let Some(values) = source["helm"].get("valuesObject") else { continue };
            // The text of the block itself, as Argo CD hands it to Helm.
            let text = fs::read_to_string(&path).unwrap();
            let block = text.split_once("valuesObject:\n").unwrap().1;
            let indent = block.len() - block.trim_start_matches(' ').len();
            let lines = block.lines().take_while(|line| line.len() - line.trim_start().len() >= indent);
            project
                .write("values.yaml", &lines.map(|line| format!("{}\n", &line[indent..])).collect::<Vec<_>>().concat());
            let output = run(project.command(&helm).args(["template", "judge", "chart", "-f", "values.yaml"]));
            let json = output.lines().find_map(|line| line.strip_prefix("# json: ")).unwrap();
            assert_eq!(serde_json::from_str::<Value>(json).unwrap(), *values);
            assert_eq!(values["controlPlane"]["statefulSet"]["labels"]["country"], "no");
            judged += 1;
        }
    }
    assert_eq!(judged, DELIVERIES.len());
}

#[test]
fn kubernetes_validate_accepts_every_built_in_kind() {
    let Some(python) = tool("python with kubernetes-validate", "IDPACK_KUBERNETES_VALIDATE") else { return };
    let project = project();
    let built_in: Vec<PathBuf> = files(&project.path("out"), ".yaml")
        .into_iter()
        .filter(|path| {
            let api_version = data(path)["apiVersion"].as_str().unwrap().to_owned();
            !api_version.contains('.')
                || api_version.contains(".k8s.io/")
                    && !api_version.starts_with("kustomize")
                    && !api_version.starts_with("kind.")
        })
        .collect();
    assert!(built_in.len() >= 4, "{built_in:?}");
    project.write(
        "judge.py",
        "import json, sys, kubernetes_validate\nfor path in sys.argv[1:]:\n    kubernetes_validate.validate(json.load(open(path)), '1.37', strict=True)\n",
    );
    for path in built_in {
        project.write("object.json", &data(&path).to_string());
        run(project.command(&python).args(["judge.py", "object.json"]));
    }
}
