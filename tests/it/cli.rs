use std::fs;
use std::path::Path;
use std::process::Output;

use crate::oracle::{Sandbox, run, tool};

const HEADER: &str = "apiVersion: idpack.dev/v1alpha1\nkind: Environment\n";

/// The descriptors of idpack's own repository.
fn shipped() -> Sandbox {
    let project = Sandbox::new();
    for name in ["_base", "dev", "staging"] {
        let path = format!("environments/{name}.yaml");
        project.write(&path, &fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path)).unwrap());
    }
    project
}

fn environment(name: &str, spec: &str) -> String {
    format!("{HEADER}metadata: {{name: {name}}}\nspec:\n{spec}")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Returns the commit ids of dev and staging.
fn heads(project: &Sandbox) -> Vec<String> {
    let read = |name: &str| fs::read_to_string(project.path(format!("out/{name}/.git/refs/heads/main"))).unwrap();
    vec![read("dev"), read("staging")]
}

#[test]
fn the_second_build_changes_nothing() {
    let project = shipped();
    let first = run(project.idpack().arg("build"));
    let line = "idpbuilder create -c argocd:out/dev/cluster/argocd-cm.yaml --package out/dev --package out/staging\n";
    assert!(first.ends_with(line), "{first}");
    let before = heads(&project);
    let second = run(project.idpack().arg("build"));
    assert_eq!(second.matches("unchanged").count(), 2, "{second}");
    assert_eq!(heads(&project), before);
    run(project.idpack().arg("diff"));
}

#[test]
fn the_same_commits_come_out_everywhere() {
    let expected = {
        let project = shipped();
        run(project.idpack().arg("build").env("SOURCE_DATE_EPOCH", "1700000000"));
        heads(&project)
    };
    let elsewhere = Sandbox::new();
    elsewhere.write("home/.gitconfig", "[user]\n\tname = Somebody\n[core]\n\tautocrlf = true\n");
    let path = |name: &str| elsewhere.path(name).into_os_string();
    let variations = [
        vec![("TZ", "Asia/Kathmandu".into()), ("LANG", "tr_TR.UTF-8".into()), ("LC_ALL", "tr_TR.UTF-8".into())],
        vec![("HOME", path("home")), ("GIT_CONFIG_GLOBAL", path("home/.gitconfig"))],
        vec![("GIT_DIR", path("git")), ("GIT_WORK_TREE", path(""))],
        vec![("GIT_INDEX_FILE", path("index"))],
        vec![("GIT_AUTHOR_NAME", "Somebody".into()), ("GIT_COMMITTER_DATE", "2001-01-01T00:00:00Z".into())],
        vec![("RAYON_NUM_THREADS", "1".into())],
    ];
    for variation in variations {
        let project = shipped();
        let mut command = project.idpack();
        command.arg("build").env("SOURCE_DATE_EPOCH", "1700000000").envs(variation.iter().cloned());
        run(&mut command);
        assert_eq!(heads(&project), expected, "{variation:?}");
    }
    let project = shipped();
    fs::create_dir_all(project.path("environments/deep")).unwrap();
    run(project.idpack().args(["build", "--date", "1700000000"]).current_dir(project.path("environments/deep")));
    assert_eq!(heads(&project), expected, "another working directory");
    let project = shipped();
    let program = env!("CARGO_BIN_EXE_idpack");
    let script = format!("umask 077; exec '{program}' -C '{}' build", project.path("").display());
    run(project.command("sh").args(["-c", &script]).env("SOURCE_DATE_EPOCH", "1700000000").current_dir("/"));
    assert_eq!(heads(&project), expected, "another umask");
}

#[test]
fn a_commit_carries_the_time_and_id_of_its_source() {
    let Some(git) = tool("git", "IDPACK_GIT") else { return };
    let project = shipped();
    let git = |arguments: &[&str]| {
        let mut command = project.command(&git);
        command.args(["-c", "user.name=a", "-c", "user.email=a@b.c"]).args(arguments);
        run(command.env("GIT_COMMITTER_DATE", "1600000000 +0200").env("GIT_AUTHOR_DATE", "1500000000 +0000"))
    };
    git(&["init", "-q", "-b", "main"]);
    project.write(".gitignore", "/out/\n");
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "descriptors"]);
    run(project.idpack().arg("build"));
    let source = git(&["rev-parse", "HEAD"]);
    let shown = git(&["-C", "out/dev", "show", "-s", "--format=%ct %cn <%ce>%n%(trailers)"]);
    let expected =
        format!("1600000000 idpack <idpack@idpack.dev>\nIdpack-Environment: dev\nIdpack-Source-Commit: {source}");
    assert_eq!(shown.trim(), expected.trim());

    // A change that is not committed has no source commit.
    project.write(
        "environments/dev.yaml",
        &environment("dev", "  extends: _base\n  vcluster: {hostname: x.cnoe.localtest.me}\n"),
    );
    run(project.idpack().args(["build", "--date", "1700000001", "--author", "Me <me@x.y>"]));
    let shown = git(&["-C", "out/dev", "show", "-s", "--format=%ct %cn <%ce>%n%(trailers)"]);
    assert_eq!(shown.trim(), "1700000001 Me <me@x.y>\nIdpack-Environment: dev");
    assert_eq!(git(&["-C", "out/dev", "rev-list", "--count", "HEAD"]).trim(), "2");
    assert_eq!(git(&["-C", "out/staging", "rev-list", "--count", "HEAD"]).trim(), "1");
}

