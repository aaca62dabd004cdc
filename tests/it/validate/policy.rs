use std::path::Path;

use super::*;

#[test]
fn levels_come_from_the_command_line_and_from_the_project() {
    let sandbox = Sandbox::new();
    sandbox.write("m/a.yaml", BROKEN);
    sandbox.write("m/c.yaml", "apiVersion: a.b/v1\nkind: C\nmetadata: {name: c}\n");
    let schema = |severity: &str| format!("m/a.yaml:4:1 {severity}[kubernetes-schema]");
    let kind = |severity: &str| format!("m/c.yaml:2:7 {severity}[unknown-kind]");
    assert_eq!(findings(&sandbox, &["m"]), (1, vec![schema("error"), kind("info")]));
    assert_eq!(
        findings(&sandbox, &["m", "--warn", "kubernetes-schema", "--deny", "unknown-kind"]),
        (1, vec![schema("warning"), kind("error")])
    );
    assert_eq!(findings(&sandbox, &["m", "--allow", "kubernetes-schema", "--allow", "unknown-kind"]), (0, vec![]));
    sandbox.write(
        "idpack.yaml",
        "apiVersion: idpack.dev/v1alpha1\nkind: Config\nchecks: {kubernetes-schema: warning, unknown-kind: \"off\"}\n",
    );
    assert_eq!(findings(&sandbox, &["m"]), (0, vec![schema("warning")]));
    assert_eq!(findings(&sandbox, &["m", "--deny", "kubernetes-schema"]), (1, vec![schema("error")]));
    assert_eq!(findings(&sandbox, &["m", "--fail-on", "warning"]).0, 1);
    assert_eq!(findings(&sandbox, &["m", "--deny", "kubernetes-schema", "--fail-on", "never"]).0, 0);
}

