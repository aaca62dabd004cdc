use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Barrier;

use idpack::git::{self, Branch, Error, Fault, Message, Outcome, Place};
use idpack::output::{self, Basis, Digest, Lock, Marker};
use idpack::tree::Tree;
use proptest::prelude::*;

use crate::oracle::{Sandbox, run, tool};
use crate::output::tree;

const MESSAGE: Message<'static> = Message {
    name: "idpack",
    email: "idpack@example.org",
    time: 1_700_000_000,
    subject: "Render dev",
    body: "One line.\nAnother: line.",
    trailers: &[("Idpack-Source", "0123456789abcdef")],
};

/// An output directory with a repository `dev`, and Git to judge it.
struct Repository {
    sandbox: Sandbox,
    git: PathBuf,
    place: Place,
}

impl Repository {
    /// `None` without Git.
    fn new(bare: bool) -> Option<Self> {
        let git = tool("git", "IDPACK_GIT")?;
        let sandbox = Sandbox::new();
        let place = Place { directory: sandbox.path("dev"), bare };
        Some(Self { sandbox, git, place })
    }

    /// One that holds a commit of a tree.
    fn with(tree: &Tree) -> Option<Self> {
        let repository = Self::new(false)?;
        repository.build(tree);
        Some(repository)
    }

    fn lock(&self) -> Lock {
        Lock::acquire(&self.sandbox.path("")).unwrap()
    }

    fn read(&self) -> Result<Branch, Error> {
        git::read(&self.place, "dev")
    }

    fn fault(&self) -> Fault {
        self.read().unwrap_err().fault
    }

    fn commit(&self, tree: &Tree) -> Result<Outcome, Error> {
        git::commit(&self.read()?, tree, &MESSAGE, &self.lock())
    }

    /// Writes the files, as a build does before it commits.
    fn render(&self, tree: &Tree) {
        let output = self.sandbox.path("");
        let branch = self.read().unwrap();
        let head = branch.tip().map(|tip| tip.files.clone()).unwrap_or_default();
        let marker = Marker::read(&output, "dev").unwrap();
        let basis = Basis { marker: marker.as_ref(), head: &head, inputs: &BTreeMap::new(), discard_edits: false };
        output::apply(&output::plan(&output, "dev", tree, basis).unwrap(), &self.lock()).unwrap();
    }

    fn build(&self, tree: &Tree) -> Outcome {
        self.render(tree);
        self.commit(tree).unwrap()
    }

    fn git(&self, arguments: &[&str]) -> String {
        run(&mut self.command(arguments)).trim_end().to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(&self.git);
        command.envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "somebody")));
        command.envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "somebody@example.org")));
        command.current_dir(&self.place.directory).args(arguments);
        command
    }

    /// Makes sure that Git has nothing to complain about, and that the tip is the tree.
    fn assert_holds(&self, tree: &Tree) {
        assert_eq!(self.git(&["fsck", "--strict", "--full", "--no-dangling"]), "");
        let listed: Vec<String> = self.git(&["ls-tree", "-r", "main"]).lines().map(str::to_owned).collect();
        let expected = output::digests(tree).unwrap();
        let expected: Vec<_> = expected.iter().map(|(path, id)| format!("100644 blob {id}\t{path}")).collect();
        assert_eq!(listed, expected);
        assert_eq!(self.git(&["rev-parse", "main^{tree}"]), git::tree_id(tree).unwrap().to_string());
        if !self.place.bare {
            assert_eq!(self.git(&["status", "--porcelain"]), "");
            // The plumbing does not refresh the index first.
            assert_eq!(self.git(&["diff-files"]), "");
        }
    }

    fn count(&self) -> String {
        self.git(&["rev-list", "--count", "main"])
    }
}

fn first() -> Tree {
    tree(&[("README.md", "# dev\n"), ("dev.yaml", "a: 1\n"), ("dev/apps/b.yaml", "b: 1\n"), ("dev/old.yaml", "")])
}

