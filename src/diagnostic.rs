//! What idpack has to say about an input: rules, and the findings that they lead to.

use std::fmt;

use crate::source::{Located, Position, Span};

/// How bad a finding is. Ordered: errors last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Works, but not as the author probably thinks, or not for long.
    Warning,
    /// Does not work.
    Error,
}

impl Severity {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Error];

    /// Returns the name that people and formats use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// How a fault would show if nobody had looked before applying it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A Kubernetes API server refuses the object.
    ApiReject,
    /// Argo CD reports `InvalidSpecError` and syncs nothing.
    InvalidSpec,
    /// Argo CD reports `ComparisonError` and syncs nothing.
    ComparisonError,
    /// Everything looks green and the line has no effect.
    SilentlyIgnored,
    /// Argo CD begins to sync and never comes to the end.
    SyncBlocked,
    /// `idpbuilder create` never returns.
    IdpbuilderHangs,
    /// `idpbuilder create` panics.
    IdpbuilderPanics,
    /// The container starts, fails and starts again.
    PodCrash,
    /// Clients cannot connect, or do not trust what they reach.
    Unreachable,
    /// Data ends up where it does not belong.
    DataLeak,
    /// It works, with less protection than it seems to have.
    Insecure,
    /// idpack itself cannot go on with this input.
    NotGenerated,
    /// A matter of habit.
    Style,
}

impl Effect {
    /// Returns the name that formats use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApiReject => "api-reject",
            Self::InvalidSpec => "invalid-spec",
            Self::ComparisonError => "comparison-error",
            Self::SilentlyIgnored => "silently-ignored",
            Self::SyncBlocked => "sync-blocked",
            Self::IdpbuilderHangs => "idpbuilder-hangs",
            Self::IdpbuilderPanics => "idpbuilder-panics",
            Self::PodCrash => "pod-crash",
            Self::Unreachable => "unreachable",
            Self::DataLeak => "data-leak",
            Self::Insecure => "insecure",
            Self::NotGenerated => "not-generated",
            Self::Style => "style",
        }
    }
}

/// Something that can be wrong, by name. Ids are never used for another rule again.
#[derive(Debug)]
pub struct Rule {
    /// Kebab-case name of the fault, as in `ignore[…]`.
    pub id: &'static str,
    /// One line, without a period.
    pub summary: &'static str,
    /// How bad it is unless the user says otherwise.
    pub severity: Severity,
    /// How it shows without idpack.
    pub effect: Effect,
    /// The Markdown page: what it means, why it matters, how to mend it.
    pub page: &'static str,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The rule that was broken.
    pub rule: &'static Rule,
    /// The rule's severity, or what the user made of it.
    pub severity: Severity,
    /// What is wrong here, with the values involved; no period at the end.
    pub message: String,
    /// Where it is wrong.
    pub span: Span,
    /// Other places that are needed to understand it.
    pub related: Vec<Related>,
    /// What to do about it.
    pub help: Option<String>,
    /// Whether it is a fault of a whole object only, and none of a part of one, such as a patch.
    pub of_whole: bool,
    /// What mends it.
    pub fix: Option<Box<Fix>>,
}

/// What mends a finding for certain: the author can have meant nothing else, and nothing but the fault changes.
#[derive(Clone, Debug)]
pub enum Fix {
    /// A key or a value becomes this string. How it is quoted is not part of it.
    Text(Span, String),
    /// A value becomes this, without quotes: `8443`, `true`.
    Plain(Span, String),
    /// An entry of a mapping or an item of a list goes, with the lines that are its own. The place is that of the entry's key
    /// or value, or of the item.
    Remove(Span),
    /// One of the others, worked out for the file as it is; see [`crate::fix`].
    Changes(Changes),
}

/// What changes in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// The file, as findings call it.
    pub path: String,
    /// What changes in its text, in order.
    pub parts: Vec<Change>,
}

/// A part of a text and what takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where the part begins.
    pub start: Position,
    /// Where it ends, exclusive.
    pub end: Position,
    /// What takes its place.
    pub text: String,
}

impl Fix {
    /// Returns the place that it is about, unless it has been worked out.
    #[must_use]
    pub fn span(&self) -> Option<&Span> {
        match self {
            Self::Text(span, _) | Self::Plain(span, _) | Self::Remove(span) => Some(span),
            Self::Changes(_) => None,
        }
    }

