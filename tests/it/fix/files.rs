use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::oracle::{Sandbox, run, tool};

const BROKEN: &str =
    "# Settings\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings} # mine\ndta:\n  a: 10\n  b: 'x'\n";
const ONCE: &str =
    "# Settings\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings} # mine\ndata:\n  a: '10'\n  b: 'x'\n";

fn validate(sandbox: &Sandbox, arguments: &[&str]) -> (Option<i32>, String, String) {
    told(&sandbox.idpack().arg("validate").args(arguments).output().unwrap())
}

fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn piped(sandbox: &Sandbox, arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut command = sandbox.idpack();
    let command = command.arg("validate").args(arguments).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    told(&child.wait_with_output().unwrap())
}

fn read(sandbox: &Sandbox, path: &str) -> String {
    fs::read_to_string(sandbox.path(path)).unwrap()
}

#[test]
fn files_are_mended_in_place_and_a_second_run_finds_nothing() {
    let sandbox = Sandbox::new();
    sandbox.write("m/a.yaml", BROKEN);
    sandbox.write("m/b.yaml", &BROKEN.replace("dta", "data").replace("10", "'10'").replace('\n', "\r\n"));
    fs::set_permissions(sandbox.path("m/a.yaml"), fs::Permissions::from_mode(0o640)).unwrap();
    let before = fs::metadata(sandbox.path("m/b.yaml")).unwrap().modified().unwrap();
    let (code, stdout, stderr) = validate(&sandbox, &["m", "--fix"]);
    // The data are judged once their key is right.
    assert_eq!((code, stderr.as_str()), (Some(0), "fixed 2 findings in 1 file\n"), "{stdout}");
    assert!(stdout.starts_with("no findings in 2 files"), "{stdout}");
    assert_eq!(read(&sandbox, "m/a.yaml"), ONCE);
    assert_eq!(fs::metadata(sandbox.path("m/a.yaml")).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::metadata(sandbox.path("m/b.yaml")).unwrap().modified().unwrap(), before);
    let (code, _, stderr) = validate(&sandbox, &["m", "--fix"]);
    assert_eq!((code, stderr.as_str()), (Some(0), "there is nothing to fix\n"));
    assert_eq!(read(&sandbox, "m/a.yaml"), ONCE);
}

#[test]
fn a_diff_shows_what_would_change_and_changes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.write("m/a.yaml", BROKEN);
    let (code, stdout, stderr) = validate(&sandbox, &["m", "--diff"]);
    let expected = "--- a/m/a.yaml\n+++ b/m/a.yaml\n@@ -2,6 +2,6 @@\n apiVersion: v1\n kind: ConfigMap\n \
                    metadata: {name: settings} # mine\n-dta:\n-  a: 10\n+data:\n+  a: '10'\n   b: 'x'\n";
    assert_eq!((code, stdout.as_str()), (Some(1), expected));
    assert_eq!(stderr, "`--fix` would fix 2 findings in 1 file\n");
    assert_eq!(read(&sandbox, "m/a.yaml"), BROKEN);
    let (code, stdout, stderr) = validate(&sandbox, &["m", "--diff", "--fix"]);
    assert_eq!((code, stderr.as_str()), (Some(0), "fixed 2 findings in 1 file\n"));
    assert!(stdout.starts_with(expected) && stdout.contains("no findings in"), "{stdout}");
    assert_eq!(read(&sandbox, "m/a.yaml"), ONCE);
    let (code, stdout, stderr) = validate(&sandbox, &["m", "--diff"]);
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(0), "", "there is nothing to fix\n"));
    // What Git would apply.
    let Some(git) = tool("git", "IDPACK_GIT") else { return };
    sandbox.write("m/a.yaml", BROKEN);
    sandbox.write("a.diff", expected);
    run(sandbox.command(&git).args(["apply", "a.diff"]));
    assert_eq!(read(&sandbox, "m/a.yaml"), ONCE);
}

#[test]
fn reports_for_programs_stay_what_they_are() {
    let sandbox = Sandbox::new();
    sandbox.write("a.yaml", &format!("{BROKEN}odd: 1\n"));
    for format in ["json", "sarif"] {
        let (code, stdout, _) = validate(&sandbox, &["a.yaml", "--format", format]);
        assert_eq!(code, Some(1));
        serde_json::from_str::<Value>(&stdout).unwrap();
    }
    let (_, stdout, _) = validate(&sandbox, &["a.yaml", "--format", "json"]);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    let change = serde_json::json!({"line": 5, "column": 1, "end_line": 5, "end_column": 4, "text": "data"});
    assert_eq!(report["findings"][0]["fix"], serde_json::json!({"path": "a.yaml", "changes": [change]}));
    assert_eq!(report["findings"][1].get("fix"), None);
    let (_, stdout, _) = validate(&sandbox, &["a.yaml", "--format", "sarif"]);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    let fix = &report["runs"][0]["results"][0]["fixes"][0]["artifactChanges"][0];
    assert_eq!(fix["artifactLocation"]["uri"], "a.yaml");
    let region = serde_json::json!({"startLine": 5, "startColumn": 1, "endLine": 5, "endColumn": 4});
    let replacement = serde_json::json!({"deletedRegion": region, "insertedContent": {"text": "data"}});
    assert_eq!(fix["replacements"], serde_json::json!([replacement]));
    let (_, stdout, _) = validate(&sandbox, &["a.yaml"]);
    assert!(stdout.contains("unknown key `dta` [*]"), "{stdout}");
    assert!(stdout.ends_with("\n1 finding with [*] can be mended by `--fix`\n"), "{stdout}");
    let (code, stdout, stderr) = validate(&sandbox, &["a.yaml", "--fix", "--diff", "--format", "json"]);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, report["findings"].as_array().unwrap().len()), (Some(1), 1));
    assert!(stderr.contains("+data:") && stderr.ends_with("fixed 2 findings in 1 file\n"), "{stderr}");
}

