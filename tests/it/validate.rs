use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::oracle::{Sandbox, run, tool};

/// What becomes of packages for idpbuilder.
mod packages;
/// What users set: levels, comments, a baseline.
mod policy;
/// What a real API server said about mutated manifests.
mod recorded;

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n";
const BROKEN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndta: {}\n";

/// Runs `idpack validate` with these arguments.
fn validate(sandbox: &Sandbox, arguments: &[&str]) -> Output {
    sandbox.idpack().arg("validate").args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs it and returns the exit code and the findings as `path:line:column severity[check]`.
fn findings(sandbox: &Sandbox, arguments: &[&str]) -> (i32, Vec<String>) {
    let output = validate(sandbox, &[arguments, &["--format", "json"]].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}{}", stdout(&output), stderr(&output));
    });
    let findings = report["findings"].as_array().unwrap().iter().map(|it| {
        let text = |key: &str| it[key].as_str().unwrap().to_owned();
        format!("{}:{}:{} {}[{}]", text("path"), it["line"], it["column"], text("severity"), text("check"))
    });
    (output.status.code().unwrap(), findings.collect())
}

fn application(name: &str, url: &str, path: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\nspec:\n  \
         project: default\n  destination: {{server: 'https://kubernetes.default.svc', namespace: {name}}}\n  \
         source: {{repoURL: '{url}', path: {path}}}\n"
    )
}

fn shipped() -> Sandbox {
    let project = Sandbox::new();
    run(project.idpack().args(["init", "."]));
    project
}

#[test]
fn a_project_is_judged_where_it_was_written_and_nothing_is_written() {
    let project = shipped();
    let output = validate(&project, &[]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    assert!(stdout(&output).starts_with("no findings in "), "{}", stdout(&output));
    assert!(!project.path("out").exists());
    project.write(
        "environments/dev.yaml",
        "apiVersion: idpack.dev/v1alpha1\nkind: Environment\nmetadata: {name: dev}\nspec:\n  extends: _base\n  vcluster:\n    \
         values: {controlPlane: {proxy: {extraSANs: [other.example.com]}}}\n    hostname: mine.cnoe.localtest.me\n",
    );
    let (code, found) = findings(&project, &[]);
    assert_eq!(code, 1);
    assert!(found.contains(&"environments/dev.yaml:8:15 error[san-missing-host]".to_owned()), "{found:?}");
    let text = stdout(&validate(&project, &[]));
    assert!(text.contains("where it is rendered") && text.contains("out/dev/"), "{text}");
}

#[test]
fn what_build_writes_is_clean_in_every_delivery() {
    for delivery in ["app-of-apps", "applications", "single-application"] {
        let project = shipped();
        let base = fs::read_to_string(project.path("environments/_base.yaml")).unwrap();
        let base = base.lines().filter(|line| !line.contains("delivery:")).collect::<Vec<_>>().join("\n");
        project.write("environments/_base.yaml", &base.replace("spec:", &format!("spec:\n  delivery: {delivery}")));
        run(project.idpack().arg("build"));
        for arguments in [&["out/dev"][..], &["out/dev", "--as", "package"], &["out"]] {
            let (code, found) = findings(&project, arguments);
            assert_eq!(code, 0, "{delivery} {arguments:?}: {found:?}");
            assert!(!found.iter().any(|it| it.contains("file-not-read")), "{delivery} {arguments:?}: {found:?}");
        }
    }
}

#[test]
fn a_revision_is_judged_as_it_was() {
    let Some(git) = tool("git", "IDPACK_GIT") else { return };
    let sandbox = shipped();
    let git = |arguments: &[&str]| {
        let mut command = sandbox.command(&git);
        run(command.args(["-c", "user.name=a", "-c", "user.email=a@b.c"]).args(arguments));
    };
    sandbox.write("manifests/a.yaml", BROKEN);
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "first"]);
    sandbox.write("manifests/a.yaml", CONFIG_MAP);
    sandbox.write("environments/dev.yaml", "nonsense: true\n");
    assert_eq!(findings(&sandbox, &["manifests"]), (0, vec![]));
    let (code, found) = findings(&sandbox, &["--rev", "main", "manifests"]);
    assert_eq!((code, &found[..]), (1, &["main:manifests/a.yaml:4:1 error[kubernetes-schema]".to_owned()][..]));
    // The project as it was.
    assert_eq!(findings(&sandbox, &[]).0, 1);
    assert_eq!(findings(&sandbox, &["--rev", "HEAD"]), (0, vec![]));
    for (arguments, reason) in [
        (&["--rev", "nowhere", "manifests"][..], "`nowhere` names no commit here"),
        (&["--rev", "main", "elsewhere"], "`elsewhere` does not exist at `main`"),
    ] {
        let output = validate(&sandbox, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(reason), "{}", stderr(&output));
    }
}

