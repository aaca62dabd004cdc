//! The files of `tests/fixtures/matrix`, as its README explains them: cases, their edits, and what is expected where.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

/// The areas, each with a file of its own.
pub(super) const AREAS: [&str; 7] = ["package", "waves", "network", "vcluster", "argocd", "references", "security"];

/// A fault and what has to be found, or something that looks like a fault; or a base that others start from.
pub(super) struct Case {
    /// Where it stands: file and line.
    pub(super) place: String,
    pub(super) area: &'static str,
    pub(super) name: String,
    /// The row of the reference that it is from.
    pub(super) reference: String,
    /// The check that must not say anything, if this only looks like a fault.
    pub(super) near_miss: Option<String>,
    pub(super) setting: Setting,
    pub(super) edits: Vec<Edit>,
}

/// What a case starts from and how it is judged.
#[derive(Clone, Default)]
pub(super) struct Setting {
    /// Whether this is a base and no case.
    pub(super) is_base: bool,
    pub(super) delivery: Option<String>,
    pub(super) base: Option<String>,
    pub(super) reader: Reader,
    /// The flags of `idpbuilder create`, if it is not the cluster of the descriptors.
    pub(super) cluster: Option<String>,
    /// The minor version of Argo CD, if it is not the one of idpbuilder.
    pub(super) argocd: Option<(u32, u32)>,
}

/// What is judged, and for whom.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Reader {
    /// The environment that is edited, as a package.
    #[default]
    Package,
    /// The environment that is edited; nobody says who reads it.
    Found,
    /// The whole output: all environments in one run.
    Together,
}

/// What is done to one file.
pub(super) struct Edit {
    path: String,
    action: Action,
    lines: Vec<Changed>,
    /// Checks that are expected for the file as a whole.
    marks: Vec<String>,
}

enum Action {
    Change,
    New,
    Remove,
    Rename(String),
    Link(String),
    Fifo,
}

/// A line of an edit, with the checks that are expected there.
struct Changed {
    sign: Sign,
    text: String,
    marks: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Keep,
    Remove,
    Add,
}

/// A finding, as far as it is compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    pub(super) path: String,
    pub(super) line: u32,
    pub(super) check: String,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} [{}]", self.path, self.line, self.check)
    }
}

/// Files by path, from the output directory on.
pub(super) type Files = BTreeMap<String, Entry>;

/// What lies at a path.
#[derive(Clone)]
pub(super) enum Entry {
    File(Vec<Line>),
    Link(String),
    Fifo,
}

/// A line of a file, with the checks that are expected there.
#[derive(Clone)]
pub(super) struct Line {
    text: String,
    marks: Vec<String>,
}

impl Entry {
    pub(super) fn file(text: &str) -> Self {
        Self::File(text.lines().map(|text| Line { text: text.to_owned(), marks: Vec::new() }).collect())
    }

    /// Returns the text of a file.
    pub(super) fn text(&self) -> Option<String> {
        let Self::File(lines) = self else { return None };
        Some(lines.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect())
    }
}

impl Case {
    /// Makes the edits, and returns what has to be found.
    ///
    /// # Errors
    ///
    /// Says which edit does not fit.
    pub(super) fn apply(&self, files: &mut Files) -> Result<Vec<Mark>, String> {
        self.apply_where(&|_| true, files)
    }

    /// Makes the edits of those files that `wanted` says.
    ///
    /// # Errors
    ///
    /// Says which edit does not fit.
    pub(super) fn apply_where(&self, wanted: &dyn Fn(&str) -> bool, files: &mut Files) -> Result<Vec<Mark>, String> {
        let mut marks = Vec::new();
        for edit in self.edits.iter().filter(|edit| wanted(&edit.path)) {
            let path = edit.apply(files)?;
            marks.extend(edit.marks.iter().map(|check| Mark { path: path.to_owned(), line: 1, check: check.clone() }));
        }
        for (path, entry) in files {
            let Entry::File(lines) = entry else { continue };
            for (line, Line { marks: checks, .. }) in (1..).zip(lines) {
                marks.extend(checks.iter().map(|check| Mark { path: path.clone(), line, check: check.clone() }));
            }
        }
        marks.sort();
        Ok(marks)
    }

    /// Returns the checks that it expects anywhere.
    pub(super) fn expected(&self) -> impl Iterator<Item = &str> {
        let lines = self.edits.iter().flat_map(|edit| &edit.lines).flat_map(|line| &line.marks);
        self.edits.iter().flat_map(|edit| &edit.marks).chain(lines).map(String::as_str)
    }

