use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use idpack::output::{self, Basis, ChangeKind, Conflict, ConflictKind, Digest, Error, Lock, Marker, Plan};
use idpack::source::Source;
use idpack::tree::{RepoPath, Tree};

use crate::oracle::Sandbox;

/// Makes a tree of paths and contents.
pub(crate) fn tree(files: &[(&str, &str)]) -> Tree {
    let mut tree = Tree::default();
    for (path, text) in files {
        tree.insert(path_of(path), Source::new(*path, *text));
    }
    tree
}

pub(crate) fn path_of(path: &str) -> RepoPath {
    RepoPath::new(path).unwrap()
}

/// Everything below a directory but `.git`: path, and the text of files.
pub(crate) fn listing(directory: &Path) -> BTreeMap<String, Option<String>> {
    let walk = walkdir::WalkDir::new(directory).min_depth(1);
    let entries = walk.into_iter().filter_entry(|entry| entry.file_name() != ".git").map(Result::unwrap);
    entries
        .map(|entry| {
            let name = entry.path().strip_prefix(directory).unwrap().to_str().unwrap().replace('\\', "/");
            (name, entry.file_type().is_file().then(|| fs::read_to_string(entry.path()).unwrap()))
        })
        .collect()
}

/// The listing that a tree has once it is applied.
fn listing_of(tree: &Tree) -> BTreeMap<String, Option<String>> {
    let parents = tree.iter().flat_map(|(path, _)| path.ancestors().map(|parent| (parent.to_owned(), None)));
    let files = tree.iter().map(|(path, file)| (path.to_string(), Some(file.text().to_owned())));
    parents.chain(files).collect()
}

fn head_of(tree: &Tree) -> BTreeMap<RepoPath, Digest> {
    output::digests(tree).unwrap()
}

/// An output directory with one environment, `dev`.
struct Output {
    sandbox: Sandbox,
    head: BTreeMap<RepoPath, Digest>,
    discard_edits: bool,
}

impl Output {
    fn new() -> Self {
        Self { sandbox: Sandbox::new(), head: BTreeMap::new(), discard_edits: false }
    }

    /// One in which a tree was applied.
    fn with(tree: &Tree) -> Self {
        let output = Self::new();
        output.apply(tree);
        output
    }

    fn plan(&self, tree: &Tree) -> Plan {
        let marker = Marker::read(&self.sandbox.path(""), "dev").unwrap();
        let inputs = BTreeMap::from([("dev.yaml".to_owned(), Digest::of(b"kind: Environment").unwrap())]);
        let basis =
            Basis { marker: marker.as_ref(), head: &self.head, inputs: &inputs, discard_edits: self.discard_edits };
        output::plan(&self.sandbox.path(""), "dev", tree, basis).unwrap()
    }

    fn lock(&self) -> Lock {
        Lock::acquire(&self.sandbox.path("")).unwrap()
    }

    fn apply(&self, tree: &Tree) {
        output::apply(&self.plan(tree), &self.lock()).unwrap();
    }

    fn listing(&self) -> BTreeMap<String, Option<String>> {
        listing(&self.sandbox.path("dev"))
    }

    fn marker(&self) -> String {
        fs::read_to_string(self.sandbox.path(".idpack/dev.json")).unwrap()
    }

    /// Plans a tree that conflicts, makes sure that it changes nothing, and returns the conflicts below `dev`.
    fn refused(&self, tree: &Tree) -> Vec<(String, ConflictKind)> {
        let before = listing(&self.sandbox.path(""));
        let plan = self.plan(tree);
        assert!(matches!(output::apply(&plan, &self.lock()), Err(Error::Conflict(_))), "{plan:?}");
        let mut after = listing(&self.sandbox.path(""));
        after.retain(|path, _| before.contains_key(path) || !path.starts_with(".idpack"));
        assert_eq!(after, before);
        let name = |path: &Path| path.strip_prefix(self.sandbox.path("dev")).unwrap().to_str().unwrap().to_owned();
        plan.conflicts.iter().map(|Conflict { path, kind }| (name(path), kind.clone())).collect()
    }
}

fn kinds(plan: &Plan) -> Vec<(String, ChangeKind)> {
    plan.changes.iter().map(|change| (change.path.to_string(), change.kind())).collect()
}

fn old() -> Tree {
    tree(&[("README.md", "one\n"), ("apps/a.yaml", "a: 1\n"), ("apps/b.yaml", "b: 1\n"), ("gone/deep/c.yaml", "c\n")])
}

fn new() -> Tree {
    tree(&[("README.md", "two\n"), ("apps/a.yaml", "a: 1\n"), ("apps/b.yaml", "b: 2\n"), ("fresh/d.yaml", "d\n")])
}