#[test]
fn files_and_standard_input_are_judged_too() {
    let sandbox = Sandbox::new();
    sandbox.write("a/good.yaml", CONFIG_MAP);
    sandbox.write("a/bad.yml", BROKEN);
    sandbox
        .write("b.json", r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": 1}}"#);
    assert_eq!(
        findings(&sandbox, &["a/good.yaml", "./a/bad.yml", "b.json"]).1,
        ["a/bad.yml:4:1 error[kubernetes-schema]", "b.json:1:84 error[kubernetes-schema]"]
    );
    // A name says nothing about a file that somebody names.
    sandbox.write("manifest.txt", BROKEN);
    assert_eq!(findings(&sandbox, &["manifest.txt"]).1, ["manifest.txt:4:1 error[kubernetes-schema]"]);
    let mut child = sandbox.idpack();
    let child = child.args(["validate", "-", "--format", "json"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = child.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), format!("{CONFIG_MAP}---\n{BROKEN}").as_bytes())
        .unwrap();
    let report: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!((&report["findings"][0]["path"], &report["findings"][0]["line"]), (&"-".into(), &8.into()));
    assert_eq!(report["summary"]["documents"], 2);
}

#[test]
fn nothing_to_judge_is_no_success() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("empty")).unwrap();
    sandbox.write("comments/a.yaml", "# nothing\n---\n# at all\n");
    sandbox.write("values/values.yaml", "replicas: 3\n");
    sandbox.write("chart/Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n");
    sandbox.write("chart/templates/a.yaml", "name: {{ .Values.name }}\n");
    run(sandbox.command("mkfifo").arg("values/fifo.yaml"));
    for path in ["empty", "comments", "values", "chart", "comments/a.yaml"] {
        let output = validate(&sandbox, &[path]);
        assert_eq!(output.status.code(), Some(2), "{path}: {}", stdout(&output));
        assert!(stderr(&output).contains("there is nothing to validate"), "{path}: {}", stderr(&output));
    }
    for path in ["missing", "values/fifo.yaml"] {
        let output = validate(&sandbox, &[path]);
        assert_eq!(output.status.code(), Some(2), "{path}");
        assert!(stderr(&output).contains(&format!("cannot read {path}")), "{}", stderr(&output));
    }
}

