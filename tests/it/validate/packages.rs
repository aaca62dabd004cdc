use serde_json::Value;

use super::{application, findings, stdout, validate};
use crate::oracle::Sandbox;

const URL: &str = "https://git.example.com/web.git";

/// Returns what is advised about each finding of a check.
fn help(sandbox: &Sandbox, arguments: &[&str], check: &str) -> Vec<String> {
    let output = validate(sandbox, &[arguments, &["--format", "json"]].concat());
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stdout(&output)));
    let findings = report["findings"].as_array().unwrap().iter().filter(|it| it["check"] == check);
    findings.map(|it| it["help"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn documents_of_a_long_file_of_a_package_are_those_of_the_whole_file() {
    // Long enough for the file to be read in parts.
    let long = format!("{}{}", "# some words to fill the file with\n".repeat(9000), application("web", URL, "."));
    assert!(long.len() > 300_000);
    let lines = long.lines().count();
    let cases = [
        (long.clone(), None),
        (format!("{long}---\n"), None),
        (format!("---\n{long}---\n"), None),
        (format!("{long}---\n\n---\n"), None),
        (format!("{long}---\n\n---\n---\n"), Some((lines + 4, 1))),
        (format!("{long}---\n{}", application("api", URL, ".")), Some((lines + 3, 7))),
        (format!("{long}---\n# end\n\n# end\n"), Some((lines + 2, 1))),
        (format!("# begin\n---\n{long}"), Some((1, 1))),
        (format!("{long}---\n{long}---\n{long}"), Some((2 * lines - 4, 7))),
    ];
    for (number, (text, expected)) in cases.into_iter().enumerate() {
        let sandbox = Sandbox::new();
        sandbox.write("package/web.yaml", &text);
        let found = findings(&sandbox, &["package", "--as", "package"]).1;
        let place = |(line, column)| format!("package/web.yaml:{line}:{column} error[package-file-documents]");
        assert_eq!(found, expected.map(place).into_iter().collect::<Vec<_>>(), "{number}");
    }
}

#[test]
fn who_gives_the_wrong_directory_is_told_where_the_applications_are() {
    let sandbox = Sandbox::new();
    sandbox.write("dist/manifests/settings.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n");
    let advise = || help(&sandbox, &["dist", "--as", "package"], "package-without-application");
    assert_eq!(
        advise(),
        ["name the directory that holds the Application, or the file itself; it may be the one above this"]
    );
    sandbox.write("dist/dev/apps/api.yaml", &application("api", URL, "."));
    sandbox.write("dist/web/web.yaml", &application("web", URL, "."));
    sandbox.write("dist/web/api.yaml", &application("api", URL, "."));
    assert_eq!(
        advise(),
        ["found 2 in `dist/web`, 1 in `dist/dev/apps`: give the directory with the Applications, `idpbuilder create \
          --package dist/web`, or a file by itself: `--package dist/web/api.yaml`"]
    );
}

#[test]
fn a_wrong_namespace_is_mended_where_it_is_decided() {
    let advise = |child: &str, destination: &str, kustomization: &str| {
        let sandbox = Sandbox::new();
        let parent =
            application("root", URL, "apps").replace("namespace: root}", &format!("namespace: {destination}}}"));
        sandbox.write("root.yaml", &parent);
        sandbox.write("apps/kustomization.yaml", &format!("resources: [web.yaml]\n{kustomization}"));
        let child = application("web", URL, ".").replace(", namespace: argocd}", &format!("{child}}}"));
        sandbox.write("apps/web.yaml", &child);
        help(&sandbox, &[".", "--as", "package"], "application-namespace").join("")
    };
    assert_eq!(advise(", namespace: argcd", "argocd", ""), "set `metadata.namespace: argocd`");
    assert_eq!(
        advise("", "argcd", ""),
        "set `metadata.namespace: argocd` here, or `destination.namespace: argocd` of the Application that syncs it"
    );
    assert_eq!(
        advise(", namespace: argocd", "argocd", "namespace: argcd\n"),
        "set `namespace: argocd` in the kustomization, which goes before what the Application says"
    );
    assert_eq!(advise("", "argocd", ""), "");
}

#[test]
fn waves_are_explained_to_those_who_have_no_descriptor() {
    let sandbox = Sandbox::new();
    let annotation = "namespace: argocd, annotations: {argocd.argoproj.io/sync-wave: '10'}}";
    sandbox.write("web.yaml", &application("web", URL, ".").replace("namespace: argocd}", annotation));
    let found = help(&sandbox, &[".", "--as", "package"], "wave-without-parent").remove(0);
    assert!(found.contains("cnoe://") && !found.contains("delivery"), "{found}");
}
