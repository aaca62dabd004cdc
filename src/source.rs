//! Text with a name, and places in it.
//!
//! Every value that idpack reads or writes knows where it stands: a [`Span`] is a byte range that holds on to its
//! [`Source`]. Generated text also knows where each part of it came from ([`Origin`]), so that a finding in a rendered
//! manifest can be shown at the descriptor key that caused it.

use std::fmt;
use std::sync::{Arc, OnceLock};

/// A named text: a file as it was read, a part of one, or a file as it is about to be written.
pub struct Source {
    name: String,
    text: String,
    origins: Vec<Origin>,
    is_generated: bool,
    lines: Lines,
    line_starts: OnceLock<Vec<u32>>,
}

/// Which lines of a file a text holds, counted from 1.
#[derive(Clone)]
enum Lines {
    /// All from this one on, as far as the text goes.
    From(u32),
    /// These.
    Only(Vec<u32>),
}

/// A byte range of a generated text and the place that its content came from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
    /// Where the content was taken from, a descriptor or a template.
    pub span: Span,
}

/// A place as people count: both numbers start at 1, the column counts Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl Source {
    /// Creates a source from text that a person wrote. `name` is what findings call it, usually a relative path.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Self::with_lines(name, text, Lines::From(1))
    }

    /// Creates a source from generated text. `origins` say where its parts came from, in ascending order of `start`.
    #[must_use]
    pub fn generated(name: impl Into<String>, text: impl Into<String>, origins: Vec<Origin>) -> Arc<Self> {
        Arc::new(Self::of(name.into(), text.into(), origins, true, Lines::From(1)))
    }

    /// Creates a source from a part of a long file that begins at the start of line `first_line`, counted from 1.
    #[must_use]
    pub fn part(name: impl Into<String>, text: impl Into<String>, first_line: u32) -> Arc<Self> {
        Self::with_lines(name, text, Lines::From(first_line))
    }

    fn with_lines(name: impl Into<String>, text: impl Into<String>, lines: Lines) -> Arc<Self> {
        Arc::new(Self::of(name.into(), text.into(), Vec::new(), false, lines))
    }

    fn of(name: String, text: String, origins: Vec<Origin>, is_generated: bool, lines: Lines) -> Self {
        Self { name, text, origins, is_generated, lines, line_starts: OnceLock::new() }
    }

    /// Returns the name that findings show.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the position of a byte offset. An offset behind the end counts as the end.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let starts = self.line_starts();
        let offset = (offset as usize).min(self.text.len());
        let line = starts.partition_point(|start| *start as usize <= offset) - 1;
        let start = starts[line] as usize;
        let column = self.text.as_bytes()[start..offset].iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        Position { line: self.line_number(line), column: count(column + 1) }
    }

    /// Returns the byte offset of a position in a text that begins with the first line of its file; nothing if it has no such
    /// position.
    #[must_use]
    pub fn offset(&self, position: Position) -> Option<usize> {
        let line = (position.line as usize).checked_sub(1)?;
        let starts = self.line_starts();
        let start = *starts.get(line)? as usize;
        let end = starts.get(line + 1).map_or(self.text.len(), |end| *end as usize);
        let line = self.text.get(start..end)?;
        let column = (position.column as usize).checked_sub(1)?;
        let ends = line.char_indices().map(|(offset, _)| offset).chain(std::iter::once(line.len()));
        ends.skip(column).map(|offset| start + offset).next()
    }

    /// Tells whether idpack wrote this text, and no person.
    #[must_use]
    pub fn is_generated(&self) -> bool {
        self.is_generated
    }

    /// Tells whether it holds the file from its first line on, without a gap.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self.lines, Lines::From(1)) && !self.text.is_empty()
    }

    /// Returns the number, in the file, of a line of this text, counted from 0.
    fn line_number(&self, line: usize) -> u32 {
        match &self.lines {
            Lines::From(first) => first.saturating_add(count(line)),
            // Behind the last line that was kept, no line is known.
            Lines::Only(numbers) => numbers.get(line).or(numbers.last()).copied().unwrap_or(1),
        }
    }

    /// Returns the lines from `first` to `last`, offsets of bytes in them: their text, where it begins, and the number of the
    /// first in the file. `None` if the file has lines between them that this text does not.
    #[must_use]
    pub fn excerpt(&self, first: u32, last: u32) -> Option<(&str, u32, u32)> {
        let starts = self.line_starts();
        let line = |offset: u32| starts.partition_point(|start| *start <= offset) - 1;
        let (from, to) = (line(first), line(last));
        let is_whole = self.line_number(to) - self.line_number(from) == count(to - from);
        let end = starts.get(to + 1).map_or(self.text.len(), |end| *end as usize);
        is_whole.then(|| (&self.text[starts[from] as usize..end], starts[from], self.line_number(from)))
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let breaks = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(breaks.map(|(index, _)| count(index + 1))).collect()
        })
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({:?}, {} bytes)", self.name, self.text.len())
    }
}