    /// Moves it from generated text to where that came from, if the very same text stands there.
    fn at_origin(mut self) -> Option<Self> {
        let (Self::Text(span, _) | Self::Plain(span, _) | Self::Remove(span)) = &mut self else { return Some(self) };
        if span.source().is_generated() {
            let origin = span.origin()?;
            if origin.text() != span.text() {
                return None;
            }
            *span = origin.clone();
        }
        Some(self)
    }
}

/// A further place and what it has to do with the finding.
#[derive(Clone, Debug)]
pub struct Related {
    /// The place.
    pub span: Span,
    /// What is there.
    pub message: String,
}

impl Diagnostic {
    /// Creates a finding with exactly one primary place.
    pub fn new(rule: &'static Rule, span: &Span, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity,
            message: message.into(),
            span: span.clone(),
            related: Vec::new(),
            help: None,
            of_whole: false,
            fix: None,
        }
    }

    /// Says that it is a fault of a whole object only: something is missing, or does not go together, which is not so in a patch.
    #[must_use]
    pub fn of_whole(mut self) -> Self {
        self.of_whole = true;
        self
    }

    /// Says what mends it for certain.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(Box::new(fix));
        self
    }

    /// Says what mends it for certain, if anything does.
    #[must_use]
    pub fn fix_if(self, fix: Option<Fix>) -> Self {
        match fix {
            Some(fix) => self.fix(fix),
            None => self,
        }
    }

    /// Adds another place.
    #[must_use]
    pub fn related(mut self, span: &Span, message: impl Into<String>) -> Self {
        self.related.push(Related { span: span.clone(), message: message.into() });
        self
    }

    /// Adds another place, if there is one.
    #[must_use]
    pub fn related_if(self, span: Option<&Span>, message: impl Into<String>) -> Self {
        match span {
            Some(span) => self.related(span, message),
            None => self,
        }
    }

    /// Moves a finding in generated text, and its related places, to where the text came from; where it was found becomes a
    /// related place.
    #[must_use]
    pub fn at_origin(mut self) -> Self {
        for related in &mut self.related {
            if let Some(origin) = related.span.origin().cloned() {
                related.span = origin;
            }
        }
        self.fix = self.fix.and_then(|fix| fix.at_origin()).map(Box::new);
        if let Some(origin) = self.span.origin().cloned() {
            let rendered = std::mem::replace(&mut self.span, origin);
            self.related.insert(0, Related { span: rendered, message: "where it is rendered".to_owned() });
        }
        self
    }

    /// Leaves of each place the first line, which is what is shown.
    pub fn shorten(&mut self) {
        self.spans(&mut |span| *span = span.clone().first_line());
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Located for Diagnostic {
    fn spans(&mut self, visit: &mut dyn FnMut(&mut Span)) {
        visit(&mut self.span);
        self.related.iter_mut().for_each(|related| visit(&mut related.span));
        match self.fix.as_deref_mut() {
            Some(Fix::Text(span, _) | Fix::Plain(span, _) | Fix::Remove(span)) => visit(span),
            Some(Fix::Changes(_)) | None => {}
        }
    }
}

impl fmt::Display for Diagnostic {
    /// Writes the finding on one line, `path:line:column: severity[id]: message`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}[{}]: {}", self.span, self.severity.as_str(), self.rule.id, self.message)
    }
}

/// Puts findings in the order in which they are shown: by path, line, column and rule; equal ones once.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by_cached_key(|finding| {
        (finding.span.source().name().to_owned(), finding.span.position(), finding.rule.id, finding.message.clone())
    });
    diagnostics.dedup_by(|later, earlier| {
        later.rule.id == earlier.rule.id
            && later.message == earlier.message
            && later.span.source().name() == earlier.span.source().name()
            && later.span.position() == earlier.span.position()
    });
}

/// Tells whether any finding is an error.
#[must_use]
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|finding| finding.severity == Severity::Error)
}

