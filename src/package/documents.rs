//! Files of a package of which idpbuilder does not take everything, or nothing.

use std::collections::BTreeSet;

use crate::manifest::{Content, Document, ManifestSet, directory};

/// A file at the root of a package that is not one Application and nothing else.
#[derive(Debug)]
pub struct Loss<'a> {
    /// The path of the file.
    pub path: &'a str,
    /// What is lost, or what is in the way.
    pub at: &'a Document,
    /// What happens.
    pub kind: LossKind,
    /// The first document of the file.
    pub first: &'a Document,
    /// The first document that idpbuilder gets to and cannot decode: it tries again for ever.
    pub undecodable: Option<&'a Document>,
}

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossKind {
    /// An Application stands behind a document that is none, at which idpbuilder stops.
    Behind,
    /// A document stands behind the Application.
    Further,
    /// Nothing but comments and blanks stands in front of the first `---`, and idpbuilder cannot decode that.
    NothingBefore,
    /// The same behind another `---`.
    NothingAfter,
}

/// Finds them. A file without any Application is not among them: nobody reads it.
pub(super) fn losses<'a>(manifests: &'a ManifestSet, packages: &BTreeSet<&str>) -> Vec<Loss<'a>> {
    let files = manifests.documents.iter().filter(|(path, _)| packages.contains(directory(path)));
    files.filter_map(|(path, documents)| loss(path, documents)).collect()
}

fn loss<'a>(path: &'a str, documents: &'a [Document]) -> Option<Loss<'a>> {
    let is_application = |document: &&Document| document.content == Content::Application;
    // What a YAML reader takes for the first document.
    let rank = documents.iter().position(|document| document.content != Content::Nothing)?;
    let (before, [first, further @ ..]) = documents.split_at_checked(rank)? else { return None };
    if first.content != Content::Application {
        let at = further.iter().find(is_application)?;
        return Some(Loss { path, at, kind: LossKind::Behind, first, undecodable: None });
    }
    let undecodable = documents.iter().find(|document| document.is_decoded && document.content.fails());
    let (at, kind) = if let Some(at) = before.first() {
        (at, LossKind::NothingBefore)
    } else if let Some(at) = further.iter().find(|document| !document.content.is_empty()) {
        (at, LossKind::Further)
    } else {
        (undecodable?, LossKind::NothingAfter)
    };
    Some(Loss { path, at, kind, first, undecodable })
}