fn second() -> Tree {
    tree(&[("README.md", "# dev\n"), ("dev.yaml", "a: 2\n"), ("dev/apps/b.yaml", "b: 1\n"), ("dev/new/c.yaml", "c\n")])
}

fn created(outcome: Outcome) -> String {
    match outcome {
        Outcome::Created(id) => id.to_string(),
        Outcome::Unchanged(_) => panic!("{outcome:?}"),
    }
}

/// The files of a directory with what they hold, to tell whether anything changed.
fn snapshot(directory: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let entries = walkdir::WalkDir::new(directory).into_iter().map(Result::unwrap);
    entries.map(|entry| (entry.path().to_owned(), fs::read(entry.path()).ok())).collect()
}

#[test]
fn a_tree_becomes_a_commit_that_git_accepts() {
    let Some(repository) = Repository::new(false) else { return };
    let one = created(repository.build(&first()));
    repository.assert_holds(&first());
    let two = created(repository.build(&second()));
    repository.assert_holds(&second());
    assert_eq!(repository.git(&["log", "--format=%H %P"]), format!("{two} {one}\n{one}"));
    let reflog = format!("{two} {one} idpack@example.org commit: Render dev\n");
    assert!(repository.git(&["log", "-g", "--format=%H %P %ge %gs", "main"]).starts_with(&reflog));
    assert_eq!(
        repository.git(&["log", "-g", "--format=%gs", "HEAD"]),
        "commit: Render dev\ncommit (initial): Render dev"
    );
    assert_eq!(repository.git(&["symbolic-ref", "HEAD"]), "refs/heads/main");
}

#[test]
fn a_commit_says_what_it_was_told() {
    let Some(repository) = Repository::with(&first()) else { return };
    let who = "idpack <idpack@example.org> 1700000000 +0000";
    let message = "Render dev\n\nOne line.\nAnother: line.\n\nIdpack-Environment: dev\nIdpack-Source: 0123456789abcdef";
    let expected = format!("{who}|{who}|{message}");
    assert_eq!(repository.git(&["log", "--date=raw", "--format=%an <%ae> %ad|%cn <%ce> %cd|%B"]), expected);
    assert_eq!(repository.git(&["log", "--format=%(trailers:key=Idpack-Environment,valueonly)"]).trim(), "dev");
}

#[test]
fn an_equal_tree_commits_nothing() {
    let Some(repository) = Repository::with(&first()) else { return };
    let before = snapshot(&repository.place.directory);
    let outcome = repository.build(&first());
    assert!(matches!(outcome, Outcome::Unchanged(id) if id.to_string() == repository.git(&["rev-parse", "HEAD"])));
    assert_eq!(snapshot(&repository.place.directory), before);
}

#[test]
fn only_missing_objects_are_written() {
    let Some(repository) = Repository::with(&first()) else { return };
    let count = |repository: &Repository| -> usize {
        let counted = repository.git(&["count-objects", "-v"]);
        let number = |key: &str| counted.lines().find_map(|line| line.strip_prefix(key)).unwrap().parse::<usize>();
        number("count: ").unwrap() + number("in-pack: ").unwrap()
    };
    // Blobs: `# dev`, `a: 1`, `b: 1` and the empty one; trees: root, `dev`, `dev/apps`; a commit.
    assert_eq!(count(&repository), 8);
    repository.build(&second());
    // Blobs: `a: 2`, `c`; trees: root, `dev`, `dev/new`; a commit.
    assert_eq!(count(&repository), 14);
}

