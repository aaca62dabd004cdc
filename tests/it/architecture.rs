use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// The modules of the library; each may use only those before it.
const ORDER: [&str; 26] = [
    "source",
    "tree",
    "diagnostic",
    "credential",
    "yaml",
    "schema",
    "idpbuilder",
    "vcluster",
    "config",
    "descriptor",
    "pack",
    "model",
    "render",
    "environments",
    "manifest",
    "package",
    "network",
    "checks",
    "policy",
    "fix",
    "output",
    "git",
    "report",
    "probe",
    "pipeline",
    "cli",
];

/// What code can do besides computing, the words that give it away, and the modules that may.
const EFFECTS: [Effect; 7] = [
    Effect {
        name: "touches files",
        words: &["fs::", "WalkDir", "WalkBuilder", "tempfile::", ".exists()", ".canonicalize()", ".read_dir()"],
        modules: &["tree", "output", "git"],
    },
    Effect {
        name: "opens sockets",
        words: &["TcpStream", "TcpListener", "UdpSocket", "ToSocketAddrs"],
        modules: &["probe"],
    },
    Effect { name: "starts programs", words: &["Command::new"], modules: &["git", "probe", "cli"] },
    Effect { name: "reads the environment", words: &["env::"], modules: &["cli"] },
    Effect {
        name: "reads the clock",
        words: &["SystemTime", "Instant::now", "Signature::now"],
        modules: &["probe", "cli"],
    },
    Effect { name: "depends on chance", words: &["rand::", "fastrand::", "RandomState"], modules: &[] },
    Effect {
        name: "prints",
        words: &["print!", "println!", "eprint!", "eprintln!", "stdout()", "stderr()"],
        modules: &["report", "cli"],
    },
];

struct Effect {
    name: &'static str,
    words: &'static [&'static str],
    modules: &'static [&'static str],
}

/// Words that say that something is unfinished or switched off; split so that this file does not say them.
const UNFINISHED: [&str; 6] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("to", "do!("),
    concat!("unimplemented", "!("),
    concat!("#[ig", "nore"),
    concat!("[al", "low("),
];

/// A file longer than this does more than one thing. Files below a `data` directory are tables, not code.
const MAX_LINES: usize = 800;

/// The longest page that people read to the end.
const MAX_ARCHITECTURE_LINES: usize = 150;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the files below a directory of the repository that end in `.rs`, with their paths from the repository's root.
fn rust_files(directory: &str) -> Vec<(PathBuf, String)> {
    let paths =
        WalkDir::new(root().join(directory)).sort_by_file_name().into_iter().map(|entry| entry.unwrap().into_path());
    let files = paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.map(|path| (path.strip_prefix(root()).unwrap().to_path_buf(), fs::read_to_string(path).unwrap())).collect()
}

/// Returns the module path of a file below `src`: `yaml` and `node` of `src/yaml/node.rs`. The program is the end of `cli`.
fn module_path(file: &Path) -> Vec<String> {
    let names = file.with_extension("");
    let names = names.iter().skip(1).map(|name| name.to_str().unwrap()).filter(|name| !["mod", "lib"].contains(name));
    names.map(|name| if name == "main" { "cli" } else { name }.to_owned()).collect()
}

/// Returns the part of a file that is shipped: comments blank, and without the tests at its end.
fn shipped(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = text.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line });
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Returns where `word` stands in `text` without being the end of a longer word.
fn occurrences<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let whole = move |at: &usize| !word.starts_with(is_word) || !text[..*at].ends_with(is_word);
    text.match_indices(word).map(|(at, _)| at).filter(whole)
}

/// Returns the names that stand directly below a path: the one that `rest` starts with, or each of a braced list.
fn names_below(rest: &str) -> Vec<&str> {
    let Some(list) = rest.strip_prefix('{') else { return vec![first_word(rest)] };
    let mut depth = 1;
    let mut names = vec![first_word(list)];
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => names.push(first_word(&list[at + 1..])),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    &text[..text.find(|character| !is_word(character)).unwrap_or(text.len())]
}

