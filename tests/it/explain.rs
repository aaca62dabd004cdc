use crate::oracle::Sandbox;

/// Runs `idpack explain --package` with these arguments. Returns the exit code and both outputs.
fn explain(sandbox: &Sandbox, arguments: &[&str]) -> (i32, String, String) {
    let output = sandbox.idpack().args(["explain", "--package"]).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A package in which everything happens that the prediction knows of, from idpbuilder's sources and not from its output:
/// names by pkg/controllers/custompackage/controller.go:700-706 and localbuild/controller.go:948-951, URLs by pkg/util/gitea.go.
fn package() -> Sandbox {
    let sandbox = Sandbox::new();
    let application = |name: &str, rest: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\nspec:\n  project: default\n  \
             destination: {{server: https://kubernetes.default.svc, namespace: {name}}}\n{rest}"
        )
    };
    let root = "  source: {repoURL: cnoe://apps, path: ., targetRevision: HEAD}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: lost}\n";
    sandbox.write("pkg/Platform.yaml", &application("root", root));
    let chart = "  source:\n    repoURL: https://charts.example.com\n    chart: web\n    targetRevision: 1.2.3\n    helm:\n      \
                 skipTests: true\n      valuesObject: {repo: cnoe://config}\n";
    sandbox.write("pkg/web.yaml", &application("web", chart));
    sandbox.write("pkg/namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n");
    let child = application("child", "  source: {repoURL: https://git.example.com/child.git, path: deploy}\n");
    let child =
        child.replace("namespace: argocd}", "namespace: argocd, annotations: {argocd.argoproj.io/sync-wave: \"5\"}}");
    sandbox.write("pkg/apps/child.yaml", &child);
    sandbox.write("pkg/config/settings.json", "{}\n");
    sandbox
}

#[test]
fn a_package_is_explained() {
    let (code, told, _) = explain(&package(), &["pkg", "--name", "demo", "--port", "9443", "--idpbuilder", "head"]);
    assert_eq!(code, 0);
    let expected = "`idpbuilder create --name demo --port 9443 --package pkg` with idpbuilder head

creates Application `root` from Platform.yaml
  remembers it as CustomPackage `platform-root` in namespace `idpbuilder-demo`
  copies `apps` to Gitea repository `idpbuilder-demo-root-apps`, branch `main`, by GitRepository `root-apps`
  writes `https://gitea.cnoe.localtest.me:9443/giteaAdmin/idpbuilder-demo-root-apps.git` for `cnoe://apps`, repoURL of a source
    applies `apps`

creates Application `web` from web.yaml
  remembers it as CustomPackage `web-web` in namespace `idpbuilder-demo`
  drops `spec.source.helm.skipTests`
  copies `config` to Gitea repository `idpbuilder-demo-web-config`, branch `main`, by GitRepository `web-config`
  writes `https://gitea.cnoe.localtest.me:9443/giteaAdmin/idpbuilder-demo-web-config.git` for `cnoe://config`, value `spec.source.helm.valuesObject.repo`
    installs chart web 1.2.3 from https://charts.example.com

Argo CD creates from that:
  Application `child` in wave 5, by Application `root`, from apps/child.yaml
    applies `deploy` of https://git.example.com/child.git at HEAD

passes over
  what follows in Platform.yaml at line 10
  namespace.yaml: idpbuilder creates Applications and ApplicationSets only, and this is a `Namespace`

A second `create` on the same cluster
  has to name every `--package` again: while one of the first run is missing, it never returns
  refuses another `--host`, `--port`, `--protocol` or `--use-path-routing`
  leaves files in Gitea that are deleted or renamed here
    and Application `root` goes on applying those of `apps`
  goes on copying from where the directories are now, even if the package has moved

";
    let (body, counts) = told.rsplit_once("\n\n").map(|(body, counts)| (format!("{body}\n\n"), counts)).unwrap();
    assert_eq!(body, expected);
    assert!(counts.ends_with("in this package: `idpack validate --as package pkg` shows them\n"), "{counts}");
}

#[test]
fn a_package_whose_path_is_misread_is_not_judged() {
    let sandbox = package();
    let validate = |arguments: &[&str]| {
        let output = sandbox.idpack().arg("validate").args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, told) = validate(&["./pkg//apps", "--as", "package"]);
    assert_eq!(code, Some(2));
    assert!(
        told.contains("for directory `apps` of a Git repository at `./pkg`") && told.contains("`./pkg/apps`"),
        "{told}"
    );
    // Whoever reads it by other means finds it.
    assert_eq!(validate(&["./pkg//apps"]).0, Some(0));
}

#[test]
fn a_package_may_be_a_file_from_0_10_on() {
    let (code, told, _) = explain(&package(), &["pkg/web.yaml"]);
    assert_eq!(code, 0);
    assert!(told.contains("creates Application `web`") && !told.contains("creates Application `root`"), "{told}");
    let (code, _, told) = explain(&package(), &["pkg/web.yaml", "--idpbuilder", "0.9"]);
    assert_eq!(code, 2);
    assert!(told.contains("idpbuilder 0.9 takes directories only"), "{told}");
}

#[test]
fn nothing_is_created_from_a_directory_too_deep() {
    let (code, told, _) = explain(&package(), &["pkg/config"]);
    assert_eq!(code, 0);
    assert!(told.contains("creates nothing, and ends with exit code 0"), "{told}");
}

#[test]
fn arguments_that_are_no_directories_are_explained_too() {
    for (argument, code, expected) in [
        ("./pkg//apps", 2, "write `./pkg/apps`"),
        ("https://github.com/cnoe-io/stacks", 2, "write `//` between the repository and the directory"),
        ("nowhere", 2, "there is no `nowhere`"),
        (
            "https://github.com/cnoe-io/stacks//a?ref=main",
            0,
            "clones `https://github.com/cnoe-io/stacks` and reads directory `a`",
        ),
    ] {
        let (found, out, err) = explain(&package(), &[argument]);
        assert_eq!(found, code, "{argument}");
        assert!((out.clone() + &err).contains(expected), "{argument}: {out}{err}");
    }
}
