//! Braces that the template engine of an `ApplicationSet` does not understand.

use crate::checks::{Check, Run};
use crate::diagnostic::{Diagnostic, Effect, Fix, Rule, Severity, nearest};
use crate::manifest::{self, Object, Tag, WrittenSet};
use crate::yaml::Node;

pub(super) static CHECK: Check = Check {
    rule: Rule {
        id: "applicationset-template-syntax",
        summary: "text between braces that an ApplicationSet cannot fill in",
        severity: Severity::Error,
        effect: Effect::SilentlyIgnored,
        page: include_str!("applicationset_template_syntax.md"),
    },
    since: "0.1.0",
    run: Run::Object(run),
};

/// What Go's missing keys can become (Go, `text/template`, `Template.Option`).
const OPTIONS: [&str; 4] = ["missingkey=default", "missingkey=error", "missingkey=invalid", "missingkey=zero"];
/// Words that mean something by themselves: of Go's `text/template`, and functions of sprig without parameters.
const WORDS: [&str; 15] = [
    "block", "break", "continue", "dict", "else", "end", "false", "hello", "list", "nil", "now", "print", "println",
    "true", "uuidv4",
];

/// What has an end (Go, `text/template`, "Actions").
const BLOCKS: [&str; 5] = ["block", "define", "if", "range", "with"];

fn run(object: &Object<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(set) = object.application_set() else { return };
    if !set.is_go {
        findings.extend(set.addresses().into_iter().filter_map(|place| plain(&set, place)));
        return;
    }
    findings.extend(set.texts().into_iter().filter_map(|place| go(&set, place)));
    for option in set.spec.items_at(&["goTemplateOptions"]) {
        let Some(text) = option.as_str().filter(|text| !OPTIONS.contains(text)) else { continue };
        let finding = Diagnostic::new(&CHECK.rule, &option.span, format!("Go templates have no option `{text}`"));
        findings.push(match nearest(text, OPTIONS) {
            Some(near) => {
                finding.help(format!("did you mean `{near}`?")).fix(Fix::Text(option.span.clone(), near.into()))
            }
            None => finding.help("write `missingkey=error`"),
        });
    }
}

/// Judges a text in which names between braces are replaced, and everything else stays as it is.
fn plain(set: &WrittenSet<'_>, place: &Node) -> Option<Diagnostic> {
    let text = place.as_str()?;
    let (tags, unclosed) = manifest::tags(text, false);
    let finding = |message: String| Diagnostic::new(&CHECK.rule, &place.span, message);
    if let Some(unclosed) = unclosed {
        return Some(finding(format!("`{unclosed}` is not closed")).help("close it with `}}`"));
    }
    if tags.iter().fold(text.to_owned(), |text, tag| text.replace(tag.whole, "")).contains("}}") {
        return Some(finding(format!("`{text}` has a `}}}}` without `{{{{`")).help("write `{{name}}`"));
    }
    let is_wrong = |tag: &&Tag<'_>| {
        let is_given = set.parameters().is_some_and(|parameters| parameters.has(tag.inner));
        !is_given && !manifest::is_parameter_name(tag.inner)
    };
    let tag = tags.iter().find(is_wrong)?;
    let message = format!("`{}` stays as it is without Go templates", tag.whole);
    let help = match set.spec.get("goTemplateOptions") {
        Some(_) => "add `goTemplate: true`: without it, the options have no effect either",
        None if tag.inner.starts_with('.') => {
            "add `goTemplate: true`, or write the name without the dot in front of it"
        }
        None => "add `goTemplate: true`: otherwise nothing but the name of a parameter can stand between braces",
    };
    Some(Diagnostic::new(&CHECK.rule, &manifest::within(place, tag.whole), message).help(help).of_whole())
}

/// Judges a Go template.
fn go(set: &WrittenSet<'_>, place: &Node) -> Option<Diagnostic> {
    let text = place.as_str()?;
    let (tags, unclosed) = manifest::tags(text, true);
    if let Some(unclosed) = unclosed {
        let start = unclosed.lines().next().unwrap_or_default();
        let finding = Diagnostic::new(&CHECK.rule, &manifest::within(place, start), format!("`{start}` is not closed"));
        return Some(finding.help("close it with `}}`"));
    }
    let count = |words: &[&str]| tags.iter().filter(|tag| words.contains(&word(action(tag)))).count();
    if let Some(tag) =
        tags.iter().find(|tag| BLOCKS.contains(&word(action(tag)))).filter(|_| count(&BLOCKS) > count(&["end"]))
    {
        let message = format!("`{}` has no `{{{{ end }}}}`", tag.whole);
        let finding = Diagnostic::new(&CHECK.rule, &manifest::within(place, tag.whole), message);
        return Some(finding.help("a template goes from one value to its end: close the block in the same one"));
    }
    let wrong: Vec<_> = tags.iter().filter(|tag| names_parameter(tag.inner)).collect();
    let tag = wrong.first()?;
    let message = format!("`{}` is a function to Go templates, and no parameter", tag.whole);
    let finding = Diagnostic::new(&CHECK.rule, &manifest::within(place, tag.whole), message);
    let parameters = set.parameters();
    let corrected = |tag: &Tag<'_>| {
        let name = if tag.inner == "path" { "path.path" } else { tag.inner };
        let is_given = parameters.as_ref().is_some_and(|parameters| parameters.has(name));
        let is_plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
        (is_given && is_plain).then(|| format!("{{{{ .{name} }}}}"))
    };
    let fixed = wrong.iter().try_fold(text.to_owned(), |text, tag| Some(text.replace(tag.whole, &corrected(tag)?)));
    let finding = match corrected(tag) {
        Some(corrected) => finding.help(format!("write `{corrected}`")),
        None => finding.help("parameters of Go templates begin with a dot, as in `{{ .name }}`"),
    };
    Some(match fixed.filter(|_| !text.contains('\n')) {
        Some(fixed) => finding.fix(Fix::Text(place.span.clone(), fixed)),
        None => finding,
    })
}

/// Returns an action without the signs that take the blanks around it away.
fn action<'a>(tag: &Tag<'a>) -> &'a str {
    tag.inner.trim_start_matches('-').trim_start()
}

/// Returns the word that an action begins with.
fn word(action: &str) -> &str {
    action.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default()
}

/// Tells whether an action is one word that is no function, with parts of a name behind it: a parameter, as templates have it that
/// are none of Go's.
fn names_parameter(action: &str) -> bool {
    let word = word(action);
    let rest = action.strip_prefix(word).unwrap_or_default();
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && (rest.is_empty() && !WORDS.contains(&word) || rest.starts_with(['.', '[']))
        && manifest::is_parameter_name(action)
}