/// A byte range in a source. Cloning is cheap.
#[derive(Clone)]
pub struct Span {
    source: Arc<Source>,
    start: u32,
    end: u32,
}

impl Span {
    /// Creates a span from byte offsets, `end` exclusive. Offsets behind the end of the text count as the end.
    #[must_use]
    pub fn new(source: &Arc<Source>, start: usize, end: usize) -> Self {
        let len = source.text.len();
        let end = end.min(len);
        Self { source: Arc::clone(source), start: count(start.min(end)), end: count(end) }
    }

    /// Returns the span of a whole text.
    #[must_use]
    pub fn whole(source: &Arc<Source>) -> Self {
        Self::new(source, 0, source.text.len())
    }

    /// Returns the source that this is a part of.
    #[must_use]
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// Returns the offset of the first byte.
    #[must_use]
    pub fn start(&self) -> u32 {
        self.start
    }

    /// Returns the offset behind the last byte.
    #[must_use]
    pub fn end(&self) -> u32 {
        self.end
    }

    /// Returns the text that the span covers.
    #[must_use]
    pub fn text(&self) -> &str {
        self.source.text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// Shortens a span of several lines to its first one, which is what people are shown.
    #[must_use]
    pub fn first_line(mut self) -> Self {
        let length = self.text().lines().next().map_or(0, str::len);
        self.end = self.start + count(length);
        self
    }

    /// Returns where the span begins.
    #[must_use]
    pub fn position(&self) -> Position {
        self.source.position(self.start)
    }

    /// Returns where the span ends: the position behind its last character.
    #[must_use]
    pub fn end_position(&self) -> Position {
        self.source.position(self.end)
    }

    /// Returns the place that the content of this span was generated from: the narrowest origin around its start, or
    /// `None` in a text that a person wrote.
    #[must_use]
    pub fn origin(&self) -> Option<&Span> {
        let covering = self.source.origins.iter().take_while(|origin| origin.start <= self.start);
        covering
            .filter(|origin| self.start < origin.end || origin.start == self.start)
            .min_by_key(|origin| origin.end - origin.start)
            .map(|origin| &origin.span)
    }

    /// Returns the same place in a text that shows nothing of its line but the key in front: for lines with secrets, which
    /// should not get from a repository into a report. What it was generated from is concealed, too.
    #[must_use]
    pub fn concealed(&self) -> Self {
        let (text, first) = (self.source.text(), self.clone().first_line());
        let (start, end) = (first.start as usize, first.end as usize);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at);
        let shown = text[line_start..start].find(':').map_or(line_start, |colon| line_start + colon + 1);
        let hide = |part: &str| part.chars().map(|c| if c.is_whitespace() { c } else { '*' }).collect::<String>();
        let mut line = text[line_start..shown].to_owned() + &hide(&text[shown..start]);
        let before = line.len();
        line += &hide(&text[start..end]);
        let length = line.len() - before;
        line += &hide(&text[end..line_end]);
        let whole = count(line.len());
        let origins = self.origin().map(|origin| Origin { start: 0, end: whole, span: origin.concealed() });
        let lines = Lines::From(self.position().line);
        let (name, generated) = (self.source.name().to_owned(), self.source.is_generated);
        let source = Arc::new(Source::of(name, line, origins.into_iter().collect(), generated, lines));
        Self::new(&source, before, before + length)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}-{}", self.end)
    }
}