/// Returns the candidate that `word` was probably meant to be: the nearest one by edit distance, at most a third of the
/// word's length away.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let limit = (lower.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (edit_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Tells whether a word is another one, written wrong: with one letter too many, missing or replaced, two neighbours swapped, or
/// other separators. Words of which somebody may have several are different ones: with other numbers, or other letters where
/// words are short or end.
#[must_use]
pub fn is_misspelt(word: &str, known: &str) -> bool {
    let letters = |text: &str| text.to_lowercase().chars().filter(|c| !"-_.".contains(*c)).collect::<String>();
    let is_same = |a: Option<char>, b: Option<char>| a.is_some_and(|a| b.is_some_and(|b| a.eq_ignore_ascii_case(&b)));
    let starts_alike = is_same(word.chars().next(), known.chars().next());
    let ends_alike = || is_same(word.chars().next_back(), known.chars().next_back());
    if word == known || word.len().abs_diff(known.len()) > 2 || !starts_alike && !ends_alike() {
        return false;
    }
    if letters(word) == letters(known) {
        return true;
    }
    let (a, b): (Vec<char>, Vec<char>) = (word.chars().collect(), known.chars().collect());
    let start = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let most = a.len().min(b.len()) - start;
    let end = a.iter().rev().zip(b.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let (wrong, right) = (&a[start..a.len() - end], &b[start..b.len() - end]);
    // The length of the part of the shorter word that they differ in.
    let is_letter = |c: &char| c.is_alphabetic();
    let around = |text: &[char]| {
        let before = text[..start].iter().rev().take_while(|c| is_letter(c)).count();
        let behind = text[text.len() - end..].iter().take_while(|c| is_letter(c)).count();
        before + behind + text.len() - start - end
    };
    let length = around(&a).min(around(&b));
    let is_inside = end > 0 && is_letter(&a[a.len() - end]);
    wrong.iter().chain(right).all(is_letter)
        && match (wrong, right) {
            ([_], []) | ([], [_]) => length >= 3,
            ([_], [_]) => length >= 4 && is_inside,
            ([a, b], [c, d]) => length >= 3 && (a, b) == (d, c),
            _ => false,
        }
}

/// Returns the candidate that [`nearest`] does, if no other one is as near: then it is what was meant. Of one or two letters,
/// too little is left.
#[must_use]
pub fn only_near<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.into_iter().filter(|_| word.chars().nth(2).is_some()).collect();
    let near = nearest(word, candidates.iter().copied())?;
    let lower = word.to_lowercase();
    let distance = |candidate: &str| edit_distance(&lower, &candidate.to_lowercase());
    let least = distance(near);
    let others = candidates.into_iter().filter(|candidate| *candidate != near);
    others.into_iter().all(|candidate| distance(candidate) > least).then_some(near)
}

/// Counts insertions, deletions, replacements and swaps of neighbours between two words.
#[must_use]
pub fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let mut best = (above[j] + usize::from(a[i] != b[j])).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_words_are_no_other_words() {
        for (word, known) in [
            ("web-confg", "web-config"),
            ("web-configs", "web-config"),
            ("web-cofnig", "web-config"),
            ("web-konfig", "web-config"),
            ("webconfig", "web-config"),
            ("web_config", "web-config"),
            ("wbe", "web"),
            ("Web", "web"),
            ("fronted", "frontend"),
        ] {
            assert!(is_misspelt(word, known) && is_misspelt(known, word), "{word} {known}");
        }
        for (word, known) in [
            ("web", "web"),
            ("web-1", "web-2"),
            ("web-a", "web-b"),
            ("web-v1", "web-v"),
            ("db-eu", "db-us"),
            ("app", "api"),
            ("nodea", "nodeb"),
            ("web", "web-config"),
            ("data-import", "data-export"),
            ("internal", "external"),
            ("", "a"),
        ] {
            assert!(!is_misspelt(word, known) && !is_misspelt(known, word), "{word} {known}");
        }
    }

    #[test]
    fn suggestions_are_near_or_absent() {
        let known = ["extraSANs", "values", "hostname", "namespace"];
        assert_eq!(nearest("extraSans", known), Some("extraSANs"));
        assert_eq!(nearest("namepsace", known), Some("namespace"));
        assert_eq!(nearest("hostnme", known), Some("hostname"));
        assert_eq!(nearest("replicas", known), None);
        assert_eq!(nearest("x", known), None);
    }

    #[test]
    fn what_was_meant_is_nearer_than_all_else() {
        assert_eq!(only_near("hosst", ["host", "hosts"]), None);
        assert_eq!(only_near("hosst", ["host", "ports"]), Some("host"));
        assert_eq!(only_near("Hosts", ["host", "hosts"]), Some("hosts"));
        assert_eq!(only_near("no", ["on", "off"]), None);
    }
}
