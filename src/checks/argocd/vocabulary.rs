//! The words that Argo CD looks for in lists that people write, where, and since when.
//!
//! It compares them as they are: with another letter, case or blank in it, a word means nothing, and nobody says so. Facts from
//! argoproj/argo-cd v3.1.7 and v3.5.1: `controller/sync.go`, `controller/hook.go`, `util/argo/diff/diff.go`,
//! `gitops-engine/pkg/sync/common/types.go` and `gitops-engine/pkg/sync/resource/annotations.go`.

use crate::diagnostic::{Diagnostic, Fix, Rule, edit_distance, nearest};
use crate::manifest::{Object, WrittenApplication};
use crate::schema::argocd::Version;
use crate::yaml::Node;

/// A list of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `spec.syncPolicy.syncOptions` of an Application.
    Sync,
    /// The annotation `argocd.argoproj.io/sync-options` of any object.
    Resource,
    /// The annotation `argocd.argoproj.io/compare-options` of any object.
    Compare,
    /// The annotation `argocd.argoproj.io/hook` of any object.
    Hook,
    /// The annotation `argocd.argoproj.io/hook-delete-policy` of any object.
    DeletePolicy,
}

impl Place {
    /// Returns the key of the annotation, if it is one.
    pub(super) const fn annotation(self) -> Option<&'static str> {
        match self {
            Self::Sync => None,
            Self::Resource => Some("argocd.argoproj.io/sync-options"),
            Self::Compare => Some("argocd.argoproj.io/compare-options"),
            Self::Hook => Some("argocd.argoproj.io/hook"),
            Self::DeletePolicy => Some("argocd.argoproj.io/hook-delete-policy"),
        }
    }

    /// Says what a word is there.
    pub(super) const fn what(self) -> &'static str {
        match self {
            Self::Sync => "sync option",
            Self::Resource => "sync option of a single object",
            Self::Compare => "compare option",
            Self::Hook => "hook",
            Self::DeletePolicy => "delete policy",
        }
    }
}

/// A word, or several that begin alike.
#[derive(Clone, Copy)]
struct Word {
    place: Place,
    key: &'static str,
    /// What follows a `=`, first what changes something; nothing if the key stands alone. What says how it is anyway counts,
    /// too.
    values: &'static [&'static str],
    since: Version,
}

