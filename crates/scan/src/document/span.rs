//! A piece of a text, and lines and columns of offsets.

use std::ops::Range;

/// A piece of a text, in bytes from its start. Both ends are on character boundaries of the text it was made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// From `start` up to `end`; empty where they are the wrong way round.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        Span {
            start,
            end: end.max(start),
        }
    }

    /// How many bytes it covers.
    #[must_use]
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether it covers nothing.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.end == self.start
    }

    /// The smallest span that has both in it.
    #[must_use]
    pub fn join(self, other: Span) -> Span {
        Span::new(self.start.min(other.start), self.end.max(other.end))
    }

    /// The span as the standard library's type.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// The same piece, `by` bytes further on.
    pub(crate) fn shifted(self, by: usize) -> Span {
        Span::new(self.start.saturating_add(by), self.end.saturating_add(by))
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Span::new(range.start, range.end)
    }
}

/// Every how many bytes the number of characters before is remembered.
const STRIDE: usize = 256;

/// Where the lines of a text start, and how many characters stand before every so many bytes: a whole file can be one line.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    starts: Vec<usize>,
    /// Characters before every [`STRIDE`]th byte; empty where each character is one byte.
    characters: Vec<usize>,
}

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1));
        let mut characters = Vec::new();
        if !text.is_ascii() {
            let mut count = 0;
            for piece in text.as_bytes().chunks(STRIDE) {
                characters.push(count);
                count += starts_in(piece);
            }
            characters.push(count);
        }
        Lines {
            starts: starts.collect(),
            characters,
        }
    }

    /// Line and column of an offset, both from 1; columns count characters. An offset past the end is on the last line.
    pub(super) fn position(&self, text: &str, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let offset = offset.min(text.len());
        let before = self.characters_before(text, offset);
        let column = before.saturating_sub(self.characters_before(text, start));
        (line, column + 1)
    }

    fn characters_before(&self, text: &str, offset: usize) -> usize {
        match self.characters.get(offset / STRIDE) {
            None => offset,
            Some(known) => known + starts_in(rest_to_count(text, offset)),
        }
    }
}

/// The bytes before `offset` that the index does not cover: fewer than [`STRIDE`], however long the line.
fn rest_to_count(text: &str, offset: usize) -> &[u8] {
    let from = offset - offset % STRIDE;
    text.as_bytes().get(from..offset).unwrap_or_default()
}

/// How many characters start in these bytes.
fn starts_in(bytes: &[u8]) -> usize {
    let first = |byte: &&u8| (**byte & 0b1100_0000) != 0b1000_0000;
    bytes.iter().filter(first).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let text = "a\nüb\r\n\nlast";
        let lines = Lines::of(text);
        for (offset, position) in [
            (0, (1, 1)),
            (1, (1, 2)),
            (2, (2, 1)),
            (4, (2, 2)),
            (7, (3, 1)),
            (8, (4, 1)),
            (12, (4, 5)),
            (99, (4, 5)),
        ] {
            assert_eq!(lines.position(text, offset), position, "{offset}");
        }
        assert_eq!(Lines::of("").position("", 0), (1, 1));
    }

    #[test]
    fn a_line_of_any_length_is_counted_from_the_nearest_mark() {
        let long = format!("x\n{}", "aé日🦀".repeat(5000));
        for text in [long.as_str(), &"plain ".repeat(2000), "é"] {
            let lines = Lines::of(text);
            for (offset, _) in text.char_indices().step_by(997) {
                let (before, _) = text.split_at(offset);
                let line = before.matches('\n').count() + 1;
                let line_so_far = before.rsplit('\n').next().unwrap();
                let column = line_so_far.chars().count() + 1;
                assert_eq!(lines.position(text, offset), (line, column), "{offset}");
                assert!(rest_to_count(text, offset).len() < STRIDE);
            }
            let whole = text.lines().last().unwrap().chars().count() + 1;
            assert_eq!(lines.position(text, text.len()).1, whole);
        }
    }

    #[test]
    fn spans_join_and_never_run_backwards() {
        assert_eq!(Span::new(2, 4).join(Span::new(7, 9)), Span::new(2, 9));
        assert!(Span::new(5, 3).is_empty());
        assert_eq!(Span::from(3..8).len(), 5);
    }
}