#[test]
fn a_bare_repository_gets_the_same_commits_and_a_reflog() {
    let (Some(bare), Some(other)) = (Repository::new(true), Repository::new(false)) else { return };
    let ids = [first(), second()].map(|tree| (bare.commit(&tree).unwrap(), other.build(&tree)));
    for (bare, other) in ids {
        assert_eq!(bare, other);
    }
    bare.assert_holds(&second());
    assert_eq!(bare.git(&["log", "-g", "--format=%gs", "main"]), "commit: Render dev\ncommit (initial): Render dev");
    assert!(!bare.place.directory.join("index").exists());
    assert!(matches!(bare.commit(&second()).unwrap(), Outcome::Unchanged(_)));
}

#[test]
fn bare_and_not_bare_are_not_confused() {
    let (Some(bare), Some(other)) = (Repository::new(true), Repository::with(&first())) else { return };
    bare.commit(&first()).unwrap();
    let read = |repository: &Repository, bare| {
        let place = Place { directory: repository.place.directory.clone(), bare };
        git::read(&place, "dev").unwrap_err().fault
    };
    assert!(matches!(read(&bare, false), Fault::Bare));
    assert!(matches!(read(&other, true), Fault::NotBare));
    let occupied = Place { directory: other.place.directory.join("dev"), bare: true };
    assert!(matches!(git::read(&occupied, "dev").unwrap_err().fault, Fault::Occupied));
}

#[test]
fn formats_that_libgit2_cannot_read_are_named_and_left_alone() {
    type Expected = fn(&Fault) -> bool;
    let formats: [(&[&str], Expected); 3] = [
        (
            &["init", "-q", "-b", "main", "--object-format=sha256"],
            |fault| matches!(fault, Fault::ObjectFormat(format) if format == "sha256"),
        ),
        (
            &["init", "-q", "-b", "main", "--ref-format=reftable"],
            |fault| matches!(fault, Fault::RefStorage(format) if format == "reftable"),
        ),
        (&["init", "-q", "-b", "main"], |fault| matches!(fault, Fault::Extension(name) if name == "partialclone")),
    ];
    for (init, is_expected) in formats {
        let Some(repository) = Repository::new(false) else { return };
        fs::create_dir(&repository.place.directory).unwrap();
        repository.git(init);
        if init.len() == 4 {
            repository.git(&["config", "core.repositoryformatversion", "1"]);
            repository.git(&["config", "extensions.partialClone", "origin"]);
        }
        let before = snapshot(&repository.place.directory);
        let error = repository.commit(&first()).unwrap_err();
        assert!(is_expected(&error.fault), "{error}");
        assert!(error.to_string().starts_with(&format!("`{}` ", repository.place.directory.display())));
        assert!(error.help().is_some());
        assert_eq!(snapshot(&repository.place.directory), before);
    }
}

#[test]
fn a_repository_that_git_made_is_taken_while_it_is_empty() {
    let Some(repository) = Repository::new(false) else { return };
    fs::create_dir(&repository.place.directory).unwrap();
    repository.git(&["init", "-q", "-b", "main"]);
    repository.build(&first());
    repository.assert_holds(&first());
}

#[test]
fn a_clone_is_as_good_as_the_original() {
    let Some(repository) = Repository::with(&first()) else { return };
    repository.build(&second());
    let clone = Repository::new(false).unwrap();
    for depth in ["--no-local", "--depth=1"] {
        if clone.place.directory.exists() {
            fs::remove_dir_all(&clone.place.directory).unwrap();
            fs::remove_dir_all(clone.sandbox.path(".idpack")).unwrap();
        }
        let origin = format!("file://{}", repository.place.directory.display());
        run(clone.sandbox.command(&clone.git).args(["clone", "-q", depth, &origin, "dev"]));
        assert!(matches!(clone.build(&second()), Outcome::Unchanged(_)));
        created(clone.build(&first()));
        clone.assert_holds(&first());
    }
}

#[test]
fn packed_references_and_objects_are_read() {
    let Some(repository) = Repository::with(&first()) else { return };
    repository.git(&["gc", "-q"]);
    assert!(matches!(repository.build(&first()), Outcome::Unchanged(_)));
    created(repository.build(&second()));
    repository.assert_holds(&second());
}

