//! What idpbuilder takes an argument of `--package` for.
//!
//! Facts from cnoe-io/idpbuilder bef38e62: `pkg/cmd/helpers/validation.go:38-64` and `pkg/util/url.go:99-187`, and what
//! `pkg/util/git_repository.go:235-271` made of revisions when it was run.

/// A directory of a Git repository. That is what idpbuilder takes everything for whose path has `//` in it, local paths too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote<'a> {
    /// What it clones. A path without a scheme becomes a URL that nothing can be cloned from.
    pub clone_url: &'a str,
    /// The directory in the repository, empty for its root.
    pub path: &'a str,
    /// `ref`, else `version`: the revision.
    pub revision: Option<&'a str>,
    /// Whether submodules are cloned too; unless `submodules=false` they are.
    pub submodules: bool,
    /// Whether it has a scheme or a host, so that there is something to clone from.
    pub is_url: bool,
}

/// Reads an argument as a directory of a Git repository; nothing if idpbuilder takes it for a local path.
#[must_use]
pub fn remote(argument: &str) -> Option<Remote<'_>> {
    let (address, query) = argument.split_once('?').unwrap_or((argument, ""));
    let scheme = address.find("://").map(|at| at + "://".len());
    let start = scheme.unwrap_or_default();
    let at = start + address.get(start..)?.find("//")?;
    let value = |key| query.split('&').filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == key);
    let revision = value("ref").or_else(|| value("version")).map(|(_, value)| value).filter(|value| !value.is_empty());
    Some(Remote {
        clone_url: &address[..at],
        path: address[at..].trim_start_matches('/'),
        revision,
        submodules: value("submodules").is_none_or(|(_, value)| value != "false"),
        is_url: is_url(address),
    })
}

/// Tells whether a text is a URL, or the address of a Git repository as SSH has them.
#[must_use]
pub fn is_url(text: &str) -> bool {
    let host = text.split(['/', ':']).next().unwrap_or_default();
    text.contains("://") || text.contains(':') && host.contains('@')
}

impl Remote<'_> {
    /// Says what to expect of the revision; nothing if it is the only kind that can be relied on, a full commit.
    #[must_use]
    pub fn doubt(&self) -> Option<&'static str> {
        match self.revision {
            None => Some("without `ref`, the newest commit of the default branch is taken, and never fetched again"),
            Some(revision) if revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit()) => None,
            Some(_) => Some(
                "branches other than the default one and annotated tags cannot be checked out, and where the default branch is \
                 `master` most names silently give that; name a full commit, the tip of a branch or of a tag",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_taken_for_what_idpbuilder_takes_them_for() {
        let read = |argument| remote(argument).map(|it| (it.clone_url, it.path, it.revision, it.is_url));
        let stacks = "https://github.com/cnoe-io/stacks";
        for (argument, expected) in [
            ("https://github.com/cnoe-io/stacks//basic/package1", Some((stacks, "basic/package1", None, true))),
            ("https://github.com/cnoe-io/stacks//", Some((stacks, "", None, true))),
            ("https://github.com/cnoe-io/stacks//a?version=v1&ref=main", Some((stacks, "a", Some("main"), true))),
            ("git@github.com:o/r//p?ref=x", Some(("git@github.com:o/r", "p", Some("x"), true))),
            ("file:///srv/repo//p", Some(("file:///srv/repo", "p", None, true))),
            ("./packages//a", Some(("./packages", "a", None, false))),
            ("/tmp//pkg", Some(("/tmp", "pkg", None, false))),
            ("https://github.com/cnoe-io/stacks", None),
            ("./packages/a", None),
        ] {
            assert_eq!(read(argument), expected, "{argument}");
        }
        assert!(!remote("https://host/r//p?submodules=false").unwrap().submodules);
        assert!(remote("https://host/r//p").unwrap().submodules);
        let doubt = |revision: &str| remote(&format!("https://host/r//p?ref={revision}")).unwrap().doubt().is_some();
        assert!(doubt("main") && doubt("abc1234") && !doubt("8916e773dd8d0ee0b0e6b3c4e4f4d8c6a1b2c3d4"));
    }
}