#[test]
fn a_tree_is_applied_and_then_unchanged() {
    let output = Output::with(&old());
    assert_eq!(output.listing(), listing_of(&old()));
    let marker = output.marker();
    assert!(output.plan(&old()).is_unchanged());
    output.apply(&old());
    assert_eq!(output.marker(), marker);
}

#[test]
fn changes_are_named_orphans_go_and_empty_directories_with_them() {
    let output = Output::with(&old());
    fs::write(output.sandbox.path("dev/apps/foreign.txt"), "mine").unwrap();
    let plan = output.plan(&new());
    let expected = [
        ("README.md", ChangeKind::Update),
        ("apps/b.yaml", ChangeKind::Update),
        ("fresh/d.yaml", ChangeKind::Create),
        ("gone/deep/c.yaml", ChangeKind::Delete),
    ];
    assert_eq!(kinds(&plan), expected.map(|(path, kind)| (path.to_owned(), kind)));
    assert_eq!(plan.changes[0].before.as_deref(), Some(&b"one\n"[..]));
    output.apply(&new());
    let mut expected = listing_of(&new());
    expected.insert("apps/foreign.txt".to_owned(), Some("mine".to_owned()));
    assert_eq!(output.listing(), expected);
}

#[test]
fn the_marker_is_what_the_documentation_says() {
    let output = Output::with(&tree(&[("b.yaml", "b\n"), ("a/c.yaml", "c\n")]));
    // `printf 'b\n' | git hash-object --stdin` and the like.
    let expected = r#"{
  "version": 1,
  "tool": "0.1.0",
  "inputs": {
    "dev.yaml": "3a6fa6716e045c794b13fc403e55d8c67b90b2e1"
  },
  "files": {
    "a/c.yaml": "f2ad6c76f0115a6ba5b00456a849810e7ec0af20",
    "b.yaml": "61780798228d17af2d34fce4cfbdf35556832472"
  }
}
"#;
    assert_eq!(output.marker(), expected);
    let marker = Marker::read(&output.sandbox.path(""), "dev").unwrap().unwrap();
    assert_eq!(marker.files().len(), 2);
    assert_eq!(marker.inputs()["dev.yaml"], Digest::of(b"kind: Environment").unwrap());
    assert_eq!(marker.tool(), env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_hand_edit_is_refused_by_name_and_discarded_on_request() {
    let mut output = Output::with(&old());
    fs::write(output.sandbox.path("dev/apps/b.yaml"), "b: by hand\n").unwrap();
    fs::write(output.sandbox.path("dev/gone/deep/c.yaml"), "by hand\n").unwrap();
    let expected = ["apps/b.yaml", "gone/deep/c.yaml"].map(|path| (path.to_owned(), ConflictKind::HandEdit));
    assert_eq!(output.refused(&new()), expected);
    assert!(output.plan(&new()).changes.iter().filter(|change| change.edited).count() == 2);

    output.discard_edits = true;
    output.apply(&new());
    assert_eq!(output.listing(), listing_of(&new()));
}

#[test]
fn line_endings_are_edits() {
    let output = Output::with(&old());
    fs::write(output.sandbox.path("dev/apps/b.yaml"), "b: 1\r\n").unwrap();
    assert_eq!(output.refused(&old()), [("apps/b.yaml".to_owned(), ConflictKind::HandEdit)]);
}

#[test]
fn a_foreign_file_is_never_overwritten_but_taken_if_it_is_equal() {
    let mut output = Output::with(&old());
    output.sandbox.write("dev/fresh/d.yaml", "somebody's\n");
    output.discard_edits = true;
    assert_eq!(output.refused(&new()), [("fresh/d.yaml".to_owned(), ConflictKind::Foreign)]);
    output.sandbox.write("dev/fresh/d.yaml", "d\n");
    output.apply(&new());
    output.apply(&tree(&[("README.md", "three\n")]));
    assert_eq!(output.listing(), listing_of(&tree(&[("README.md", "three\n")])));
}

#[test]
fn the_tip_owns_its_files_where_no_marker_says_so() {
    let mut output = Output::with(&old());
    output.head = head_of(&old());
    fs::remove_dir_all(output.sandbox.path(".idpack")).unwrap();
    output.apply(&new());
    assert_eq!(output.listing(), listing_of(&new()));
}

#[test]
fn files_as_at_the_tip_are_clean_whatever_the_marker_says() {
    let mut output = Output::with(&new());
    for (path, file) in &old() {
        output.sandbox.write(format!("dev/{path}"), file.text());
    }
    output.head = head_of(&old());
    output.apply(&tree(&[("README.md", "three\n")]));
    assert_eq!(output.listing(), listing_of(&tree(&[("README.md", "three\n")])));
}

#[test]
fn a_missing_file_is_written_again() {
    let output = Output::with(&old());
    fs::remove_file(output.sandbox.path("dev/README.md")).unwrap();
    assert_eq!(kinds(&output.plan(&old())), [("README.md".to_owned(), ChangeKind::Create)]);
    output.apply(&old());
    assert_eq!(output.listing(), listing_of(&old()));
}

#[test]
fn a_file_becomes_a_directory_and_back() {
    let (file, directory) = (tree(&[("a", "1\n"), ("z", "z\n")]), tree(&[("a/b/c", "2\n"), ("a/d", "3\n")]));
    let output = Output::with(&file);
    output.apply(&directory);
    assert_eq!(output.listing(), listing_of(&directory));
    output.apply(&file);
    assert_eq!(output.listing(), listing_of(&file));
}

#[test]
fn a_directory_with_foreign_things_does_not_make_room() {
    let output = Output::with(&tree(&[("a/b/c", "2\n")]));
    output.sandbox.write("dev/a/b/mine", "");
    assert_eq!(output.refused(&tree(&[("a", "1\n")])), [("a".to_owned(), ConflictKind::Directory)]);
    fs::remove_file(output.sandbox.path("dev/a/b/mine")).unwrap();
    fs::create_dir(output.sandbox.path("dev/a/mine")).unwrap();
    assert_eq!(output.refused(&tree(&[("a", "1\n")])), [("a".to_owned(), ConflictKind::Directory)]);
}

#[test]
fn a_foreign_file_does_not_become_a_directory() {
    let output = Output::with(&old());
    output.sandbox.write("dev/fresh", "mine");
    assert_eq!(output.refused(&new()), [("fresh".to_owned(), ConflictKind::NotDirectory)]);
    fs::remove_dir_all(output.sandbox.path("dev")).unwrap();
    output.sandbox.write("dev", "mine");
    assert_eq!(output.refused(&new()), [(String::new(), ConflictKind::NotDirectory)]);
}

#[cfg(unix)]
#[test]
fn links_are_never_followed() {
    use std::os::unix::fs::symlink;
    let outside = Sandbox::new();
    outside.write("apps/a.yaml", "a: 1\n");
    outside.write("apps/b.yaml", "b: 1\n");
    let fresh = |remove: &str, target: &str| {
        let output = Output::with(&old());
        let path = output.sandbox.path(remove);
        if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }.unwrap();
        symlink(outside.path(target), &path).unwrap();
        output
    };
    let link = |path: &str| [(path.to_owned(), ConflictKind::Symlink)];
    assert_eq!(fresh("dev/apps/b.yaml", "apps/b.yaml").refused(&old()), link("apps/b.yaml"));
    assert_eq!(fresh("dev/apps/b.yaml", "nowhere").refused(&old()), link("apps/b.yaml"));
    assert_eq!(fresh("dev/gone/deep/c.yaml", "apps/a.yaml").refused(&new()), link("gone/deep/c.yaml"));
    assert_eq!(fresh("dev/apps", "apps").refused(&old()), link("apps"));
    assert_eq!(fresh("dev", "").refused(&old()), link(""));

    let output = Output::with(&old());
    fs::rename(output.sandbox.path(".idpack"), outside.path("state")).unwrap();
    symlink(outside.path("state"), output.sandbox.path(".idpack")).unwrap();
    assert!(matches!(Lock::acquire(&output.sandbox.path("")), Err(Error::State(_))));
}

