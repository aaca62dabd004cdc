//! Custom resources, judged by their definitions as an API server does, and by schema files.

use std::collections::BTreeMap;

use idpack::schema::custom::Catalogue;
use idpack::source::Source;
use serde_json::{Map, Value, json};

use super::{documents, lines, mutate, shared};

const WIDGETS: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          apiVersion: {type: string}
          kind: {type: string}
          metadata:
            type: object
            properties:
              name: {type: string, maxLength: 8}
          spec:
            type: object
            required: [size, mode]
            properties:
              size: {type: integer, format: int32, minimum: 1}
              mode: {type: string, enum: [slow, fast], default: slow}
              ratio: {type: number, minimum: 0, exclusiveMinimum: true}
              port:
                x-kubernetes-int-or-string: true
                anyOf: [{type: integer}, {type: string}]
              note: {type: string, nullable: true}
              free:
                type: object
                x-kubernetes-preserve-unknown-fields: true
                properties:
                  known: {type: string}
              anything: {x-kubernetes-preserve-unknown-fields: true}
              parts:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items:
                  type: object
                  required: [name]
                  properties:
                    name: {type: string}
                    value: {type: string}
              tags:
                type: array
                x-kubernetes-list-type: set
                items: {type: string}
              template:
                type: object
                x-kubernetes-embedded-resource: true
                x-kubernetes-preserve-unknown-fields: true
              labels:
                type: object
                additionalProperties: {type: string}
              url: {type: string, format: uri}
              secret: {type: string, format: unheard-of}
              host: {type: string, pattern: '^[a-z]+$'}
              from:
                type: object
                oneOf:
                - required: [file]
                - required: [text]
                properties:
                  file: {type: string}
                  text: {type: string}
              empty: {type: object}
            x-kubernetes-validations:
            - {rule: 'self.size < 10'}
          status:
            type: object
            properties:
              ready: {type: boolean}
";

const GADGETS: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Cluster
  names: {kind: Gadget, plural: gadgets}
  versions:
  - {name: v1alpha1, served: false, storage: false, schema: {openAPIV3Schema: {type: object}}}
  - name: v1beta1
    served: true
    storage: false
    schema: {openAPIV3Schema: {type: object, properties: {old: {type: string}}}}
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {new: {type: string}}}}
";

fn catalogue(definitions: &[&str]) -> Catalogue {
    let mut catalogue = Catalogue::default();
    for text in definitions {
        assert_eq!(lines(&catalogue.add_crd(&documents("crd.yaml", text)[0])), [""; 0]);
    }
    catalogue
}

fn check(catalogue: &Catalogue, text: &str) -> Option<Vec<String>> {
    let object = &documents("object.yaml", text)[0];
    let findings = catalogue.check(object).or_else(|| Some(vec![catalogue.guess(object)?]));
    findings.map(|findings| lines(&findings))
}

/// Judges a Widget with these lines in its `spec`.
fn widget(spec: &str) -> Vec<String> {
    let head = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec:\n  size: 1\n";
    check(&catalogue(&[WIDGETS]), &format!("{head}{spec}")).unwrap()
}

#[test]
fn what_a_definition_allows_passes() {
    let spec = "
  mode: fast
  ratio: 0.5
  port: http
  note: null
  free: {known: a, other: {deep: [1, null]}}
  anything: [1, {a: null}]
  parts: [{name: a}, {name: b, value: null}]
  tags: [a, b]
  template: {apiVersion: v1, kind: ConfigMap, metadata: {labels: {a: b}}, data: {}}
  labels: {a: b, c: null}
  url: https://example.com/a
  secret: anything
  host: abc
  from: {file: a}
  empty: {}
status: {ready: nobody looks}
";
    assert_eq!(widget(spec), [""; 0]);
    // A default stands in for what is required or null, null for what is absent.
    assert_eq!(widget("  mode: null\n  host: null\n  port: 1\n  from: null\n  url: /a\n"), [""; 0]);
}

