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

/// Where the lines of a text start.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Lines(
            std::iter::once(0)
                .chain(ends.map(|(at, _)| at + 1))
                .collect(),
        )
    }

    /// Line and column of an offset, both from 1; columns count characters. An offset past the end is on the last line.
    pub(super) fn position(&self, text: &str, offset: usize) -> (usize, usize) {
        let line = self.0.partition_point(|start| *start <= offset).max(1);
        let start = self.0.get(line - 1).copied().unwrap_or(0);
        let before = text.get(start..offset.min(text.len())).unwrap_or("");
        (line, before.chars().count() + 1)
    }
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
    fn spans_join_and_never_run_backwards() {
        assert_eq!(Span::new(2, 4).join(Span::new(7, 9)), Span::new(2, 9));
        assert!(Span::new(5, 3).is_empty());
        assert_eq!(Span::from(3..8).len(), 5);
    }
}