#[test]
fn hostile_input_is_a_finding() {
    let sandbox = Sandbox::new();
    let nested = |open: &str, close: &str| format!("a: {}{}\n", open.repeat(100_000), close.repeat(100_000));
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for level in 1..20 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(",");
        writeln!(bomb, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    sandbox.write("deep.yaml", &nested("[", "]"));
    sandbox.write("deeper.yaml", &nested("{a: ", "}"));
    sandbox.write("dashes.yaml", &"- ".repeat(100_000));
    sandbox.write("bomb.yaml", &bomb);
    fs::write(sandbox.path("latin.yaml"), b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: caf\xe9}\n").unwrap();
    let utf16: Vec<u8> = [0xFEFF].into_iter().chain(CONFIG_MAP.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    fs::write(sandbox.path("utf16.yaml"), utf16).unwrap();
    for (name, check) in [
        ("deep.yaml", "yaml-limits"),
        ("deeper.yaml", "yaml-limits"),
        ("dashes.yaml", "yaml-limits"),
        ("bomb.yaml", "yaml-limits"),
        ("latin.yaml", "yaml-encoding"),
        ("utf16.yaml", "yaml-encoding"),
    ] {
        let (code, found) = findings(&sandbox, &[name]);
        assert_eq!(code, 1, "{name}");
        assert!(found.iter().all(|it| it.contains(check)) && !found.is_empty(), "{name}: {found:?}");
    }
    std::os::unix::fs::symlink("self.yaml", sandbox.path("self.yaml")).unwrap();
    std::os::unix::fs::symlink(".", sandbox.path("loop")).unwrap();
    let (code, found) = findings(&sandbox, &["."]);
    assert_eq!(code, 1);
    assert_eq!(found.iter().filter(|it| it.contains("file-not-read")).count(), 1, "{found:?}");
}

/// A tree with findings of many kinds in many files.
fn many() -> Sandbox {
    let sandbox = Sandbox::new();
    for number in 0..60 {
        sandbox
            .write(format!("m/{number}/a.yaml"), &format!("{BROKEN}---\n{CONFIG_MAP}---\nkind: X\nmetadata: {{}}\n"));
        sandbox.write(format!("m/{number}/b.yaml"), "a: [\n");
        sandbox.write(format!("m/{number}/c.yaml"), "apiVersion: a.b/v1\nkind: C\nmetadata: {name: c}\n");
    }
    sandbox.write("m/app.yaml", &application("app", "cnoe://0", "."));
    sandbox
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let sandbox = many();
    for format in ["human", "json", "sarif", "junit", "github"] {
        let with = |jobs: &str| validate(&sandbox, &["m", "--format", format, "--jobs", jobs]).stdout;
        let one = with("1");
        assert!(one.len() > 1_000, "{format}");
        assert!(with("2") == one && with("8") == one, "{format}");
    }
}

#[test]
fn people_see_each_cause_once_and_what_is_too_much_by_the_line() {
    let sandbox = Sandbox::new();
    let service = |name: &str, keys: &str| {
        let metadata = format!("apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n");
        sandbox.write(format!("m/{name}.yaml"), &format!("{metadata}spec: {{ports: [{{port: 1}}]{keys}}}\n"));
    };
    for number in 10..22 {
        service(&format!("same{number}"), ", typ: NodePort");
    }
    let text = stdout(&validate(&sandbox, &["m"]));
    assert_eq!(text.matches("unknown key `typ`").count(), 1, "{text}");
    assert!(text.contains("the same at m/same11.yaml:4:28, m/same12.yaml:4:28,"), "{text}");
    assert!(text.contains("m/same15.yaml:4:28 and 6 more places"), "{text}");
    assert!(text.contains("\n12 errors in 12 files, 12 documents\n"), "{text}");
    for number in 10..22 {
        service(&format!("other{number}"), &format!(", key{number}: NodePort"));
    }
    let text = stdout(&validate(&sandbox, &["m"]));
    assert_eq!(text.matches("\n --> m/other").count(), 10, "{text}");
    assert!(text.contains("\nfurther findings of `kubernetes-schema`:\n  m/other20.yaml:4:28: error: "), "{text}");
    assert!(text.contains("\n     24  error    kubernetes-schema  "), "{text}");
}

#[test]
fn all_formats_say_the_same() {
    let sandbox = many();
    let output = |format: &str| stdout(&validate(&sandbox, &["m", "--format", format]));
    let json: Value = serde_json::from_str(&output("json")).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let expected: Vec<String> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            format!(
                "{}:{}:{} {} {}",
                text(&it["path"]),
                it["line"],
                it["column"],
                text(&it["check"]),
                text(&it["message"])
            )
        })
        .collect();
    assert!(expected.len() > 200);
    let sarif: Value = serde_json::from_str(&output("sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap().iter().map(|it| {
        let place = &it["locations"][0]["physicalLocation"];
        let (region, message) = (&place["region"], text(&it["message"]["text"]));
        let message = message.lines().next().unwrap_or_default().to_owned();
        let path = text(&place["artifactLocation"]["uri"]);
        format!("{path}:{}:{} {} {message}", region["startLine"], region["startColumn"], text(&it["ruleId"]))
    });
    assert_eq!(results.collect::<Vec<_>>(), expected);
    let junit = output("junit");
    let cases: BTreeSet<String> = junit
        .lines()
        .filter_map(|line| {
            let attribute = |name: &str| line.split_once(&format!(" {name}=\""))?.1.split('"').next();
            let unescape = |text: &str| {
                let text = text.replace("&quot;", "\"").replace("&apos;", "'").replace("&lt;", "<");
                text.replace("&gt;", ">").replace("&amp;", "&")
            };
            let (check, name) = (attribute("classname")?, unescape(attribute("name")?));
            let (place, message) = name.split_once(' ')?;
            Some(format!("{place} {check} {message}"))
        })
        .collect();
    assert_eq!(cases, expected.iter().cloned().collect());
}