#[test]
fn a_tip_that_idpack_did_not_make_is_refused() {
    let moves: [&[&str]; 3] = [
        &["commit", "-q", "--allow-empty", "-m", "mine"],
        &["commit", "-q", "--amend", "--allow-empty", "--no-edit"],
        &["commit", "-q", "--allow-empty", "-m", "mine\n\nIdpack-Environment: staging"],
    ];
    for (number, moved) in moves.into_iter().enumerate() {
        let Some(repository) = Repository::with(&first()) else { return };
        let ours = created(repository.build(&second()));
        repository.git(moved);
        let before = snapshot(&repository.place.directory);
        let error = repository.commit(&first()).unwrap_err();
        let tip = repository.git(&["rev-parse", "HEAD"]);
        let below = repository.git(&["rev-parse", "HEAD~1"]);
        assert_eq!(below == ours, number != 1);
        assert!(
            matches!(&error.fault, Fault::NotOurs { tip: found, last: Some(last) }
                if found.to_string() == tip && last.to_string() == below),
            "{error}"
        );
        assert_eq!(snapshot(&repository.place.directory), before);
        // What the help says works.
        assert!(error.help().unwrap().contains(&format!("reset --hard {below}")));
        repository.git(&["reset", "-q", "--hard", &below]);
        repository.build(&first());
        repository.assert_holds(&first());
    }
}

#[test]
fn another_branch_or_none_is_refused() {
    let Some(repository) = Repository::with(&first()) else { return };
    repository.git(&["switch", "-q", "--detach"]);
    assert!(matches!(repository.fault(), Fault::Detached));
    repository.git(&["switch", "-q", "-c", "feature/x"]);
    assert!(matches!(repository.fault(), Fault::OtherBranch(name) if name == "feature/x"));
}

#[test]
fn work_in_progress_is_refused() {
    let Some(repository) = Repository::with(&first()) else { return };
    repository.sandbox.write("dev/notes.txt", "mine");
    repository.read().unwrap();
    repository.git(&["add", "notes.txt"]);
    repository.git(&["rm", "-q", "--cached", "dev.yaml"]);
    assert!(matches!(repository.fault(), Fault::Staged(paths) if paths == ["dev.yaml", "notes.txt"]));
    repository.git(&["reset", "-q"]);
    repository.git(&["update-index", "--chmod=+x", "dev.yaml"]);
    assert!(matches!(repository.fault(), Fault::Staged(paths) if paths == ["dev.yaml"]));
    repository.git(&["reset", "-q"]);
    repository.git(&["add", "--intent-to-add", "notes.txt"]);
    assert!(matches!(repository.fault(), Fault::Staged(paths) if paths == ["notes.txt"]));
    repository.git(&["reset", "-q"]);

    repository.git(&["branch", "other"]);
    repository.build(&second());
    repository.git(&["switch", "-q", "other"]);
    repository.sandbox.write("dev/dev.yaml", "a: 3\n");
    repository.git(&["commit", "-q", "-am", "mine"]);
    repository.git(&["switch", "-q", "main"]);
    assert!(!repository.command(&["merge", "-q", "other"]).output().unwrap().status.success());
    assert!(matches!(repository.fault(), Fault::Busy("merge")));
    repository.git(&["merge", "--abort"]);
    repository.read().unwrap();
}

#[test]
fn what_is_staged_before_the_first_commit_is_not_lost() {
    let Some(repository) = Repository::new(false) else { return };
    fs::create_dir(&repository.place.directory).unwrap();
    repository.git(&["init", "-q", "-b", "main"]);
    repository.sandbox.write("dev/notes.txt", "mine");
    repository.git(&["add", "notes.txt"]);
    assert!(matches!(repository.fault(), Fault::Staged(paths) if paths == ["notes.txt"]));
}

