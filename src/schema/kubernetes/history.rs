//! What Kubernetes had when: the table `kubernetes.versions`, whose first lines explain its form.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{ByKind, NEWEST, OLDEST, Version};

/// A kind in one version of its group.
#[derive(Debug, Default)]
pub(super) struct Kind {
    /// The span of versions that serve it.
    pub(super) served: Served,
    /// The first version that advises against it.
    pub(super) deprecated: Option<Version>,
    /// The `apiVersion` of what took its place, and its kind if that is another.
    pub(super) successor: Option<(&'static str, Option<&'static str>)>,
    /// Whether its fields are those of the kind that took its place.
    pub(super) same: bool,
    /// What else changes.
    pub(super) note: Option<&'static str>,
}

/// A field of a definition that some versions do not have.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) served: Served,
}

/// From the first version that has something to the first that has it no more.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Served {
    pub(super) since: Option<Version>,
    pub(super) until: Option<Version>,
}

impl Served {
    /// Tells whether a version has it.
    pub(super) fn contains(self, version: Version) -> bool {
        self.since.is_none_or(|since| since <= version) && self.until.is_none_or(|until| version < until)
    }

    /// Says why a version does not have a field.
    pub(super) fn absence(self, version: Version) -> Option<String> {
        let (major, minor) = version;
        match self {
            Self { since: Some(since), .. } if version < since => {
                Some(format!("exists from Kubernetes {}.{} on, not in {major}.{minor}", since.0, since.1))
            }
            Self { until: Some(until), .. } if until <= version => {
                Some(format!("exists before Kubernetes {}.{} only, not in {major}.{minor}", until.0, until.1))
            }
            _ => None,
        }
    }
}

/// The table.
struct History {
    kinds: ByKind<Kind>,
    /// By definition.
    fields: BTreeMap<&'static str, Vec<Field>>,
}

static HISTORY: LazyLock<History> = LazyLock::new(|| {
    let (mut kinds, mut fields) = (Vec::new(), BTreeMap::<_, Vec<_>>::new());
    let mut owner = "";
    let lines = include_str!("../kubernetes.versions").lines();
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some(entry) = line.strip_prefix("  ") else {
            owner = line;
            continue;
        };
        let (words, note) = entry.split_once(" -- ").map_or((entry, None), |(words, note)| (words, Some(note)));
        if owner.starts_with("io.k8s.") {
            let served = served(words);
            fields.entry(owner).or_default().extend(names(words).map(|name| Field { name, served }));
        } else {
            kinds.extend(names(words).map(|name| ((owner, name), kind(words, note))));
        }
    }
    History { kinds: kinds.into_iter().collect(), fields }
});

/// The words that end the names of an entry.
const KEYWORDS: [&str; 5] = ["since", "deprecated", "until", "use", "same"];

/// Returns the names that an entry is about.
fn names(words: &str) -> impl Iterator<Item = &str> {
    words.split(' ').take_while(|word| !KEYWORDS.contains(word))
}

/// Reads what an entry says of a kind.
fn kind(words: &'static str, note: Option<&'static str>) -> Kind {
    let mut after = words.split(' ').skip_while(|word| *word != "use").skip(1);
    let successor = after.next().map(|api_version| (api_version, after.next().filter(|word| !KEYWORDS.contains(word))));
    Kind {
        served: served(words),
        deprecated: version_after(words, "deprecated"),
        successor,
        same: words.split(' ').any(|word| word == "same"),
        note,
    }
}

fn served(words: &str) -> Served {
    Served { since: version_after(words, "since"), until: version_after(words, "until") }
}

/// Returns the version behind a keyword.
fn version_after(words: &str, keyword: &str) -> Option<Version> {
    let (major, minor) = words.split(' ').skip_while(|word| *word != keyword).nth(1)?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Returns what the table says of a kind.
pub(super) fn kind_of(api_version: &str, kind: &str) -> Option<&'static Kind> {
    HISTORY.kinds.get(api_version, kind)
}

/// Returns the kinds of the table as `(apiVersion, kind)`, sorted.
pub(super) fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    HISTORY.kinds.keys()
}

/// Returns the fields of a definition that some versions do not have.
pub(super) fn fields_of(definition: &str) -> &'static [Field] {
    HISTORY.fields.get(definition).map_or(&[], Vec::as_slice)
}

/// Returns the covered version that is nearest to a version.
pub(super) fn nearest(version: Version) -> Version {
    version.clamp(OLDEST, NEWEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_say_what_their_words_say() {
        let kind =
            kind("Endpoints since 1.2 deprecated 1.33 until 1.40 use discovery.k8s.io/v1 EndpointSlice same", None);
        assert_eq!((kind.served.since, kind.served.until), (Some((1, 2)), Some((1, 40))));
        assert_eq!(kind.deprecated, Some((1, 33)));
        assert_eq!(kind.successor, Some(("discovery.k8s.io/v1", Some("EndpointSlice"))));
        assert!(kind.same);
        assert_eq!(super::kind("A use b/v1 same", None).successor, Some(("b/v1", None)));
        assert_eq!(names("A B until 1.2").collect::<Vec<_>>(), ["A", "B"]);
    }

    #[test]
    fn every_line_has_a_meaning() {
        for ((api_version, kind), entry) in &HISTORY.kinds.0 {
            let is_bound = entry.served.since.is_some() || entry.served.until.is_some() || entry.deprecated.is_some();
            assert!(is_bound, "{api_version} {kind}");
            assert!(kind.starts_with(|first: char| first.is_ascii_uppercase()), "{api_version} {kind}");
        }
        for (definition, fields) in &HISTORY.fields {
            for field in fields {
                let is_bound = field.served.since.is_some() || field.served.until.is_some();
                assert!(is_bound, "{definition} {}", field.name);
            }
        }
        assert!(HISTORY.kinds.0.len() > 120 && HISTORY.fields.len() > 80);
    }
}
