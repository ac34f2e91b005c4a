//! Replaced spans of a text, and the text after them.

use std::ops::Range;

/// Why a change cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// A span that is not inside the text, or that cuts a character.
    #[error("a change is outside the text: this is a bug, please report it")]
    Outside,
    /// Two changes of the same bytes.
    #[error("two changes meet in the same place: make one after the other")]
    Overlap,
    /// The file is written in a way that cannot be changed piece by piece.
    #[error("{0}: change this entry by hand")]
    Shape(&'static str),
    /// Read back, the changed text does not mean what was asked for.
    #[error("the changed file would not mean what was asked for: change this entry by hand")]
    Differs,
}

/// One replaced span; an empty one inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that go.
    pub span: Range<usize>,
    /// What stands there instead.
    pub text: String,
}

/// A list of changes to one text, in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits(Vec<Edit>);

impl Edits {
    /// No changes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts `text` in the place of a span.
    pub fn replace(&mut self, span: Range<usize>, text: impl Into<String>) {
        let text = text.into();
        self.0.push(Edit { span, text });
    }

    /// Puts `text` before the byte at `at`. Of two insertions at one place, the one asked for first comes first.
    pub fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// Takes a span out.
    pub fn remove(&mut self, span: Range<usize>) {
        self.replace(span, "");
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The changes, as they were asked for.
    #[must_use]
    pub fn as_slice(&self) -> &[Edit] {
        &self.0
    }

    /// The text after all changes.
    ///
    /// # Errors
    /// When a span is not inside the text, or two of them overlap.
    pub fn apply(&self, text: &str) -> Result<String, EditError> {
        let mut sorted: Vec<&Edit> = self.0.iter().collect();
        sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
        let mut out = String::with_capacity(text.len() + 256);
        let mut at = 0;
        for edit in sorted {
            if edit.span.start < at {
                return Err(EditError::Overlap);
            }
            let kept = text.get(at..edit.span.start).ok_or(EditError::Outside)?;
            // Both ends have to lie between characters.
            text.get(edit.span.clone()).ok_or(EditError::Outside)?;
            out.push_str(kept);
            out.push_str(&edit.text);
            at = edit.span.end;
        }
        out.push_str(text.get(at..).ok_or(EditError::Outside)?);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, edits: &[(Range<usize>, &str)], expected: Result<&str, EditError>) {
        let mut all = Edits::new();
        for (span, text) in edits {
            all.replace(span.clone(), *text);
        }
        assert_eq!(
            all.apply(text),
            expected.map(str::to_owned),
            "{text:?} {edits:?}"
        );
    }

    #[test]
    fn spans_are_replaced_in_any_order() {
        check("abc", &[], Ok("abc"));
        check("abc", &[(2..3, "C"), (0..1, "A")], Ok("AbC"));
        check("abc", &[(1..1, "x"), (1..1, "y"), (1..2, "B")], Ok("axyBc"));
        check("abc", &[(3..3, "d")], Ok("abcd"));
        check("äb", &[(0..2, "")], Ok("b"));
    }

    #[test]
    fn what_cannot_be_replaced_is_said() {
        check("abc", &[(0..2, ""), (1..3, "")], Err(EditError::Overlap));
        check("abc", &[(2..9, "")], Err(EditError::Outside));
        check("abc", &[(9..9, "")], Err(EditError::Outside));
        check("äb", &[(1..2, "")], Err(EditError::Outside));
        check("äb", &[(0..1, "")], Err(EditError::Outside));
    }
}