#[test]
fn what_a_definition_does_not_allow_is_found() {
    let cases: &[(&str, &[&str])] = &[
        ("  sise: 1\n", &["6:3 unknown key `sise` in `spec` = remove it: `size` is there already"]),
        ("  mode: quick\n", &["6:9 `spec.mode` has to be `slow` or `fast`, found `quick`"]),
        ("  ratio: 0\n", &["6:10 `spec.ratio` has to be more than 0, found `0`"]),
        (
            "  port: 1.5\n",
            &["6:9 `spec.port` has to be an integer or a string, found a number = put it in quotes: \"1.5\""],
        ),
        (
            "  free: {known: 1}\n",
            &["6:17 `spec.free.known` has to be a string, found an integer = put it in quotes: \"1\""],
        ),
        ("  parts: [{name: a}, {name: a}]\n", &["6:29 `spec.parts[1].name` repeats `a` of `spec.parts[0]`"]),
        ("  parts: [null]\n", &["6:11 `spec.parts[0]` has to be a mapping, found null"]),
        ("  tags: [a, a]\n", &["6:13 `spec.tags[1]` repeats `a`"]),
        (
            "  template: {kind: ConfigMap, metadata: {label: {}}}\n",
            &[
                "6:3 `spec.template.apiVersion` is missing",
                "6:42 unknown key `label` in `spec.template.metadata` = did you mean `labels`?",
            ],
        ),
        (
            "  labels: {a: 1}\n",
            &["6:15 `spec.labels.a` has to be a string, found an integer = put it in quotes: \"1\""],
        ),
        (
            "  url: example.com\n",
            &["6:8 `spec.url` cannot be `example.com`: it is no URI: it begins neither with a scheme nor with `/`"],
        ),
        ("  host: A\n", &["6:9 `spec.host` has to match the pattern `^[a-z]+$`, found `A`"]),
        ("  from: {}\n", &["6:3 `spec.from` needs `file` or `text`"]),
        ("  from: {file: a, text: b}\n", &["6:3 `spec.from` may have only one of `file`, `text`"]),
        ("  empty: {a: 1}\n", &["6:11 unknown key `a` in `spec.empty`"]),
        ("more: 1\n", &["6:1 unknown key `more` = allowed keys: `apiVersion`, `kind`, `metadata`, `spec`, `status`"]),
    ];
    for (spec, expected) in cases {
        assert_eq!(widget(spec), *expected, "{spec}");
    }
    let catalogue = catalogue(&[WIDGETS]);
    let head = "apiVersion: example.com/v1\nkind: Widget\n";
    let cases: &[(&str, &[&str])] = &[
        ("metadata: {name: a}\n", &["1:1 `spec` is missing"]),
        ("metadata: {name: a}\nspec: {}\n", &["4:1 `spec.size` is missing"]),
        ("metadata: {name: a}\nspec: {size: null}\n", &["4:14 `spec.size` has to be an integer, found null"]),
        (
            "metadata: {name: a}\nspec: {size: 2147483648}\n",
            &["4:14 `spec.size` has to be at most 2147483647, found `2147483648`"],
        ),
        (
            "metadata: {name: too-long-a-name}\nspec: {size: 1}\n",
            &["3:18 `metadata.name` may have at most 8 characters, it has 15 characters"],
        ),
        ("metadata: {namespace: a}\nspec: {size: 1}\n", &["3:1 `metadata.name` is missing"]),
        (
            "metadata: {name: a, labels: {a: b c}}\nspec: {size: 1}\n",
            &[
                "3:33 `metadata.labels.a` cannot be `b c`: a blank is not allowed, only letters, digits, `-`, `_` and `.`",
            ],
        ),
    ];
    for (rest, expected) in cases {
        assert_eq!(check(&catalogue, &format!("{head}{rest}")).unwrap(), *expected, "{rest}");
    }
}

