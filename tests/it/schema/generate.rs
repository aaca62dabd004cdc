//! The embedded Kubernetes schemas are those of the k8s-openapi that the product links, with the overlay merged in.

use std::any::TypeId;
use std::collections::BTreeMap;

use idpack::schema::scope;
use k8s_openapi::api::{
    admissionregistration, apiserverinternal, apps, authentication, authorization, autoscaling, batch, certificates,
    coordination, core, discovery, events, flowcontrol, lifecycle, networking, node, policy, rbac, resource,
    scheduling, storage, storagemigration,
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions;
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration;
use k8s_openapi::{ClusterResourceScope, Resource};
use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

const EMBEDDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/schema/kubernetes.definitions");

/// `SNAPSHOTS=overwrite cargo test --test it schema` rewrites the file after k8s-openapi or the overlay was changed.
#[test]
fn embedded_kubernetes_schemas_are_current() {
    let text = generate();
    #[expect(clippy::disallowed_methods, reason = "the way to accept new expectations")]
    if std::env::var("SNAPSHOTS").is_ok_and(|mode| mode == "overwrite") {
        std::fs::write(EMBEDDED, &text).unwrap();
    }
    let embedded = std::fs::read_to_string(EMBEDDED).unwrap();
    assert!(embedded == text, "run SNAPSHOTS=overwrite cargo test --test it schema");
}

/// Writes the strict schemas of all kinds that can stand in a manifest: a line for each kind with the name of its definition,
/// then a line for each definition.
fn generate() -> String {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let kinds: BTreeMap<String, String> =
        KINDS.iter().map(|kind| kind(&mut generator)).map(|(kind, name, _)| (kind, name)).collect();
    let mut loose = generator.take_definitions(true);
    for (name, definition) in &mut loose {
        // The server demands no name in a reference, and throws away what a person says about the status.
        if ["LocalObjectReference", "Status", "Condition"].iter().any(|end| name.ends_with(end)) {
            definition.as_object_mut().unwrap().remove("required");
        }
    }
    let mut definitions: BTreeMap<String, Value> = loose
        .iter()
        .map(|(name, definition)| match name.rsplit_once('.').unwrap().1 {
            "IntOrString" => (name, json!({"type": ["integer", "string"], "minimum": i32::MIN, "maximum": i32::MAX})),
            "Quantity" => (name, json!({"type": ["number", "string"], "format": "quantity"})),
            "JSON" => (name, json!({})),
            _ => (name, strict(definition, &loose)),
        })
        .map(|(name, definition)| (name.clone(), nullable(definition)))
        .collect();
    let overlay =
        super::documents("kubernetes-overlay.yaml", include_str!("../../../src/schema/kubernetes-overlay.yaml"));
    for (name, more) in overlay[0].to_json().as_object().unwrap() {
        assert!(name.starts_with("idpack.") || definitions.contains_key(name), "the overlay knows no {name}");
        merge(definitions.entry(name.clone()).or_insert(Value::Null), more);
    }
    let kinds = kinds.iter().map(|(kind, name)| format!("{kind} {name}\n"));
    kinds.chain(definitions.iter().map(|(name, definition)| format!("{name} {definition}\n"))).collect()
}

/// Merges a schema over another: maps merge, everything else replaces.
fn merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}

/// Makes a schema say what the API server does: no unknown keys, no number out of range, `null` where a key may be absent.
fn strict(schema: &Value, loose: &Map<String, Value>) -> Value {
    let Value::Object(schema) = schema else { return schema.clone() };
    let mut strict = schema.clone();
    strict.remove("description");
    if schema.get("format").is_some_and(|format| format == "byte") {
        // Go reads bytes from base64, and from a list of numbers too.
        strict.insert("type".to_owned(), json!(["string", "array"]));
        strict.insert("items".to_owned(), json!({"type": "integer", "minimum": 0, "maximum": u8::MAX}));
    }
    let range = match schema.get("format").and_then(Value::as_str) {
        Some("int32") => Some((i32::MIN.into(), i32::MAX.into())),
        Some("int64") => Some((i64::MIN, i64::MAX)),
        _ => None,
    };
    if let Some((minimum, maximum)) = range {
        strict.insert("minimum".to_owned(), minimum.into());
        strict.insert("maximum".to_owned(), maximum.into());
    }
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        // What is referred to allows null; where that is wrong the reference says so.
        if let Some(kind) = loose[target.strip_prefix("#/$defs/").unwrap()].get("type") {
            strict.insert("type".to_owned(), kind.clone());
        }
    }
    if let Some(Value::Object(properties)) = strict.get_mut("properties") {
        let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        for (key, property) in properties {
            let inner = self::strict(property, loose);
            *property = if required.contains(&json!(key)) { inner } else { nullable(inner) };
        }
        strict.insert("additionalProperties".to_owned(), false.into());
    } else if let Some(values) = strict.get_mut("additionalProperties") {
        *values = nullable(self::strict(values, loose));
    }
    if let Some(items) = strict.get_mut("items") {
        let inner = self::strict(items, loose);
        *items = if has_required(items, loose) { inner } else { nullable(inner) };
    }
    // Whether metadata is needed depends on where the object stands: not in a template.
    if let Some(Value::Array(required)) = strict.get_mut("required") {
        required.retain(|key| key != "metadata");
        if required.is_empty() {
            strict.remove("required");
        }
    }
    Value::Object(strict)
}

