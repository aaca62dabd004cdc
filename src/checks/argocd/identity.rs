//! What makes two manifests one object.

use crate::checks::Scope;
use crate::manifest::Manifest;
use crate::package::PackagedApplication;

/// What tells an object from others of the same cluster: group, kind, namespace and name.
pub(super) type Identity<'a> = (&'a str, &'a str, Option<&'a str>, &'a str);

/// Returns what tells an object from others that Applications apply; `None` if it has no name, or something is still to be
/// filled in.
pub(super) fn identity<'a>(
    scope: &Scope<'a>,
    manifest: &'a Manifest,
    application: Option<&PackagedApplication<'a>>,
) -> Option<Identity<'a>> {
    let name = manifest.name.as_ref().filter(|name| !name.contains(['{', '$']))?;
    let has_namespace = scope.manifests.is_namespaced(manifest) != Some(false);
    let namespace = has_namespace.then(|| scope.package.namespace_by(manifest, application)).flatten();
    Some((manifest.group(), manifest.kind.as_str(), namespace.map(|it| it.as_str()), name.as_str()))
}
