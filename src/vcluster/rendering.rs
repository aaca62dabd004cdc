//! Which objects the chart renders for its values.
//!
//! Facts from loft-sh/vcluster, `chart/templates`, v0.20.0 to v0.36.1. The values are those that the chart accepts, and
//! `None` stands for its defaults.

use crate::schema::vcluster::Version;
use crate::yaml::{Node, Value};

/// Where the API server keeps its objects (chart/templates/_backingstore.tpl).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// In an `SQLite` database on the volume of its own pod, as by default.
    Database,
    /// In an etcd within its own pod.
    EmbeddedEtcd,
    /// In an etcd that the chart deploys.
    DeployedEtcd,
    /// In something that exists already.
    External,
}

/// Why the chart renders an object.
#[derive(Clone, Copy, Debug)]
pub enum Reason<'a> {
    /// This version of the chart does so by default.
    Default,
    /// This value says so.
    Value(&'a Node),
}

/// The values that need a `ClusterRole`, besides `rbac.clusterRole.enabled` (chart/templates/_rbac.tpl): some switch something
/// on, others are lists and mappings with something in them. Each with a version from which on that is certain; it may have
/// come before.
const CLUSTER_ROLE: &[(Version, &[&str])] = &[
    ((0, 20, 0), &["sync", "fromHost", "ingressClasses", "enabled"]),
    ((0, 20, 0), &["sync", "fromHost", "storageClasses", "enabled"]),
    ((0, 20, 0), &["sync", "fromHost", "csiNodes", "enabled"]),
    ((0, 20, 0), &["sync", "fromHost", "csiDrivers", "enabled"]),
    ((0, 20, 0), &["sync", "fromHost", "csiStorageCapacities", "enabled"]),
    ((0, 20, 0), &["sync", "fromHost", "nodes", "enabled"]),
    ((0, 20, 0), &["sync", "toHost", "storageClasses", "enabled"]),
    ((0, 20, 0), &["sync", "toHost", "persistentVolumes", "enabled"]),
    ((0, 20, 0), &["sync", "toHost", "priorityClasses", "enabled"]),
    ((0, 20, 0), &["controlPlane", "advanced", "virtualScheduler", "enabled"]),
    ((0, 20, 0), &["networking", "replicateServices", "fromHost"]),
    ((0, 20, 0), &["rbac", "clusterRole", "extraRules"]),
    ((0, 20, 0), &["rbac", "clusterRole", "overwriteRules"]),
    ((0, 20, 0), &["pro"]),
    ((0, 30, 0), &["sync", "fromHost", "priorityClasses", "enabled"]),
    ((0, 30, 0), &["sync", "fromHost", "runtimeClasses", "enabled"]),
    ((0, 30, 0), &["sync", "fromHost", "configMaps", "enabled"]),
    ((0, 30, 0), &["sync", "fromHost", "secrets", "enabled"]),
    ((0, 30, 0), &["sync", "fromHost", "customResources"]),
    ((0, 30, 0), &["sync", "toHost", "customResources"]),
    ((0, 30, 0), &["sync", "toHost", "namespaces", "enabled"]),
    ((0, 30, 0), &["controlPlane", "distro", "k8s", "scheduler", "enabled"]),
    ((0, 30, 0), &["integrations", "externalSecrets", "enabled"]),
    ((0, 30, 0), &["integrations", "istio", "enabled"]),
    ((0, 30, 0), &["integrations", "kubeVirt", "enabled"]),
    ((0, 36, 0), &["sync", "fromHost", "gatewayClasses", "enabled"]),
    ((0, 36, 0), &["sync", "fromHost", "gateways", "enabled"]),
    ((0, 36, 0), &["sync", "toHost", "gatewayApi", "enabled"]),
];

/// Tells whether the chart takes a value for true, as a boolean or as a text (`eq (toString .) "true"`).
#[must_use]
pub fn is_on(value: Option<&Node>) -> bool {
    value.is_some_and(|value| value.as_bool() == Some(true) || value.as_str() == Some("true"))
}

/// Tells whether the chart takes a value for false where it knows `auto`, too.
#[must_use]
pub fn is_off(value: Option<&Node>) -> bool {
    value.is_some_and(|value| value.as_bool() == Some(false) || value.as_str() == Some("false"))
}