#[test]
fn what_idpbuilder_copies_is_looked_at_on_disk() {
    let sandbox = Sandbox::new();
    sandbox.write("p/web.yaml", &application("web", "cnoe://web", "manifests"));
    sandbox.write("p/generated.yaml", &application("generated", "cnoe://generated", "."));
    sandbox.write("p/linked.yaml", &application("linked", "cnoe://linked", "."));
    // What this hides is there all the same; it keeps nothing back, because it is not copied.
    sandbox.write("p/.gitignore", "/generated\nkept.yaml\n");
    sandbox.write("p/generated/kustomization.yaml", "resources: [missing.yaml, used.yaml]\n");
    sandbox.write("p/generated/used.yaml", CONFIG_MAP);
    sandbox.write("p/web/.gitignore", "back.yaml\n");
    sandbox.write("p/web/manifests/kustomization.yaml", "resources: [back.yaml, kept.yaml]\n");
    sandbox.write("p/web/manifests/back.yaml", CONFIG_MAP);
    sandbox.write("p/web/manifests/kept.yaml", &CONFIG_MAP.replace("settings", "kept"));
    std::os::unix::fs::symlink("generated", sandbox.path("p/linked")).unwrap();
    std::os::unix::fs::symlink("manifests", sandbox.path("p/web/fine")).unwrap();
    let back = "p/web/manifests/back.yaml:1:1 warning[source-file-ignored]".to_owned();
    assert_eq!(findings(&sandbox, &["p"]), (0, vec![back.clone()]));
    let missing = "p/generated/kustomization.yaml:1:13 error[kustomization-resource-missing]".to_owned();
    assert_eq!(findings(&sandbox, &["p", "--as", "package"]), (1, vec![missing.clone(), back.clone()]));

    std::os::unix::fs::symlink("nowhere", sandbox.path("p/web/manifests/nowhere.yaml")).unwrap();
    std::os::unix::fs::symlink("../..", sandbox.path("p/web/manifests/up")).unwrap();
    sandbox.write("p/web/.git", "gitdir: ../.git/modules/web\n");
    let special = |path: &str| format!("p/web/manifests/{path}:1:1 error[source-special-file]");
    let found = [
        missing,
        "p/web.yaml:7:21 error[git-directory-in-source]".to_owned(),
        back,
        special("nowhere.yaml"),
        special("up"),
    ];
    let mut expected = found.to_vec();
    expected.sort();
    let mut seen = findings(&sandbox, &["p", "--as", "package"]).1;
    seen.sort();
    assert_eq!(seen, expected);
    // Of a file that is named by itself, nothing around it is known.
    assert_eq!(findings(&sandbox, &["p/web.yaml"]).1, Vec::<String>::new());
}

#[test]
fn readers_read_what_they_read() {
    let sandbox = Sandbox::new();
    sandbox.write("p/app.yaml", &application("app", "cnoe://manifests", "."));
    sandbox.write("p/manifests/kustomization.yaml", "resources: [used.yaml]\n");
    sandbox.write("p/manifests/used.yaml", CONFIG_MAP);
    sandbox.write("p/manifests/unused.yaml", BROKEN);
    sandbox.write("p/beside.yaml", BROKEN);
    sandbox.write("p/.hidden/secret.yaml", BROKEN);
    let error = |path: &str| format!("p/{path}:4:1 error[kubernetes-schema]");
    let unread = |path: &str| format!("p/{path}:2:7 warning[file-not-read]");
    let found = findings(&sandbox, &["p"]).1;
    let (hidden, beside, unused) = (".hidden/secret.yaml", "beside.yaml", "manifests/unused.yaml");
    assert_eq!(found, [unread(hidden), error(hidden), unread(beside), error(beside), unread(unused), error(unused)]);
    assert_eq!(
        findings(&sandbox, &["p", "--as", "package"]),
        (0, vec![unread(hidden), unread(beside), unread(unused)])
    );
    assert_eq!(findings(&sandbox, &["p", "--as", "plain"]).1, [error(hidden), error(beside), error(unused)]);
    // Argo CD does not look below the directory, and does not read `.YAML`.
    sandbox.write("s/a.yaml", &CONFIG_MAP.replace("settings", "a"));
    sandbox.write("s/.b.yml", BROKEN);
    sandbox.write("s/c.YAML", BROKEN);
    sandbox.write("s/deeper/d.yaml", BROKEN);
    assert_eq!(
        findings(&sandbox, &["s", "--as", "source"]).1,
        [
            "s/.b.yml:4:1 error[kubernetes-schema]",
            "s/c.YAML:2:7 warning[file-not-read]",
            "s/deeper/d.yaml:2:7 warning[file-not-read]"
        ]
    );
}

