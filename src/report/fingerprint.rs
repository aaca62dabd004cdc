//! Names of findings that stay the same while lines move, so that a service recognises a finding of the last run.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::source::Source;

/// The names of a finding.
pub(super) struct Fingerprint {
    /// Of the check, the path and the message, with a number if there are several of them: `5bcd…:1`.
    pub(super) finding: String,
    /// Of the line where it starts, as GitHub computes it. None for a line that GitHub would not see.
    pub(super) line: Option<String>,
}

/// Returns the fingerprint of each finding.
pub(super) fn all<'a>(findings: impl IntoIterator<Item = &'a Diagnostic>) -> Vec<Fingerprint> {
    let mut seen: BTreeMap<u64, usize> = BTreeMap::new();
    let mut lines: Option<(&Arc<Source>, Vec<String>)> = None;
    let fingerprint = |finding: &'a Diagnostic| {
        let source = finding.span.source();
        let hash = fnv_1a([finding.rule.id, source.name(), &finding.message]);
        let count = seen.entry(hash).or_default();
        *count += 1;
        if !lines.as_ref().is_some_and(|(known, _)| Arc::ptr_eq(known, source)) {
            lines = Some((source, line_hashes(source.text())));
        }
        let line = finding.span.position().line as usize - 1;
        Fingerprint {
            finding: format!("{hash:016x}:{count}"),
            // Of a text that was not kept as a whole, the hash would be that of another line.
            line: lines.as_ref().filter(|_| source.is_whole()).and_then(|(_, hashes)| hashes.get(line).cloned()),
        }
    };
    findings.into_iter().map(fingerprint).collect()
}

/// Hashes texts and where each ends, with 64 bits of FNV-1a: short, and the same on every machine for ever.
fn fnv_1a<'t>(texts: impl IntoIterator<Item = &'t str>) -> u64 {
    // No UTF-8 has a byte 0xFF.
    let bytes = texts.into_iter().flat_map(|text| text.bytes().chain([0xFF]));
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

/// Characters from the start of a line that decide about its hash.
const BLOCK: usize = 100;

/// Hashes every line as GitHub does for `primaryLocationLineHash`: the next [`BLOCK`] UTF-16 units without blanks and tabs,
/// every line break as one line feed, 0xFFFF for the end of the text and zeros behind it; then a number, because lines can be
/// alike.
///
/// Source: github/codeql-action, `src/fingerprints.ts`. Its upload step computes the hash again and warns if ours differs; who
/// uploads to the API has to bring it.
fn line_hashes(text: &str) -> Vec<String> {
    const LINE_FEED: u16 = 0x0A;
    let mut units: Vec<u16> = Vec::with_capacity(text.len() + 1);
    let mut starts = vec![0];
    let mut after_return = false;
    for unit in text.encode_utf16() {
        let follows_return = std::mem::replace(&mut after_return, unit == 0x0D);
        match unit {
            0x09 | 0x20 => {}
            LINE_FEED if follows_return => {}
            LINE_FEED | 0x0D => {
                units.push(LINE_FEED);
                starts.push(units.len());
            }
            _ => units.push(unit),
        }
    }
    units.push(0xFFFF);
    let mut seen: BTreeMap<u64, usize> = BTreeMap::new();
    let hash = |start: usize| {
        let block = (start..start + BLOCK).map(|index| units.get(index).map_or(0, |unit| u64::from(*unit)));
        let hash = block.fold(0_u64, |hash, unit| hash.wrapping_mul(37).wrapping_add(unit));
        let count = seen.entry(hash).or_default();
        *count += 1;
        format!("{hash:x}:{count}")
    };
    starts.into_iter().map(hash).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hashes are those that github/codeql-action's own tests expect.
    #[test]
    fn lines_are_hashed_as_github_does() {
        assert_eq!(line_hashes(""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(
            line_hashes(" a\nb\n  \t\tc\n d"),
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]
        );
        let greeting = [
            "e9496ae3ebfced30:1",
            "fb7c023a8b9ccb3f:1",
            "ce8ba1a563dcdaca:1",
            "e20e36e16fcb0cc8:1",
            "b3edc88f2938467e:1",
            "c8e28b0b4002a3a0:1",
            "c129715d7a2bc9a3:1",
        ];
        assert_eq!(line_hashes(" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n"), greeting);
        assert_eq!(line_hashes(" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n"), greeting);
        let alike = line_hashes(&"Lorem ipsum dolor sit amet.\n".repeat(10));
        assert_eq!(alike[..2], ["a7f2ff13bc495cf2:1", "a7f2ff13bc495cf2:2"]);
        assert_eq!(alike[6..8], ["a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1"]);
    }

    /// The basis and the hash of `foobar` are from the definition of FNV (draft-eastlake-fnv).
    #[test]
    fn texts_are_told_apart_by_where_they_end() {
        assert_eq!(fnv_1a([]), 0xCBF2_9CE4_8422_2325);
        let end = (0x8594_4171_F739_67E8_u64 ^ 0xFF).wrapping_mul(0x0100_0000_01B3);
        assert_eq!(fnv_1a(["foobar"]), end);
        assert_ne!(fnv_1a(["foo", "bar"]), fnv_1a(["foob", "ar"]));
    }
}
