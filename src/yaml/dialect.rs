//! Where Go's reader and the parser part: both take most texts alike, and this finds the others.

use std::ops::Range;
use std::sync::Arc;

use super::{SEPARATOR, SYNTAX};
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

/// Looks for characters that Go's reader does not take anywhere in a text. Returns the places of those that it alone takes
/// for line breaks.
///
/// # Errors
///
/// Reports the first control character (`readerc.go` of go-yaml v2).
pub(super) fn scan(source: &Arc<Source>) -> Result<Vec<usize>, Diagnostic> {
    let mut breaks = Vec::new();
    let text = source.text();
    let bytes = text.as_bytes();
    let ordinary = |byte: &u8| matches!(byte, b'\n' | 0x20..0x7F);
    // Nearly all of a text is ordinary; without an early exit the compiler looks at many bytes at once.
    let chunks =
        bytes.chunks(64).enumerate().filter(|(_, chunk)| !chunk.iter().fold(true, |all, byte| all & ordinary(byte)));
    for index in chunks.flat_map(|(number, chunk)| number * 64..number * 64 + chunk.len()) {
        let byte = &bytes[index];
        let next = |distance: usize| bytes.get(index + distance).copied().unwrap_or_default();
        let control = match byte {
            0x20..0x7F | b'\n' | b'\r' | b'\t' => false,
            0xC2 if next(1) == 0x85 => {
                breaks.push(index);
                false
            }
            0xE2 if next(1) == 0x80 && matches!(next(2), 0xA8 | 0xA9) => {
                breaks.push(index);
                false
            }
            0xC2 => next(1) < 0xA0,
            0xEF => next(1) == 0xBF && next(2) >= 0xBE,
            _ => *byte < 0x80,
        };
        if control {
            let character = text[index..].chars().next().unwrap_or_default();
            return Err(Diagnostic::new(
                &SYNTAX,
                &Span::new(source, index, index + character.len_utf8()),
                format!(
                    "the control character U+{:04X} may not stand in YAML, not even in comments",
                    u32::from(character)
                ),
            )
            .help("remove it, or write it as an escape in double quotes"));
        }
    }
    Ok(breaks)
}

/// Finds lines that Kubernetes takes for separators of documents and refuses (`YAMLReader` of k8s.io/apimachinery).
pub(super) fn separators(source: &Arc<Source>) -> impl Iterator<Item = Diagnostic> {
    let text = source.text();
    let first = text.starts_with("---").then_some(0);
    let starts = first.into_iter().chain(text.match_indices("\n---").map(|(index, _)| index + 1));
    starts.filter_map(|start| {
        let rest = text[start + 3..].split('\n').next().unwrap_or_default();
        let content = rest.trim();
        // `---#` is a separator to Kubernetes alone.
        if content.is_empty() || (content.starts_with('#') && !rest.starts_with('#')) {
            return None;
        }
        let from = start + 3 + rest.len() - rest.trim_start().len();
        let span = Span::new(source, from, from + content.len());
        let message = "nothing but a blank and a comment may follow `---` at the beginning of a line";
        Some(
            Diagnostic::new(&SEPARATOR, &span, message)
                .help("move it to the next line, or indent the line if it is text"),
        )
    })
}

/// Reports a line break that only YAML 1.1 knows.
pub(super) fn foreign_break(source: &Arc<Source>, offset: usize) -> Diagnostic {
    let character = source.text()[offset..].chars().next().unwrap_or_default();
    let code = u32::from(character);
    Diagnostic::new(
        &SYNTAX,
        &Span::new(source, offset, offset + character.len_utf8()),
        format!("U+{code:04X} is a line break to Kubernetes' YAML reader, and part of the text to others"),
    )
    .help(format!("remove it, or write it as `\\u{code:04x}` in double quotes"))
}

/// Crosses out the line breaks of YAML 1.1 that are the same to every reader: separators in quotes without blanks around.
pub(super) fn quoted_breaks(text: &str, token: &Range<usize>, breaks: &mut Vec<usize>) {
    let blank =
        |character: Option<char>| character.is_none_or(|character| character.is_whitespace() || character == '\\');
    breaks.retain(|offset| {
        !token.contains(offset)
            || text[*offset..].starts_with('\u{85}')
            || blank(text[..*offset].chars().next_back())
            || blank(text[*offset..].chars().nth(1))
    });
}

/// Something that Go's reader does not read as the parser does.
pub(super) struct Misread {
    /// Where it is in the text.
    pub range: Range<usize>,
    /// What is wrong.
    pub message: &'static str,
    /// What to do about it.
    pub help: &'static str,
}

/// Finds what is wrong between two tokens in block style: a tab where Go's reader would accept a key, which is at the
/// beginning of a line and behind `-` and `?` (`yaml_parser_scan_to_next_token` of go-yaml v2).
pub(super) fn block_gap(text: &str, gap: Range<usize>) -> Option<Misread> {
    let line = text[..gap.start].trim_end_matches(' ');
    let mut key_possible = line.is_empty() || line.ends_with(['\n', '\r']);
    let mut in_comment = false;
    for (index, byte) in text.bytes().enumerate().take(gap.end).skip(gap.start) {
        match byte {
            b'\n' | b'\r' => (key_possible, in_comment) = (true, false),
            _ if in_comment => {}
            b'\t' if key_possible => return Some(tab(index)),
            b'#' => in_comment = true,
            b'-' | b'?' => key_possible = true,
            b' ' | b'\t' => {}
            _ => key_possible = false,
        }
    }
    None
}