#[test]
fn what_comes_through_a_pipe_goes_on_mended() {
    let sandbox = Sandbox::new();
    let (code, stdout, stderr) = piped(&sandbox, &["-", "--fix"], BROKEN);
    assert_eq!((code, stdout.as_str()), (Some(0), ONCE));
    assert!(stderr.contains("fixed 2 findings in 1 file") && stderr.contains("no findings in"), "{stderr}");
    let (code, stdout, _) = piped(&sandbox, &["-", "--fix"], ONCE);
    assert_eq!((code, stdout.as_str()), (Some(0), ONCE));
    let (code, stdout, _) = piped(&sandbox, &["-", "--diff"], BROKEN);
    assert_eq!(code, Some(1));
    assert!(stdout.starts_with("--- -\n+++ -\n@@ "), "{stdout}");
    let (code, stdout, stderr) = piped(&sandbox, &["-", "--fix", "--format", "json"], &format!("{BROKEN}odd: 1\n"));
    assert_eq!((code, stdout), (Some(1), format!("{ONCE}odd: 1\n")));
    assert!(stderr.contains("\"findings\""), "{stderr}");
}

#[test]
fn what_cannot_be_changed_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("a.yaml", BROKEN);
    for (arguments, reason) in [
        (&["a.yaml", "--rev", "main", "--fix"][..], "cannot be used with"),
        (&["a.yaml", "--update-baseline", "--fix"], "cannot be used with"),
        (&["a.yaml", "--diff", "--format", "json"], "`--diff` prints differences, and no findings"),
        (&["-", "a.yaml", "--fix"], "goes to standard output, without the files"),
        (&["-", "--fix", "--diff"], "cannot both be printed"),
    ] {
        let (code, stdout, stderr) = piped(&sandbox, arguments, "");
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(stderr.contains(reason), "{arguments:?}: {stderr}");
    }
    symlink("a.yaml", sandbox.path("link.yaml")).unwrap();
    let (code, _, stderr) = validate(&sandbox, &["link.yaml", "--fix"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("it is a symbolic link") && stderr.contains("there is nothing to fix"), "{stderr}");
    fs::set_permissions(sandbox.path("a.yaml"), fs::Permissions::from_mode(0o444)).unwrap();
    let (code, _, stderr) = validate(&sandbox, &["a.yaml", "--fix"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("it is protected from being written"), "{stderr}");
    assert!(validate(&sandbox, &["a.yaml", "--diff"]).1.contains("+data:"));
    assert_eq!(read(&sandbox, "a.yaml"), BROKEN);
}

#[test]
fn what_does_not_count_is_not_mended() {
    let sandbox = Sandbox::new();
    let suppressed = BROKEN.replace("dta:", "# idpack: ignore[kubernetes-schema] left\ndta:");
    sandbox.write("a.yaml", &suppressed);
    assert_eq!(validate(&sandbox, &["a.yaml", "--fix"]).2, "there is nothing to fix\n");
    assert_eq!(read(&sandbox, "a.yaml"), suppressed);
    sandbox.write("a.yaml", BROKEN);
    assert_eq!(validate(&sandbox, &["a.yaml", "--fix", "--allow", "kubernetes-schema"]).2, "there is nothing to fix\n");
    run(sandbox.idpack().args(["validate", "a.yaml", "--baseline", "known.json", "--update-baseline"]));
    assert_eq!(validate(&sandbox, &["a.yaml", "--fix", "--baseline", "known.json"]).2, "there is nothing to fix\n");
    assert_eq!(read(&sandbox, "a.yaml"), BROKEN);
}

#[test]
fn a_project_is_mended_in_its_descriptors() {
    let project = Sandbox::new();
    run(project.idpack().args(["init", "."]));
    let descriptor = "apiVersion: idpack.dev/v1alpha1\nkind: Environment # dev\nmetadata: {name: dev}\nspec:\n  extends: _base\n  \
                      vcluster:\n    # mine\n    hostnme: mine.cnoe.localtest.me\n    values:\n      policis: {}\n";
    project.write("environments/dev.yaml", descriptor);
    let (code, stdout, stderr) = validate(&project, &["--fix"]);
    assert_eq!((code, stderr.as_str()), (Some(0), "fixed 2 findings in 1 file\n"), "{stdout}");
    let right = descriptor.replace("hostnme", "hostname").replace("policis", "policies");
    assert_eq!(read(&project, "environments/dev.yaml"), right);
    assert!(!project.path("out").exists());
}

#[test]
fn what_would_be_wrong_otherwise_is_left_and_told() {
    let sandbox = Sandbox::new();
    // Below the right kind, more than before is wrong.
    let text = "apiVersion: apps/v1\nkind: Deploymet\nmetadata: {name: a}\nspec: {}\n";
    sandbox.write("a.yaml", text);
    let (code, stdout, stderr) = validate(&sandbox, &["a.yaml", "--fix"]);
    assert_eq!(code, Some(1), "{stdout}");
    assert!(
        stderr.contains(
            "is not mended: an error would come to light that cannot be mended; write it by hand, and run this again"
        ),
        "{stderr}"
    );
    assert_eq!(read(&sandbox, "a.yaml"), text);
    // An alias repeats the value elsewhere.
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: &x 10\n  b: *x\n";
    sandbox.write("a.yaml", text);
    let (_, _, stderr) = validate(&sandbox, &["a.yaml", "--fix"]);
    assert!(stderr.contains("more than this would change"), "{stderr}");
    assert_eq!(read(&sandbox, "a.yaml"), text);
}
