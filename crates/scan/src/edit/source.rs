//! Lines, white space and comments around a position.

use std::ops::Range;

use super::quote::Syntax;

/// A text and the rules that hold in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) syntax: Syntax,
}

impl<'a> Source<'a> {
    /// The text of a span; nothing where there is no such span.
    pub(super) fn get(&self, span: Range<usize>) -> &'a str {
        self.text.get(span).unwrap_or_default()
    }

    /// Where the line of `at` begins.
    pub(super) fn line_start(&self, at: usize) -> usize {
        self.get(0..at).rfind('\n').map_or(0, |found| found + 1)
    }

    /// Where the line of `at` ends, before its line ending.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let rest = self.get(at..self.text.len());
        let end = at + rest.find('\n').unwrap_or(rest.len());
        if end > at && self.get(at..end).ends_with('\r') {
            end - 1
        } else {
            end
        }
    }

    /// Where the line after that of `at` begins.
    pub(super) fn next_line(&self, at: usize) -> usize {
        let rest = self.get(at..self.text.len());
        at + rest.find('\n').map_or(rest.len(), |found| found + 1)
    }

    /// The lines from that of `start` to that of `end`, with the line ending before them; the one after where there is none before.
    pub(super) fn whole_lines(&self, start: usize, end: usize) -> Range<usize> {
        let first = self.line_start(start);
        let before = self.get(0..first);
        match before.strip_suffix('\n') {
            Some(before) => before.strip_suffix('\r').unwrap_or(before).len()..self.line_end(end),
            None => first..self.next_line(end),
        }
    }

    /// The line ending of this file.
    pub(super) fn newline(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if self.get(0..at).ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    /// What stands before `at` in its line.
    pub(super) fn before(&self, at: usize) -> &'a str {
        self.get(self.line_start(at)..at)
    }

    /// White space at the start of the line of `at`; no byte order mark.
    pub(super) fn indent(&self, at: usize) -> &'a str {
        let line = self.before(at).trim_start_matches('\u{feff}');
        let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
        line.get(..blank).unwrap_or_default()
    }

    /// Whether only white space stands before `at` in its line.
    pub(super) fn is_first(&self, at: usize) -> bool {
        self.before(at)
            .trim_start_matches('\u{feff}')
            .trim_matches([' ', '\t'])
            .is_empty()
    }

    /// The position of the next byte at or after `at` that is neither white space nor in a comment.
    pub(super) fn skip(&self, at: usize) -> usize {
        let mut at = at;
        loop {
            let rest = self.get(at..self.text.len());
            let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
            at += rest.len() - trimmed.len();
            let Some(length) = comment(self.syntax, trimmed) else {
                return at;
            };
            at += length;
        }
    }

    /// Whether a comment, and nothing else, follows `at` in its line.
    pub(super) fn ends_with_comment(&self, at: usize) -> bool {
        let rest = self
            .get(at..self.line_end(at))
            .trim_start_matches([' ', '\t']);
        comment(self.syntax, rest).is_some_and(|length| length >= rest.trim_end().len())
    }

    /// Whether nothing but a comment or white space follows `at` in its line.
    pub(super) fn is_last(&self, at: usize) -> bool {
        self.get(at..self.line_end(at)).trim().is_empty() || self.ends_with_comment(at)
    }
}

/// The length of the comment that `text` begins with.
fn comment(syntax: Syntax, text: &str) -> Option<usize> {
    let line = || text.find('\n').unwrap_or(text.len());
    match syntax {
        Syntax::Json if text.starts_with("//") => Some(line()),
        Syntax::Json if text.starts_with("/*") => {
            Some(text.find("*/").map_or(text.len(), |end| end + 2))
        }
        Syntax::Toml | Syntax::Yaml if text.starts_with('#') => Some(line()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_with_either_ending() {
        for (text, newline) in [("ab\n  cd\nx", "\n"), ("ab\r\n  cd\r\nx", "\r\n")] {
            let source = Source {
                text,
                syntax: Syntax::Json,
            };
            let at = text.find("cd").unwrap();
            assert_eq!(source.newline(), newline);
            assert_eq!(source.indent(at), "  ");
            assert_eq!(source.before(at), "  ");
            assert_eq!(source.line_end(at), at + 2);
            assert_eq!(source.next_line(at), text.len() - 1);
            assert_eq!(source.line_end(text.len()), text.len());
            assert!(source.is_first(at) && !source.is_first(at + 1));
        }
    }

    #[test]
    fn comments_are_skipped_by_the_rules_of_the_format() {
        for (syntax, text, at) in [
            (Syntax::Json, " // a\n /* , */ ,", 15),
            (Syntax::Json, "# a", 0),
            (Syntax::Toml, " # a\n ,", 6),
            (Syntax::Yaml, "\t# a", 4),
            (Syntax::Json, "/* open", 7),
        ] {
            assert_eq!(Source { text, syntax }.skip(0), at, "{text:?}");
        }
        let source = Source {
            text: "1 // a\n2, // b\n3 /* c */ 4",
            syntax: Syntax::Json,
        };
        assert!(source.ends_with_comment(1));
        assert!(!source.is_last(8));
        assert!(source.is_last(9));
        assert!(!source.ends_with_comment(16));
    }
}