#[cfg(unix)]
#[test]
fn pipes_and_sockets_are_not_opened() {
    let output = Output::with(&old());
    fs::remove_file(output.sandbox.path("dev/README.md")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(output.sandbox.path("dev/README.md")).unwrap();
    assert_eq!(output.refused(&old()), [("README.md".to_owned(), ConflictKind::Special)]);
}

#[cfg(unix)]
#[test]
fn permissions_are_those_that_git_gives() {
    use std::os::unix::fs::PermissionsExt as _;
    let output = Output::with(&old());
    let path = output.sandbox.path("dev/apps/b.yaml");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o644, 0o755));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(kinds(&output.plan(&old())), [("apps/b.yaml".to_owned(), ChangeKind::Update)]);
    output.apply(&old());
    assert_eq!(mode(&path), 0o644);
}

#[test]
fn a_run_that_stops_anywhere_needs_no_repair() {
    let third = tree(&[("README.md", "three\n"), ("apps/b.yaml/x", "x\n"), ("later.yaml", "l\n")]);
    for (next, stop) in [new(), old(), third].into_iter().flat_map(|next| (0..4).map(move |stop| (next.clone(), stop)))
    {
        let output = Output::with(&old());
        let plan = output.plan(&new());
        // Whoever meddles with a file after it was planned makes `apply` stop there.
        let victim = &plan.changes[stop];
        let path = output.sandbox.path("dev").join(victim.path.as_str());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "meddled").unwrap();
        assert!(matches!(output::apply(&plan, &output.lock()), Err(Error::Changed(at)) if at == path));
        match &victim.before {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let halfway = output.listing();
        output.sandbox.write(".idpack/.tmpAbC123", "half a fi");
        fs::create_dir_all(output.sandbox.path(".idpack/.tmpDeF456/objects")).unwrap();

        assert_eq!(output.plan(&next).conflicts, [], "{stop}: {halfway:?}");
        output.apply(&next);
        let mut listing = output.listing();
        listing.retain(|_, text| text.is_some());
        let mut expected = listing_of(&next);
        expected.retain(|_, text| text.is_some());
        assert_eq!(listing, expected, "{stop}: {halfway:?}");
        assert!(!output.marker().contains("pending"));
        let state: Vec<_> =
            fs::read_dir(output.sandbox.path(".idpack")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(state.len(), 3, "{state:?}");
    }
}

#[test]
fn a_file_that_changes_between_planning_and_applying_is_kept() {
    let output = Output::with(&old());
    let plan = output.plan(&new());
    output.sandbox.write("dev/fresh/d.yaml", "just created");
    assert!(matches!(output::apply(&plan, &output.lock()), Err(Error::Changed(_))));
    assert_eq!(output.listing()["fresh/d.yaml"].as_deref(), Some("just created"));
}

#[test]
fn one_run_at_a_time() {
    let output = Output::new();
    let first = output.lock();
    let second = Lock::acquire(&output.sandbox.path("")).unwrap_err();
    assert!(matches!(&second, Error::Locked(path) if *path == output.sandbox.path(".idpack/lock")));
    assert!(second.to_string().contains("lock"), "{second}");
    drop(first);
    output.lock();
    assert_eq!(fs::read_to_string(output.sandbox.path(".idpack/.gitignore")).unwrap(), "*\n");
}

#[test]
fn a_marker_that_is_damaged_or_newer_is_an_error() {
    let output = Output::with(&old());
    let good = output.marker();
    let cases = [
        ("", "EOF"),
        ("{}", "version"),
        (&good.replace("\"version\": 1", "\"version\": 2"), "format 2"),
        (&good.replace("README.md", "../README.md"), "cannot be a file of a repository"),
        (&good.replace("README.md", ".git/config"), "cannot be a file of a repository"),
        (&good.replacen("\": \"", "\": \"xyz", 3), "is not a digest"),
    ];
    for (text, reason) in cases {
        output.sandbox.write(".idpack/dev.json", text);
        let error = Marker::read(&output.sandbox.path(""), "dev").unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        assert!(error.help().unwrap().contains("delete"));
    }
    let none = Marker::read(&output.sandbox.path(""), "staging").unwrap();
    assert_eq!(none, None);
}

#[test]
fn a_path_cannot_be_a_file_and_a_directory() {
    let clash = tree(&[("a", ""), ("a-b", ""), ("a/b", "")]);
    let error = output::digests(&clash).unwrap_err();
    assert_eq!(error.to_string(), "`a` is rendered as a file, and `a/b` needs it to be a directory");
}

/// Runs this very test again as another user, because nothing is closed to root.
#[cfg(unix)]
#[test]
fn a_read_only_directory_is_named_and_nothing_is_half_written() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;
    let output = Output::with(&old());
    let directory = output.sandbox.path("dev/apps");
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(directory.join("probe"), "").is_ok() {
        let this = std::env::current_exe().unwrap();
        let test = "output::a_read_only_directory_is_named_and_nothing_is_half_written";
        let mut again = output.sandbox.command(this);
        let open = Sandbox::new();
        fs::set_permissions(open.path(""), fs::Permissions::from_mode(0o777)).unwrap();
        again.args(["--exact", test]).uid(65_534).gid(65_534).env("TMPDIR", open.path("")).current_dir("/");
        match again.output() {
            Ok(result) => {
                let report = String::from_utf8_lossy(&result.stdout);
                assert!(result.status.success() && report.contains("1 passed"), "{report}");
            }
            Err(_) => eprintln!("not run: this program cannot be read by others than root"),
        }
        return;
    }
    let error = output::apply(&output.plan(&new()), &output.lock()).unwrap_err();
    assert!(matches!(&error, Error::Io { path, .. } if *path == directory.join("b.yaml")), "{error}");
    assert_eq!(fs::read_to_string(directory.join("b.yaml")).unwrap(), "b: 1\n");
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
    output.apply(&new());
    assert_eq!(output.listing(), listing_of(&new()));
}