#[test]
fn what_git_ignores_is_left_out_but_not_of_a_package() {
    let sandbox = Sandbox::new();
    sandbox.write(".gitignore", "/p/local.yaml\nnode_modules/\n");
    sandbox.write("p/app.yaml", &application("app", "https://git.example.com/a.git", "."));
    sandbox.write("p/local.yaml", &BROKEN.replace("ConfigMap", "Secret"));
    sandbox.write("p/node_modules/a/b.yaml", BROKEN);
    assert_eq!(findings(&sandbox, &["p"]), (0, vec![]));
    let (_, found) = findings(&sandbox, &["p", "--as", "package"]);
    assert_eq!(
        found.iter().filter(|it| it.contains("local.yaml") && it.contains("file-not-read")).count(),
        1,
        "{found:?}"
    );
    // What is named is judged, wherever it lies.
    assert_eq!(findings(&sandbox, &["p/node_modules/a"]).0, 1);
}

#[test]
fn a_long_file_is_judged_as_its_documents_are() {
    let sandbox = Sandbox::new();
    let padding = "# some words to fill the file with\n".repeat(40);
    let documents: Vec<_> =
        (0..1500).map(|number| format!("{padding}{}", if number % 100 == 7 { BROKEN } else { CONFIG_MAP })).collect();
    let text = documents.join("---\n");
    assert!(text.len() > 2_000_000);
    sandbox.write("long.yaml", &text);
    let expected: Vec<_> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with("dta"))
        .map(|(number, _)| format!("long.yaml:{}:1 error[kubernetes-schema]", number + 1))
        .collect();
    assert_eq!(findings(&sandbox, &["long.yaml"]).1, expected);
}

#[test]
fn versions_and_schemas_can_be_chosen() {
    let sandbox = Sandbox::new();
    sandbox.write("m/cron.yaml", "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: a}\nspec: {schedule: '* * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a:1}]}}}}}\n");
    assert_eq!(findings(&sandbox, &["m"]).1, ["m/cron.yaml:1:13 error[kubernetes-api-removed]"]);
    let app = application("app", "https://git.example.com/a.git", ".");
    sandbox.write("a/app.yaml", &app.replace("  source: {", "  sources:\n  - {name: b, "));
    let (_, found) = findings(&sandbox, &["a", "--argocd-version", "2.10"]);
    assert_eq!(found, ["a/app.yaml:8:6 error[application-schema]"]);
    assert_eq!(findings(&sandbox, &["a", "--argocd-version", "v2.14.3"]).1, [""; 0]);
    // Where a definition stands does not matter, nor whether it is among the manifests.
    let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\nspec:\n  group: example.com\n  names: {kind: Thing, plural: things}\n  scope: Namespaced\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n      openAPIV3Schema:\n        type: object\n        properties: {size: {type: integer}}\n";
    sandbox.write("c/a-thing.yaml", "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nsize: big\n");
    assert_eq!(findings(&sandbox, &["c"]).1, ["c/a-thing.yaml:2:7 info[unknown-kind]"]);
    sandbox.write("c/z-definition.yaml", definition);
    let expected = ["c/a-thing.yaml:4:7 error[custom-resource-schema]"];
    assert_eq!(findings(&sandbox, &["c"]).1, expected);
    fs::remove_file(sandbox.path("c/z-definition.yaml")).unwrap();
    sandbox.write("definitions/thing.yaml", definition);
    assert_eq!(findings(&sandbox, &["c", "--schemas", "definitions"]).1, expected);
    sandbox.write("idpack.yaml", "apiVersion: idpack.dev/v1alpha1\nkind: Config\n");
    sandbox.write(
        "schemas/example.com/thing_v1.json",
        r#"{"type": "object", "properties": {"size": {"enum": ["small"]}}}"#,
    );
    assert_eq!(findings(&sandbox, &["c"]).1, expected);
}