    /// Returns the paths that it edits.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.edits.iter().map(|edit| edit.path.as_str())
    }

    fn option(&mut self, option: &str) {
        let setting = &mut self.setting;
        let (word, rest) = option.split_once(' ').unwrap_or((option, ""));
        match (word, rest) {
            ("base", "") => setting.is_base = true,
            ("base", name) => setting.base = Some(name.to_owned()),
            ("delivery", name) => setting.delivery = Some(name.to_owned()),
            ("found", "") => setting.reader = Reader::Found,
            ("together", "") => setting.reader = Reader::Together,
            ("idpbuilder", flags) => setting.cluster = Some(flags.to_owned()),
            ("argocd", version) => {
                let (major, minor) = version.split_once('.').expect("a version is MAJOR.MINOR");
                setting.argocd = Some((major.parse().unwrap(), minor.parse().unwrap()));
            }
            ("near", rest) => {
                let check = rest.strip_prefix("miss of ");
                self.near_miss = Some(check.unwrap_or_else(|| panic!("{}: near miss of what?", self.place)).to_owned());
            }
            _ => panic!("{}: there is no option `{option}`", self.place),
        }
    }

    /// Takes in a line below the head.
    fn line(&mut self, line: &str) {
        let (sign, text) = line.split_at(1);
        let sign = match sign {
            "#" => return,
            "@" => return self.edits.push(Edit::parse(text.trim(), &self.place)),
            "^" => return self.mark(text.trim()),
            " " => Sign::Keep,
            "-" => Sign::Remove,
            "+" => Sign::Add,
            _ => panic!("{}: what is {line:?}?", self.place),
        };
        let edit = self.edits.last_mut().unwrap_or_else(|| panic!("{}: no `@ path` comes first", self.place));
        edit.lines.push(Changed { sign, text: text.to_owned(), marks: Vec::new() });
    }

    fn mark(&mut self, check: &str) {
        let edit = self.edits.last_mut().unwrap_or_else(|| panic!("{}: no `@ path` comes first", self.place));
        let marks = match edit.lines.last_mut() {
            Some(line) => {
                assert!(line.sign != Sign::Remove, "{}: nothing is found in a line that is gone", self.place);
                &mut line.marks
            }
            None => &mut edit.marks,
        };
        marks.push(check.to_owned());
    }
}

impl Edit {
    fn parse(head: &str, place: &str) -> Self {
        let (path, action) = head.split_once(" | ").unwrap_or((head, ""));
        let action = match action.split_once(" to ").unwrap_or((action, "")) {
            ("", "") => Action::Change,
            ("new", "") => Action::New,
            ("removed", "") => Action::Remove,
            ("fifo", "") => Action::Fifo,
            ("renamed", path) => Action::Rename(path.to_owned()),
            ("link", target) => Action::Link(target.to_owned()),
            _ => panic!("{place}: what is `{action}`?"),
        };
        Self { path: path.to_owned(), action, lines: Vec::new(), marks: Vec::new() }
    }

    /// Makes the edit, and returns the path that the file has then.
    fn apply<'a>(&'a self, files: &mut Files) -> Result<&'a str, String> {
        let path = &self.path;
        let is_there = files.contains_key(path);
        let missing = || format!("there is no {path}");
        let mut at = path;
        match &self.action {
            // A mark of a directory as a whole is no edit.
            Action::Change if self.lines.is_empty() => return Ok(path),
            Action::Change => {}
            Action::New | Action::Link(_) | Action::Fifo if is_there => return Err(format!("{path} is there already")),
            Action::New => drop(files.insert(path.clone(), Entry::File(Vec::new()))),
            Action::Link(target) => drop(files.insert(path.clone(), Entry::Link(target.clone()))),
            Action::Fifo => drop(files.insert(path.clone(), Entry::Fifo)),
            Action::Remove => drop(files.remove(path).ok_or_else(missing)?),
            Action::Rename(to) => {
                let file = files.remove(path).ok_or_else(missing)?;
                if files.insert(to.clone(), file).is_some() {
                    return Err(format!("{to} is there already"));
                }
                at = to;
            }
        }
        if !self.lines.is_empty() {
            let Some(Entry::File(lines)) = files.get_mut(at) else { return Err(format!("there is no {at}")) };
            self.change(lines).map_err(|reason| format!("{at}: {reason}"))?;
        }
        Ok(at)
    }

    /// Changes the one place that its lines fit; without a line that is there already, they go to the end.
    fn change(&self, lines: &mut Vec<Line>) -> Result<(), String> {
        let before: Vec<&str> =
            self.lines.iter().filter(|line| line.sign != Sign::Add).map(|line| line.text.as_str()).collect();
        let fits = |at: &usize| lines[*at..].iter().map(|line| line.text.as_str()).zip(&before).all(|(a, b)| a == *b);
        let start = if before.is_empty() {
            lines.len()
        } else {
            let ends = (lines.len() + 1).saturating_sub(before.len());
            let mut places = (0..ends).filter(fits);
            match (places.next(), places.next()) {
                (Some(at), None) => at,
                (None, _) => return Err(format!("no such lines: {before:?}")),
                (Some(_), Some(_)) => return Err(format!("not the only such lines: {before:?}")),
            }
        };
        let mut old = lines.split_off(start).into_iter();
        for line in &self.lines {
            let Changed { sign, text, marks } = line;
            let kept = if *sign == Sign::Add { None } else { old.next() };
            if *sign != Sign::Remove {
                let mut new = kept.unwrap_or_else(|| Line { text: text.clone(), marks: Vec::new() });
                new.marks.extend(marks.iter().cloned());
                lines.push(new);
            }
        }
        lines.extend(old);
        Ok(())
    }
}

/// Reads the cases of a text; `file` is what places call it.
pub(super) fn parse(area: &'static str, file: &str, text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(head) = line.strip_prefix("=== ") {
            let mut options = head.split(" | ");
            let mut case = Case {
                place: format!("{file}:{number}"),
                area,
                name: options.next().unwrap_or_default().to_owned(),
                reference: String::new(),
                near_miss: None,
                setting: Setting::default(),
                edits: Vec::new(),
            };
            let mut options = options.peekable();
            if options.peek().is_some_and(|option| *option != "base") {
                case.reference = options.next().unwrap_or_default().to_owned();
            }
            options.for_each(|option| case.option(option));
            cases.push(case);
        } else if let Some(case) = cases.last_mut().filter(|_| !line.is_empty()) {
            case.line(line);
        }
    }
    cases
}

/// Reads all cases and bases.
pub(super) fn read() -> Vec<Case> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/matrix");
    let mut cases = Vec::new();
    for area in AREAS {
        let file = format!("{area}.diff");
        let path = directory.join(&file);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        cases.extend(parse(area, &file, &text));
    }
    cases
}