#[test]
fn all_faults_of_all_descriptors_are_found_at_once() {
    let project = Sandbox::new();
    let text =
        environment("dev", "  vcluster:\n    extraSans: [a.b]\n    hostname: Dev.Example\n  cluster: {port: 0}\n");
    project.write("environments/dev.yaml", &text);
    project.write(
        "environments/other.yaml",
        "kind: Environment\napiVersion: idpack.dev/v1alpha1\nmetadata: {name: gitea}\n",
    );
    project.write("environments/lost.yaml", &environment("lost", "  extends: _bsae\n"));
    project.write("environments/_base.yaml", HEADER);
    let output = project.idpack().arg("build").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    for place in [
        "environments/dev.yaml:6:5",
        "environments/dev.yaml:7:15",
        "environments/dev.yaml:8:19",
        "environments/other.yaml:3:18",
        "environments/lost.yaml:5:12",
    ] {
        assert!(text.contains(place), "{place} in:\n{text}");
    }
    for help in ["did you mean `extraSANs`?", "did you mean `_base`?"] {
        assert!(text.contains(help), "{help} in:\n{text}");
    }
    assert!(!project.path("out").exists());
}

#[test]
fn a_circle_of_bases_is_shown() {
    let project = Sandbox::new();
    project.write("environments/dev.yaml", &environment("dev", "  extends: _a\n"));
    project.write("environments/_a.yaml", &format!("{HEADER}spec: {{extends: _b}}\n"));
    project.write("environments/_b.yaml", &format!("{HEADER}spec: {{extends: _a}}\n"));
    let output = project.idpack().arg("build").output().unwrap();
    let text = stdout(&output);
    assert!(text.contains("environments/_a.yaml → environments/_b.yaml → environments/_a.yaml"), "{text}");
}

#[test]
fn bases_merge_and_null_unsets() {
    let project = Sandbox::new();
    let base = "spec:\n  vcluster:\n    hostname: base.example.org\n    extraSANs: [a.example.org]\n    values: {a: {b: 1, c: 2}}\n  packages:\n  - {pack: vcluster, wave: 3}\n  - {pack: vcluster-ingress}\n";
    project.write("environments/_base.yaml", &format!("{HEADER}{base}"));
    let spec = "  extends: _base\n  vcluster:\n    hostname: null\n    extraSANs: [b.example.org]\n    values: {a: {b: null}}\n  packages:\n  - {pack: vcluster, wave: 4}\n";
    project.write("environments/dev.yaml", &environment("dev", spec));
    run(project.idpack().arg("render"));
    let application = fs::read_to_string(project.path("out/dev/dev/apps/vcluster-dev-helm.yaml")).unwrap();
    for part in ["sync-wave: \"4\"", "- dev-vcluster.cnoe.localtest.me\n", "- b.example.org\n", "b: null\n", "c: 2\n"] {
        assert!(application.contains(part), "{part:?} in:\n{application}");
    }
    assert!(!application.contains("a.example.org"), "lists replace");
    assert!(project.path("out/dev/dev/apps/vcluster-dev-ingress.yaml").exists(), "packages merge by name");
}

#[test]
fn a_broken_network_path_is_refused_where_it_was_written() {
    let project = Sandbox::new();
    let spec =
        "  vcluster:\n    values:\n      controlPlane:\n        proxy:\n          extraSANs: [other.example.org]\n";
    project.write("environments/dev.yaml", &environment("dev", spec));
    let output = project.idpack().arg("build").output().unwrap();
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("error[san-missing-host]"), "{text}");
    assert!(text.contains(" 9 |           extraSANs: [other.example.org]"), "the names that were given: {text}");
    assert!(!project.path("out").exists(), "nothing is written");
}