#[test]
fn a_definition_knows_its_versions_and_its_group_its_kinds() {
    let catalogue = catalogue(&[WIDGETS, GADGETS]);
    let object = |api_version: &str, kind: &str, rest: &str| {
        check(&catalogue, &format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\n{rest}"))
    };
    assert_eq!(object("example.com/v1", "Gadget", "new: a\n").unwrap(), [""; 0]);
    assert_eq!(object("example.com/v1beta1", "Gadget", "old: a\n").unwrap(), [""; 0]);
    assert_eq!(object("example.com/v1", "Gadget", "old: a\n").unwrap().len(), 1);
    let help = "write `apiVersion: example.com/v1` or `apiVersion: example.com/v1beta1`";
    for version in ["v1alpha1", "v2"] {
        let expected = format!("1:13 `Gadget` is not served in version `{version}` of `example.com` = {help}");
        assert_eq!(object(&format!("example.com/{version}"), "Gadget", "").unwrap(), [expected]);
    }
    assert_eq!(
        object("example.com/v1", "Gadgte", "").unwrap(),
        ["2:7 no CustomResourceDefinition here defines a kind `Gadgte` of `example.com` = did you mean `Gadget`?"]
    );
    // Its definition may be elsewhere.
    assert_eq!(object("example.com/v1", "Thing", ""), None);
    for (api_version, kind) in [("other.example.com/v1", "Gadget"), ("apps/v1", "Deployment"), ("v1", "Gadget")] {
        assert_eq!(object(api_version, kind, ""), None, "{api_version} {kind}");
    }
}

#[test]
fn where_definitions_disagree_one_has_to_agree() {
    let second = GADGETS.replace("{new: {type: string}}", "{newer: {type: string}}");
    let catalogue = catalogue(&[GADGETS, GADGETS, &second]);
    let gadget = "apiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: a}\n";
    assert_eq!(check(&catalogue, &format!("{gadget}new: a\n")).unwrap(), [""; 0]);
    assert_eq!(check(&catalogue, &format!("{gadget}newer: a\n")).unwrap(), [""; 0]);
    assert_eq!(
        check(&catalogue, &format!("{gadget}old: a\n")).unwrap(),
        ["4:1 unknown key `old` = allowed keys: `new`, `apiVersion`, `kind`, `metadata`"]
    );
}

#[test]
fn a_broken_definition_is_reported_where_it_is_broken() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("'^[a-z]+$'", "'^(?=a)'", &["64:45 this is no regular expression that Kubernetes understands (RE2)"]),
        (
            "{type: string, format: uri}",
            "{type: strng}",
            &["62:27 this is no type of a schema = did you mean `string`?"],
        ),
        (
            "openAPIV3Schema:\n        type: object",
            "openAPIV3Schema:\n        type: array",
            &["15:15 the schema of a custom resource has to have the type `object`"],
        ),
        (
            "    schema:\n      openAPIV3Schema:",
            "    other:\n      openAPIV3Schema:",
            &[
                "9:11 version `v1` of `Widget` has no schema = write `schema: {openAPIV3Schema: …}`; Kubernetes needs one for \
               each version since 1.22",
            ],
        ),
        // What else is wrong is said by the schema of CustomResourceDefinitions.
        ("  group: example.com", "  group: [1]", &[]),
        ("  versions:\n  - name: v1", "  versions:\n  - name: 1", &[]),
        ("properties:\n          apiVersion", "propertys:\n          apiVersion", &[]),
        ("required: [size, mode]", "required: {size: 1}", &[]),
        ("{type: integer, format: int32, minimum: 1}", "[1]", &[]),
        ("{type: integer, format: int32, minimum: 1}", "{type: integer, minimum: a, enum: 1, maxLength: -1}", &[]),
    ];
    for (part, replacement, expected) in cases {
        assert_eq!(WIDGETS.matches(part).count(), 1, "{part}");
        let mut catalogue = Catalogue::default();
        let findings = catalogue.add_crd(&documents("crd.yaml", &WIDGETS.replace(part, replacement))[0]);
        assert_eq!(lines(&findings), *expected, "{replacement}");
        // Whatever is left of it can be used.
        let _ = check(&catalogue, "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {size: 1}\n");
    }
}

fn add(catalogue: &mut Catalogue, path: &str, text: &str) -> Vec<String> {
    lines(&catalogue.add_file(path, &Source::new(path, text)))
}

const THING: &str = "apiVersion: things.example.com/v1\nkind: Thing\nmetadata: {name: a}\n";

#[test]
fn schema_files_are_found_by_the_names_of_kubeconform() {
    let schema = r#"{"type": "object", "properties": {"size": {"type": "integer", "format": "int-or-string"}}}"#;
    for path in ["thing-things-v1.json", "a/thing-things-v1.json", "things.example.com/thing_v1.json"] {
        let mut catalogue = Catalogue::default();
        assert_eq!(check(&catalogue, THING), None);
        assert_eq!(add(&mut catalogue, path, schema), [""; 0]);
        assert_eq!(check(&catalogue, &format!("{THING}size: 1\nother: 1\n")).unwrap(), [""; 0]);
        assert_eq!(
            check(&catalogue, &format!("{THING}size: a\n")).unwrap(),
            ["4:7 `size` has to be an integer, found a string"]
        );
    }
}

