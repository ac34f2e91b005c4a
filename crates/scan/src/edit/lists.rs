//! Elements put before and taken out of a list.

use std::ops::Range;

use super::edits::{EditError, Edits};
use super::source::Source;

/// A list in a text.
#[derive(Debug, Clone)]
pub(super) struct List {
    pub(super) span: Range<usize>,
    pub(super) items: Vec<Range<usize>>,
}

impl List {
    /// Whether it is written in brackets, not as YAML's lines with dashes.
    fn is_flow(&self, source: Source<'_>) -> bool {
        source.get(self.span.clone()).starts_with('[')
    }

    /// Puts literals before the first element, in the form of the ones that are there.
    pub(super) fn prepend(
        &self,
        source: Source<'_>,
        literals: &[String],
        edits: &mut Edits,
    ) -> Result<(), EditError> {
        let Some(first) = self.items.first() else {
            if !self.is_flow(source) {
                return Err(EditError::Shape("an empty list is not written in brackets"));
            }
            edits.insert(self.span.start + 1, literals.join(", "));
            return Ok(());
        };
        if self.is_flow(source) {
            let between = self.separator(source, first);
            let text: String = literals
                .iter()
                .flat_map(|literal| [literal.as_str(), &between])
                .collect();
            edits.insert(first.start, text);
            return Ok(());
        }
        let dash = dash(source, first.start)?;
        let between = format!("{}{}", source.newline(), column(source, dash));
        let gap = source.get(dash + 1..first.start);
        let gap = if gap.contains('\n') { " " } else { gap };
        let text: String = literals
            .iter()
            .map(|literal| format!("-{gap}{literal}{between}"))
            .collect();
        edits.insert(dash, text);
        Ok(())
    }

    /// What stands between two elements: a line's end and indentation where each has a line of its own.
    fn separator(&self, source: Source<'_>, first: &Range<usize>) -> String {
        if source.get(self.span.start..first.start).contains('\n') && source.is_first(first.start) {
            return format!(",{}{}", source.newline(), source.indent(first.start));
        }
        let second = self
            .items
            .get(1)
            .map(|second| source.get(first.end..second.start));
        if second == Some(",") { "," } else { ", " }.to_owned()
    }

    /// Takes the elements of `range` (indices) out.
    pub(super) fn remove(
        &self,
        source: Source<'_>,
        range: Range<usize>,
        edits: &mut Edits,
    ) -> Result<(), EditError> {
        let outside = EditError::Outside;
        let first = self.items.get(range.start).ok_or(outside.clone())?;
        let last = range
            .end
            .checked_sub(1)
            .and_then(|last| self.items.get(last))
            .ok_or(outside)?;
        let before = range
            .start
            .checked_sub(1)
            .and_then(|index| self.items.get(index));
        let after = self.items.get(range.end);
        if !self.is_flow(source) {
            return remove_lines(source, (before, first, last, after), edits);
        }
        match (before, after) {
            (_, Some(after)) => edits.remove(first.start..after.start),
            (Some(before), None) => edits.remove(before.end..last.end),
            (None, None) => {
                let inside = source.skip(last.end);
                let comma = source.get(inside..inside + 1) == ",";
                let end = if comma { inside + 1 } else { last.end };
                let opening = source.get(self.span.start + 1..first.start);
                let closed = !opening.is_empty()
                    && opening.trim().is_empty()
                    && source.get(end..self.span.end).trim() == "]";
                if closed {
                    edits.replace(self.span.clone(), "[]");
                } else {
                    edits.remove(first.start..end);
                }
            }
        }
        Ok(())
    }
}

type Item<'a> = &'a Range<usize>;

fn remove_lines(
    source: Source<'_>,
    (before, first, last, after): (Option<Item<'_>>, Item<'_>, Item<'_>, Option<Item<'_>>),
    edits: &mut Edits,
) -> Result<(), EditError> {
    let start = dash(source, first.start)?;
    match (before, after) {
        (_, Some(after)) => edits.remove(start..dash(source, after.start)?),
        (Some(_), None) => edits.remove(source.line_start(start)..source.next_line(last.end)),
        (None, None) => edits.replace(start..last.end, "[]"),
    }
    Ok(())
}

/// The dash of the element that begins at `at`.
fn dash(source: Source<'_>, at: usize) -> Result<usize, EditError> {
    let before = source.get(0..at).trim_end_matches([' ', '\t', '\r', '\n']);
    if before.ends_with('-') {
        Ok(before.len() - 1)
    } else {
        Err(EditError::Shape(
            "an element is not written plainly after its dash",
        ))
    }
}

/// White space up to the column of `at`.
pub(super) fn column(source: Source<'_>, at: usize) -> String {
    let line = source.before(at).trim_start_matches('\u{feff}');
    line.chars()
        .map(|c| if c == '\t' { '\t' } else { ' ' })
        .collect()
}