/// Tells whether a schema refers to one with required keys, so that null, which is read as empty, cannot do.
fn has_required(schema: &Value, loose: &Map<String, Value>) -> bool {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix("#/$defs/"));
    target.is_some_and(|name| loose[name].get("required").is_some())
}

/// Lets a schema accept null.
fn nullable(mut schema: Value) -> Value {
    if let Value::Object(keywords) = &mut schema {
        if keywords.contains_key("$ref") {
            keywords.remove("type");
        }
        match keywords.get_mut("type") {
            Some(Value::Array(kinds)) => kinds.push("null".into()),
            Some(kind) => *kind = json!([kind, "null"]),
            None => {}
        }
    }
    schema
}

#[test]
fn kinds_without_namespaces_are_those_of_kubernetes() {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    for (kind, _, is_namespaced) in KINDS.iter().map(|kind| kind(&mut generator)) {
        let (api_version, kind) = kind.split_once(' ').unwrap();
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        assert_eq!(scope::is_namespaced(group, kind), Some(is_namespaced), "{group} {kind}");
    }
}

type Kind = fn(&mut SchemaGenerator) -> (String, String, bool);

/// Returns `apiVersion kind`, the name of the definition, and whether the objects are in namespaces.
fn kind<K: Resource<Scope: 'static> + JsonSchema>(generator: &mut SchemaGenerator) -> (String, String, bool) {
    generator.subschema_for::<K>();
    let is_namespaced = TypeId::of::<K::Scope>() != TypeId::of::<ClusterResourceScope>();
    (format!("{} {}", K::API_VERSION, K::KIND), K::schema_name().into_owned(), is_namespaced)
}

