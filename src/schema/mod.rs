//! JSON Schemas by version, applied to located trees, with findings in our own words.
//!
//! A [`Schema`] is compiled once and validates a document where it stands: the `jsonschema` crate decides, `wording` says
//! what is wrong. Beyond the standard, our schemas know the formats of [`names::FORMATS`] and these keywords:
//!
//! * `errorMessage`: continues "`path` …" when a keyword beside it fails, as in "has to begin with `/`"; what is wrong with a
//!   type or a key is said in our words all the same;
//! * `errorHelp`: what to do then;
//! * `unavailable`: keys that do not exist here but in other versions, each with a text that says where;
//! * `replacements`: for some of those, what to do instead;
//! * `x-kubernetes-list-map-keys`: the keys that together name an item of a list, as in Kubernetes' own schemas.

pub mod argocd;
pub mod custom;
mod fields;
mod fixes;
pub mod idpack;
mod instance;
pub mod kubernetes;
pub mod names;
pub mod scope;
mod validation;
pub mod vcluster;
mod wording;

use std::collections::BTreeMap;
use std::sync::Arc;

use jsonschema::{Keyword, PatternOptions, Retrieve, ValidationError, ValidationOptions, Validator};
use serde_json::Value;

use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity, nearest};
use crate::yaml::Node;
use custom::Catalogue;
use instance::Located;
pub use validation::cron;

/// All rules of this module.
pub static RULES: &[&Rule] = &[
    &APPLICATION_RUNTIME_FIELD,
    &APPLICATION_SCHEMA,
    &custom::CUSTOM_RESOURCE_DEFINITION,
    &custom::CUSTOM_RESOURCE_SCHEMA,
    &custom::SCHEMA_FILE,
    &kubernetes::API_DEPRECATED,
    &kubernetes::API_REMOVED,
    &APPLICATIONSET_SCHEMA,
    &APPPROJECT_SCHEMA,
    &KUBERNETES_SCHEMA,
    &ENCRYPTED_MANIFEST,
    &PLACEHOLDER_UNCHECKED,
    &VCLUSTER_VALUES,
    &VCLUSTER_VERSION,
];

/// An Application says what only Argo CD can know.
pub static APPLICATION_RUNTIME_FIELD: Rule = Rule {
    id: "application-runtime-field",
    summary: "`status` or `operation` in an Application",
    severity: Severity::Error,
    effect: Effect::SilentlyIgnored,
    page: include_str!("application-runtime-field.md"),
};

/// An Application does not conform to its definition.
pub static APPLICATION_SCHEMA: Rule = Rule {
    id: "application-schema",
    summary: "Application that its Argo CD version does not accept",
    severity: Severity::Error,
    effect: Effect::ApiReject,
    page: include_str!("application-schema.md"),
};

/// An `ApplicationSet` does not conform to its definition.
pub static APPLICATIONSET_SCHEMA: Rule = Rule {
    id: "applicationset-schema",
    summary: "ApplicationSet that its Argo CD version does not accept",
    severity: Severity::Error,
    effect: Effect::ApiReject,
    page: include_str!("applicationset-schema.md"),
};

/// An `AppProject` does not conform to its definition.
pub static APPPROJECT_SCHEMA: Rule = Rule {
    id: "appproject-schema",
    summary: "AppProject that its Argo CD version does not accept",
    severity: Severity::Error,
    effect: Effect::ApiReject,
    page: include_str!("appproject-schema.md"),
};

/// An object of Kubernetes' own kinds does not conform to its definition.
pub static KUBERNETES_SCHEMA: Rule = Rule {
    id: "kubernetes-schema",
    summary: "object that the Kubernetes API server does not accept",
    severity: Severity::Error,
    effect: Effect::ApiReject,
    page: include_str!("kubernetes-schema.md"),
};

/// An object whose values are encrypted.
pub static ENCRYPTED_MANIFEST: Rule = Rule {
    id: "encrypted-manifest",
    summary: "encrypted object, whose fields nobody has checked",
    severity: Severity::Info,
    effect: Effect::SilentlyIgnored,
    page: include_str!("encrypted-manifest.md"),
};

/// Values that somebody fills in before the object is applied.
pub static PLACEHOLDER_UNCHECKED: Rule = Rule {
    id: "placeholder-unchecked",
    summary: "placeholder in a value, which nobody has checked",
    severity: Severity::Info,
    effect: Effect::SilentlyIgnored,
    page: include_str!("placeholder-unchecked.md"),
};

