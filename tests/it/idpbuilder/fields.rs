//! The fields of an Application that idpbuilder passes on: it decodes into the types of Argo CD 2.10 (cnoe-io/argocd-api 3091d64c),
//! drops others without a word, and never gets past a value of another type.

use serde_yaml::Value;

/// Fields and their types, of `metadata` and of the parts of `spec` that a generator writes. `[]` is any item, `*` any key.
const FIELDS: &str = "
apiVersion string
kind string
metadata.annotations.* string
metadata.finalizers[] string
metadata.labels.* string
metadata.name string
metadata.namespace string
spec.destination.name string
spec.destination.namespace string
spec.destination.server string
spec.ignoreDifferences[].group string
spec.ignoreDifferences[].jqPathExpressions[] string
spec.ignoreDifferences[].jsonPointers[] string
spec.ignoreDifferences[].kind string
spec.ignoreDifferences[].managedFieldsManagers[] string
spec.ignoreDifferences[].name string
spec.ignoreDifferences[].namespace string
spec.info[].name string
spec.info[].value string
spec.project string
spec.revisionHistoryLimit integer
spec.source.chart string
spec.source.directory.exclude string
spec.source.directory.include string
spec.source.directory.recurse boolean
spec.source.helm.fileParameters[].name string
spec.source.helm.fileParameters[].path string
spec.source.helm.ignoreMissingValueFiles boolean
spec.source.helm.parameters[].forceString boolean
spec.source.helm.parameters[].name string
spec.source.helm.parameters[].value string
spec.source.helm.passCredentials boolean
spec.source.helm.releaseName string
spec.source.helm.skipCrds boolean
spec.source.helm.valueFiles[] string
spec.source.helm.values string
spec.source.helm.valuesObject any
spec.source.helm.version string
spec.source.kustomize.commonAnnotations.* string
spec.source.kustomize.commonLabels.* string
spec.source.kustomize.images[] string
spec.source.kustomize.namePrefix string
spec.source.kustomize.nameSuffix string
spec.source.kustomize.namespace string
spec.source.path string
spec.source.ref string
spec.source.repoURL string
spec.source.targetRevision string
spec.syncPolicy.automated.allowEmpty boolean
spec.syncPolicy.automated.prune boolean
spec.syncPolicy.automated.selfHeal boolean
spec.syncPolicy.managedNamespaceMetadata.annotations.* string
spec.syncPolicy.managedNamespaceMetadata.labels.* string
spec.syncPolicy.retry.backoff.duration string
spec.syncPolicy.retry.backoff.factor integer
spec.syncPolicy.retry.backoff.maxDuration string
spec.syncPolicy.retry.limit integer
spec.syncPolicy.syncOptions[] string
";

/// Returns what is not in the table, or of another type.
pub(super) fn faults(application: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    visit(application, "", &mut faults);
    faults
}

fn visit(value: &Value, path: &str, faults: &mut Vec<String>) {
    let kinds: Vec<_> = FIELDS.lines().filter_map(|row| row.strip_prefix(path)).collect();
    let leaf = kinds.iter().find_map(|rest| rest.strip_prefix(' '));
    let is_map = path.is_empty() || kinds.iter().any(|rest| rest.starts_with('.'));
    let is_list = path == "spec.sources" || kinds.iter().any(|rest| rest.starts_with("[]"));
    match (leaf, value) {
        (Some("any"), _)
        | (Some("string"), Value::String(_))
        | (Some("boolean"), Value::Bool(_))
        | (Some("integer"), Value::Number(_)) => {}
        (Some(kind), _) => faults.push(format!("`{path}` is no {kind}")),
        (None, Value::Mapping(entries)) if is_map => {
            let any_key = kinds.iter().any(|rest| rest.starts_with(".*"));
            for (key, value) in entries {
                let key = if any_key { "*" } else { key.as_str().unwrap_or_default() };
                visit(value, &if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }, faults);
            }
        }
        (None, Value::Sequence(items)) if is_list => {
            let item = if path == "spec.sources" { "spec.source".to_owned() } else { format!("{path}[]") };
            for value in items {
                visit(value, &item, faults);
            }
        }
        (None, _) if is_map || is_list => faults.push(format!("`{path}` has the wrong type")),
        (None, _) => faults.push(format!("`{path}` is no field of Argo CD 2.10")),
    }
}