/// Says why the chart renders a `ClusterRole` and a `ClusterRoleBinding`, if it does.
#[must_use]
pub fn cluster_role(version: Version, values: Option<&Node>) -> Option<Reason<'_>> {
    let at = |path: &[&str]| values.and_then(|values| values.at(path));
    let is_auto = |value: Option<&Node>| value.is_none_or(|value| value.as_str() == Some("auto"));
    let enabled = at(&["rbac", "clusterRole", "enabled"]);
    if is_on(enabled) {
        return enabled.map(Reason::Value);
    }
    if !is_auto(enabled) {
        return None;
    }
    let known = CLUSTER_ROLE.iter().filter(|(since, _)| *since <= version);
    let mut needed = known.filter_map(|(_, path)| at(path)).filter(|value| is_on(Some(value)) || has_items(value));
    if let Some(value) = needed.next() {
        return Some(Reason::Value(value));
    }
    // The rules for snapshots of volumes: a template of 0.30.0, gone with 0.36.0.
    let snapshots = at(&["rbac", "enableVolumeSnapshotRules", "enabled"]);
    let by_default = ((0, 30, 0)..(0, 36, 0)).contains(&version)
        && (is_auto(snapshots) && !is_on(at(&["privateNodes", "enabled"])) || is_on(snapshots));
    by_default.then_some(Reason::Default)
}

/// Tells where the API server keeps its objects.
#[must_use]
pub fn store(values: Option<&Node>) -> Store {
    let is_on = |path: &[&str]| {
        let store = values.and_then(|values| values.at(&["controlPlane", "backingStore"]));
        is_on(store.and_then(|store| store.at(path)).and_then(|store| store.get("enabled")))
    };
    if is_on(&["database", "external"]) || is_on(&["etcd", "external"]) {
        Store::External
    } else if is_on(&["etcd", "embedded"]) {
        Store::EmbeddedEtcd
    } else if is_on(&["etcd", "deploy"]) {
        Store::DeployedEtcd
    } else {
        Store::Database
    }
}

/// Tells whether the chart renders a `StatefulSet` that claims volumes, its own or that of etcd
/// (chart/templates/_persistence.tpl, etcd-statefulset.yaml).
#[must_use]
pub fn claims_volumes(values: Option<&Node>) -> bool {
    let claims = |path: &[&str], by_default: bool| {
        let persistence = values.and_then(|values| values.at(path)).and_then(|it| it.get("persistence"));
        let enabled = persistence.and_then(|it| it.at(&["volumeClaim", "enabled"]));
        persistence.and_then(|it| it.get("volumeClaimTemplates")).is_some_and(has_items)
            || is_on(enabled)
            || by_default && enabled.is_none_or(|enabled| enabled.as_str() == Some("auto"))
    };
    let store = store(values);
    claims(&["controlPlane", "statefulSet"], matches!(store, Store::Database | Store::EmbeddedEtcd))
        || store == Store::DeployedEtcd
            && claims(&["controlPlane", "backingStore", "etcd", "deploy", "statefulSet"], true)
}

/// Tells whether the chart renders a `ResourceQuota` for the namespace of its own pod, and one for everything in it
/// (chart/templates/resourcequota.yaml).
#[must_use]
pub fn has_quota(values: Option<&Node>) -> bool {
    let policy = |name: &str, key: &str| values.and_then(|values| values.at(&["policies", name, key]));
    let quota = policy("resourceQuota", "enabled");
    let is_rendered = is_on(quota) || is_on(policy("limitRange", "enabled")) && !is_off(quota);
    let is_scoped = ["scopes", "scopeSelector"].iter().any(|key| policy("resourceQuota", key).is_some_and(has_items));
    // Until 0.29.0, the pods of a virtual cluster could be in another namespace than its own.
    let target = values.and_then(|values| values.at(&["experimental", "syncSettings", "targetNamespace"]));
    is_rendered && !is_scoped && target.is_none()
}

/// Tells whether the quota of the chart has a limit for a resource; `null` takes a limit out.
#[must_use]
pub fn quota_limits(values: Option<&Node>, resource: &str) -> bool {
    quota(values, resource).is_none_or(|limit| !limit.is_null())
}

