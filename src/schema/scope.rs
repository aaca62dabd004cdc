//! Which kinds have objects in namespaces.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::kubernetes;

/// The kinds of Kubernetes itself whose objects are in no namespace, by group. Those of today are compared with k8s-openapi's
/// `Resource::Scope` by a test; those that are gone are from the API references of their time.
const CLUSTER_SCOPED: [(&str, &[&str]); 19] = [
    ("", &["ComponentStatus", "Namespace", "Node", "PersistentVolume"]),
    (
        "admissionregistration.k8s.io",
        &[
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ],
    ),
    ("apiextensions.k8s.io", &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io", &["APIService"]),
    ("auditregistration.k8s.io", &["AuditSink"]),
    ("authentication.k8s.io", &["SelfSubjectReview", "TokenReview"]),
    ("authorization.k8s.io", &["SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"]),
    ("certificates.k8s.io", &["CertificateSigningRequest", "ClusterTrustBundle"]),
    ("extensions", &["PodSecurityPolicy"]),
    ("flowcontrol.apiserver.k8s.io", &["FlowSchema", "PriorityLevelConfiguration"]),
    ("internal.apiserver.k8s.io", &["StorageVersion"]),
    ("networking.k8s.io", &["ClusterCIDR", "IPAddress", "IngressClass", "ServiceCIDR"]),
    ("node.k8s.io", &["RuntimeClass"]),
    ("policy", &["PodSecurityPolicy"]),
    ("rbac.authorization.k8s.io", &["ClusterRole", "ClusterRoleBinding"]),
    (
        "resource.k8s.io",
        &["DeviceClass", "DeviceTaintRule", "ResourceClass", "ResourcePoolStatusRequest", "ResourceSlice"],
    ),
    ("scheduling.k8s.io", &["PriorityClass"]),
    ("storage.k8s.io", &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"]),
    ("storagemigration.k8s.io", &["StorageVersionMigration"]),
];

/// The kinds of Argo CD (argoproj/argo-cd v3.1.7, `manifests/crds`).
const ARGOCD: [&str; 3] = ["AppProject", "Application", "ApplicationSet"];

/// By group and kind, whether the objects are in namespaces.
static KNOWN: LazyLock<BTreeMap<(&str, &str), bool>> = LazyLock::new(|| {
    let namespaced = kubernetes::all_kinds().map(|kind| (kind, true));
    let argocd = ARGOCD.into_iter().map(|kind| (("argoproj.io", kind), true));
    let global =
        CLUSTER_SCOPED.into_iter().flat_map(|(group, kinds)| kinds.iter().map(move |kind| ((group, *kind), false)));
    namespaced.chain(argocd).chain(global).collect()
});

/// Tells whether the objects of a kind are in namespaces; `None` for one that neither Kubernetes nor Argo CD defines.
#[must_use]
pub fn is_namespaced(group: &str, kind: &str) -> Option<bool> {
    KNOWN.get(&(group, kind)).copied()
}
