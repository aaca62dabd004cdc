//! Text inside a text: literal blocks.

use crate::source::Span;

/// Where the lines of a string begin in itself and in the file that holds it as a literal block (`|`).
pub struct BlockLines(Vec<(u32, u32)>);

impl BlockLines {
    /// Returns where the lines of a literal block are written; nothing for strings in another style, whose text differs from
    /// what the file says.
    #[must_use]
    pub fn of(span: &Span, text: &str) -> Option<Self> {
        let written = span.text();
        let header = written.starts_with('|').then(|| written.find('\n'))??;
        let mut offset = header + 1;
        let mut start = 0;
        let mut lines = Vec::new();
        for line in text.split_inclusive('\n') {
            let whole = written.get(offset..)?.split_inclusive('\n').next().unwrap_or_default();
            let content = line.trim_end_matches('\n');
            let indent = if content.is_empty() {
                0
            } else {
                whole.trim_end_matches(['\n', '\r']).len().checked_sub(content.len())?
            };
            if whole.get(indent..indent + content.len()) != Some(content) {
                return None;
            }
            lines.push((start, span.start() + u32::try_from(offset + indent).ok()?));
            start += u32::try_from(line.len()).ok()?;
            offset += whole.len();
        }
        (!lines.is_empty()).then_some(Self(lines))
    }

    /// Returns the offset in the file of an offset in the string.
    #[must_use]
    pub fn locate(&self, offset: u32) -> usize {
        let line = self.0.partition_point(|(start, _)| *start <= offset).saturating_sub(1);
        self.0.get(line).map_or(0, |(start, written)| (written + (offset - start)) as usize)
    }

    /// Returns the offset in the string of an offset in the file; nothing for one in the indentation of the block.
    #[must_use]
    pub fn find(&self, offset: u32) -> Option<usize> {
        let line = self.0.partition_point(|(_, written)| *written <= offset).checked_sub(1)?;
        let (start, written) = self.0.get(line)?;
        let found = start + (offset - written);
        let is_in_line = self.0.get(line + 1).is_none_or(|(next, _)| found < *next);
        is_in_line.then_some(found as usize)
    }
}