#[test]
fn values_of_the_chart_are_judged_wherever_they_are() {
    let sandbox = Sandbox::new();
    let head = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: vc, namespace: argocd}\nspec:\n  project: default\n  destination: {server: 'https://kubernetes.default.svc', namespace: vc}\n";
    let chart = "repoURL: https://charts.loft.sh, chart: vcluster, targetRevision: 0.36.1";
    sandbox.write(
        "a.yaml",
        &format!("{head}  source: {{{chart}, helm: {{valuesObject: {{controlPlane: {{proxyy: {{}}}}}}}}}}\n"),
    );
    sandbox.write(
        "b.yaml",
        &format!(
            "{head}  source:\n    {}\n    helm:\n      values: |\n        controlPlane:\n          proxyy: {{}}\n",
            chart.replace(", ", "\n    ")
        )
        .replace("name: vc,", "name: vd,")
        .replace("namespace: vc}", "namespace: vd}"),
    );
    sandbox.write("c/c.yaml", &format!("{head}  sources:\n  - {{{chart}, helm: {{valueFiles: [$here/v/values.yaml, $gone/x.yaml]}}}}\n  - {{repoURL: 'cnoe://files', ref: here}}\n").replace("name: vc,", "name: ve,").replace("namespace: vc}", "namespace: ve}"));
    sandbox.write("c/files/v/values.yaml", "controlPlane:\n  proxyy: {}\n");
    let found: Vec<_> = findings(&sandbox, &["."]).1.into_iter().filter(|it| it.contains("vcluster-values")).collect();
    assert_eq!(
        found,
        [
            "a.yaml:7:123 error[vcluster-values]",
            "b.yaml:14:11 error[vcluster-values]",
            "c/files/v/values.yaml:2:3 error[vcluster-values]",
        ]
    );
}