/// A version of the vCluster chart without facts.
pub static VCLUSTER_VERSION: Rule = Rule {
    id: "vcluster-version",
    summary: "version of the vCluster chart that idpack has no facts about",
    severity: Severity::Info,
    effect: Effect::SilentlyIgnored,
    page: include_str!("vcluster-version.md"),
};

/// The values of the vCluster chart do not conform to the schema that the chart has in it.
pub static VCLUSTER_VALUES: Rule = Rule {
    id: "vcluster-values",
    summary: "values that the vCluster chart does not accept",
    severity: Severity::Error,
    effect: Effect::ComparisonError,
    page: include_str!("vcluster-values.md"),
};

/// What manifests are judged for.
#[derive(Clone, Debug)]
pub struct Target {
    /// The minor version of Argo CD.
    pub argocd: argocd::Version,
    /// Whether somebody named that version.
    pub is_argocd_named: bool,
    /// The minor version of Kubernetes.
    pub kubernetes: kubernetes::Version,
    /// The kinds that others define; the first that knows a kind judges it.
    pub custom: Vec<Arc<Catalogue>>,
    /// Whether `custom` is all that there is, so that what it does not know may be a mistake.
    pub is_final: bool,
}

/// Returns the faults of an object, or `None` when nothing is known of its kind.
#[must_use]
pub fn check(target: &Target, node: &Node) -> Option<Vec<Diagnostic>> {
    encrypted(node)
        .or_else(|| argocd::check(target.argocd, node))
        .or_else(|| kubernetes::check(target.kubernetes, node))
        .or_else(|| target.custom.iter().find_map(|catalogue| catalogue.check(node)))
        .or_else(|| Some(vec![impossible(node).or_else(|| nearly_argocds(node))?]))
}

/// Recognizes what SOPS encrypted: it adds a key `sops` with a message authentication code (getsops/sops v3, stores/yaml).
fn encrypted(node: &Node) -> Option<Vec<Diagnostic>> {
    let key = &node.as_mapping()?.entry("sops").filter(|entry| entry.value.get("mac").is_some())?.key;
    let message = "this object is encrypted: nobody has checked its fields";
    Some(vec![Diagnostic::new(&ENCRYPTED_MANIFEST, &key.span, message)])
}

/// Says what was probably meant by an object that [`check`] knows nothing of, once all definitions are known.
#[must_use]
pub fn guess(target: &Target, node: &Node) -> Option<Diagnostic> {
    target.custom.iter().find_map(|catalogue| catalogue.guess(node))
}

/// Reports an `apiVersion` that no server can have, because its group is no name.
fn impossible(node: &Node) -> Option<Diagnostic> {
    let api_version = node.get("apiVersion")?;
    let (group, version) = api_version.as_str()?.split_once('/')?;
    let reason = names::subdomain(group).and_then(|()| names::label(version)).err()?;
    let message = format!("`apiVersion` cannot be `{group}/{version}`: {reason}");
    Some(Diagnostic::new(&KUBERNETES_SCHEMA, &api_version.span, message))
}

/// Reports a kind of Argo CD whose group is misspelt.
fn nearly_argocds(node: &Node) -> Option<Diagnostic> {
    const GROUP: &str = "argoproj.io";
    let api_version = node.get("apiVersion")?;
    let (group, _) = api_version.as_str()?.split_once('/')?;
    let kind = node.get("kind")?.as_str()?;
    let rule = match kind {
        "Application" => &APPLICATION_SCHEMA,
        "ApplicationSet" => &APPLICATIONSET_SCHEMA,
        "AppProject" => &APPPROJECT_SCHEMA,
        _ => return None,
    };
    nearest(group, [GROUP])?;
    let message = format!("no `{kind}` of Argo CD has API group `{group}`");
    Some(
        Diagnostic::new(rule, &api_version.span, message)
            .help(format!("write `apiVersion: {GROUP}/v1alpha1`"))
            .fix(Fix::Text(api_version.span.clone(), format!("{GROUP}/v1alpha1"))),
    )
}

/// The number of faults of one document after which [`Schema::check`] stops to look for more.
pub const MAX_FINDINGS: usize = 100;

/// A compiled schema.
#[derive(Debug)]
pub struct Schema {
    /// The schema itself: the wording looks up what surrounds a keyword that failed.
    root: Value,
    validator: Validator<Located>,
}