impl fmt::Display for Span {
    /// Writes `name:line:column`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position();
        write!(f, "{}:{line}:{column}", self.source.name)
    }
}

impl PartialEq for Span {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.source, &other.source) && (self.start, self.end) == (other.start, other.end)
    }
}

impl Eq for Span {}

/// A value and the place where it was written.
#[derive(Clone, Debug)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands, or where the value that it was derived from stands.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Puts a value and its place together.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// Derives another value at the same place.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: f(self.value), span: self.span }
    }
}

impl<T> std::ops::Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Display> fmt::Display for Spanned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// Something that knows places in texts.
pub trait Located {
    /// Visits every span in it.
    fn spans(&mut self, visit: &mut dyn FnMut(&mut Span));
}

impl Located for Span {
    fn spans(&mut self, visit: &mut dyn FnMut(&mut Span)) {
        visit(self);
    }
}

impl<T> Located for Spanned<T> {
    fn spans(&mut self, visit: &mut dyn FnMut(&mut Span)) {
        visit(&mut self.span);
    }
}

impl<T: Located> Located for Option<T> {
    fn spans(&mut self, visit: &mut dyn FnMut(&mut Span)) {
        if let Some(it) = self {
            it.spans(visit);
        }
    }
}

impl<T: Located> Located for Box<T> {
    fn spans(&mut self, visit: &mut dyn FnMut(&mut Span)) {
        (**self).spans(visit);
    }
}

impl<T: Located> Located for Vec<T> {
    fn spans(&mut self, visit: &mut dyn FnMut(&mut Span)) {
        for it in self.iter_mut() {
            it.spans(visit);
        }
    }
}

impl<T: Located> Located for Box<[T]> {
    fn spans(&mut self, visit: &mut dyn FnMut(&mut Span)) {
        for it in self.iter_mut() {
            it.spans(visit);
        }
    }
}

/// Lets go of a text of which only some lines are still needed: the spans move to a source that holds nothing but the lines
/// they begin on, and end with these lines. A generated text stays as it is.
pub fn condense(source: &Arc<Source>, located: &mut [&mut dyn Located]) {
    if source.is_generated {
        return;
    }
    let mut wanted: Vec<usize> = Vec::new();
    let starts = source.line_starts();
    let line = |span: &Span| starts.partition_point(|start| *start <= span.start) - 1;
    let mut each = |visit: &mut dyn FnMut(&mut Span)| {
        let mut own = |span: &mut Span| {
            if Arc::ptr_eq(&span.source, source) {
                visit(span);
            }
        };
        for it in located.iter_mut() {
            it.spans(&mut own);
        }
    };
    each(&mut |span| wanted.push(line(span)));
    wanted.sort_unstable();
    wanted.dedup();
    let line_end = |line: usize| starts.get(line + 1).map_or(source.text.len(), |end| *end as usize);
    let length = wanted.iter().map(|line| line_end(*line) - starts[*line] as usize).sum();
    let mut text = String::with_capacity(length);
    let (mut offsets, mut numbers) = (Vec::with_capacity(wanted.len()), Vec::with_capacity(wanted.len()));
    for line in &wanted {
        let end = line_end(*line);
        offsets.push(count(text.len()));
        numbers.push(source.line_number(*line));
        text.push_str(&source.text[starts[*line] as usize..end]);
    }
    let condensed = Source::with_lines(source.name.as_str(), text, Lines::Only(numbers));
    each(&mut |span| {
        let line = line(span);
        let Ok(rank) = wanted.binary_search(&line) else { return };
        let end = line_end(line);
        let place = |offset: u32| (offset.min(count(end)) - starts[line] + offsets[rank]) as usize;
        *span = Span::new(&condensed, place(span.start), place(span.end));
    });
}