#[test]
fn checks_can_be_listed() {
    let sandbox = Sandbox::new();
    let list: Value = serde_json::from_str(&run(sandbox.idpack().args(["checks", "--format", "json"]))).unwrap();
    let ids: Vec<_> = list["checks"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert!(ids.len() > 50 && ids.is_sorted(), "{ids:?}");
    let text = run(sandbox.idpack().arg("checks"));
    let (list, tuning) = text.split_once("\n\n").unwrap();
    assert_eq!(list.lines().count(), ids.len());
    for way in ["idpack explain", "# idpack: ignore[", "idpack.yaml", "--allow", "--update-baseline", "--fail-on"] {
        assert!(tuning.contains(way), "{tuning}");
    }
}

#[test]
fn another_tools_environments_are_no_project() {
    let sandbox = Sandbox::new();
    sandbox.write("g/environments/kustomization.yaml", "resources: [../base/a.yaml]\n");
    sandbox.write("g/base/a.yaml", BROKEN);
    assert_eq!(findings(&sandbox, &["g"]).1, ["g/base/a.yaml:4:1 error[kubernetes-schema]"]);
}

#[test]
fn a_project_brings_its_own_settings() {
    let sandbox = Sandbox::new();
    run(sandbox.idpack().args(["init", "p"]));
    sandbox.write("p/idpack.yaml", "apiVersion: idpack.dev/v1alpha1\nkind: Config\nchecks: {nonsense: warning}\n");
    let expected = (1, vec!["p/idpack.yaml:3:10 error[config-schema]".to_owned()]);
    assert_eq!(findings(&sandbox, &["p"]), expected);
    let output = sandbox.idpack().args(["-C", "p", "validate", "--format", "json"]).output().unwrap();
    assert_eq!(stdout(&output), stdout(&validate(&sandbox, &["p", "--format", "json"])));
    // Each fault once, however the directory is written.
    assert_eq!(findings(&sandbox, &["./p"]), expected);
    let output = sandbox.idpack().args(["validate", "."]).current_dir(sandbox.path("p")).output().unwrap();
    assert_eq!(stdout(&output).matches("error[").count(), 1, "{}", stdout(&output));
}

#[test]
fn versions_without_facts_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("m/a.yaml", CONFIG_MAP);
    for arguments in [["--kubernetes-version", "1.24"], ["--kubernetes-version", "9.9"], ["--argocd-version", "2.9"]] {
        let output = validate(&sandbox, &[&["m"][..], &arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains("idpack knows "), "{}", stderr(&output));
    }
    sandbox.write("idpack.yaml", "apiVersion: idpack.dev/v1alpha1\nkind: Config\nversions: {kubernetes: \"1.2\"}\n");
    assert_eq!(findings(&sandbox, &["m"]), (1, vec!["idpack.yaml:3:24 error[config-schema]".to_owned()]));
}

#[test]
fn a_link_in_a_revision_is_one_in_a_directory_too() {
    let Some(git) = tool("git", "IDPACK_GIT") else { return };
    let sandbox = shipped();
    std::os::unix::fs::symlink("dev.yaml", sandbox.path("environments/linked.yaml")).unwrap();
    for arguments in
        [&["init", "-q"][..], &["add", "."], &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"]]
    {
        run(sandbox.command(&git).args(arguments));
    }
    for arguments in [&[][..], &["--rev", "HEAD"]] {
        let output = validate(&sandbox, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stdout(&output));
        assert!(stderr(&output).contains("symbolic link"), "{}", stderr(&output));
    }
}

#[test]
fn the_cluster_can_be_described() {
    let project = shipped();
    run(project.idpack().arg("build"));
    let wrong = [
        "out/dev/dev/apps/vcluster-dev-helm.yaml:29:19 error[kubeconfig-port-mismatch]".to_owned(),
        "out/dev/cluster/kind.yaml:11:19 error[kind-port-mapping]".to_owned(),
        "out/dev/dev/apps/vcluster-dev-ingress.yaml:13:14 error[repository-url]".to_owned(),
    ];
    let all_wrong = |arguments: &[&str]| {
        let (code, found) = findings(&project, arguments);
        assert_eq!(code, 1);
        assert_eq!(found.iter().collect::<BTreeSet<_>>(), wrong.iter().collect(), "{found:?}");
    };
    assert_eq!(findings(&project, &["out/dev"]), (0, vec![]));
    all_wrong(&["out/dev", "--port", "9443"]);
    project.write("idpack.yaml", "apiVersion: idpack.dev/v1alpha1\nkind: Config\ncluster: {port: 9443}\n");
    all_wrong(&["out/dev"]);
    // The command line goes before the file, and is as strict about words.
    assert_eq!(findings(&project, &["out/dev", "--port", "8443"]), (0, vec![]));
    for wrong in [["--port", "0"], ["--protocol", "tcp"], ["--idpbuilder", "0.7"]] {
        let output = validate(&project, &[&["out/dev"][..], &wrong].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
    // What descriptors say about their cluster nobody else can.
    let output = validate(&project, &["--port", "9443"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("`spec.cluster` of the descriptors"), "{}", stderr(&output));
}

#[test]
fn timings_name_every_check_about_several_objects() {
    let project = shipped();
    let output = validate(&project, &["--timings"]);
    assert_eq!(output.status.code(), Some(0));
    let told = stderr(&output);
    let named: BTreeSet<_> = told.lines().filter_map(|line| line.split_once(" ms    ")).map(|(_, id)| id).collect();
    let timed = idpack::checks::CHECKS.iter().filter(|check| check.is_of_tree());
    assert_eq!(named, timed.map(|check| check.rule.id).collect());
    assert_eq!(stdout(&output), stdout(&validate(&project, &[])));
}

#[test]
fn no_report_shows_a_secret() {
    let sandbox = Sandbox::new();
    let config = r#"{"bearerToken": "geheim", "tlsClientConfig": {"insecure": true, "caData": "<ca>"}}"#;
    let secret = |name: &str, rest: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: argocd, labels: {{argocd.argoproj.io/secret-type: \
             cluster}}}}\n{rest}"
        )
    };
    sandbox
        .write("line.yaml", &secret("line", &format!("stringData: {{server: 'https://a.b', config: '{config}'}}\n")));
    sandbox.write("block.yaml", &secret("block", &format!("stringData:\n  config: |\n    {config}\n")));
    // `{"password": "geheim"}`
    sandbox.write("data.yaml", &secret("data", "data: {config: eyJwYXNzd29yZCI6ICJnZWhlaW0ifQ==}\n"));
    // Credentials that are told by what they look like, in each place that a value can have.
    let url = "postgres://web:k7Qz-GEHEIM-fl9w@db/web";
    let object = |kind: &str, rest: &str| format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: web}}\n{rest}");
    sandbox.write("map/block.yaml", &object("ConfigMap", &format!("data:\n  a: |\n    x: 1\n    {url}\n")));
    sandbox.write("map/flow.yaml", &object("ConfigMap", &format!("data: {{a: b, c: \"{url}\", d: e}}\n")));
    sandbox.write("map/folded.yaml", &object("ConfigMap", &format!("data:\n  a: >-\n    {url}\n")));
    sandbox.write("map/items.yaml", &format!("urls:\n- {url}\n"));
    sandbox.write(
        "map/json.json",
        &format!("{{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"data\": {{\"a\": \"{url}\"}}}}"),
    );
    sandbox.write("map/values.yaml", &format!("url: {url}\n"));
    sandbox.write("secret/password.yaml", &object("Secret", "stringData: {user: web, password: k7Qz-GEHEIM-fl9w}\n"));
    // `k7Qz-GEHEIM-fl9w`
    sandbox.write("secret/data.yaml", &object("Secret", "data:\n  password: azdRei1HRUhFSU0tZmw5dw==\n"));
    sandbox.write("secret/wrong.yaml", &object("Secret", "data: {a: k7Qz-GEHEIM-fl9w, b: 73550917}\n"));
    let (_, found) = findings(&sandbox, &["."]);
    let expected = [
        "block.yaml:5:11 error[cluster-secret-credentials]",
        "block.yaml:6:63 error[cluster-secret-tls]",
        "data.yaml:4:16 error[cluster-secret-credentials]",
        "line.yaml:4:45 error[cluster-secret-credentials]",
        "line.yaml:4:45 error[cluster-secret-tls]",
        "map/block.yaml:7:13 error[credential-in-manifest]",
        "map/flow.yaml:4:17 error[credential-in-manifest]",
        "map/folded.yaml:5:6 error[credential-in-manifest]",
        "map/items.yaml:2:3 error[credential-in-manifest]",
        "map/json.json:1:2 error[kubernetes-schema]",
        "map/json.json:1:57 error[credential-in-manifest]",
        "map/values.yaml:1:6 error[credential-in-manifest]",
        "secret/data.yaml:5:13 warning[secret-data]",
        "secret/password.yaml:4:35 warning[secret-data]",
        "secret/wrong.yaml:4:11 error[kubernetes-schema]",
        "secret/wrong.yaml:4:32 error[kubernetes-schema]",
    ];
    assert_eq!(found, expected);
    for format in ["human", "json", "sarif", "junit", "github"] {
        let output = validate(&sandbox, &[".", "--format", format]);
        let text = stdout(&output) + &stderr(&output);
        for check in ["cluster-secret-credentials", "credential-in-manifest", "secret-data"] {
            assert!(text.contains(check), "{format}: {text}");
        }
        let shown =
            ["geheim", "GEHEIM", "eyJwYXNzd29yZCI6", "azdRei1H", "73550917"].iter().find(|it| text.contains(**it));
        assert_eq!(shown, None, "{format}: {text}");
    }
}

#[test]
fn environments_of_one_cluster_do_not_get_in_each_others_way() {
    let project = shipped();
    let staging = |cluster: &str| {
        format!(
            "apiVersion: idpack.dev/v1alpha1\nkind: Environment\nmetadata: {{name: staging}}\nspec:\n  extends: _base\n{cluster}  vcluster:\n    \
             values: {{controlPlane: {{ingress: {{enabled: true, host: dev-vcluster.cnoe.localtest.me}}}}}}\n"
        )
    };
    project.write("environments/staging.yaml", &staging(""));
    let (code, found) = findings(&project, &[]);
    assert_eq!((code, found.len()), (1, 1), "{found:?}");
    assert!(found[0].ends_with("error[ingress-host-duplicate]"), "{found:?}");
    // Another cluster has hosts of its own, even if they are called alike.
    project.write("environments/staging.yaml", &staging("  cluster: {name: other}\n"));
    assert_eq!(findings(&project, &[]), (0, vec![]));
}