/// Returns the modules of the library that a file `depth` modules deep names, and where: below `crate`, and below as many
/// `super` as lead out of its module.
fn uses(text: &str, depth: usize) -> Vec<(usize, &str)> {
    let out = "super::".repeat(depth);
    let below_crate = occurrences(text, "crate::").map(|at| (at, "crate::".len()));
    let below_super = occurrences(text, &out).filter(|_| depth > 0).map(|at| (at, out.len()));
    let names = below_crate.chain(below_super).flat_map(|(at, length)| {
        names_below(&text[at + length..]).into_iter().filter(|name| *name != "super").map(move |name| (at, name))
    });
    names.collect()
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

fn position(module: &str) -> Option<usize> {
    ORDER.iter().position(|name| *name == module)
}

/// Returns each use of a module that does not stand before the file's own.
fn order_faults(file: &Path, text: &str) -> Vec<String> {
    let path = module_path(file);
    let Some(module) = path.first() else { return Vec::new() };
    let own = position(module);
    let text = shipped(text);
    let faults = uses(&text, path.len()).into_iter().filter_map(|(at, name)| {
        let rule = match (own, position(name)) {
            _ if name == module => return None,
            (None, _) => format!("`{module}` is not in the module order"),
            (_, None) => format!("`{name}` is not in the module order"),
            (Some(own), Some(used)) if used > own => format!("`{module}` may not use `{name}`, which comes after it"),
            _ => return None,
        };
        Some(format!("{}:{}: {rule}", file.display(), line_of(&text, at)))
    });
    faults.collect()
}

/// Returns each effect in a file whose module may not have it.
fn effect_faults(file: &Path, text: &str) -> Vec<String> {
    let path = module_path(file);
    let module = path.first().map_or("lib", String::as_str);
    let text = shipped(text);
    let forbidden = EFFECTS.iter().filter(|effect| !effect.modules.contains(&module));
    let faults = forbidden.flat_map(|effect| {
        let found = effect.words.iter().flat_map(|word| occurrences(&text, word).map(move |at| (at, word)));
        found.map(|(at, word)| {
            let (line, allowed) = (line_of(&text, at), effect.modules.join(", "));
            format!("{}:{line}: `{module}` {} (`{word}`); only {{{allowed}}} may", file.display(), effect.name)
        })
    });
    faults.collect()
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn a_module_uses_only_those_before_it() {
    let faults: Vec<_> = rust_files("src").iter().flat_map(|(path, text)| order_faults(path, text)).collect();
    assert_none(&faults);
}

#[test]
fn effects_stay_where_they_belong() {
    let faults: Vec<_> = rust_files("src").iter().flat_map(|(path, text)| effect_faults(path, text)).collect();
    assert_none(&faults);
}

#[test]
fn every_module_is_in_the_order() {
    let files = rust_files("src");
    let modules: BTreeSet<_> = files.iter().filter_map(|(path, _)| module_path(path).into_iter().next()).collect();
    let strangers: Vec<_> = modules.iter().filter(|name| position(name).is_none()).collect();
    assert!(strangers.is_empty(), "not in the module order: {strangers:?}");
}

#[test]
fn nothing_is_unfinished_or_switched_off() {
    let files = [rust_files("src"), rust_files("tests")].concat();
    let faults: Vec<_> = files
        .iter()
        .flat_map(|(path, text)| UNFINISHED.iter().map(move |word| (path, text, word)))
        .flat_map(|(path, text, word)| {
            text.match_indices(word).map(move |(at, _)| format!("{}:{}: `{word}`", path.display(), line_of(text, at)))
        })
        .collect();
    assert_none(&faults);
}

#[test]
fn files_are_short_enough_to_read() {
    let files = [rust_files("src"), rust_files("tests")].concat();
    let code = files.iter().filter(|(path, _)| !path.iter().any(|part| part == "data"));
    let long = code.map(|(path, text)| (path, text.lines().count())).filter(|(_, lines)| *lines > MAX_LINES);
    let faults: Vec<_> =
        long.map(|(path, lines)| format!("{}: {lines} lines, at most {MAX_LINES}", path.display())).collect();
    assert_none(&faults);
}

#[test]
fn the_architecture_page_names_the_modules_in_order() {
    let Ok(page) = fs::read_to_string(root().join("ARCHITECTURE.md")) else { return };
    let lines = page.lines().count();
    assert!(lines <= MAX_ARCHITECTURE_LINES, "ARCHITECTURE.md has {lines} lines, at most {MAX_ARCHITECTURE_LINES}");
    let mut rest = page.as_str();
    for module in ORDER {
        if root().join("src").join(module).exists() || root().join("src").join(module).with_extension("rs").exists() {
            let name = format!("`{module}`");
            let at = rest.find(&name);
            rest = &rest
                [at.unwrap_or_else(|| panic!("ARCHITECTURE.md does not name {name} after the modules before it"))..];
        }
    }
}

#[test]
fn a_use_of_a_later_module_is_found_in_every_spelling() {
    let faults = |file: &str, text: &str| order_faults(Path::new(file), text);
    let later =
        |file: &str, line: usize| vec![format!("{file}:{line}: `tree` may not use `model`, which comes after it")];
    assert_eq!(faults("src/tree.rs", "use crate::model::Wave;"), later("src/tree.rs", 1));
    assert_eq!(
        faults("src/tree.rs", "\nuse crate::{\n    source::{Source, Span},\n    model::Wave,\n};"),
        later("src/tree.rs", 2)
    );
    assert_eq!(faults("src/tree.rs", "fn f() -> crate::model::Wave {}"), later("src/tree.rs", 1));
    assert_eq!(faults("src/tree.rs", "use super::model;"), later("src/tree.rs", 1));
    assert_eq!(faults("src/tree/mod.rs", "use super::{model::Wave};"), later("src/tree/mod.rs", 1));
    assert_eq!(faults("src/tree/walk.rs", "use super::super::model;"), later("src/tree/walk.rs", 1));
    assert_eq!(faults("src/new.rs", "use crate::tree;"), ["src/new.rs:1: `new` is not in the module order"]);
    assert_eq!(faults("src/tree.rs", "use crate::new;"), ["src/tree.rs:1: `new` is not in the module order"]);
}

#[test]
fn a_use_of_an_earlier_or_the_own_module_is_fine() {
    let text = "//! Like [`crate::model`].\nuse crate::{source, tree::Entry};\nuse super::walk;\n";
    assert_eq!(order_faults(Path::new("src/tree/list.rs"), text), [""; 0]);
    assert_eq!(order_faults(Path::new("src/tree.rs"), "#[cfg(test)]\nmod tests {\n    use crate::model;\n}"), [""; 0]);
}

#[test]
fn an_effect_in_the_wrong_module_is_found() {
    let faults = |text: &str| effect_faults(Path::new("src/model.rs"), text);
    let fault = "src/model.rs:1: `model` touches files (`fs::`); only {tree, output, git} may";
    assert_eq!(faults("use std::fs::File;"), [fault]);
    assert_eq!(faults("use std::fmt;\nlet prefs::x = env!(\"CARGO_PKG_VERSION\");"), [""; 0]);
    assert_eq!(effect_faults(Path::new("src/tree.rs"), "std::fs::read(path)"), [""; 0]);
    assert_eq!(faults("println!()"), ["src/model.rs:1: `model` prints (`println!`); only {report, cli} may"]);
}
