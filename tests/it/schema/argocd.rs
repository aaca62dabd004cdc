use idpack::diagnostic::Effect;
use idpack::idpbuilder;
use idpack::schema::argocd::{self, Version};

use super::fields::{self, Table};
use super::{documents, lines, shared};

const APPLICATION: &str = "\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: dev
  namespace: argocd
spec:
  project: default
  destination: {server: https://kubernetes.default.svc}
";

/// Judges an object, in YAML.
fn judge(version: Version, text: &str) -> Vec<String> {
    lines(&argocd::check(version, &documents("object.yaml", text)[0]).unwrap())
}

fn application(version: Version, more: &str) -> Vec<String> {
    judge(version, &format!("{APPLICATION}{more}"))
}

#[test]
fn an_application_has_the_fields_of_its_version() {
    let sources = "  sources:\n  - {repoURL: a, name: b}\n";
    assert_eq!(application((2, 14), sources), [""; 0]);
    assert_eq!(
        application((2, 10), sources),
        ["10:18 `spec.sources[0].name` exists from Argo CD 2.14 on, not in 2.10"]
    );
    // A version that is not in the table counts as the nearest.
    assert_eq!(application((4, 0), sources), [""; 0]);
    assert_eq!(application((1, 0), sources).len(), 1);
    let hydrator = "  sourceHydrator:\n    drySource: {repoURL: a, path: b, targetRevision: c}\n    \
                    syncSource: {path: ., targetBranch: d}\n";
    assert_eq!(application((2, 14), hydrator), [""; 0]);
    assert_eq!(
        application((3, 2), hydrator),
        ["11:24 `spec.sourceHydrator.syncSource.path` has to match the pattern `^.{2,}|[^./]$`, found `.`"]
    );
    assert_eq!(
        application((3, 0), "  syncPolicy: {automatic: {}}\n  source: {helm: {values: {a: 1}}}\n"),
        [
            "9:16 unknown key `automatic` in `spec.syncPolicy` = did you mean `automated`?",
            "10:3 `spec.source.repoURL` is missing",
            "10:19 `spec.source.helm.values` has to be a string, found a mapping = a mapping of values belongs under \
             `valuesObject`",
        ]
    );
}

#[test]
fn what_only_argo_cd_writes_is_refused() {
    assert_eq!(
        application((3, 0), "status: {health: {status: Healthy}}\noperation: {sync: {}}\n"),
        [
            "9:1 `status` of an Application is written by Argo CD = remove it",
            "10:1 `operation` of an Application is written by Argo CD = remove it",
        ]
    );
}

#[test]
fn an_annotation_without_quotes_breaks_the_application() {
    let text = APPLICATION.replace("argocd\n", "argocd\n  annotations: {argocd.argoproj.io/sync-wave: 10}\n");
    assert_eq!(
        judge((3, 0), &text),
        [
            "6:47 `metadata.annotations[\"argocd.argoproj.io/sync-wave\"]` has to be a string, found an integer = put it in \
          quotes: \"10\"; the API server refuses the object otherwise, and Argo CD everything else in its Application \
          (ComparisonError)"
        ]
    );
}

const APPLICATION_SET: &str = "\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: envs, namespace: argocd}
spec:
  generators:
  - list: {elements: [{env: dev}]}
  template:
    metadata: {name: 'vcluster-{{ .Env }}'}
    spec:
      project: default
      destination: {server: https://kubernetes.default.svc}
";

const APP_PROJECT: &str = "\
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: platform, namespace: argocd}
spec:
  sourceRepos: ['*']
";

/// A table, its kind, and the rest of an object of the kind.
const TABLES: [(&str, &str, &str); 3] = [
    ("argocd-application.fields", "application", APPLICATION),
    ("argocd-applicationset.fields", "applicationset", APPLICATION_SET),
    ("argocd-appproject.fields", "appproject", APP_PROJECT),
];

#[test]
fn the_fields_are_those_of_the_definitions() {
    let Some(directory) = shared("data") else { return };
    for (table, kind, _) in TABLES {
        let file = directory.join(format!("argocd-{kind}.tsv"));
        let mut ours = fields::ours(table);
        // What Argo CD itself writes was not recorded.
        ours.retain(|row| row.path.starts_with("spec"));
        fields::assert_same(&ours, &fields::recorded(&std::fs::read_to_string(file).unwrap()));
    }
}

/// What cnoe-io/argocd-api 3091d64c lacks of the types of Argo CD 3.1.7, found by comparing the tags of their structs; of the
/// generators for pull requests and hosts of repositories only that there are some.
const NOT_IN_IDPBUILDER: [&str; 13] = [
    "source.helm.apiVersions",
    "source.helm.kubeVersion",
    "source.helm.namespace",
    "source.helm.skipSchemaValidation",
    "source.helm.skipTests",
    "source.kustomize.apiVersions",
    "source.kustomize.ignoreMissingComponents",
    "source.kustomize.kubeVersion",
    "source.kustomize.labelIncludeTemplates",
    "source.kustomize.labelWithoutSelector",
    "source.name",
    "sourceHydrator",
    "syncPolicy.automated.enabled",
];

#[test]
fn what_idpbuilder_drops_is_what_is_younger_than_its_types() {
    let [(application, ..), (set, ..), _] = TABLES;
    let added = |table: &str| {
        let (earlier, version) = ((idpbuilder::ARGOCD_TYPES.0, idpbuilder::ARGOCD_TYPES.1, 0), (3, 1, 0));
        let rows = fields::ours(table).into_iter().filter(move |row| row.is_in(version) && !row.is_in(earlier));
        rows.filter_map(|row| Some(row.path.strip_prefix("spec.")?.to_owned())).collect::<Vec<_>>()
    };
    let is_below =
        |path: &String| path.starts_with("sourceHydrator.") || path.starts_with("sources[]") || path.ends_with("[]");
    let found: Vec<_> = added(application).into_iter().filter(|path| !is_below(path)).collect();
    assert_eq!(found, NOT_IN_IDPBUILDER);
    let found = added(set);
    for path in ["clusters.flatList", "git.files[].exclude", "pullRequest.gitea.labels", "scmProvider.gitlab.caRef"] {
        assert!(found.iter().any(|found| *found == format!("generators[].{path}")), "{path}: {found:#?}");
    }
}

#[test]
fn every_field_exists_from_its_version_to_its_last() {
    let mut checked = 0;
    for (name, _, object) in TABLES {
        let table = Table::new(&fields::ours(name));
        let object = documents("object.yaml", object)[0].to_json();
        for (path, forms) in table.paths() {
            let newest = forms.last().unwrap().since.max((2, 10, 0));
            let top = path.split(['.', '[']).next().unwrap();
            let mut object = object.clone();
            object[top] = table.sample(top, path, newest);
            let node = documents("object.json", &object.to_string()).remove(0);
            for (major, minor) in argocd::VERSIONS {
                let mut findings = argocd::check((major, minor), &node).unwrap();
                findings.retain(|finding| finding.rule.effect == Effect::ApiReject);
                if table.has(path, (major, minor, 0)) {
                    assert!(findings.is_empty(), "{path} in {major}.{minor}: {:?}", lines(&findings));
                } else {
                    let ending = format!(", not in {major}.{minor}");
                    let is_named = |message: &str| message.contains(" Argo CD ") && message.ends_with(&ending);
                    let found = findings.iter().any(|finding| is_named(&finding.message));
                    assert!(found, "{path} in {major}.{minor}: {:?}", lines(&findings));
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 9000, "{checked}");
}

/// Replaces one part of a valid object and judges what results.
fn changed(version: Version, object: &str, part: &str, replacement: &str) -> Vec<String> {
    assert_eq!(object.matches(part).count(), 1, "{part}");
    judge(version, &object.replace(part, replacement))
}

#[test]
fn an_application_set_is_judged_by_its_version() {
    for object in [APPLICATION, APPLICATION_SET, APP_PROJECT] {
        for version in argocd::VERSIONS {
            assert_eq!(judge(version, object), [""; 0]);
        }
    }
    let generator = "list: {elements: [{env: dev}]}";
    for (version, part, replacement, expected) in [
        ((3, 5), generator, "lst: {}", "6:5 unknown key `lst` in `spec.generators[0]` = did you mean `list`?"),
        ((3, 5), generator, "git: {repoURL: a}", "6:5 `spec.generators[0].git.revision` is missing"),
        (
            (2, 13),
            generator,
            "clusters: {flatList: true}",
            "6:16 `spec.generators[0].clusters.flatList` exists from Argo CD 2.14 on, not in 2.13",
        ),
        // Generators in generators, and what is deeper in a template.
        (
            (3, 0),
            generator,
            "matrix: {generators: [{git: {repoURL: a, revision: b, files: [{path: c, exclude: true}]}}]}",
            "6:77 `spec.generators[0].matrix.generators[0].git.files[0].exclude` exists from Argo CD 3.1 on, not in 3.0",
        ),
        (
            (3, 5),
            "metadata: {name: 'vcluster-{{ .Env }}'}",
            "metadata: {name: a, ownerReferences: []}",
            "8:25 unknown key `ownerReferences` in `spec.template.metadata` = allowed keys: `annotations`, `finalizers`, \
             `labels`, `name`, `namespace`",
        ),
        (
            (3, 5),
            "spec:\n  generators",
            "spec:\n  syncPolicy: {applicationsSync: create}\n  generators",
            "5:34 `spec.syncPolicy.applicationsSync` has to be `create-only`, `create-update`, `create-delete` or `sync`, \
             found `create`",
        ),
        (
            (3, 5),
            "name: envs",
            "name: '{{ env }}'",
            "3:18 `metadata.name` cannot be `{{ env }}`: `{` is not allowed, only lower-case letters, digits, `-` and `.`",
        ),
    ] {
        assert_eq!(changed(version, APPLICATION_SET, part, replacement), [expected]);
    }
    for (part, replacement) in [
        ("{env: dev}", "{env: dev, more: [1, {a: }]}, 1, null, text"),
        ("name: 'vcluster-{{ .Env }}'", "name: 'Not A Name', labels: {'a b': '{{ .Env }} !'}"),
        ("server: https://kubernetes.default.svc", "server: '{{ .server }}', namespace: '{{ .Env }}'"),
        (generator, "plugin: {configMapRef: {name: a}, input: {parameters: {a: [1], b: , c: {d: e}}}}"),
        ("spec:\n  generators", "status: text\nspec:\n  generators"),
        ("spec:\n  generators", "status: {conditions: 1}\nspec:\n  generators"),
        (
            "spec:\n  generators",
            "spec:\n  strategy: {rollingSync: {steps: [{maxUpdate: 1}, {maxUpdate: 10%}]}}\n  generators",
        ),
    ] {
        assert_eq!(changed((3, 5), APPLICATION_SET, part, replacement), [""; 0]);
    }
    assert_eq!(
        changed((3, 5), APPLICATION_SET, "spec:\n  generators", "status: {sync: {}}\nspec:\n  generators"),
        [
            "4:10 unknown key `sync` in `status` = allowed keys: `applicationStatus`, `conditions`, `health`, `resources`, \
             `resourcesCount`"
        ]
    );
}

/// Observed at kube-apiserver 1.36.2: null is as good as nothing, so it cannot be required, nor an item of a list.
#[test]
fn null_stands_for_nothing() {
    for absent in ["source: ", "info: ", "syncPolicy: {automated: , managedNamespaceMetadata: {labels: {a: }}}"] {
        assert_eq!(application((3, 5), &format!("  {absent}\n")), [""; 0], "{absent}");
    }
    assert_eq!(
        changed((3, 5), APPLICATION, "project: default", "project: null"),
        ["7:12 `spec.project` has to be a string, found null = put it in quotes: \"null\""]
    );
    assert_eq!(application((3, 5), "  sources: [null]\n"), ["9:13 `spec.sources[0]` has to be a mapping, found null"]);
}

#[test]
fn an_application_in_a_template_has_the_fields_of_its_version() {
    let automated = "project: default\n      syncPolicy: {automated: {enabled: true}}";
    assert_eq!(changed((3, 1), APPLICATION_SET, "project: default", automated), [""; 0]);
    assert_eq!(
        changed((3, 0), APPLICATION_SET, "project: default", automated),
        ["11:32 `spec.template.spec.syncPolicy.automated.enabled` exists from Argo CD 3.1 on, not in 3.0"]
    );
}

#[test]
fn an_app_project_is_judged_by_its_version() {
    let field = "sourceRepos: ['*']";
    for (version, replacement, expected) in [
        ((3, 5), "sourceRepo: ['*']", "5:3 unknown key `sourceRepo` in `spec` = did you mean `sourceRepos`?"),
        (
            (3, 5),
            "sourceRepos: '*'",
            "5:16 `spec.sourceRepos` has to be a list, found a string = write it as an item of a list: `- *`",
        ),
        (
            (3, 5),
            "clusterResourceWhitelist: [{kind: Namespace}]",
            "5:31 `spec.clusterResourceWhitelist[0].group` is missing",
        ),
        (
            (3, 2),
            "clusterResourceWhitelist: [{group: '', kind: Namespace, name: a}]",
            "5:59 `spec.clusterResourceWhitelist[0].name` exists from Argo CD 3.3 on, not in 3.2",
        ),
        (
            (2, 12),
            "destinationServiceAccounts: []",
            "5:3 `spec.destinationServiceAccounts` exists from Argo CD 2.13 on, not in 2.12",
        ),
        (
            (3, 5),
            "namespaceResourceBlacklist: [null]",
            "5:32 `spec.namespaceResourceBlacklist[0]` has to be a mapping, found null",
        ),
    ] {
        assert_eq!(changed(version, APP_PROJECT, field, replacement), [expected]);
    }
    let description = |length| format!("description: {}", "a".repeat(length));
    assert_eq!(changed((3, 1), APP_PROJECT, field, &description(255)), [""; 0]);
    assert_eq!(changed((3, 0), APP_PROJECT, field, &description(256)), [""; 0]);
    assert_eq!(
        changed((3, 1), APP_PROJECT, field, &description(256)),
        ["5:16 `spec.description` may have at most 255 characters, it has 256 characters"]
    );
    assert_eq!(changed((3, 5), APP_PROJECT, field, "sourceRepos:\n  destinations: "), [""; 0]);
    let status = |items: &str| format!("sourceRepos: []\nstatus: {{jwtTokensByRole: {{ci: {{items: [{items}]}}}}}}");
    assert_eq!(changed((3, 5), APP_PROJECT, field, &status("{iat: 1}")), [""; 0]);
    assert_eq!(
        changed((3, 5), APP_PROJECT, field, &status("{id: a}")),
        ["6:42 `status.jwtTokensByRole.ci.items[0].iat` is missing"]
    );
}

#[test]
fn what_argo_cd_writes_has_its_form_too() {
    assert_eq!(
        application((3, 5), "status: {sync: {}, reconciledAt: today}\n"),
        [
            "9:1 `status` of an Application is written by Argo CD = remove it",
            "9:10 `status.sync.status` is missing",
            "9:34 `status.reconciledAt` cannot be `today`: it is no date and time as in `2026-01-31T09:00:00Z`",
        ]
    );
    assert_eq!(
        application((3, 5), "operation: {sync: {revision: 1}}\n"),
        [
            "9:1 `operation` of an Application is written by Argo CD = remove it",
            "9:30 `operation.sync.revision` has to be a string, found an integer = put it in quotes: \"1\"",
        ]
    );
}

#[test]
fn what_was_meant_to_be_a_kind_of_argo_cd_is_found() {
    let judge = |api_version: &str, kind: &str| {
        let text = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\n");
        argocd::check((3, 5), &documents("a.yaml", &text)[0])
    };
    for (api_version, kind, rule, expected) in [
        (
            "argoproj.io/v1alpha1",
            "Aplication",
            "application-schema",
            "2:7 `argoproj.io/v1alpha1` has no kind `Aplication` = did you mean `Application`?",
        ),
        (
            "argoproj.io/v1alpha1",
            "applicationset",
            "applicationset-schema",
            "2:7 `argoproj.io/v1alpha1` has no kind `applicationset` = did you mean `ApplicationSet`?",
        ),
        (
            "argoproj.io/v1alpha1",
            "Appproject",
            "appproject-schema",
            "2:7 `argoproj.io/v1alpha1` has no kind `Appproject` = did you mean `AppProject`?",
        ),
        (
            "argoproj.io/v1beta1",
            "Application",
            "application-schema",
            "1:13 `argoproj.io/v1beta1` has no kind `Application` = write `apiVersion: argoproj.io/v1alpha1`",
        ),
        (
            "argoproj.io",
            "AppProject",
            "appproject-schema",
            "1:13 `argoproj.io` has no kind `AppProject` = write `apiVersion: argoproj.io/v1alpha1`",
        ),
    ] {
        let findings = judge(api_version, kind).unwrap();
        assert_eq!((lines(&findings), findings[0].rule.id), (vec![expected.to_owned()], rule));
    }
    // What other programs have in the group, and lists.
    for kind in [
        "AnalysisRun",
        "AnalysisTemplate",
        "ApplicationList",
        "ApplicationSetList",
        "AppProjectList",
        "ArgoCD",
        "ClusterAnalysisTemplate",
        "ClusterWorkflowTemplate",
        "CronWorkflow",
        "EventBus",
        "EventSource",
        "Experiment",
        "ImageUpdater",
        "NotificationsConfiguration",
        "Rollout",
        "Sensor",
        "Workflow",
        "WorkflowTaskSet",
        "WorkflowTemplate",
    ] {
        for version in ["v1alpha1", "v1beta1"] {
            assert!(judge(&format!("argoproj.io/{version}"), kind).is_none(), "{kind}");
        }
    }
    assert!(judge("app.k8s.io/v1beta1", "Application").is_none());
    assert!(judge("argoproj.io.example.com/v1alpha1", "Application").is_none());
}
