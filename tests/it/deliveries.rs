use crate::health::misjudged;
use crate::idpbuilder::{Cluster, Expected, assert_compatible};
use crate::oracle::{Sandbox, run, tool};

const LOCAL: Cluster<'_> =
    Cluster { name: "localdev", host: "cnoe.localtest.me", port: 8443, protocol: "https", path_routing: false };

/// Builds one environment `dev` with the given lines in its `spec`; it stands in `out/dev`.
fn build(spec: &str) -> Sandbox {
    let project = Sandbox::new();
    let packages = "  packages: [{pack: vcluster, wave: 10}, {pack: vcluster-ingress, wave: 15}]\n";
    let header = "apiVersion: idpack.dev/v1alpha1\nkind: Environment\nmetadata: {name: dev}\nspec:\n";
    project.write("environments/dev.yaml", &format!("{header}{packages}{spec}"));
    run(project.idpack().args(["-C", ".", "build"]));
    project
}

#[test]
fn an_application_of_applications_installs_whole() {
    let expected = Expected {
        applications: &["dev"],
        children: &["vcluster-dev-helm", "vcluster-dev-ingress"],
        repositories: &["idpbuilder-localdev-dev-dev"],
    };
    assert_compatible(&build("  delivery: app-of-apps\n").path("out/dev"), &LOCAL, &expected);
}

#[test]
fn the_urls_of_children_follow_the_cluster() {
    let cluster = Cluster { name: "c2", host: "idp.example", port: 9443, protocol: "https", path_routing: true };
    let expected = Expected {
        applications: &["dev"],
        children: &["vcluster-dev-helm", "vcluster-dev-ingress"],
        repositories: &["idpbuilder-c2-dev-dev"],
    };
    let project = build("  cluster: {name: c2, host: idp.example, port: 9443, protocol: https, pathRouting: true}\n");
    assert_compatible(&project.path("out/dev"), &cluster, &expected);
}

#[test]
fn applications_side_by_side_install_whole() {
    let expected = Expected {
        applications: &["vcluster-dev-helm", "vcluster-dev-ingress"],
        children: &[],
        repositories: &["idpbuilder-localdev-vcluster-dev-ingress-manifests"],
    };
    assert_compatible(&build("  delivery: applications\n").path("out/dev"), &LOCAL, &expected);
}

#[test]
fn a_single_application_installs_whole() {
    let expected = Expected {
        applications: &["dev"],
        children: &[],
        repositories: &["idpbuilder-localdev-dev-vcluster-dev-ingress"],
    };
    assert_compatible(&build("  delivery: single-application\n").path("out/dev"), &LOCAL, &expected);
}

#[test]
fn the_health_check_orders_waves() {
    let project = build("  delivery: app-of-apps\n");
    let config_map = std::fs::read_to_string(project.path("out/dev/cluster/argocd-cm.yaml")).unwrap();
    if let Some(wrong) = misjudged(&config_map) {
        assert_eq!(wrong, [""; 0]);
    }
}

#[test]
fn a_repository_is_sound_clean_and_on_main() {
    let Some(git) = tool("git", "IDPACK_GIT") else { return };
    let project = build("  delivery: app-of-apps\n");
    let git = |arguments: &[&str]| run(project.command(&git).args(["-C", "out/dev"]).args(arguments));
    assert_eq!(git(&["symbolic-ref", "--short", "HEAD"]), "main\n");
    assert_eq!(git(&["status", "--porcelain"]), "");
    assert_eq!(git(&["rev-list", "--count", "HEAD"]), "1\n");
    git(&["fsck", "--strict"]);
    run(project.idpack().args(["-C", ".", "build"]));
    assert_eq!(git(&["rev-list", "--count", "HEAD"]), "1\n", "a second build changes nothing");
}
