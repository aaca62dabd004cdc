use std::fs;

use idpack::source::Source;
use idpack::yaml;
use serde_json::Value;

use crate::oracle::Sandbox;

/// Strings that would not stay what they are if they were pasted into YAML.
const AWKWARD: [&str; 20] = [
    "no",
    "y",
    "1_000",
    "0o17",
    "1.10",
    "~",
    "",
    " padded ",
    "a: b",
    "a #b",
    "- item",
    "\"quoted\"",
    "it's",
    "two\nlines",
    "line\n\nend\n",
    "{{ values.x }}",
    "{% raw %}",
    "😀 \u{85} \u{2028}",
    "../../etc/passwd",
    "x\n  injected: true",
];

/// A project with a pack that prints the value of a descriptor through the given template line.
fn project(line: &str, value: &str) -> Sandbox {
    let project = Sandbox::new();
    let pack = "apiVersion: idpack.dev/v1alpha1\nkind: Pack\nmetadata: {name: probe}\nspec: {source: manifests}\n";
    project.write("templates/probe/pack.yaml", pack);
    let template = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: probe\ndata:\n{line}\n");
    project.write("templates/probe/config.yaml.j2", &template);
    let header = "apiVersion: idpack.dev/v1alpha1\nkind: Environment\nmetadata: {name: dev}\nspec:\n";
    let value = serde_json::to_string(value).unwrap().replace('\u{85}', "\\u0085").replace('\u{2028}', "\\u2028");
    let packages = format!("  packages:\n  - pack: probe\n    values:\n      x: {value}\n");
    project.write("environments/dev.yaml", &format!("{header}{packages}"));
    project
}

/// Returns the data of the rendered manifest, or the findings.
fn build(project: &Sandbox) -> Result<Value, String> {
    let output = project.idpack().arg("build").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    if !output.status.success() {
        assert_eq!(output.status.code(), Some(1), "{text}{}", String::from_utf8_lossy(&output.stderr));
        assert!(!project.path("out/dev").exists(), "nothing is written");
        return Err(text);
    }
    let file = fs::read_to_string(project.path("out/dev/dev/probe-dev/config.yaml")).unwrap();
    let node = yaml::read_one(&Source::new("config.yaml", file)).0.unwrap();
    Ok(node.to_json()["data"].clone())
}

#[test]
fn a_value_of_its_own_comes_out_as_the_same_data() {
    for value in AWKWARD {
        let data =
            build(&project("  x: {{ values.x }}", value)).unwrap_or_else(|findings| panic!("{value:?}: {findings}"));
        assert_eq!(data, serde_json::json!({ "x": value }), "{value:?}");
    }
    let long = "x".repeat(300);
    assert_eq!(build(&project("  x: {{ values.x }}", &long)).unwrap()["x"], long.as_str());
}

#[test]
fn a_value_inside_other_text_is_the_same_data_or_refused_at_its_place() {
    for line in [
        "  x: pre{{ values.x }}",
        "  x: \"{{ values.x }}\"",
        "  x: '{{ values.x }}'",
        "  x: [{{ values.x }}]",
        "  {{ values.x }}: x",
        "  x: |\n    a {{ values.x }}",
    ] {
        for value in AWKWARD {
            match build(&project(line, value)) {
                Ok(data) => {
                    let found = data.to_string();
                    let whole = serde_json::to_string(value).unwrap();
                    let inner = &whole[1..whole.len() - 1];
                    assert!(found.contains(inner) && data.as_object().unwrap().len() == 1, "{line} {value:?}: {found}");
                }
                Err(findings) => {
                    assert!(
                        findings.contains("environments/dev.yaml:") || findings.contains("config.yaml.j2:"),
                        "{line} {value:?}: {findings}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_filter_quotes_where_a_template_needs_quotes() {
    for value in AWKWARD {
        let data = build(&project("  x: {{ values.x | quote }}", value))
            .unwrap_or_else(|findings| panic!("{value:?}: {findings}"));
        assert_eq!(data["x"], value);
    }
}

#[test]
fn chart_values_are_as_safe_as_manifests() {
    for value in ["a: b", "no", "x\ninjected: true"] {
        let project = Sandbox::new();
        let chart = "{repoURL: 'https://charts.example.org', name: probe, version: 1.0.0}";
        let pack = format!(
            "apiVersion: idpack.dev/v1alpha1\nkind: Pack\nmetadata: {{name: probe}}\nspec: {{source: helm, chart: {chart}}}\n"
        );
        project.write("templates/probe/pack.yaml", &pack);
        project.write("templates/probe/values.yaml.j2", "alone: {{ values.x }}\ninside: pre {{ values.x }}\n");
        let header = "apiVersion: idpack.dev/v1alpha1\nkind: Environment\nmetadata: {name: dev}\nspec:\n";
        let packages = format!("  packages:\n  - {{pack: probe, values: {{x: {}}}}}\n", serde_json::json!(value));
        project.write("environments/dev.yaml", &format!("{header}{packages}"));
        let output = project.idpack().arg("build").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        if value == "no" {
            let file = fs::read_to_string(project.path("out/dev/dev/apps/probe-dev.yaml")).unwrap();
            assert!(file.contains("alone: \"no\"\n") && file.contains("inside: pre no\n"), "{file}");
        } else {
            assert!(text.contains("error[") && text.contains("environments/dev.yaml:"), "{text}");
        }
    }
}

#[test]
fn structure_is_printed_by_a_filter_only() {
    let project = project("  x: {{ values }}", "a");
    assert!(build(&project).unwrap_err().contains("toyaml"));
}