#[test]
fn a_schema_file_goes_before_a_definition_and_after_kubernetes() {
    let mut catalogue = catalogue(&[GADGETS]);
    assert_eq!(add(&mut catalogue, "gadget-example-v1.json", r#"{"required": ["file"]}"#), [""; 0]);
    let gadget = "apiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: a}\n";
    assert_eq!(check(&catalogue, gadget).unwrap(), ["1:1 `file` is missing"]);
    for path in ["configmap-v1.json", "application-argoproj-v1alpha1.json"] {
        assert_eq!(add(&mut catalogue, path, "false"), [""; 0]);
    }
    assert_eq!(check(&catalogue, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"), None);
    assert_eq!(check(&catalogue, "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\n"), None);
}

#[test]
fn schema_files_are_read_in_the_draft_that_they_name() {
    let cases = [
        ("http://json-schema.org/draft-04/schema#", r#""minimum": 1, "exclusiveMinimum": true"#, "1", false),
        ("http://json-schema.org/draft-07/schema#", r#""$ref": "definitions.json#/x", "maximum": 0"#, "5", true),
        ("https://json-schema.org/draft/2020-12/schema", r#""$ref": "definitions.json#/x", "maximum": 0"#, "5", false),
        // The newest, whichever that is.
        ("http://json-schema.org/schema#", r#""$ref": "definitions.json#/x", "maximum": 0"#, "5", false),
    ];
    for (draft, size, value, fits) in cases {
        let mut catalogue = Catalogue::default();
        let text = format!(r#"{{"$schema": "{draft}", "properties": {{"size": {{{size}}}}}}}"#);
        assert_eq!(add(&mut catalogue, "thing-things-v1.json", &text), [""; 0]);
        assert_eq!(add(&mut catalogue, "definitions.json", r#"{"x": {"type": "integer"}}"#), [""; 0]);
        let findings = check(&catalogue, &format!("{THING}size: {value}\n")).unwrap();
        assert_eq!(findings.is_empty(), fits, "{draft}: {findings:?}");
    }
}

#[test]
fn schema_files_may_share_definitions() {
    let mut catalogue = Catalogue::default();
    let schema = r#"{"properties": {"tree": {"$ref": "_definitions.json#/definitions/Tree"}}}"#;
    let shared = r##"{"definitions": {"Tree": {"properties": {
        "name": {"$ref": "more/names.json"}, "below": {"$ref": "#/definitions/Tree"}}}}}"##;
    assert_eq!(add(&mut catalogue, "a/thing-things-v1.json", schema), [""; 0]);
    assert_eq!(
        check(&catalogue, THING).unwrap(),
        ["1:1 this schema cannot be used: a `$ref` leads nowhere: there is no `a/_definitions.json#/definitions/Tree`"]
    );
    let mut catalogue = Catalogue::default();
    for (path, text) in [
        ("a/thing-things-v1.json", schema),
        ("a/_definitions.json", shared),
        ("a/more/names.json", r#"{"type": "string"}"#),
    ] {
        assert_eq!(add(&mut catalogue, path, text), [""; 0]);
    }
    let object = format!("{THING}tree: {{below: {{below: {{name: 1}}}}}}\n");
    assert_eq!(
        check(&catalogue, &object).unwrap(),
        ["4:30 `tree.below.below.name` has to be a string, found an integer = put it in quotes: \"1\""]
    );
}

#[test]
fn files_that_are_no_schemas_are_reported() {
    let mut catalogue = Catalogue::default();
    assert_eq!(
        add(&mut catalogue, "thing-things-v1.json", "{\n  \"a\": ,\n}"),
        ["2:8 this is no JSON: expected value"]
    );
    assert_eq!(add(&mut catalogue, "thing-things-v1.json", "[]"), ["1:1 a JSON Schema is a mapping"]);
    let remote =
        "{\"$schema\": \"http://json-schema.org/draft-07/schema#\",\n \"$ref\": \"https://example.com/a.json\"}";
    assert_eq!(
        add(&mut catalogue, "thing-things-v1.json", remote),
        [
            "2:10 `https://example.com/a.json` would have to be fetched = put the file beside this one and refer to it by its name"
        ]
    );
    assert_eq!(add(&mut catalogue, "crds.yaml", "kind: Thing\n---\na: [\n").len(), 2);
    assert_eq!(add(&mut catalogue, "README.md", "# Schemas"), [""; 0]);
    assert_eq!(check(&catalogue, THING), None);
    assert_eq!(add(&mut catalogue, "thing-things-v1.json", "{\"type\": \"thing\"}"), [""; 0]);
    assert_eq!(
        check(&catalogue, THING).unwrap(),
        ["1:1 this schema cannot be used: `type` of the schema cannot be `thing`"]
    );
    // Definitions as YAML, several in a file, and as JSON.
    assert_eq!(add(&mut catalogue, "crds/all.yaml", &format!("{WIDGETS}---\n{GADGETS}")), [""; 0]);
    let gadgets = documents("crd.yaml", GADGETS)[0].to_json().to_string().replace("example.com", "json.example.com");
    assert_eq!(add(&mut catalogue, "crds/gadgets.json", &gadgets), [""; 0]);
    for api_version in ["example.com/v1", "json.example.com/v1"] {
        let text = format!("apiVersion: {api_version}\nkind: Gadget\nmetadata: {{name: a}}\nold: a\n");
        assert_eq!(check(&catalogue, &text).unwrap().len(), 1, "{api_version}");
    }
}

/// Puts the fields of the recorded table below `spec` together as the schema of a definition.
fn application_schema(table: &str) -> Value {
    let mut rows: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in table.lines().skip(1) {
        let columns: Vec<_> = line.split('\t').collect();
        if columns[6].is_empty() {
            rows.insert(columns[0], columns);
        }
    }
    let spec = object_schema(&rows, "spec");
    json!({"type": "object", "required": ["spec"], "properties": {
        "spec": spec,
        "status": {"x-kubernetes-preserve-unknown-fields": true},
        "operation": {"x-kubernetes-preserve-unknown-fields": true},
    }})
}

fn object_schema(rows: &BTreeMap<&str, Vec<&str>>, path: &str) -> Value {
    let columns = &rows[path];
    let child = |suffix: &str| object_schema(rows, &format!("{path}{suffix}"));
    let mut schema = match columns[1] {
        "array" => json!({"type": "array", "items": child("[]")}),
        "int-or-string" => {
            json!({"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]})
        }
        kind => json!({"type": kind}),
    };
    let below = format!("{path}.");
    let children = rows.keys().filter_map(|other| other.strip_prefix(below.as_str()));
    let children: Vec<_> = children.filter(|name| !name.contains(['.', '['])).collect();
    match columns[2] {
        "map" => schema["additionalProperties"] = child(".*"),
        "free" => schema["x-kubernetes-preserve-unknown-fields"] = true.into(),
        _ if columns[1] == "object" => {
            let children = children.into_iter().map(|name| (name.to_owned(), child(&format!(".{name}"))));
            schema["properties"] = Value::Object(children.collect::<Map<_, _>>());
        }
        _ => {}
    }
    let required: Vec<_> = columns[3].split(',').filter(|key| !key.is_empty()).collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if let Some((_, pattern)) = columns[4].split_once("pattern=\"") {
        schema["pattern"] = pattern.trim_end_matches('"').into();
    }
    if columns[4] == "format=\"int64\"" {
        schema["format"] = "int64".into();
    }
    schema
}

#[test]
fn recorded_mutations_of_applications_are_judged_as_by_their_definition() {
    let (Some(table), Some(recorded)) = (shared("data/argocd-application.tsv"), shared("corpus/recorded")) else {
        return;
    };
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "spec": {"group": "argoproj.example.com", "names": {"kind": "Application"}, "versions": [{
            "name": "v1alpha1", "served": true,
            "schema": {"openAPIV3Schema": application_schema(&std::fs::read_to_string(table).unwrap())},
        }]},
    });
    let catalogue = catalogue(&[&definition.to_string()]);
    let (mut judged, mut nulls) = (0, 0);
    for line in std::fs::read_to_string(recorded.join("mutations.jsonl")).unwrap().lines() {
        let mutation: Value = serde_json::from_str(line).unwrap();
        let (base, path) = (mutation["base"].as_str().unwrap(), mutation["path"].as_str().unwrap());
        let is_by_schema = mutation["verdict"] == "accept" || mutation["stage"] == "decode";
        if !base.starts_with("app-") || !path.starts_with("/spec") || !is_by_schema {
            continue;
        }
        let file = recorded.join(format!("bases/{base}.yaml"));
        let mut document = documents(base, &std::fs::read_to_string(file).unwrap())[0].to_json();
        mutate(&mut document, &mutation);
        document["apiVersion"] = "argoproj.example.com/v1alpha1".into();
        let findings = check(&catalogue, &document.to_string()).unwrap();
        assert_eq!(!findings.is_empty(), mutation["verdict"] == "reject", "{mutation} {findings:?}");
        judged += 1;
        nulls += usize::from(mutation["mutation"] == "null");
    }
    assert!(judged > 150 && nulls >= 5, "{judged} {nulls}");
}