const fn word(place: Place, key: &'static str, values: &'static [&'static str]) -> Word {
    Word { place, key, values, since: (0, 0) }
}

const fn since(since: Version, word: Word) -> Word {
    Word { since, ..word }
}

const ON: &[&str] = &["true", "false"];
const OFF: &[&str] = &["false", "true"];
const CONFIRM: &[&str] = &["false", "confirm", "true"];

/// All of them.
static WORDS: [Word; 39] = [
    word(Place::Sync, "ApplyOutOfSyncOnly", ON),
    since((3, 1), word(Place::Sync, "ClientSideApplyMigration", OFF)),
    word(Place::Sync, "CreateNamespace", ON),
    since((3, 4), word(Place::Sync, "Delete", CONFIRM)),
    word(Place::Sync, "FailOnSharedResource", ON),
    since((3, 4), word(Place::Sync, "Prune", CONFIRM)),
    word(Place::Sync, "PruneLast", ON),
    word(Place::Sync, "PrunePropagationPolicy", &["foreground", "background", "orphan"]),
    word(Place::Sync, "Replace", ON),
    word(Place::Sync, "RespectIgnoreDifferences", ON),
    word(Place::Sync, "ServerSideApply", ON),
    word(Place::Sync, "SkipDryRunOnMissingResource", ON),
    word(Place::Sync, "Validate", OFF),
    word(Place::Resource, "ApplyOutOfSyncOnly", ON),
    word(Place::Resource, "ClientSideApplyMigration", OFF),
    word(Place::Resource, "Delete", CONFIRM),
    word(Place::Resource, "Force", ON),
    word(Place::Resource, "Prune", CONFIRM),
    word(Place::Resource, "PruneLast", ON),
    word(Place::Resource, "Replace", ON),
    word(Place::Resource, "ServerSideApply", ON),
    word(Place::Resource, "SkipDryRunOnMissingResource", ON),
    word(Place::Resource, "Validate", OFF),
    word(Place::Compare, "IgnoreExtraneous", &[]),
    word(Place::Compare, "IncludeMutationWebhook", ON),
    word(Place::Compare, "ServerSideDiff", ON),
    word(Place::Hook, "PostDelete", &[]),
    word(Place::Hook, "PostSync", &[]),
    since((3, 3), word(Place::Hook, "PreDelete", &[])),
    word(Place::Hook, "PreSync", &[]),
    word(Place::Hook, "Skip", &[]),
    word(Place::Hook, "Sync", &[]),
    word(Place::Hook, "SyncFail", &[]),
    word(Place::DeletePolicy, "BeforeHookCreation", &[]),
    word(Place::DeletePolicy, "HookFailed", &[]),
    word(Place::DeletePolicy, "HookSucceeded", &[]),
    word(Place::DeletePolicy, "Never", &[]),
    word(Place::Sync, "Force", &["false"]),
    word(Place::Resource, "CreateNamespace", &["false"]),
];

impl Word {
    /// Returns each of the words in full.
    fn texts(&self) -> impl Iterator<Item = String> {
        let alone = self.values.is_empty().then(|| self.key.to_owned());
        alone.into_iter().chain(self.values.iter().map(|value| format!("{}={value}", self.key)))
    }

    fn is(&self, text: &str) -> bool {
        match text.split_once('=') {
            Some((key, value)) => key == self.key && self.values.contains(&value),
            None => text == self.key && self.values.is_empty(),
        }
    }
}

/// Returns the version with which a word came; nothing if there is no such word.
pub(super) fn since_of(place: Place, text: &str) -> Option<Version> {
    WORDS.iter().find(|word| word.place == place && word.is(text)).map(|word| word.since)
}

/// Tells whether nobody knows yet what a text will be: something fills it in.
pub(super) fn is_open(text: &str) -> bool {
    text.contains("{{") || text.contains("${")
}

/// Returns the sync options of an Application that are known.
pub(super) fn sync_options<'a>(application: &WrittenApplication<'a>) -> impl Iterator<Item = (&'a Node, &'a str)> {
    let items = application.spec().into_iter().flat_map(|spec| spec.items_at(&["syncPolicy", "syncOptions"]));
    items.filter_map(|node| Some((node, node.as_str().filter(|text| !is_open(text))?)))
}

/// Tells whether an Application has a sync option, or may have it in the end.
pub(super) fn may_have(application: &WrittenApplication<'_>, option: &str) -> bool {
    let mut items = application.spec().into_iter().flat_map(|spec| spec.items_at(&["syncPolicy", "syncOptions"]));
    application.is_patched || items.any(|node| node.as_str().is_some_and(|text| text == option || is_open(text)))
}

/// Returns the annotations with words of some kind: that of an object, and that of the Applications which it makes.
pub(super) fn annotations<'a>(object: &Object<'a>, place: Place) -> impl Iterator<Item = &'a Node> {
    let template = object.application().filter(|application| application.is_template).map(|it| it.node);
    let nodes = [Some(object.node), template].into_iter().flatten();
    nodes.filter_map(move |node| node.at(&["metadata", "annotations"])?.get(place.annotation()?))
}

/// Returns the words of an annotation that are known: they stand between commas, and blanks around them do not count.
pub(super) fn words(node: &Node) -> impl Iterator<Item = &str> {
    let text = node.as_str().filter(|text| !is_open(text)).unwrap_or_default();
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}

/// What somebody probably meant.
struct Guess {
    word: String,
    is_certain: bool,
}