#[test]
fn names_of_checks_are_checked() {
    let sandbox = Sandbox::new();
    sandbox.write("m/a.yaml", CONFIG_MAP);
    let output = validate(&sandbox, &["m", "--allow", "unknown-kid"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stderr(&output), "error: there is no check `unknown-kid`\n  help: did you mean `unknown-kind`?\n");
    let output = validate(&sandbox, &["m", "--allow", "descriptor-schema"]);
    assert_eq!(output.status.code(), Some(2));
    sandbox.write("idpack.yaml", "apiVersion: idpack.dev/v1alpha1\nkind: Config\nchecks: {unknown-kid: warning}\n");
    assert_eq!(findings(&sandbox, &["m"]), (1, vec!["idpack.yaml:3:10 error[config-schema]".to_owned()]));
}

#[test]
fn a_comment_suppresses_what_it_names() {
    let sandbox = Sandbox::new();
    sandbox.write("m/a.yaml", &BROKEN.replace("dta: {}", "dta: {} # idpack: ignore[kubernetes-schema] on purpose"));
    assert_eq!(findings(&sandbox, &["m"]), (0, vec![]));
    let text = stdout(&validate(&sandbox, &["m"]));
    assert_eq!(text, "no findings in 1 file, 1 document, 1 finding suppressed\n");
    sandbox.write("m/a.yaml", &CONFIG_MAP.replace("kind:", "# idpack: ignore[kubernetes-schema] on purpose\nkind:"));
    assert_eq!(findings(&sandbox, &["m"]), (0, vec!["m/a.yaml:2:18 warning[suppression-unused]".to_owned()]));
    sandbox.write("m/a.yaml", &BROKEN.replace("dta: {}", "dta: {} # idpack: ignore[kubernetes-schma] typo"));
    assert!(findings(&sandbox, &["m"]).1.contains(&"m/a.yaml:4:26 error[suppression-invalid]".to_owned()));
}

#[test]
fn a_baseline_hides_what_is_known_and_nothing_else() {
    let sandbox = Sandbox::new();
    sandbox.write("m/a.yaml", BROKEN);
    let with = ["m", "--baseline", "known.json"];
    let output = validate(&sandbox, &with);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--update-baseline"), "{}", stderr(&output));
    let output = validate(&sandbox, &["m", "--baseline", "known.json", "--update-baseline"]);
    assert_eq!((output.status.code(), stdout(&output)), (Some(0), "`known.json` knows 1 finding now\n".to_owned()));
    assert_eq!(findings(&sandbox, &with), (0, vec![]));
    // It moved, and there is another one like it.
    sandbox.write("m/a.yaml", &format!("# moved\n{BROKEN}---\n{BROKEN}"));
    assert_eq!(findings(&sandbox, &with), (1, vec!["m/a.yaml:10:1 error[kubernetes-schema]".to_owned()]));
    sandbox.write("known.json", "{\"version\": 1, \"findings\": [], \"x\": 1}");
    assert_eq!(validate(&sandbox, &with).status.code(), Some(2));
    assert_eq!(validate(&sandbox, &["m", "--update-baseline"]).status.code(), Some(2));
    sandbox
        .write("idpack.yaml", "apiVersion: idpack.dev/v1alpha1\nkind: Config\nvalidate: {baseline: ci/known.json}\n");
    fs::create_dir(sandbox.path("ci")).unwrap();
    assert_eq!(validate(&sandbox, &["m", "--update-baseline"]).status.code(), Some(0));
    assert_eq!(findings(&sandbox, &["m"]), (0, vec![]));
}

#[test]
fn a_baseline_knows_files_that_cannot_be_read() {
    let sandbox = Sandbox::new();
    sandbox.write("m/a.yaml", "a: [\n");
    sandbox.write("m/b.yaml", BROKEN);
    let with = ["m", "--baseline", "known.json"];
    let output = validate(&sandbox, &["m", "--baseline", "known.json", "--update-baseline"]);
    assert_eq!(stdout(&output), "`known.json` knows 2 findings now\n");
    assert_eq!(findings(&sandbox, &with), (0, vec![]));
    sandbox.write("m/c.yaml", "b: [\n");
    assert_eq!(findings(&sandbox, &with).0, 1);
}

#[test]
fn templates_of_other_programs_are_no_broken_manifests() {
    let sandbox = Sandbox::new();
    let template = "apiVersion: v1\nkind: ConfigMap\n{% for x in y %}\n{{ x }}: {{ y }}\n{% endfor %}\n";
    sandbox.write("m/roles/web/templates/config.yaml", template);
    sandbox.write("m/helmfile.yaml", "releases:\n{{- if .Values.web }}\n- name: web\n{{- end }}\n");
    sandbox.write("m/config.yaml", CONFIG_MAP);
    assert_eq!(findings(&sandbox, &["m"]), (0, vec![]));
    sandbox.write("m/other/config.yaml", template);
    assert_eq!(findings(&sandbox, &["m"]).0, 1);
}

#[test]
fn github_gets_a_summary() {
    let sandbox = Sandbox::new();
    sandbox.write("m/a.yaml", BROKEN);
    let mut command = sandbox.idpack();
    command.args(["validate", "m", "--format", "github"]).env("GITHUB_STEP_SUMMARY", sandbox.path("summary.md"));
    let output = command.output().unwrap();
    assert!(
        stdout(&output).starts_with("::error file=m/a.yaml,line=4,endLine=4,col=1,endColumn=4,"),
        "{}",
        stdout(&output)
    );
    let summary = fs::read_to_string(sandbox.path("summary.md")).unwrap();
    assert!(summary.contains("kubernetes-schema") && summary.contains("m/a.yaml"), "{summary}");
}

#[test]
fn a_baseline_fits_wherever_idpack_runs() {
    let sandbox = Sandbox::new();
    sandbox.write("p/m/a.yaml", BROKEN);
    sandbox.write("p/idpack.yaml", "apiVersion: idpack.dev/v1alpha1\nkind: Config\nvalidate: {baseline: known.json}\n");
    let run = |directory: &str, arguments: &[&str]| {
        let output =
            sandbox.idpack().arg("validate").args(arguments).current_dir(sandbox.path(directory)).output().unwrap();
        (output.status.code(), stdout(&output))
    };
    assert_eq!(run("p", &["m", "--update-baseline"]).0, Some(0));
    for (directory, arguments) in [("p", &["."][..]), ("p/m", &["."]), ("p", &["./m/a.yaml"]), ("p/m", &["../m"])] {
        let (code, text) = run(directory, arguments);
        assert_eq!(code, Some(0), "{directory} {arguments:?}: {text}");
    }
    let (code, text) = run("", &["p", "--baseline", "p/known.json"]);
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn what_ended_the_work_cannot_be_hidden() {
    let sandbox = shipped();
    let header = "apiVersion: idpack.dev/v1alpha1\nkind: Environment\nmetadata: {name: dev}\n";
    let ignored = "# idpack: ignore[descriptor-schema] not today";
    sandbox.write("environments/dev.yaml", &format!("{header}nonsense: true {ignored}\n"));
    assert_eq!(findings(&sandbox, &[]), (1, vec!["environments/dev.yaml:4:1 error[descriptor-schema]".to_owned()]));
    let output = validate(&sandbox, &["--baseline", "known.json", "--update-baseline"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!sandbox.path("known.json").exists());
    // A level does not let an incomplete environment be committed.
    sandbox.write("environments/dev.yaml", &format!("{header}spec:\n  extends: _base\n"));
    sandbox
        .write("idpack.yaml", "apiVersion: idpack.dev/v1alpha1\nkind: Config\nchecks: {yaml-duplicate-key: warning}\n");
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, name: b}\n";
    sandbox.write("templates/vcluster-ingress/ingress.yaml.j2", template);
    let pack =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/vcluster-ingress/pack.yaml")).unwrap();
    sandbox.write("templates/vcluster-ingress/pack.yaml", &pack);
    let output = sandbox.idpack().arg("build").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    assert!(
        stdout(&output).contains("error[yaml-duplicate-key]") && !sandbox.path("out").exists(),
        "{}",
        stdout(&output)
    );
}