#[test]
fn locks_of_git_are_respected_and_named() {
    let Some(repository) = Repository::with(&first()) else { return };
    for lock in ["index.lock", "refs/heads/main.lock", "HEAD.lock"] {
        let lock = repository.place.directory.join(".git").join(lock);
        fs::write(&lock, "").unwrap();
        let before = snapshot(&repository.place.directory);
        let error = repository.commit(&second()).unwrap_err();
        assert!(
            matches!(&error.fault, Fault::Locked(path) if path.canonicalize().unwrap() == lock.canonicalize().unwrap())
        );
        assert!(error.help().unwrap().contains("delete"), "{error}");
        assert_eq!(snapshot(&repository.place.directory), before);
        fs::remove_file(lock).unwrap();
    }
    repository.build(&second());
    repository.assert_holds(&second());
}

#[test]
fn worktrees_links_and_damage_are_told_apart() {
    let Some(repository) = Repository::with(&first()) else { return };
    repository.git(&["worktree", "add", "-q", "../linked", "-b", "linked"]);
    let read = |name: &str| {
        git::read(&Place { directory: repository.sandbox.path(name), bare: false }, "dev").unwrap_err().fault
    };
    assert!(matches!(read("linked"), Fault::Gitlink));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("dev", repository.sandbox.path("link")).unwrap();
        assert!(matches!(read("link"), Fault::Link));
        fs::create_dir(repository.sandbox.path("half")).unwrap();
        std::os::unix::fs::symlink("../dev/.git", repository.sandbox.path("half/.git")).unwrap();
        assert!(matches!(read("half"), Fault::Link));
    }
    fs::create_dir_all(repository.sandbox.path("empty/.git")).unwrap();
    assert!(matches!(read("empty"), Fault::Git(_)));
    repository.git(&["config", "core.worktree", "../../elsewhere"]);
    assert!(matches!(repository.fault(), Fault::WorkTreeElsewhere));
    repository.git(&["--git-dir=.git", "--work-tree=.", "config", "--unset", "core.worktree"]);
    fs::remove_dir_all(repository.place.directory.join(".git/objects/pack")).unwrap();
    assert!(matches!(repository.fault(), Fault::Git(_)));
}

#[cfg(unix)]
#[test]
fn the_repository_of_another_user_is_explained() {
    let Some(repository) = Repository::with(&first()) else { return };
    for path in [repository.place.directory.clone(), repository.place.directory.join(".git")] {
        if std::os::unix::fs::chown(path, Some(65_534), None).is_err() {
            eprintln!("not run: only root can give a repository away");
            return;
        }
    }
    let error = repository.read().unwrap_err();
    assert!(matches!(error.fault, Fault::Owner), "{error}");
    assert!(error.help().unwrap().contains("safe.directory"));
}

#[test]
fn a_branch_that_moves_meanwhile_is_left_as_it_is() {
    let Some(repository) = Repository::with(&first()) else { return };
    let branch = repository.read().unwrap();
    repository.render(&second());
    let theirs = created(repository.commit(&second()).unwrap());
    let third = tree(&[("README.md", "three\n")]);
    let error = git::commit(&branch, &third, &MESSAGE, &repository.lock()).unwrap_err();
    assert!(matches!(error.fault, Fault::Moved));
    assert_eq!(repository.git(&["rev-parse", "main"]), theirs);
    repository.assert_holds(&second());

    let absent = Repository::new(false).unwrap();
    let branch = absent.read().unwrap();
    absent.build(&first());
    let error = git::commit(&branch, &third, &MESSAGE, &absent.lock()).unwrap_err();
    assert!(matches!(error.fault, Fault::Moved));
    absent.assert_holds(&first());
}

