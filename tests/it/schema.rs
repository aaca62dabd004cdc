use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use idpack::diagnostic::{Diagnostic, Effect};
use idpack::schema::{self, KUBERNETES_SCHEMA, Schema, kubernetes};
use idpack::source::Source;
use idpack::yaml::{self, Node};
use serde_json::Value;

/// What looks like a fault and is none.
mod accepted;
/// The kinds of Argo CD, by version.
mod argocd;
mod custom;
/// The field tables, read without idpack's code.
mod fields;
mod generate;
/// Objects that refer to each other, by the way they are made.
mod stacks;
/// Objects that are valid by the way they are made.
mod valid;
/// The values of the vCluster chart, by version.
mod vcluster;
mod versions;

/// The newest Argo CD: the recorded verdicts are from its definitions.
const ARGOCD: schema::argocd::Version = (3, 5);

#[test]
fn every_kind_compiles() {
    let kinds: Vec<_> = kubernetes::kinds().collect();
    assert_eq!(kinds.len(), generate::KINDS.len());
    for (api_version, kind) in kinds {
        assert!(kubernetes::schema(kubernetes::NEWEST, api_version, kind).is_some(), "{api_version} {kind}");
    }
    for version in schema::argocd::VERSIONS {
        for kind in schema::argocd::kinds() {
            assert!(schema::argocd::schema(version, kind).is_some(), "{kind} {version:?}");
        }
    }
}

/// Reads a text of several documents; nothing but documents may be in it.
fn documents(name: &str, text: &str) -> Vec<Node> {
    let (documents, findings) = yaml::read(&Source::new(name, text));
    assert!(findings.is_empty(), "{findings:?}");
    documents.into_iter().filter(|document| !document.is_null()).collect()
}

/// Judges an object by its kind; `None` when nothing is known of it.
fn check(node: &Node) -> Option<Vec<Diagnostic>> {
    schema::argocd::check(ARGOCD, node).or_else(|| kubernetes::check(kubernetes::NEWEST, node))
}

/// Writes findings as `line:column message`, and the help behind `=`.
fn lines(findings: &[Diagnostic]) -> Vec<String> {
    let line = |finding: &Diagnostic| {
        let position = finding.span.position();
        let help = finding.help.as_ref().map_or(String::new(), |help| format!(" = {help}"));
        format!("{}:{} {}{help}", position.line, position.column, finding.message)
    };
    findings.iter().map(line).collect()
}

/// Returns a directory of recorded facts beside the checkout.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    let found = directory.exists().then_some(directory);
    if found.is_none() {
        println!("not run: ../shared/{path} is absent");
    }
    found
}

/// Returns the YAML files of a directory, sorted.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
    files.sort();
    files
}

#[test]
fn what_the_api_server_accepted_is_clean() {
    for directory in ["corpus/recorded/bases", "data/vcluster-rendered"] {
        let Some(directory) = shared(directory) else { continue };
        for file in files(&directory) {
            let name = file.file_name().unwrap().to_str().unwrap();
            for document in documents(name, &std::fs::read_to_string(&file).unwrap()) {
                let findings = check(&document).unwrap_or_default();
                assert!(findings.is_empty(), "{name}: {:?}", lines(&findings));
            }
        }
    }
}

#[test]
fn what_the_api_server_refused_is_found() {
    let Some(directory) = shared("corpus/kube-apiserver") else { return };
    let verdicts = std::fs::read_to_string(directory.join("verdicts.tsv")).unwrap();
    for row in verdicts.lines().skip(1) {
        let mut columns = row.split('\t');
        let (file, verdict) = (columns.next().unwrap(), columns.next().unwrap());
        let (nodes, unreadable) =
            yaml::read(&Source::new(file, std::fs::read_to_string(directory.join(file)).unwrap()));
        let mut findings = unreadable;
        findings.extend(nodes.iter().filter_map(check).flatten());
        println!("{file} {verdict} {:?}", lines(&findings));
        assert_eq!(!findings.is_empty(), verdict == "reject", "{file}");
    }
}

