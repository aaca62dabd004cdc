//! What can be wrong with the text, in words that help.

use std::sync::Arc;

use granit_parser::ErrorKind;

use super::{SYNTAX, VALUE};
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

/// Reports a list or mapping in the place of a key.
pub(super) fn collection_as_key(span: &Span) -> Diagnostic {
    if span.text().starts_with('{') {
        return template(span);
    }
    Diagnostic::new(&VALUE, span, "a list or a mapping cannot be a key")
        .help("put the key in quotes, if it is meant as text")
}

/// Reports the mapping in a mapping that `{{ … }}` is; the span is that of the inner one.
fn template(span: &Span) -> Diagnostic {
    let (start, end) = (span.start() as usize, span.end() as usize);
    let is_outer = span.source().text()[..start].ends_with('{');
    let span = Span::new(span.source(), start - usize::from(is_outer), end);
    Diagnostic::new(&VALUE, &span, "a mapping cannot be a key: `{{` is read as two opening braces")
        .help("render the template first, or put the whole value in quotes")
}

/// Says what is wrong where the parser gave up.
pub(super) fn explain(source: &Arc<Source>, kind: &ErrorKind, at: usize) -> Diagnostic {
    let text = source.text();
    let at = at.min(text.trim_end().len());
    let rest = &text[at..];
    let line_start = text[..at].rfind(['\n', '\r']).map_or(0, |index| index + 1);
    let line = text[line_start..].split(['\n', '\r']).next().unwrap_or_default();
    let indentation = line.len() - line.trim_start().len();
    let line_end = line_start + line.trim_end().len();
    let finding = |start: usize, end: usize, message: &str, help: &str| {
        Diagnostic::new(&SYNTAX, &Span::new(source, start, end), message).help(help)
    };
    // Some causes show in the line, whatever the parser stumbled over.
    if let Some(template) = line.find("{{").or_else(|| line.find("{%")) {
        let help = "render the template first, or put the whole value in quotes";
        return finding(line_start + template, line_end, "this line holds a template that was not rendered", help);
    }
    if ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark)) {
        let help = "choose one of the two versions, and remove the marks";
        return finding(line_start, line_end, "this line is left over from a merge conflict", help);
    }
    if let Some(tab) = line[..indentation].find('\t') {
        let message = "a tab stands in the indentation of this line";
        return finding(line_start + tab, line_start + indentation, message, "indent with blanks");
    }
    let first = rest.chars().next();
    let (extent, message, help) = words(kind);
    let before = &text[line_start..at];
    if matches!(kind, ErrorKind::ExpectedBlockMappingKey) && before.trim_end().ends_with(['"', '\'', ']', '}']) {
        let help = "put the whole value in quotes";
        return finding(at, line_end, "something follows a closing quote or bracket", help);
    }
    if let (ErrorKind::MappingValueNotAllowed, Some(colon)) = (kind, before.find(": ")) {
        let value = at - before[colon + 1..].trim_start().len();
        let message = "`: ` makes a key of what stands before it, and a value cannot begin with a key on its line";
        return finding(value, line_end, message, "put a value that contains `: ` in quotes");
    }
    let (start, end) = match extent {
        Extent::Character => (at, at + first.map_or(0, char::len_utf8)),
        Extent::Tab => {
            let tab = at + rest.find('\t').unwrap_or_default();
            (tab, tab + 1)
        }
        Extent::Word => (at, at + rest.find(char::is_whitespace).unwrap_or(rest.len())),
        Extent::Line => (line_start + indentation, line_end),
        Extent::Rest => (at, line_end),
        Extent::Escape => {
            let escape = at + bad_escape(rest).unwrap_or_default();
            (escape, escape + text[escape..].chars().take(2).map(char::len_utf8).sum::<usize>())
        }
    };
    let detailed = match kind {
        ErrorKind::UnclosedFlowCollection { open } => format!("the bracket `{open}` is never closed"),
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => format!("`{close}` closes the bracket `{open}`"),
        ErrorKind::MisplacedFlowCollectionEnd => format!("`{}` closes no bracket", first.unwrap_or_default()),
        ErrorKind::UnexpectedCharacter { character: '`' } => "a value cannot begin with a backtick".to_owned(),
        ErrorKind::UnexpectedCharacter { character } => {
            format!("a value cannot begin with `{}`", character.escape_debug())
        }
        ErrorKind::UnknownAnchor => {
            format!("no anchor `&{}` stands above in the same document", text[start..end].trim_start_matches('*'))
        }
        other if message.is_empty() => other.to_string(),
        _ => message.to_owned(),
    };
    finding(start, end, &detailed, help)
}