/// Tells whether the quota of the chart allows nothing of a resource; `by_default` says so of the limit without values.
#[must_use]
pub fn quota_forbids(values: Option<&Node>, resource: &str, by_default: bool) -> bool {
    quota(values, resource).map_or(by_default, |limit| limit.as_i64() == Some(0) || limit.as_str() == Some("0"))
}

fn quota<'a>(values: Option<&'a Node>, resource: &str) -> Option<&'a Node> {
    values?.at(&["policies", "resourceQuota", "quota", resource])
}

/// Tells whether a list or a mapping has something in it.
fn has_items(value: &Node) -> bool {
    match &value.value {
        Value::Sequence(items) => !items.is_empty(),
        Value::Mapping(entries) => !entries.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use crate::yaml;

    fn with<T>(values: &str, judge: impl FnOnce(Option<&Node>) -> T) -> T {
        let (node, findings) = yaml::read_one(&Source::new("values.yaml", values));
        assert!(findings.is_empty(), "{values}");
        judge(node.as_ref())
    }

    /// What the chart renders, as recorded from it.
    #[test]
    fn cluster_roles_come_with_versions_and_values() {
        let has = |version, values: &str| with(values, |values| cluster_role(version, values).is_some());
        for (version, by_default) in [
            ((0, 26, 0), false),
            ((0, 29, 3), false),
            ((0, 30, 0), true),
            ((0, 33, 4), true),
            ((0, 35, 3), true),
            ((0, 36, 1), false),
        ] {
            assert_eq!(has(version, "{}"), by_default, "{version:?}");
            assert!(has(version, "sync: {fromHost: {ingressClasses: {enabled: true}}}"));
            assert!(has(version, "rbac: {clusterRole: {enabled: 'true'}}"));
            assert!(!has(version, "rbac: {clusterRole: {enabled: false}}"));
        }
        assert!(!has((0, 33, 4), "rbac: {enableVolumeSnapshotRules: {enabled: false}}"));
        assert!(!has((0, 33, 4), "privateNodes: {enabled: true}"));
        assert!(!has((0, 36, 1), "sync: {fromHost: {ingressClasses: {enabled: false}, customResources: {}}}"));
        assert!(has((0, 36, 1), "rbac: {clusterRole: {extraRules: [{apiGroups: ['']}]}}"));
    }

    #[test]
    fn claims_follow_the_store() {
        let claims = |values: &str| with(values, claims_volumes);
        assert!(claims("{}"));
        assert!(!claims("controlPlane: {statefulSet: {persistence: {volumeClaim: {enabled: false}}}}"));
        assert!(!claims("controlPlane: {backingStore: {database: {external: {enabled: true}}}}"));
        assert!(claims("controlPlane: {backingStore: {etcd: {deploy: {enabled: true}}}}"));
        let etcd = "{enabled: true, statefulSet: {persistence: {volumeClaim: {enabled: false}}}}";
        assert!(!claims(&format!("controlPlane: {{backingStore: {{etcd: {{deploy: {etcd}}}}}}}")));
        assert!(claims(
            "controlPlane: {backingStore: {database: {external: {enabled: true}}}, \
             statefulSet: {persistence: {volumeClaim: {enabled: true}}}}"
        ));
    }

    #[test]
    fn quotas_are_for_all_of_the_namespace() {
        let has = |values: &str| with(values, has_quota);
        assert!(!has("{}"));
        assert!(has("policies: {resourceQuota: {enabled: true}}"));
        assert!(has("policies: {limitRange: {enabled: true}}"));
        assert!(!has("policies: {limitRange: {enabled: true}, resourceQuota: {enabled: false}}"));
        assert!(!has("policies: {resourceQuota: {enabled: true, scopes: [BestEffort]}}"));
        let none = "policies: {resourceQuota: {quota: {services.nodeports: null, limits.cpu: 0}}}";
        with(none, |values| {
            assert!(!quota_limits(values, "services.nodeports") && !quota_forbids(values, "services.nodeports", true));
            assert!(quota_limits(values, "limits.cpu") && quota_forbids(values, "limits.cpu", false));
            assert!(quota_forbids(values, "other", true) && !quota_forbids(values, "other", false));
        });
    }
}