/// Applies one recorded change.
pub(crate) fn mutate(document: &mut Value, mutation: &Value) {
    let (parent, last) = mutation["path"].as_str().unwrap().rsplit_once('/').unwrap();
    let last = last.replace("~1", "/").replace("~0", "~");
    let value = mutation["value"].clone();
    match (mutation["op"].as_str().unwrap(), document.pointer_mut(parent).unwrap()) {
        ("remove", Value::Object(members)) => drop(members.remove(&last)),
        ("remove", Value::Array(items)) => drop(items.remove(last.parse().unwrap())),
        ("add", Value::Array(items)) if last == "-" => items.push(value),
        ("add", Value::Array(items)) => items.insert(last.parse().unwrap(), value),
        (_, Value::Array(items)) => items[last.parse::<usize>().unwrap()] = value,
        (_, members) => members[last] = value,
    }
}

#[test]
fn recorded_mutations_are_judged_as_the_api_server_did() {
    let Some(directory) = shared("corpus/recorded") else { return };
    let mut shares: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in std::fs::read_to_string(directory.join("mutations.jsonl")).unwrap().lines() {
        let mutation: Value = serde_json::from_str(line).unwrap();
        let base = mutation["base"].as_str().unwrap();
        let file = directory.join(format!("bases/{base}.yaml"));
        let mut document = documents(base, &std::fs::read_to_string(file).unwrap())[0].to_json();
        mutate(&mut document, &mutation);
        let node = documents("mutation.json", &document.to_string()).remove(0);
        let findings =
            check(&node).unwrap_or_else(|| vec![Diagnostic::new(&KUBERNETES_SCHEMA, &node.span, "unknown kind")]);
        let is_refused = findings.iter().any(|finding| finding.rule.effect == Effect::ApiReject);
        let stage = mutation["stage"].as_str().unwrap_or("accept").to_owned();
        let is_right = is_refused == (mutation["verdict"] == "reject");
        let kind = base.split('-').next().unwrap().to_owned();
        let share = shares.entry((stage.clone(), kind)).or_default();
        share.0 += usize::from(is_right);
        share.1 += 1;
        if !is_right {
            println!(
                "{stage} {base} {} {} {} {:?}",
                mutation["path"],
                mutation["value"],
                mutation["reason"],
                lines(&findings)
            );
        }
        if !is_right && stage != "validation" && stage != "admission" {
            wrong.push(format!("{stage} {base} {} {} {:?}", mutation["path"], mutation["value"], lines(&findings)));
        }
    }
    for ((stage, kind), (right, all)) in shares {
        println!("{stage} {kind}: {right} of {all}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Judges a document by a schema, both as YAML.
fn judge(schema: &str, document: &str) -> Vec<String> {
    let schema = Schema::compile(&documents("schema.yaml", schema)[0].to_json()).unwrap();
    lines(&schema.check(&KUBERNETES_SCHEMA, &documents("document.yaml", document)[0]))
}

/// A schema, a document and the findings, the texts in YAML.
type Case<'a> = (&'a str, &'a str, &'a [&'a str]);

fn assert_findings(cases: &[Case<'_>]) {
    for (schema, document, expected) in cases {
        assert_eq!(judge(schema, document), *expected, "{schema}\n{document}");
    }
}

#[test]
fn keys_are_reported_at_the_key() {
    assert_findings(&[
        (
            "{additionalProperties: false, properties: {extraSANs: {}, values: {}}}",
            "extraSans: []\nvalue: 1\nvalues: 1\nother: 1\n",
            &[
                "1:1 unknown key `extraSans` = did you mean `extraSANs`?",
                "2:1 unknown key `value` = remove it: `values` is there already",
                "4:1 unknown key `other` = allowed keys: `extraSANs`, `values`",
            ],
        ),
        (
            "{properties: {spec: {properties: {vcluster: {additionalProperties: false, properties: {}}}}}}",
            "spec:\n  vcluster:\n    \"a.b\": 1\n",
            &["3:5 unknown key `a.b` in `spec.vcluster`"],
        ),
        (
            "{properties: {metadata: {required: [name]}}, required: [spec]}",
            "kind: X\nmetadata:\n  labels: {}\n",
            &["1:1 `spec` is missing", "2:1 `metadata.name` is missing"],
        ),
        (
            "{items: {required: [name]}}",
            "- port: 1\n- {}\n",
            &["1:3 `[0].name` is missing", "2:3 `[1].name` is missing"],
        ),
        ("{dependentRequired: {a: [b]}}", "a: 1\n", &["1:1 `b` is missing: `a` needs it"]),
        (
            "{propertyNames: {format: qualified-name}}",
            "a/b/c: 1\n",
            &[
                "1:1 `a/b/c` cannot be a key of the document: `/` is not allowed, only letters, digits, `-`, `_` and `.`",
            ],
        ),
        (
            "{propertyNames: {maxLength: 2}}",
            "abc: 1\n",
            &["1:1 `abc` cannot be a key of the document: it may have at most 2 characters, it has 3 characters"],
        ),
    ]);
}

#[test]
fn types_come_with_what_was_probably_meant() {
    assert_findings(&[
        ("type: object", "- 1", &["1:1 the document has to be a mapping, found a list"]),
        (
            "{properties: {spec: {properties: {cluster: {properties: {port: {type: integer}}}}}}}",
            "spec:\n  cluster:\n    port: \"8443\"\n",
            &["3:11 `spec.cluster.port` has to be an integer, found a string = remove the quotes: 8443"],
        ),
        (
            "{properties: {a: {type: boolean}, b: {type: number}, c: {type: [array, \"null\"]}, d: {type: object}}}",
            "a: 'true'\nb: '1.5'\nc: x=y\nd:\n- 1\n",
            &[
                "1:4 `a` has to be a boolean, found a string = remove the quotes: true",
                "2:4 `b` has to be a number, found a string = remove the quotes: 1.5",
                "3:4 `c` has to be a list, found a string = write it as an item of a list: `- x=y`",
                "4:1 `d` has to be a mapping, found a list",
            ],
        ),
        (
            "{properties: {metadata: {properties: {annotations: {additionalProperties: {type: string}}}}}}",
            "metadata:\n  annotations:\n    a.b/c: no\n    d: 010\n    e: 10\n    f: true\n    g:\n    h: 1_000\n    i: {}\n    j: 0.30\n",
            &[
                "3:12 `metadata.annotations[\"a.b/c\"]` has to be a string, found a boolean = `no` is read as false by \
                 Kubernetes; write \"no\"",
                "4:8 `metadata.annotations.d` has to be a string, found an integer = `010` is read as 8 by Kubernetes; \
                 write \"010\"",
                "5:8 `metadata.annotations.e` has to be a string, found an integer = put it in quotes: \"10\"",
                "6:8 `metadata.annotations.f` has to be a string, found a boolean = put it in quotes: \"true\"",
                "7:5 `metadata.annotations.g` has to be a string, found null = write \"\" for an empty text",
                "8:8 `metadata.annotations.h` has to be a string, found an integer = `1_000` is read as 1000 by \
                 Kubernetes; write \"1_000\"",
                "9:5 `metadata.annotations.i` has to be a string, found a mapping",
                "10:8 `metadata.annotations.j` has to be a string, found a number = `0.30` is read as 0.3 by Kubernetes; \
                 write \"0.30\"",
            ],
        ),
    ]);
}

#[test]
fn values_are_reported_with_what_is_allowed() {
    assert_findings(&[
        (
            "{enum: [ClusterIP, NodePort, \"\", null]}",
            "clusterip",
            &["1:1 the document has to be `ClusterIP` or `NodePort`, found `clusterip` = did you mean `ClusterIP`?"],
        ),
        ("{properties: {a: {const: v1}}}", "a: v2", &["1:4 `a` has to be `v1`, found `v2`"]),
        (
            "{items: {minimum: 1, maximum: 65535}}",
            "[0, 70000]",
            &["1:2 `[0]` has to be at least 1, found `0`", "1:5 `[1]` has to be at most 65535, found `70000`"],
        ),
        (
            "{items: {exclusiveMinimum: 1, exclusiveMaximum: 3, multipleOf: 2}}",
            "[1, 5]",
            &["1:2 `[0]` has to be more than 1, found `1`", "1:5 `[1]` has to be less than 3, found `5`"],
        ),
        (
            "{properties: {a: {minLength: 1}, b: {minLength: 3}, c: {maxLength: 1}, d: {pattern: '^a'}}}",
            "a: ''\nb: é\nc: ab\nd: b\n",
            &[
                "1:4 `a` is empty",
                "2:4 `b` needs at least 3 characters, it has 1 character",
                "3:4 `c` may have at most 1 character, it has 2 characters",
                "4:4 `d` has to match the pattern `^a`, found `b`",
            ],
        ),
        (
            "{properties: {a: {minItems: 1}, b: {maxItems: 1}, c: {minProperties: 1}, d: {uniqueItems: true}, e: false}}",
            "a: []\nb: [1, 2]\nc: {}\nd: [x, y, x]\ne: 1\n",
            &[
                "1:1 `a` needs at least 1 item, it has 0 items",
                "2:1 `b` may have at most 1 item, it has 2 items",
                "3:1 `c` needs at least 1 key, it has 0 keys",
                "4:11 `d[2]` repeats `x`",
                "5:4 `e` is not allowed here",
            ],
        ),
        (
            "{x-kubernetes-list-map-keys: [name]}",
            "- name: a\n- {}\n- {}\n- {name: a}\n",
            &["4:10 `[3].name` repeats `a` of `[0]`"],
        ),
        (
            "{properties: {host: {format: host}, port: {format: dns-label}}}",
            "host: https://a.b:8443\nport: ''\n",
            &["1:7 `host` cannot be `https://a.b:8443`: it is a URL; a host has no scheme", "2:7 `port` is empty"],
        ),
        // The value of a secret is not repeated.
        (
            "{properties: {password: {format: byte}}}",
            "password: hunter2!\n",
            &["1:11 `password` is not base64: it has a character that base64 does not have"],
        ),
    ]);
}

#[test]
fn one_mistake_is_one_finding() {
    assert_findings(&[
        // A misspelt key is not missing too.
        (
            "{additionalProperties: false, properties: {containers: {}}, required: [containers]}",
            "containrs: []\n",
            &["1:1 unknown key `containrs` = did you mean `containers`?"],
        ),
        // The weightiest of several causes.
        (
            "{properties: {a: {type: string, enum: [x], minLength: 3, format: host}}}",
            "a: 1",
            &["1:4 `a` has to be a string, found an integer = put it in quotes: \"1\""],
        ),
        (
            "{allOf: [{properties: {a: {type: string}}}, {properties: {a: {type: string}}}]}",
            "a: [1]",
            &["1:1 `a` has to be a string, found a list"],
        ),
        // A rule about the whole is silent while a part is wrong.
        (
            "{anyOf: [{required: [a], properties: {a: {type: object}}}, {required: [b]}], errorMessage: needs `a` or `b`, \
             properties: {a: {type: object}}}",
            "a: 1",
            &["1:4 `a` has to be a mapping, found an integer"],
        ),
    ]);
}

#[test]
fn of_alternatives_the_one_that_was_meant_is_followed() {
    assert_findings(&[
        (
            "{properties: {a: {anyOf: [{type: string}, {type: integer}, {type: 'null'}]}}}",
            "a: {}",
            &["1:1 `a` has to be an integer or a string, found a mapping"],
        ),
        (
            "{items: {oneOf: [{type: string}, {type: object, required: [url], properties: {url: {type: string}}}]}}",
            "- {url: 1}\n- {}\n",
            &[
                "1:9 `[0].url` has to be a string, found an integer = put it in quotes: \"1\"",
                "2:3 `[1].url` is missing",
            ],
        ),
        (
            "{oneOf: [{properties: {kind: {const: helm}, chart: {type: string}}, required: [kind, chart]}, \
             {properties: {kind: {const: manifests}}, required: [kind], additionalProperties: false}]}",
            "kind: helm\nchart: 1\nother: 2\nmore: 3\n",
            &["2:8 `chart` has to be a string, found an integer = put it in quotes: \"1\""],
        ),
        (
            "{anyOf: [{const: red}, {enum: [blue, green]}]}",
            "x",
            &["1:1 the document has to be `red`, `blue` or `green`, found `x`"],
        ),
        ("{oneOf: [{required: [a]}, {required: [b]}]}", "c: 1", &["1:1 the document needs `a` or `b`"]),
        (
            "{oneOf: [{required: [a]}, {required: [b]}]}",
            "{a: 1, b: 1}",
            &["1:2 the document may have only one of `a`, `b`"],
        ),
        ("{not: {required: [a, b]}}", "{a: 1, b: 1}", &["1:2 the document may not have `a` and `b` together"]),
        ("{if: {required: [a]}, then: {required: [b]}}", "a: 1", &["1:1 `b` is missing"]),
    ]);
}

#[test]
fn schemas_can_speak_for_themselves() {
    assert_findings(&[
        (
            "{properties: {p: {pattern: ^/, errorMessage: has to begin with `/`, errorHelp: write `/` for everything}}}",
            "p: api",
            &["1:4 `p` has to begin with `/` = write `/` for everything"],
        ),
        (
            "{additionalProperties: false, properties: {}, unavailable: {name: exists from 2.14 on}}",
            "name: a",
            &["1:1 `name` exists from 2.14 on"],
        ),
    ]);
}

#[test]
fn what_is_no_schema_is_refused_with_the_reason() {
    let cases = [
        ("[]", "the schema has to be a boolean or a mapping"),
        ("{properties: []}", "`properties` of the schema has to be a mapping"),
        ("{type: foo}", "`type` of the schema cannot be `foo`"),
        ("{minimum: '1'}", "`minimum` of the schema has to be a number"),
        (
            "{properties: {a: {pattern: '(?=a)'}}}",
            "`properties.a.pattern` of the schema cannot be `(?=a)`: it is no regular expression",
        ),
        (
            "{properties: {a: {format: dns-lable}}}",
            "`properties.a.format` of the schema cannot be `dns-lable`; did you mean `dns-label`?",
        ),
        ("{format: zzz}", "`format` of the schema cannot be `zzz`: idpack does not know this format"),
        ("{$ref: '#/$defs/x'}", "a `$ref` of the schema leads nowhere: Pointer '/$defs/x' does not exist"),
    ];
    for (schema, reason) in cases {
        assert_eq!(Schema::compile(&documents("schema.yaml", schema)[0].to_json()).unwrap_err(), reason, "{schema}");
    }
    // Nothing is fetched.
    assert!(Schema::compile(&serde_json::json!({"$ref": "https://example.com/schema.json"})).is_err());
}

const INGRESS: &str = "\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a, namespace: b}
spec:
  rules:
  - host: a.example.com
    http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service:
            name: a
            port: {number: 443}
";

const SERVICE: &str = "\
apiVersion: v1
kind: Service
metadata: {name: a}
spec:
  type: ClusterIP
  ports:
  - {port: 443, targetPort: 8443, name: https}
";

/// Replaces one part of a valid object and judges what results.
fn changed(object: &str, part: &str, replacement: &str) -> Vec<String> {
    assert_eq!(object.matches(part).count(), 1, "{part}");
    lines(
        &kubernetes::check(kubernetes::NEWEST, &documents("object.yaml", &object.replace(part, replacement))[0])
            .unwrap(),
    )
}

/// Rules of the API server that its published schemas do not have; observed at kube-apiserver 1.36.2. Each replaces one
/// part of a valid object and says what is found then.
fn assert_refused(object: &str, cases: &[(&str, &str, &str)]) {
    for (part, replacement, expected) in cases {
        assert_eq!(changed(object, part, replacement), [*expected]);
    }
}

fn assert_accepted(object: &str, cases: &[(&str, &str)]) {
    for (part, replacement) in cases {
        assert_eq!(changed(object, part, replacement), [""; 0]);
    }
}

#[test]
fn metadata_is_judged_as_the_api_server_does() {
    assert_refused(
        INGRESS,
        &[
            (
                "name: a, name",
                "name: Dev_A, name",
                "3:18 `metadata.name` cannot be `Dev_A`: the upper-case letter `D` is not allowed, only lower-case letters, digits, `-` and `.`",
            ),
            ("name: a, name", "name: '', name", "3:18 `metadata.name` is empty"),
            ("name: a, name", "name", "3:1 `metadata.name` is missing"),
            (
                "namespace: b",
                "labels: {app: a b}",
                "3:35 `metadata.labels.app` cannot be `a b`: a blank is not allowed, only letters, digits, `-`, `_` and `.`",
            ),
            (
                "namespace: b",
                "annotations: {a b: c}",
                "3:35 `a b` cannot be a key of `metadata.annotations`: a blank is not allowed, only letters, digits, `-`, `_` and `.`",
            ),
            (
                "namespace: b",
                "finalizers: [a]",
                "3:34 `metadata.finalizers[0]` cannot be `a`: a finalizer of your own has a domain, as in `example.com/name`",
            ),
            ("namespace: b", "nmaespace: b", "3:21 unknown key `nmaespace` in `metadata` = did you mean `namespace`?"),
        ],
    );
}

#[test]
fn an_ingress_is_judged_as_the_api_server_does() {
    assert_refused(
        INGRESS,
        &[
            (
                "a.example.com",
                "a.example.com:8443",
                "6:11 `spec.rules[0].host` cannot be `a.example.com:8443`: a host has no port",
            ),
            (
                "path: /",
                "path: api",
                "9:15 `spec.rules[0].http.paths[0].path` cannot be `api`: it has to begin with `/`",
            ),
            ("path: /\n        ", "", "9:9 `spec.rules[0].http.paths[0].path` is missing"),
            (
                "Prefix",
                "prefix",
                "10:19 `spec.rules[0].http.paths[0].pathType` has to be `Exact`, `ImplementationSpecific` or `Prefix`, found `prefix` = did you mean `Prefix`?",
            ),
            (
                "{number: 443}",
                "{number: 443, name: https}",
                "14:13 `spec.rules[0].http.paths[0].backend.service.port` needs one of `name` and `number`, and only one",
            ),
            (
                "{number: 443}",
                "{number: 70000}",
                "14:28 `spec.rules[0].http.paths[0].backend.service.port.number` has to be at most 65535, found `70000`",
            ),
            (
                "{number: 443}",
                "{name: '443'}",
                "14:26 `spec.rules[0].http.paths[0].backend.service.port.name` cannot be `443`: the name of a port has a letter; write the number without quotes",
            ),
            (
                "\n          service:\n            name: a\n            port: {number: 443}",
                " {}",
                "11:9 `spec.rules[0].http.paths[0].backend` needs one of `service` and `resource`, and only one",
            ),
        ],
    );
    assert_accepted(
        INGRESS,
        &[
            ("a.example.com", "\"*.example.com\""),
            ("{number: 443}", "{number: 0, name: https}"),
            ("path: /\n        pathType: Prefix", "pathType: ImplementationSpecific"),
            ("namespace: b", "labels: {app: }, annotations: {A.b/c: }"),
        ],
    );
}

#[test]
fn a_service_is_judged_as_the_api_server_does() {
    assert_refused(
        SERVICE,
        &[
            ("port: 443", "port: 0", "7:12 `spec.ports[0].port` has to be at least 1, found `0`"),
            (
                "targetPort: 8443",
                "targetPort: '8443'",
                "7:29 `spec.ports[0].targetPort` cannot be `8443`: the name of a port has a letter; write the number without quotes",
            ),
            ("name: https}", "name: https}\n  - {port: 80}", "8:6 `spec.ports[1].name` is missing"),
            (
                "name: https}",
                "name: https}\n  - {port: 80, name: https}",
                "8:22 `spec.ports[1].name` repeats `https` of `spec.ports[0]`",
            ),
            (
                "name: https}",
                "name: https}\n  - {port: 443, name: b}",
                "8:12 `spec.ports[1].port` repeats `443` of `spec.ports[0]`",
            ),
            (
                "name: https",
                "protocol: HTTP",
                "7:45 `spec.ports[0].protocol` has to be `TCP`, `UDP` or `SCTP`, found `HTTP`",
            ),
            ("ClusterIP", "ExternalName", "4:1 `spec.externalName` is missing"),
            (
                "ClusterIP",
                "clusterIP",
                "5:9 `spec.type` has to be `ClusterIP`, `ExternalName`, `LoadBalancer` or `NodePort`, found `clusterIP` = did you mean `ClusterIP`?",
            ),
            (
                "type: ClusterIP",
                "loadBalancerSourceRanges: [10.0.0.0/8]",
                "5:3 `spec.loadBalancerSourceRanges` needs `type` to be `LoadBalancer`",
            ),
            (
                "type: ClusterIP",
                "selector: {app: a b}",
                "5:19 `spec.selector.app` cannot be `a b`: a blank is not allowed, only letters, digits, `-`, `_` and `.`",
            ),
            ("\n  ports:\n  - {port: 443, targetPort: 8443, name: https}", "", "4:1 `spec.ports` is missing"),
        ],
    );
    assert_accepted(
        SERVICE,
        &[
            ("targetPort: 8443", "targetPort: ''"),
            ("name: https}", "name: https}\n  - {port: 443, name: b, protocol: UDP}"),
            ("\n  ports:\n  - {port: 443, targetPort: 8443, name: https}", "\n  clusterIP: None"),
            ("name: a}", "generateName: a-}"),
        ],
    );
}

#[test]
fn kinds_that_kubernetes_does_not_have_are_named() {
    let judge = |api_version: &str, kind: &str| {
        let text = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\n");
        kubernetes::check(kubernetes::NEWEST, &documents("a.yaml", &text)[0]).map(|findings| lines(&findings))
    };
    assert_eq!(judge("v1", "ServiceAccount"), Some(Vec::new()));
    assert_eq!(
        judge("v1", "Deployment").unwrap(),
        ["1:13 `v1` has no kind `Deployment` in Kubernetes 1.37 = write `apiVersion: apps/v1`"]
    );
    assert_eq!(
        judge("apps/v1", "Deploymnet").unwrap(),
        ["2:7 `apps/v1` has no kind `Deploymnet` in Kubernetes 1.37 = did you mean `Deployment`?"]
    );
    for (api_version, kind) in [("v1", "List"), ("gateway.networking.k8s.io/v1", "TLSRoute"), ("a.b/v1", "C")] {
        assert_eq!(judge(api_version, kind), None, "{api_version} {kind}");
    }
}