/// Narrows an offset; texts are limited to a few megabytes where they are read.
fn count(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = Source::new("a.yaml", "é: x\nb: 日本\n");
        assert_eq!(Span::new(&source, 0, 2).to_string(), "a.yaml:1:1");
        assert_eq!(Span::new(&source, 4, 5).to_string(), "a.yaml:1:4");
        assert_eq!(Span::new(&source, 12, 15).to_string(), "a.yaml:2:5");
        assert_eq!(Span::new(&source, 12, 15).text(), "本");
        assert_eq!(Span::new(&source, 12, 15).end_position(), Position { line: 2, column: 6 });
        assert_eq!(Span::new(&source, 900, 999).to_string(), "a.yaml:3:1");
        for offset in [0, 2, 4, 7, 12, 15] {
            assert_eq!(source.offset(source.position(offset)), Some(offset as usize));
        }
        for (line, column) in [(0, 1), (1, 0), (1, 99), (4, 1)] {
            assert_eq!(source.offset(Position { line, column }), None);
        }
    }

    #[test]
    fn condensed_spans_stay_where_they_were() {
        let whole = Source::part("a.yaml", "a: 1\nb: é\nc:\n  d: 3\n  e: 4\nf: last", 11);
        let places = [(5, 6), (8, 10), (14, 30), (25, 26), (32, 99)];
        let mut spans: Vec<Span> = places.iter().map(|(start, end)| Span::new(&whole, *start, *end)).collect();
        let before: Vec<_> =
            spans.iter().map(|span| (span.to_string(), span.clone().first_line().end_position())).collect();
        condense(&whole, &mut [&mut spans]);
        let after: Vec<_> =
            spans.iter().map(|span| (span.to_string(), span.clone().first_line().end_position())).collect();
        assert_eq!(after, before);
        assert_eq!(spans[1].text(), "é");
        assert_eq!(spans[0].source().text(), "b: é\n  d: 3\n  e: 4\nf: last");
        let source = spans[0].source();
        assert_eq!(source.excerpt(0, 0), Some(("b: é\n", 0, 12)));
        assert_eq!(source.excerpt(6, 14), Some(("  d: 3\n  e: 4\n", 6, 14)));
        assert_eq!(source.excerpt(0, 6), None);
    }

    #[test]
    fn concealed_lines_show_their_key_and_no_value() {
        let template = Source::new("a.yaml.j2", "é: {token: geheim}\nb: 1\n");
        let origin = Origin { start: 0, end: 30, span: Span::new(&template, 4, 19) };
        let generated = Source::generated("a.yaml", "x: 1\n  ä: 'größe \"x\"' # y\nz: 2\n", vec![origin]);
        let span = Span::new(&generated, 11, 24);
        let concealed = span.concealed();
        assert_eq!((span.to_string(), span.text()), ("a.yaml:2:6".to_owned(), "'größe \"x\"'"));
        assert_eq!((concealed.to_string(), concealed.text()), (span.to_string(), "****** ****"));
        assert_eq!(concealed.source().text(), "  ä: ****** **** * *");
        let origin = concealed.origin().unwrap();
        assert_eq!((origin.to_string().as_str(), origin.source().text()), ("a.yaml.j2:1:4", "é: ******* *******"));
        // A block hides nothing but its head.
        let block = Source::new("b.yaml", "config: |\n  secret\n");
        assert_eq!(Span::new(&block, 8, 18).concealed().source().text(), "config: *");
    }

    #[test]
    fn the_narrowest_origin_wins() {
        let descriptor = Source::new("dev.yaml", "name: dev\nhost: a.b\n");
        let (wide, narrow) = (Span::new(&descriptor, 0, 9), Span::new(&descriptor, 16, 19));
        let origins =
            vec![Origin { start: 0, end: 20, span: wide.clone() }, Origin { start: 6, end: 9, span: narrow.clone() }];
        let output = Source::generated("out.yaml", "host: a.b and more text", origins);
        assert_eq!(Span::new(&output, 6, 9).origin(), Some(&narrow));
        assert_eq!(Span::new(&output, 0, 4).origin(), Some(&wide));
        assert_eq!(Span::new(&output, 21, 22).origin(), None);
    }
}