/// Reports a word that Argo CD does not know, with what to do about it.
pub(super) fn unknown(rule: &'static Rule, place: Place, node: &Node, text: &str) -> Diagnostic {
    let message = format!("Argo CD does not know the {} `{text}`", place.what());
    let finding = Diagnostic::new(rule, &node.span, message);
    let elsewhere = WORDS.iter().find(|word| word.place != place && word.is(text));
    if let Some(there) = elsewhere {
        return finding.help(match there.place.annotation() {
            Some(annotation) => format!("it belongs to the annotation `{annotation}`"),
            None => "it belongs to `spec.syncPolicy.syncOptions` of the Application".to_owned(),
        });
    }
    if text.contains(',') {
        return finding.help("write each option as an item of its own");
    }
    match guess(place, text) {
        Some(Guess { word, is_certain: true }) => {
            let whole = node.as_str().unwrap_or_default();
            // Sync options stand alone, and what is around a word in an annotation stays.
            let corrected = if place == Place::Sync { word.clone() } else { replace(whole, text, &word) };
            finding.help(format!("write `{word}`")).fix(Fix::Text(node.span.clone(), corrected))
        }
        Some(Guess { word, .. }) => finding.help(format!("did you mean `{word}`?")),
        None => {
            let known: Vec<_> = WORDS.iter().filter(|word| word.place == place).map(|word| word.key).collect();
            finding.help(format!("the words that it knows are `{}`", known.join("`, `")))
        }
    }
}

/// Replaces a word between commas.
fn replace(whole: &str, old: &str, new: &str) -> String {
    let parts = whole.split(',').map(|part| if part.trim() == old { part.replace(old, new) } else { part.to_owned() });
    parts.collect::<Vec<_>>().join(",")
}

fn guess(place: Place, text: &str) -> Option<Guess> {
    let known: Vec<&Word> = WORDS.iter().filter(|word| word.place == place).collect();
    let texts = || known.iter().flat_map(|word| word.texts());
    if let Some(word) = texts().find(|known| plain(known) == plain(text)) {
        return Some(Guess { word, is_certain: true });
    }
    let (key, value) = text.split_once(['=', ':']).unwrap_or((text, ""));
    let (key, value) = (plain(key), value.trim().to_lowercase());
    let limit = (key.len() / 4).clamp(1, 2);
    let distance = |word: &Word| edit_distance(&plain(word.key), &key);
    if let Some(word) = known.iter().min_by_key(|word| distance(word)).filter(|word| distance(word) <= limit) {
        let is_single = known.iter().filter(|other| distance(other) == distance(word)).count() == 1;
        return Some(match (word.values, value.as_str()) {
            ([], value) => Guess { word: word.key.to_owned(), is_certain: is_single && matches!(value, "" | "true") },
            // Who leaves the value out wants the effect.
            ([first, _], "") => Guess { word: format!("{}={first}", word.key), is_certain: is_single },
            (values, value) if values.contains(&value) => {
                Guess { word: format!("{}={value}", word.key), is_certain: is_single }
            }
            ([first, ..], _) => Guess { word: format!("{}={first}", word.key), is_certain: false },
        });
    }
    let texts: Vec<String> = texts().collect();
    nearest(text, texts.iter().map(String::as_str)).map(|word| Guess { word: word.to_owned(), is_certain: false })
}

/// Returns the letters of a word, without case and what separates them.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_have_one_meaning_and_other_words_none() {
        let meant = |place, text| guess(place, text).map(|guess| (guess.word, guess.is_certain));
        let certain = |word: &str| Some((word.to_owned(), true));
        for text in [
            "CreateNamespaces=true",
            "createNamespace=true",
            "CreateNamespace=True",
            "CreateNamespace = true",
            "CreateNamespace: true",
            "CreateNamepsace=true",
            "CreateNamespace",
        ] {
            assert_eq!(meant(Place::Sync, text), certain("CreateNamespace=true"), "{text}");
        }
        assert_eq!(meant(Place::Sync, "validate=False"), certain("Validate=false"));
        assert_eq!(meant(Place::Sync, "PruneLast=yes"), Some(("PruneLast=true".to_owned(), false)));
        assert_eq!(meant(Place::Hook, "Presync"), certain("PreSync"));
        assert_eq!(meant(Place::DeletePolicy, "before-hook-creation"), certain("BeforeHookCreation"));
        for (place, text) in
            [(Place::Hook, "pre-install"), (Place::Sync, "Timeout=300"), (Place::Compare, "Everything")]
        {
            assert_eq!(meant(place, text), None, "{text}");
        }
    }
}
