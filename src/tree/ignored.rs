//! The files that idpbuilder does not commit, because a `.gitignore` names them.

use std::path::Path;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::listing::Store;
use super::{Kind, Listing, RepoPath};

/// A file that is not committed.
#[derive(Debug)]
pub struct KeptBack {
    /// The file.
    pub path: RepoPath,
    /// What findings call it.
    pub shown: String,
    /// The line of a `.gitignore` that names it.
    pub pattern: String,
    /// What findings call that `.gitignore`.
    pub by: String,
}

/// A line of a `.gitignore`.
struct Pattern {
    /// The directory that it counts from, with a slash at its end unless it is empty.
    home: String,
    glob: Gitignore,
    text: String,
    file: String,
}

impl Listing {
    /// Returns the files below a directory that are not committed when idpbuilder copies it to the root of a repository of its
    /// own and adds `*` there. What lies directly in the directory is added by its name, whatever a `.gitignore` says
    /// (go-git v5.12.0, `worktree_status.go`, `AddGlob`); below, the last pattern decides that fits the path or a directory on
    /// the way to it (`plumbing/format/gitignore/matcher.go`).
    ///
    /// The files are found even if they are not listed because of such a pattern.
    #[must_use]
    pub fn kept_back(&self, directory: &str) -> Vec<KeptBack> {
        let all;
        let (listing, base) = match &*self.store {
            Store::Directory(root, shown) => {
                match Self::walk(&root.join(directory), &shown.join(directory), false, false) {
                    Ok(listing) => all = listing,
                    Err(_) => return Vec::new(),
                }
                (&all, "")
            }
            _ => (self, directory),
        };
        let start = if base.is_empty() { 0 } else { base.len() + 1 };
        let files = || listing.below(base).filter(|(_, kind)| *kind == Kind::File).map(|(path, _)| path);
        let mut gitignores: Vec<&RepoPath> =
            files().filter(|path| path.as_str().rsplit('/').next() == Some(".gitignore")).collect();
        gitignores.sort_by_key(|path| path.ancestors().count());
        let patterns: Vec<Pattern> = gitignores.into_iter().flat_map(|path| listing.patterns(path, start)).collect();
        let kept_back = files().filter_map(|path| {
            let below = &path.as_str()[start..];
            let decides = |pattern: &&Pattern| {
                below.strip_prefix(&pattern.home).is_some_and(|path| !pattern.verdict(path).is_none())
            };
            let pattern = patterns.iter().rev().filter(|_| below.contains('/')).find(decides)?;
            let is_ignored = pattern.verdict(below.strip_prefix(&pattern.home)?).is_ignore();
            is_ignored.then(|| KeptBack {
                path: RepoPath::existing(if directory.is_empty() {
                    below.to_owned()
                } else {
                    format!("{directory}/{below}")
                }),
                shown: listing.shown(path),
                pattern: pattern.text.clone(),
                by: pattern.file.clone(),
            })
        });
        kept_back.collect()
    }

    /// Reads a `.gitignore`. The directory that is a repository begins after so many bytes of the path.
    fn patterns(&self, path: &RepoPath, start: usize) -> Vec<Pattern> {
        let Ok(text) = self.read_whole(path) else { return Vec::new() };
        let home = path.as_str()[start..].trim_end_matches(".gitignore");
        let pattern = |line: &str| {
            let mut builder = GitignoreBuilder::new("");
            builder.add_line(None, line).ok()?;
            let glob = builder.build().ok().filter(|glob| !glob.is_empty())?;
            Some(Pattern { home: home.to_owned(), glob, text: line.to_owned(), file: self.shown(path) })
        };
        text.text().lines().filter_map(pattern).collect()
    }
}

impl Pattern {
    fn verdict(&self, path: &str) -> Match<&ignore::gitignore::Glob> {
        self.glob.matched_path_or_any_parents(Path::new(path), false)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::tree::Part;

    fn kept_back(directory: &str, files: &[(&str, &str)]) -> Vec<String> {
        let part =
            |(path, text): &(&str, &str)| (RepoPath::existing(*path), Part::new(path, text.as_bytes().to_vec(), 1));
        let listing = Listing::of_parts(files.iter().map(part).collect::<BTreeMap<_, _>>(), []);
        listing.kept_back(directory).into_iter().map(|it| format!("{} {}", it.path, it.pattern)).collect()
    }

    #[test]
    fn what_is_ignored_below_the_top_is_kept_back() {
        let files = [
            ("a/.gitignore", "# comment\n\n*.yaml\n!kept.yaml\n/build/\nlogs/*.txt\n"),
            ("a/top.yaml", ""),
            ("a/b/x.yaml", ""),
            ("a/b/kept.yaml", ""),
            ("a/b/c/.gitignore", "!x.yaml\ndeep\n"),
            ("a/b/c/x.yaml", ""),
            ("a/b/c/deep/kept.yaml", ""),
            ("a/build/kept.txt", ""),
            ("a/b/build/kept.txt", ""),
            ("a/logs/kept.txt", ""),
            ("b/x/x.yaml", ""),
            (".gitignore", "*"),
        ];
        assert_eq!(
            kept_back("a", &files),
            [
                "a/b/c/deep/kept.yaml deep",
                "a/b/x.yaml *.yaml",
                "a/build/kept.txt /build/",
                "a/logs/kept.txt logs/*.txt"
            ]
        );
        assert_eq!(kept_back("b", &files), Vec::<String>::new());
        assert_eq!(kept_back("a/b", &files), ["a/b/c/deep/kept.yaml deep"]);
    }
}