#[test]
fn of_concurrent_commits_exactly_one_wins() {
    for base in [None, Some(first())] {
        let Some(repository) = Repository::new(true) else { return };
        if let Some(base) = &base {
            repository.commit(base).unwrap();
        }
        let branch = repository.read().unwrap();
        let (lock, barrier) = (repository.lock(), Barrier::new(8));
        let results: Vec<_> = std::thread::scope(|scope| {
            let commit = |number: usize| {
                let tree = tree(&[("number", number.to_string().as_str())]);
                barrier.wait();
                git::commit(&branch, &tree, &MESSAGE, &lock)
            };
            let threads: Vec<_> = (0..8).map(|number| scope.spawn(move || commit(number))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 7), "{lost:?}");
        let tip = created(won.into_iter().next().unwrap().unwrap());
        assert_eq!(repository.git(&["rev-parse", "main"]), tip);
        assert_eq!(repository.count(), if base.is_some() { "2" } else { "1" });
        for error in lost.into_iter().map(Result::unwrap_err) {
            assert!(matches!(error.fault, Fault::Moved | Fault::Locked(_)), "{error}");
        }
        assert_eq!(repository.git(&["fsck", "--strict", "--no-dangling"]), "");
    }
}

#[test]
fn a_run_that_stops_between_its_steps_needs_no_repair() {
    // Files without a commit.
    let Some(repository) = Repository::with(&first()) else { return };
    repository.render(&second());
    created(repository.build(&second()));
    repository.assert_holds(&second());
    repository.render(&first());
    created(repository.build(&tree(&[("README.md", "# three\n")])));

    // A branch without its index, after the first commit and after another.
    let repository = Repository::with(&first()).unwrap();
    let index = repository.place.directory.join(".git/index");
    let stale = fs::read(&index).unwrap();
    fs::remove_file(&index).unwrap();
    assert!(matches!(repository.build(&first()), Outcome::Unchanged(_)));
    repository.assert_holds(&first());
    repository.build(&second());
    fs::write(&index, &stale).unwrap();
    assert!(matches!(repository.build(&second()), Outcome::Unchanged(_)));
    repository.assert_holds(&second());
    fs::write(&index, &stale).unwrap();
    created(repository.build(&first()));
    repository.assert_holds(&first());

    // A marker that got lost, or never was.
    fs::remove_file(repository.sandbox.path(".idpack/dev.json")).unwrap();
    created(repository.build(&second()));
    repository.assert_holds(&second());

    // Objects that no branch refers to, and a repository of which nothing but that was made.
    fs::create_dir_all(repository.sandbox.path(".idpack/.tmpAbCdEf/refs")).unwrap();
    fs::write(repository.place.directory.join(".git/objects/tmp_object_git2_x"), "half").unwrap();
    created(repository.build(&first()));
    repository.assert_holds(&first());
}

/// Runs itself in other surroundings; the path of an output directory among the arguments makes it the child.
#[test]
fn commit_ids_do_not_depend_on_the_surroundings() {
    let build = |directory: PathBuf| {
        let place = Place { directory: directory.join("dev"), bare: false };
        let lock = Lock::acquire(&directory).unwrap();
        for tree in [first(), second()] {
            let branch = git::read(&place, "dev").unwrap();
            let (head, marker) = (BTreeMap::new(), Marker::read(&directory, "dev").unwrap());
            let inputs = BTreeMap::new();
            let basis = Basis { marker: marker.as_ref(), head: &head, inputs: &inputs, discard_edits: false };
            output::apply(&output::plan(&directory, "dev", &tree, basis).unwrap(), &lock).unwrap();
            git::commit(&branch, &tree, &MESSAGE, &lock).unwrap();
        }
    };
    if let Some(directory) = std::env::args().find_map(|argument| Some(argument.strip_prefix("--skip=in:")?.to_owned()))
    {
        build(directory.into());
        return;
    }
    let Some(here) = Repository::new(false) else { return };
    build(here.sandbox.path(""));
    here.assert_holds(&second());
    let expected = here.git(&["rev-parse", "main"]);

    let there = Repository::new(false).unwrap();
    there.sandbox.write(
        "home/.gitconfig",
        "[core]\n\tautocrlf = true\n\tlogAllRefUpdates = false\n\tfileMode = false\n\
        \tbare = true\n\tcompression = 9\n[user]\n\tname = x\n\temail = y\n[init]\n\tdefaultBranch = trunk\n\
        \ttemplateDir = /nowhere\n[commit]\n\tgpgSign = true\n[i18n]\n\tcommitEncoding = latin1\n",
    );
    there.sandbox.write("home/.config/git/attributes", "* text eol=crlf\n");
    let script =
        r#"umask 077 && cd home && exec "$0" --exact git::commit_ids_do_not_depend_on_the_surroundings --skip=in:.."#;
    let mut child = there.sandbox.command("sh");
    child.args(["-c", script]).arg(std::env::current_exe().unwrap());
    child.envs([
        ("HOME", there.sandbox.path("home").to_str().unwrap()),
        ("TZ", "Asia/Kathmandu"),
        ("LC_ALL", "tr_TR.UTF-8"),
        ("GIT_DIR", "/nowhere/.git"),
        ("GIT_INDEX_FILE", "/nowhere/index"),
        ("GIT_WORK_TREE", "/nowhere"),
        ("GIT_OBJECT_DIRECTORY", "/nowhere/objects"),
        ("GIT_AUTHOR_DATE", "2001-01-01T00:00:00Z"),
        ("GIT_COMMITTER_NAME", "x"),
        ("GIT_NAMESPACE", "x"),
    ]);
    assert!(run(&mut child).contains("1 passed"));
    there.assert_holds(&second());
    assert_eq!(there.git(&["rev-parse", "main"]), expected);
    assert_eq!(
        there.git(&["log", "-g", "--format=%gd %gs", "--date=raw"]),
        here.git(&["log", "-g", "--format=%gd %gs", "--date=raw"])
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(there.place.directory.join("dev/apps/b.yaml")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
    }
}

#[test]
fn a_source_commit_holds_every_input_as_it_was_read() {
    let Some(repository) = Repository::new(false) else { return };
    let project = repository.place.directory.join("project");
    repository.sandbox.write("dev/project/environments/dev.yaml", "a\n");
    repository.sandbox.write("dev/project/environments/staging.yaml", "b\n");
    repository.sandbox.write("dev/other.txt", "c\n");
    let source = |inputs: &[(&str, &str)]| {
        let digests = inputs.iter().map(|(path, text)| ((*path).to_owned(), Digest::of(text.as_bytes()).unwrap()));
        git::source_commit(&project, &digests.collect(), &["environments", "templates"])
    };
    let (dev, staging) = (("environments/dev.yaml", "a\n"), ("environments/staging.yaml", "b\n"));
    let has_repository_around =
        repository.sandbox.path("").ancestors().any(|directory| directory.join(".git").exists());
    assert!(has_repository_around || source(&[dev, staging]).is_none());
    repository.git(&["init", "-q", "-b", "trunk"]);
    assert_eq!(source(&[dev, staging]), None);
    repository.git(&["add", "."]);
    let mut commit = repository.command(&["commit", "-q", "-m", "project"]);
    run(commit.env("GIT_AUTHOR_DATE", "1500000000 +0200").env("GIT_COMMITTER_DATE", "1600000000 +0200"));

    let found = source(&[dev, staging]).unwrap();
    assert_eq!((found.id.to_string(), found.time), (repository.git(&["rev-parse", "HEAD"]), 1_600_000_000));
    repository.sandbox.write("dev/other.txt", "changed outside the project\n");
    assert_eq!(source(&[dev, staging]), Some(found));
    assert_eq!(source(&[dev, ("environments/staging.yaml", "changed\n")]), None);
    assert_eq!(source(&[dev, staging, ("environments/new.yaml", "")]), None);
    // An input that was not read may still be there; one that is gone is a change.
    assert_eq!(source(&[dev]), Some(found));
    fs::remove_file(project.join("environments/staging.yaml")).unwrap();
    assert_eq!(source(&[dev]), None);

    repository.git(&["checkout", "-q", "."]);
    repository.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    let linked = repository.sandbox.path("linked/project");
    let digests = BTreeMap::from([("environments/dev.yaml".to_owned(), Digest::of(b"a\n").unwrap())]);
    assert_eq!(git::source_commit(&linked, &digests, &["environments"]), Some(found));
}

#[test]
fn a_source_commit_that_cannot_be_read_is_none() {
    let Some(repository) = Repository::new(false) else { return };
    repository.sandbox.write("dev/dev.yaml", "a\n");
    repository.git(&["init", "-q", "--object-format=sha256"]);
    repository.git(&["add", "."]);
    repository.git(&["commit", "-q", "-m", "project"]);
    let digests = BTreeMap::from([("dev.yaml".to_owned(), Digest::of(b"a\n").unwrap())]);
    assert_eq!(git::source_commit(&repository.place.directory, &digests, &[]), None);
}

#[test]
fn an_author_that_git_cannot_write_is_refused_before_anything_is_written() {
    let Some(repository) = Repository::with(&first()) else { return };
    let before = snapshot(&repository.place.directory);
    for (name, email) in [("", "a@b"), ("a<b", "a@b"), ("a", "a\nb"), ("a\0", "b")] {
        let message = Message { name, email, ..MESSAGE };
        let error = git::commit(&repository.read().unwrap(), &second(), &message, &repository.lock()).unwrap_err();
        assert!(matches!(error.fault, Fault::Identity(_)), "{error}");
    }
    assert_eq!(snapshot(&repository.place.directory), before);
}

/// Trees whose names sort differently as files and as directories.
fn awkward_trees() -> impl Strategy<Value = Tree> {
    let name = prop::sample::select(vec!["a", "a-", "a.b", "a0", "aa", "B", "é", "a b", "z"]);
    let path = prop::collection::vec(name, 1..4).prop_map(|parts| parts.join("/"));
    prop::collection::btree_map(path, "[ab\r\n]{0,3}", 1..12).prop_map(|files| {
        let is_directory = |path: &str| files.keys().any(|other| other.starts_with(&format!("{path}/")));
        let files: Vec<_> = files.iter().filter(|(path, _)| !is_directory(path)).collect();
        tree(&files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>())
    })
}

#[test]
fn the_tree_id_is_that_of_git() {
    let Some(git) = tool("git", "IDPACK_GIT") else { return };
    let sandbox = Sandbox::new();
    run(sandbox.command(&git).args(["init", "-q"]));
    proptest!(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() }, |(tree in awkward_trees())| {
        for entry in fs::read_dir(sandbox.path("")).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true if entry.file_name() == ".git" => {}
                true => fs::remove_dir_all(entry.path()).unwrap(),
                false => fs::remove_file(entry.path()).unwrap(),
            }
        }
        for (path, file) in &tree {
            sandbox.write(path.as_str(), file.text());
        }
        run(sandbox.command(&git).args(["add", "--all"]));
        let expected = run(sandbox.command(&git).arg("write-tree"));
        prop_assert_eq!(git::tree_id(&tree).unwrap().to_string(), expected.trim());
    });
    let empty = git::tree_id(&Tree::default()).unwrap().to_string();
    assert_eq!(empty, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
}

#[test]
fn any_tree_is_committed_as_it_is() {
    let Some(repository) = Repository::new(false) else { return };
    proptest!(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() }, |(tree in awkward_trees())| {
        repository.build(&tree);
        let path = repository.git(&["config", "core.quotePath", "false"]);
        prop_assert_eq!(path, "");
        repository.assert_holds(&tree);
    });
}