impl Schema {
    /// Compiles a JSON Schema (draft 2020-12 unless `$schema` says otherwise). Nothing is loaded from elsewhere.
    ///
    /// # Errors
    ///
    /// Says why the text is no JSON Schema: a keyword with a value of the wrong kind, a `$ref` that leads nowhere, a
    /// pattern that RE2 would not take, a format that idpack does not know.
    pub fn compile(schema: &Value) -> Result<Self, String> {
        let mut options = options().should_ignore_unknown_formats(false);
        for (name, grammar) in names::FORMATS.into_iter().chain(custom::formats::FORMATS) {
            options = options.with_format(name, move |text: &str| grammar(text).is_ok());
        }
        // Formats of numbers; their ranges are `minimum` and `maximum`.
        for name in ["int32", "int64", "double", "float"] {
            options = options.with_format(name, |_: &str| true);
        }
        Self::build(&options, schema)
    }

    /// Compiles a JSON Schema that somebody else wrote: it knows the formats of its draft only, and others mean nothing.
    ///
    /// # Errors
    ///
    /// As [`Schema::compile`], but for formats.
    pub fn compile_foreign(schema: &Value) -> Result<Self, String> {
        Self::build(&options(), schema)
    }

    fn build(options: &ValidationOptions<'_, Arc<dyn Retrieve>, Located>, schema: &Value) -> Result<Self, String> {
        let validator = options.build(schema).map_err(|error| wording::schema_fault(schema, &error))?;
        Ok(Self { root: schema.clone(), validator })
    }

    /// Returns all faults of a document in the order of the text, each at the key or value at fault, at most
    /// [`MAX_FINDINGS`].
    #[must_use]
    pub fn check(&self, rule: &'static Rule, node: &Node) -> Vec<Diagnostic> {
        if self.validator.is_valid(node) {
            return Vec::new();
        }
        let mut findings = self.faults(rule, node);
        fixes::keep_certain(self, rule, node, &mut findings);
        findings
    }

    /// Returns the faults, each with what may mend it.
    fn faults(&self, rule: &'static Rule, node: &Node) -> Vec<Diagnostic> {
        wording::findings(&self.root, self.validator.iter_errors(node), rule, node)
    }
}

/// What all schemas have in common.
fn options() -> ValidationOptions<'static, Arc<dyn Retrieve>, Located> {
    jsonschema::options_for::<Located>()
        .offline()
        .should_validate_formats(true)
        .with_pattern_options(PatternOptions::regex())
        .with_keyword(LIST_MAP_KEYS, list_map_keys)
}

/// The keyword that names the keys which must be unique together in a list.
const LIST_MAP_KEYS: &str = "x-kubernetes-list-map-keys";

/// Items of a list are told apart by some of their keys.
struct ListMapKeys(Vec<String>);

/// Compiles [`LIST_MAP_KEYS`].
#[expect(clippy::unnecessary_wraps, reason = "the signature that `with_keyword` asks for")]
fn list_map_keys<'a>(
    _: &'a serde_json::Map<String, Value>,
    keys: &'a Value,
    _: jsonschema::paths::Location,
) -> Result<Box<dyn for<'i> Keyword<'i, Located>>, ValidationError<'a>> {
    Ok(Box::new(ListMapKeys(strings(keys).map(str::to_owned).collect())))
}

impl<'i> Keyword<'i, Located> for ListMapKeys {
    fn validate(&self, node: &'i Node) -> Result<(), ValidationError<'i>> {
        if Keyword::<Located>::is_valid(self, node) {
            Ok(())
        } else {
            Err(ValidationError::custom("an item is repeated"))
        }
    }

    fn is_valid(&self, node: &'i Node) -> bool {
        repeated_item(node, &self.0).is_none()
    }
}

/// Returns the places of two items of a list that agree in all of the keys, or in everything if no keys are given; the
/// earlier one first. Items without any of the keys agree with none; null
/// counts as absent.
fn repeated_item(list: &Node, keys: &[impl AsRef<str>]) -> Option<(usize, usize)> {
    let mut seen = BTreeMap::new();
    list.as_sequence()?.iter().enumerate().find_map(|(index, item)| {
        let value = |key: &str| item.get(key).filter(|value| !value.is_null()).map(Node::to_json);
        let name: Vec<_> = keys.iter().map(|key| value(key.as_ref())).collect();
        let name = match keys {
            [] => item.to_json().to_string(),
            _ if name.iter().all(Option::is_none) => return None,
            _ => format!("{name:?}"),
        };
        seen.insert(name, index).map(|first| (first, index))
    })
}

/// Returns the strings of a JSON list.
fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}