#[test]
fn environments_of_a_cluster_have_to_agree() {
    let project = Sandbox::new();
    project.write("environments/a.yaml", &environment("a", "  vcluster: {hostname: x.example.org}\n"));
    project.write(
        "environments/b.yaml",
        &environment("b", "  cluster: {port: 9443}\n  vcluster: {hostname: x.example.org}\n"),
    );
    let output = project.idpack().arg("build").output().unwrap();
    let text = stdout(&output);
    assert!(text.contains("port is `8443` and `9443`") && text.contains("host name `x.example.org`"), "{text}");
}

#[test]
fn what_idpack_did_not_write_stays() {
    let project = shipped();
    project.write("out/dev/dev.yaml", "mine\n");
    project.write("out/dev/notes.txt", "mine too\n");
    let output = project.idpack().arg("build").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("out/dev/dev.yaml"), "{}", stderr(&output));
    assert!(!project.path("out/staging").exists(), "the other environment is not written either");
    fs::remove_file(project.path("out/dev/dev.yaml")).unwrap();
    run(project.idpack().arg("build"));
    assert_eq!(fs::read_to_string(project.path("out/dev/notes.txt")).unwrap(), "mine too\n");
}

#[test]
fn a_hand_edit_is_refused_shown_and_discarded_on_request() {
    let project = shipped();
    run(project.idpack().arg("build"));
    let path = project.path("out/dev/dev.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("selfHeal: true", "selfHeal: false")).unwrap();
    let refused = project.idpack().arg("build").output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("out/dev/dev.yaml") && stderr(&refused).contains("--discard-edits"));
    let diff = project.idpack().arg("diff").output().unwrap();
    assert_eq!(diff.status.code(), Some(1));
    assert!(stdout(&diff).contains("change dev/dev.yaml: it was edited by hand"), "{}", stdout(&diff));
    assert!(stdout(&diff).contains("-      selfHeal: false\n+      selfHeal: true\n"), "{}", stdout(&diff));
    run(project.idpack().args(["build", "--discard-edits"]));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn diff_names_the_cause() {
    let project = shipped();
    let diff = |project: &Sandbox| {
        let output = project.idpack().arg("diff").output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        stdout(&output)
    };
    assert!(diff(&project).contains("create dev/dev.yaml: the environment is new"));
    run(project.idpack().arg("build"));
    project.write("environments/dev.yaml", &environment("dev", "  extends: _base\n  packages: [{pack: vcluster}]\n"));
    let text = diff(&project);
    assert!(
        text.contains("change dev/dev/apps/kustomization.yaml: the descriptor environments/dev.yaml changed"),
        "{text}"
    );
    assert!(text.contains("delete dev/dev/vcluster-dev-ingress/ingress.yaml"), "{text}");
    assert!(text.contains("it is no longer rendered"), "{text}");
    assert!(!text.contains("staging"), "{text}");
    run(project.idpack().arg("build"));
    assert!(!project.path("out/dev/dev/vcluster-dev-ingress").exists(), "orphans are removed");
    for file in ["pack.yaml", "values.yaml.j2"] {
        let text =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/vcluster").join(file)).unwrap();
        project.write(format!("templates/vcluster/{file}"), &text.replace("enabled: false", "enabled: true"));
    }
    let text = diff(&project);
    assert!(text.contains("the template templates/vcluster/values.yaml.j2 changed"), "{text}");
}

#[test]
fn an_environment_that_is_gone_is_reported_and_kept() {
    let project = shipped();
    run(project.idpack().arg("build"));
    fs::remove_file(project.path("environments/staging.yaml")).unwrap();
    let text = run(project.idpack().arg("build"));
    assert!(text.contains("staging  no longer described; its repository is kept"), "{text}");
    assert!(project.path("out/staging/.git").exists());
}

#[test]
fn a_plain_git_repository_takes_the_place_of_idpbuilder() {
    let project = Sandbox::new();
    for delivery in ["app-of-apps", "applications", "single-application"] {
        let url = format!("https://git.example.org/{delivery}.git");
        let spec = format!("  delivery: {delivery}\n  repository: {{url: '{url}', revision: release}}\n");
        project.write(format!("environments/{delivery}.yaml"), &environment(delivery, &spec));
    }
    let text = run(project.idpack().arg("build"));
    assert!(!text.contains("\nidpbuilder create"), "{text}");
    for (file, url, path) in [
        ("app-of-apps/app-of-apps.yaml", "app-of-apps", "app-of-apps/apps"),
        (
            "app-of-apps/app-of-apps/apps/vcluster-app-of-apps-ingress.yaml",
            "app-of-apps",
            "app-of-apps/vcluster-app-of-apps-ingress",
        ),
        ("applications/vcluster-applications-ingress.yaml", "applications", "vcluster-applications-ingress/manifests"),
        (
            "single-application/single-application.yaml",
            "single-application",
            "single-application/vcluster-single-application-ingress",
        ),
    ] {
        let text = fs::read_to_string(project.path("out").join(file)).unwrap();
        let repository = format!("https://git.example.org/{url}.git\n");
        for line in [repository, format!("path: {path}\n"), "targetRevision: release\n".to_owned()] {
            assert!(text.contains(&line), "{file}: {line:?} in:\n{text}");
        }
        let directory = project.path("out").join(url).join(path);
        assert!(directory.join("kustomization.yaml").exists(), "{}", directory.display());
        assert!(!text.contains("cnoe://"), "{file}");
    }
    assert!(!project.path("out/app-of-apps/cluster").exists(), "nothing for idpbuilder");
}

#[test]
fn a_render_before_a_build_needs_no_repair() {
    let project = shipped();
    run(project.idpack().arg("render"));
    assert!(!project.path("out/dev/.git").exists());
    run(project.idpack().arg("build"));
    assert!(project.path("out/dev/.git").exists());
}

#[test]
fn bare_repositories_have_no_files_to_look_at() {
    let Some(git) = tool("git", "IDPACK_GIT") else { return };
    let project = shipped();
    run(project.idpack().args(["build", "--bare", "--output", "bare"]));
    let files = run(project.command(&git).args(["-C", "bare/dev.git", "ls-tree", "-r", "--name-only", "main"]));
    assert!(files.contains("dev/apps/vcluster-dev-helm.yaml\n"), "{files}");
    assert!(!project.path("bare/dev").exists() && !project.path("out").exists());
    let again = run(project.idpack().args(["build", "--bare", "--output", "bare"]));
    assert_eq!(again.matches("unchanged").count(), 2);
}

#[test]
fn of_two_runs_at_once_none_loses_anything() {
    let Some(git) = tool("git", "IDPACK_GIT") else { return };
    let project = shipped();
    let runs: Vec<_> = (0..4).map(|_| project.idpack().arg("build").output()).collect();
    let children: Vec<_> = (0..4)
        .map(|_| {
            let mut command = project.idpack();
            command
                .args(["build", "--output", "shared"])
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    let outputs: Vec<Output> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    assert!(runs.iter().all(|output| output.as_ref().unwrap().status.success()));
    assert!(outputs.iter().any(|output| output.status.success()), "one wins");
    for output in outputs.iter().filter(|output| !output.status.success()) {
        assert!(stderr(output).contains("another idpack"), "{}", stderr(output));
    }
    assert_eq!(run(project.command(&git).args(["-C", "shared/dev", "rev-list", "--count", "HEAD"])), "1\n");
    run(project.command(&git).args(["-C", "shared/dev", "fsck", "--strict"]));
}

#[test]
fn a_new_project_builds_at_once_and_is_never_overwritten() {
    let project = Sandbox::new();
    run(project.idpack().args(["init", "demo"]));
    run(project.idpack().args(["-C", "demo", "build"]));
    let own = shipped();
    run(own.idpack().arg("build"));
    let file = "out/dev/dev/apps/vcluster-dev-helm.yaml";
    assert_eq!(
        fs::read_to_string(project.path("demo").join(file)).unwrap(),
        fs::read_to_string(own.path(file)).unwrap(),
        "as good as the shipped example"
    );
    project.write("demo/environments/dev.yaml", &environment("mine", "  extends: _base\n"));
    let again = run(project.idpack().args(["init", "demo"]));
    assert!(again.contains("kept"), "{again}");
    assert!(fs::read_to_string(project.path("demo/environments/dev.yaml")).unwrap().contains("mine"));
}

#[test]
fn usage_errors_say_what_to_do() {
    let empty = Sandbox::new();
    let output = empty.idpack().arg("build").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("idpack init"), "{}", stderr(&output));
    empty.write("environments/_base.yaml", HEADER);
    let output = empty.idpack().arg("build").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "nothing to do is no success");
    let project = shipped();
    let output = project.idpack().args(["build", "stagin"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("did you mean `staging`?"), "{}", stderr(&output));
    project.write("environments/latin.yaml", "");
    fs::write(project.path("environments/latin.yaml"), b"a: \xe4\n").unwrap();
    let output = project.idpack().arg("build").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("UTF-8"), "{}", stderr(&output));
}

#[test]
fn the_schema_in_the_shipped_project_is_current() {
    let schema = run(Sandbox::new().idpack().arg("schema"));
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("environments/environment.schema.json");
    assert_eq!(fs::read_to_string(shipped).unwrap(), schema);
}

#[test]
fn every_command_explains_itself_with_examples() {
    let sandbox = Sandbox::new();
    for command in ["init", "render", "build", "diff", "schema"] {
        let help = run(sandbox.idpack().args([command, "--help"]));
        assert!(help.contains("Examples:"), "{help}");
    }
}