/// Finds what is wrong between a key in flow style, which begins at `key`, and its value: YAML 1.1 wants such a key and its
/// colon on one line.
pub(super) fn flow_gap(text: &str, key: usize, gap: Range<usize>) -> Option<Misread> {
    let colon = gap.start + text[gap].find(':')?;
    text[key..colon].contains(['\n', '\r']).then_some(Misread {
        range: colon..colon + 1,
        message: "this colon stands on another line than the beginning of its key",
        help: "put both on one line",
    })
}

/// Finds what is wrong with a tag: to Go's reader it ends at a blank and nowhere else.
pub(super) fn tag(text: &str, token: Range<usize>) -> Option<Misread> {
    let ends_well = text[token.end..].chars().next().is_none_or(char::is_whitespace);
    (!ends_well || text[token.clone()].contains('#')).then_some(Misread {
        range: token,
        message: "a tag has to end with a blank",
        help: "add a blank, or put the value in quotes",
    })
}

/// Finds what is wrong with a scalar without quotes.
pub(super) fn plain(text: &str, token: Range<usize>, in_flow: bool) -> Option<Misread> {
    let written = &text[token.clone()];
    if written.as_bytes().contains(&b'\t')
        && let Some(index) = written.find("\n\t").or_else(|| written.find("\r\t"))
    {
        return Some(tab(token.start + index + 1));
    }
    if in_flow && (written.as_bytes().contains(&b'?') || written.starts_with(':')) {
        return Some(Misread {
            range: token,
            message: "between brackets, a value with `?` in it or `:` before it is read as the beginning of a key",
            help: "put it in quotes",
        });
    }
    let adjacent = matches!(text.as_bytes()[token.end..], [b':', b',' | b'[' | b']' | b'{' | b'}', ..]);
    (in_flow && adjacent).then_some(Misread {
        range: token.end..token.end + 1,
        message: "without a blank behind it, this colon is part of the key to Kubernetes",
        help: "add a blank, or put the key in quotes",
    })
}

/// Finds what is wrong with a scalar in double quotes: an escape that YAML 1.2 has and Go's reader has not, which are `\/` and
/// surrogates. A text that begins with a brace is left alone: kubectl and Argo CD take it for JSON, which has them
/// (`GuessJSONStream` of k8s.io/apimachinery).
pub(super) fn double_quoted(text: &str, token: Range<usize>) -> Option<Misread> {
    let bytes = &text.as_bytes()[..token.end];
    let mut index = token.start;
    while let Some(found) = bytes.get(index..)?.iter().position(|byte| *byte == b'\\') {
        let start = index + found;
        let length = match bytes[start + 1..] {
            [b'/', ..] => 2,
            [b'u', b'd' | b'D', b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F', ..] => 6,
            _ => {
                index = start + 2;
                continue;
            }
        };
        return (!text.trim_start().starts_with('{')).then_some(Misread {
            range: start..start + length,
            message: "Kubernetes' YAML reader does not know this escape",
            help: "write the character itself",
        });
    }
    None
}

/// Finds what is wrong with a block scalar (`yaml_parser_scan_block_scalar` of go-yaml v2): a tab where its indentation is
/// counted or found out, or no indentation at all. `content` is where the parser saw the first character of the text.
pub(super) fn block_scalar(text: &str, token: Range<usize>, content: usize, at_root: bool) -> Option<Misread> {
    let header = text[token.clone()].find(['\n', '\r']).map_or(token.end, |length| token.start + length);
    let indentation = content - text[..content].rfind(['\n', '\r']).map_or(0, |index| index + 1);
    let is_empty = content <= header || text[content..token.end].trim().is_empty();
    if at_root && indentation == 0 && !is_empty {
        return Some(Misread {
            range: content..content + 1,
            message: "Kubernetes' YAML reader takes this line for the end of the text above",
            help: "indent the text",
        });
    }
    let given = text[token.start..header].bytes().take(3).any(|byte| byte.is_ascii_digit());
    let mut known = given && !is_empty;
    let mut start = header;
    for line in text[header..token.end].split_inclusive(['\n', '\r']) {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        if line[blanks..].starts_with('\t') && (!known || blanks < indentation) {
            return Some(tab(start + blanks));
        }
        known |= !line.trim().is_empty();
        start += line.len();
    }
    None
}

fn tab(index: usize) -> Misread {
    Misread { range: index..index + 1, message: "a tab stands where only blanks may", help: "use blanks" }
}

/// Finds the `|` or `>` of the block scalar whose text begins at `content`, after the token that ended at `from`.
pub(super) fn block_indicator(text: &str, from: usize, content: usize) -> usize {
    let bytes = &text.as_bytes()[..content];
    let mut index = from;
    while let Some(byte) = bytes.get(index) {
        let skip_until =
            |stop: &dyn Fn(&u8) -> bool| bytes[index..].iter().position(stop).map_or(content, |length| index + length);
        index = match byte {
            b'|' | b'>' => return index,
            b'#' => skip_until(&|byte| matches!(byte, b'\n' | b'\r')),
            b'!' | b'&' => skip_until(&u8::is_ascii_whitespace),
            _ => index + 1,
        };
    }
    content
}