/// Looks for the first escape in double quotes that does not exist.
fn bad_escape(quoted: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = quoted[from..].find('\\').map(|found| from + found) {
        let escape = quoted[at + 1..].chars().next()?;
        let digits = match escape {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let follow = quoted.get(at + 2..at + 2 + digits).unwrap_or_default();
        let is_known = "0abt\tnvfre \"/\\N_LPxuU\n\r".contains(escape);
        if !is_known || follow.len() < digits || !follow.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Some(at);
        }
        from = at + 1 + escape.len_utf8();
    }
    None
}

/// How much of the text is to blame.
enum Extent {
    Character,
    Tab,
    Word,
    Line,
    /// What is left of the line.
    Rest,
    /// A backslash that no escape begins with, and what follows it.
    Escape,
}

/// Returns what to say and to advise; no message where the one of the parser or one with details serves better.
fn words(kind: &ErrorKind) -> (Extent, &'static str, &'static str) {
    const QUOTE: &str = "put the value in quotes, if it is text";
    match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => (Extent::Tab, "a tab stands where only blanks may", "use blanks"),
        ErrorKind::UnclosedQuotedScalar => (
            Extent::Word,
            "a quote is opened here and never closed",
            "close it, or double a single quote that is part of the text",
        ),
        ErrorKind::DocumentIndicatorInQuotedScalar => {
            (Extent::Word, "a text in quotes may not have a line that begins or ends a document", "indent the line")
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => (
            Extent::Line,
            "no key can stand here, after the line above",
            "check the indentation of this line, and that the line above has a blank behind its colon and no open bracket",
        ),
        ErrorKind::MappingKeyNotAllowed => (Extent::Character, "no key can stand here", QUOTE),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation => (
            Extent::Line,
            "this is neither a further key of the mapping above nor part of its last value",
            "indent it like the keys that it belongs to; nothing may follow a closing quote or bracket",
        ),
        ErrorKind::ExpectedBlockSequenceEntry => (
            Extent::Line,
            "this is neither a further item of the list above nor part of its last item",
            "begin items with `- `, at the same indentation",
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey | ErrorKind::UnexpectedEof => (
            Extent::Line,
            "expected `key: value` and found no `: `",
            "add the colon and a blank, or indent the line if it continues the value above",
        ),
        ErrorKind::BlockSequenceEntryNotAllowed | ErrorKind::BlockEntryInFlowCollection => (
            Extent::Character,
            "no list item can begin here",
            "put the list on lines of its own, or the value in quotes",
        ),
        ErrorKind::UnclosedFlowCollection { .. } => {
            (Extent::Character, "", "close it, or put the value in quotes if it is text")
        }
        ErrorKind::MismatchedFlowCollectionEnd { .. } => (Extent::Character, "", "use brackets in pairs"),
        ErrorKind::UnexpectedCharacter { .. } | ErrorKind::UnknownAnchor => (Extent::Word, "", QUOTE),
        ErrorKind::UnexpectedEofFlowSequence | ErrorKind::ExpectedFlowSequenceSeparator => {
            (Extent::Character, "expected `,` or `]` in the list", "separate items by `,` and close the list by `]`")
        }
        ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::ExpectedFlowMappingSeparator => (
            Extent::Character,
            "expected `,` or `}` in the mapping",
            "separate entries by `,` and close the mapping by `}`",
        ),
        ErrorKind::MissingAnchorOrAliasName => {
            (Extent::Line, "a value that begins with `*` or `&` has to go on with a name", QUOTE)
        }
        ErrorKind::DirectiveDisallowed => (
            Extent::Line,
            "a directive never reaches its document: Kubernetes splits texts at `---` before it reads them",
            "remove the line",
        ),
        ErrorKind::InvalidBlockScalarHeader | ErrorKind::ZeroBlockScalarIndent => (
            Extent::Rest,
            "nothing but `+`, `-`, an indentation from 1 to 9 and a comment may follow `|` or `>`",
            "begin the text on the next line; put a value that begins with `|` or `>` in quotes",
        ),
        ErrorKind::InvalidBlockScalarIndent => (
            Extent::Line,
            "this line is indented less than the text that it belongs to",
            "indent all lines of the text alike",
        ),
        ErrorKind::UnknownQuotedScalarEscape | ErrorKind::InvalidQuotedScalarHexEscape => (
            Extent::Escape,
            "a text in double quotes has an escape that does not exist",
            "double the backslash, or use single quotes",
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            Extent::Rest,
            "something follows the closing quote",
            "put the whole value in quotes, and double a single quote that is part of the text",
        ),
        ErrorKind::CommentNotSeparated => {
            (Extent::Word, "a comment needs a blank before its `#`", "add a blank, or put the value in quotes")
        }
        ErrorKind::CommentInterceptedScalar => {
            (Extent::Word, "a comment stands inside a value of several lines", "move the comment away")
        }
        ErrorKind::ExpectedNodeContent => (Extent::Character, "expected a value", QUOTE),
        _ => (Extent::Character, "", QUOTE),
    }
}
