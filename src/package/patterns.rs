//! `directory.include` and `directory.exclude` that fit no file.

use super::Package;
use super::files::{glob, is_loaded};
use crate::source::Spanned;
use crate::tree::{Kind, Listing};

/// A pattern that fits no file, and would if it was written differently.
#[derive(Debug)]
pub struct OddPattern<'a> {
    /// The directory that it counts from.
    pub base: &'a str,
    /// The pattern.
    pub pattern: &'a Spanned<String>,
    /// Whether it is `include`.
    pub is_include: bool,
    /// What fits; `None` if the pattern does, and only directories below are not searched.
    pub meant: Option<String>,
}

/// Finds them.
pub(super) fn find<'a>(package: &Package<'a>, listing: &'a Listing) -> Vec<OddPattern<'a>> {
    let mut found = Vec::new();
    for it in &package.applications {
        for (source, base) in it.application.sources.iter().zip(&it.directories) {
            let Some(base) = *base else { continue };
            let patterns =
                source.include.iter().map(|it| (it, true)).chain(source.exclude.iter().map(|it| (it, false)));
            for (pattern, is_include) in patterns {
                let files: Vec<&str> = below(listing, base).collect();
                let fits = |text: &str, is_deep: bool| {
                    let glob = glob(text);
                    let mut files = files.iter().filter(|path| is_deep || !path.contains('/'));
                    files.any(|path| glob.as_ref().is_some_and(|glob| glob.is_match(path)))
                };
                if files.is_empty() || fits(pattern, source.recurse) {
                    continue;
                }
                let meant = other_forms(pattern, base).into_iter().find(|text| fits(text, source.recurse));
                if meant.is_some() || is_include && fits(pattern, true) {
                    found.push(OddPattern { base, pattern, is_include, meant });
                }
            }
        }
    }
    found
}

/// Returns the files of a directory, with all below, by their path from there.
fn below<'a>(listing: &'a Listing, base: &'a str) -> impl Iterator<Item = &'a str> {
    let files = listing.below(base).filter(|(path, kind)| *kind == Kind::File && is_loaded(path.as_str()));
    files.filter_map(move |(path, _)| Some(path.as_str().strip_prefix(base)?.trim_start_matches('/')))
}

/// Returns what a pattern may have been meant to be: one that counts from the directory, and alternatives in braces.
fn other_forms(pattern: &str, base: &str) -> Vec<String> {
    let plain = pattern.trim_start_matches("./").trim_start_matches('/');
    let inner = plain.strip_prefix(base).and_then(|rest| rest.strip_prefix('/')).unwrap_or(plain);
    let mut forms = vec![plain.to_owned(), inner.to_owned()];
    if let Some(rest) = plain.strip_prefix("**/") {
        forms.push(rest.to_owned());
    }
    if pattern.contains(',') && !pattern.contains('{') {
        let parts: Vec<_> = pattern.split(',').map(|part| part.trim().trim_start_matches("./")).collect();
        forms.push(format!("{{{}}}", parts.join(",")));
    }
    forms
}