/// All kinds of k8s-openapi that have a place in a manifest, in the order of its modules.
pub(super) const KINDS: [Kind; 103] = [
    kind::<admissionregistration::v1::MutatingAdmissionPolicy>,
    kind::<admissionregistration::v1::MutatingAdmissionPolicyBinding>,
    kind::<admissionregistration::v1::MutatingWebhookConfiguration>,
    kind::<admissionregistration::v1::ValidatingAdmissionPolicy>,
    kind::<admissionregistration::v1::ValidatingAdmissionPolicyBinding>,
    kind::<admissionregistration::v1::ValidatingWebhookConfiguration>,
    kind::<admissionregistration::v1alpha1::MutatingAdmissionPolicy>,
    kind::<admissionregistration::v1alpha1::MutatingAdmissionPolicyBinding>,
    kind::<admissionregistration::v1beta1::MutatingAdmissionPolicy>,
    kind::<admissionregistration::v1beta1::MutatingAdmissionPolicyBinding>,
    kind::<apiserverinternal::v1alpha1::StorageVersion>,
    kind::<apps::v1::ControllerRevision>,
    kind::<apps::v1::DaemonSet>,
    kind::<apps::v1::Deployment>,
    kind::<apps::v1::ReplicaSet>,
    kind::<apps::v1::StatefulSet>,
    kind::<authentication::v1::SelfSubjectReview>,
    kind::<authentication::v1::TokenRequest>,
    kind::<authentication::v1::TokenReview>,
    kind::<authorization::v1::LocalSubjectAccessReview>,
    kind::<authorization::v1::SelfSubjectAccessReview>,
    kind::<authorization::v1::SelfSubjectRulesReview>,
    kind::<authorization::v1::SubjectAccessReview>,
    kind::<autoscaling::v1::HorizontalPodAutoscaler>,
    kind::<autoscaling::v1::Scale>,
    kind::<autoscaling::v2::HorizontalPodAutoscaler>,
    kind::<batch::v1::CronJob>,
    kind::<batch::v1::Job>,
    kind::<certificates::v1::CertificateSigningRequest>,
    kind::<certificates::v1::ClusterTrustBundle>,
    kind::<certificates::v1::PodCertificateRequest>,
    kind::<certificates::v1beta1::ClusterTrustBundle>,
    kind::<certificates::v1beta1::PodCertificateRequest>,
    kind::<coordination::v1::Lease>,
    kind::<coordination::v1alpha2::LeaseCandidate>,
    kind::<coordination::v1beta1::LeaseCandidate>,
    kind::<core::v1::Binding>,
    kind::<core::v1::ComponentStatus>,
    kind::<core::v1::ConfigMap>,
    kind::<core::v1::Endpoints>,
    kind::<core::v1::Event>,
    kind::<core::v1::LimitRange>,
    kind::<core::v1::Namespace>,
    kind::<core::v1::Node>,
    kind::<core::v1::PersistentVolume>,
    kind::<core::v1::PersistentVolumeClaim>,
    kind::<core::v1::Pod>,
    kind::<core::v1::PodTemplate>,
    kind::<core::v1::ReplicationController>,
    kind::<core::v1::ResourceQuota>,
    kind::<core::v1::Secret>,
    kind::<core::v1::Service>,
    kind::<core::v1::ServiceAccount>,
    kind::<discovery::v1::EndpointSlice>,
    kind::<events::v1::Event>,
    kind::<flowcontrol::v1::FlowSchema>,
    kind::<flowcontrol::v1::PriorityLevelConfiguration>,
    kind::<lifecycle::v1alpha1::Eviction>,
    kind::<lifecycle::v1alpha1::EvictionRequest>,
    kind::<networking::v1::Ingress>,
    kind::<networking::v1::IngressClass>,
    kind::<networking::v1::IPAddress>,
    kind::<networking::v1::NetworkPolicy>,
    kind::<networking::v1::ServiceCIDR>,
    kind::<node::v1::RuntimeClass>,
    kind::<policy::v1::Eviction>,
    kind::<policy::v1::PodDisruptionBudget>,
    kind::<rbac::v1::ClusterRole>,
    kind::<rbac::v1::ClusterRoleBinding>,
    kind::<rbac::v1::Role>,
    kind::<rbac::v1::RoleBinding>,
    kind::<resource::v1::DeviceClass>,
    kind::<resource::v1::DeviceTaintRule>,
    kind::<resource::v1::ResourceClaim>,
    kind::<resource::v1::ResourceClaimTemplate>,
    kind::<resource::v1::ResourceSlice>,
    kind::<resource::v1alpha3::DeviceTaintRule>,
    kind::<resource::v1alpha3::ResourcePoolStatusRequest>,
    kind::<resource::v1beta1::DeviceClass>,
    kind::<resource::v1beta1::ResourceClaim>,
    kind::<resource::v1beta1::ResourceClaimTemplate>,
    kind::<resource::v1beta1::ResourceSlice>,
    kind::<resource::v1beta2::DeviceClass>,
    kind::<resource::v1beta2::DeviceTaintRule>,
    kind::<resource::v1beta2::ResourceClaim>,
    kind::<resource::v1beta2::ResourceClaimTemplate>,
    kind::<resource::v1beta2::ResourceSlice>,
    kind::<scheduling::v1::PriorityClass>,
    kind::<scheduling::v1alpha3::CompositePodGroup>,
    kind::<scheduling::v1alpha3::PodGroup>,
    kind::<scheduling::v1alpha3::Workload>,
    kind::<scheduling::v1beta1::PodGroup>,
    kind::<scheduling::v1beta1::Workload>,
    kind::<storage::v1::CSIDriver>,
    kind::<storage::v1::CSINode>,
    kind::<storage::v1::CSIStorageCapacity>,
    kind::<storage::v1::StorageClass>,
    kind::<storage::v1::VolumeAttachment>,
    kind::<storage::v1::VolumeAttributesClass>,
    kind::<storagemigration::v1::StorageVersionMigration>,
    kind::<storagemigration::v1beta1::StorageVersionMigration>,
    kind::<apiextensions::v1::CustomResourceDefinition>,
    kind::<apiregistration::v1::APIService>,
];
