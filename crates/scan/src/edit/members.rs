//! Members put after others and taken out of a map.

use std::ops::Range;

use super::edits::{EditError, Edits};
use super::lists::column;
use super::quote::{self, Syntax};
use super::source::Source;

/// A member in a text.
#[derive(Debug, Clone)]
pub(super) struct MemberAt {
    pub(super) key: Range<usize>,
    pub(super) value: Range<usize>,
}

/// Whether the map is written in braces.
pub(super) fn is_flow(source: Source<'_>, map: &Range<usize>) -> bool {
    source.syntax == Syntax::Json || source.get(map.clone()).starts_with('{')
}

/// Puts `key` with a literal after a member: on a line of its own where that one has its own, else behind it.
pub(super) fn insert_after(
    source: Source<'_>,
    flow: bool,
    member: &MemberAt,
    key: &str,
    literal: &str,
    edits: &mut Edits,
) -> Result<(), EditError> {
    let like = source.get(member.key.clone());
    let name = format!(
        "{}{}",
        prefix(source, member),
        quote::key(source.syntax, key, like)
    );
    let pair = format!("{name}{}{literal}", assignment(source, member));
    let line = format!("{}{}", source.newline(), source.indent(member.key.start));
    let end = member.value.end;
    if !flow {
        return insert_line(source, member, &pair, &line, edits);
    }
    if !source.is_first(member.key.start) {
        edits.insert(end, format!(", {pair}"));
        return Ok(());
    }
    // A comment at the end of a line stays with what it is about.
    let comma = source.get(end..end + 1) == ",";
    if comma && source.ends_with_comment(end + 1) {
        edits.insert(source.line_end(end), format!("{line}{pair},"));
    } else if source.ends_with_comment(end) && !has_comma(source, end) {
        edits.insert(end, ",");
        edits.insert(source.line_end(end), format!("{line}{pair}"));
    } else {
        edits.insert(end, format!(",{line}{pair}"));
    }
    Ok(())
}

fn insert_line(
    source: Source<'_>,
    member: &MemberAt,
    pair: &str,
    line: &str,
    edits: &mut Edits,
) -> Result<(), EditError> {
    let many = source.syntax == Syntax::Yaml && source.get(member.value.clone()).contains('\n');
    if source.syntax == Syntax::Yaml && (many || !source.is_first(member.key.start)) {
        // Before it: where a value of several lines ends is not worth finding out, and `- key:` has no line of its own.
        let column = column(source, member.key.start);
        edits.insert(
            member.key.start,
            format!("{pair}{}{column}", source.newline()),
        );
        return Ok(());
    }
    if !source.is_last(member.value.end) {
        return Err(EditError::Shape("something follows a value in its line"));
    }
    edits.insert(source.line_end(member.value.end), format!("{line}{pair}"));
    Ok(())
}

/// The parts of a dotted TOML key before the last one, as they are written.
fn prefix<'a>(source: Source<'a>, member: &MemberAt) -> &'a str {
    if source.syntax != Syntax::Toml {
        return "";
    }
    let before = source.before(member.key.start);
    let from = before.rfind(['{', ',']).map_or(0, |at| at + 1);
    let dotted = before
        .get(from..)
        .unwrap_or_default()
        .trim_start_matches(['\u{feff}', ' ', '\t']);
    if dotted.trim_end().ends_with('.') {
        dotted
    } else {
        ""
    }
}

/// What stands between key and value, where that is short and plain.
fn assignment<'a>(source: Source<'a>, member: &MemberAt) -> &'a str {
    let between = source.get(member.key.end..member.value.start);
    let sign = if source.syntax == Syntax::Toml {
        "="
    } else {
        ":"
    };
    if between.trim_matches([' ', '\t']) == sign {
        between
    } else if source.syntax == Syntax::Toml {
        " = "
    } else {
        ": "
    }
}

/// Takes the member at `index` out, with its comma or its line.
pub(super) fn remove(
    source: Source<'_>,
    flow: bool,
    members: &[MemberAt],
    index: usize,
    edits: &mut Edits,
) -> Result<(), EditError> {
    let member = members.get(index).ok_or(EditError::Outside)?;
    if !flow {
        return remove_line(source, member, members.get(index + 1), edits);
    }
    let (mut start, mut end) = (
        member.key.start - prefix(source, member).len(),
        member.value.end,
    );
    let previous = index.checked_sub(1).and_then(|index| members.get(index));
    if let Some(previous) =
        previous.filter(|previous| follows(source, previous.value.end, start, end))
    {
        edits.remove(previous.value.end..end);
        return Ok(());
    }
    let comma = source.skip(end);
    if source.get(comma..comma + 1) == "," {
        end = comma + 1;
    } else if let Some(previous) = previous {
        let comma = source.skip(previous.value.end);
        if source.get(comma..comma + 1) == "," {
            edits.remove(comma..comma + 1);
        }
    }
    if source.is_first(start) && source.is_last(end) {
        edits.remove(source.whole_lines(start, end));
        return Ok(());
    }
    let rest = source.get(end..source.text.len());
    let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    if end == member.value.end {
        let before = source.before(start);
        start -= before.len() - before.trim_end_matches([' ', '\t']).len();
    } else {
        end += blank;
    }
    edits.remove(start..end);
    Ok(())
}

/// Whether a comma follows `at`, after white space and comments.
fn has_comma(source: Source<'_>, at: usize) -> bool {
    let next = source.skip(at);
    source.get(next..next + 1) == ","
}

/// Whether only a comma and white space stand between a member and the next, which has no comment at its line's end.
fn follows(source: Source<'_>, previous: usize, start: usize, end: usize) -> bool {
    let plain = source
        .get(previous..start)
        .strip_prefix(',')
        .is_some_and(|gap| gap.trim().is_empty());
    let direct = source.get(end..end + 1) == ",";
    let comment = source.ends_with_comment(end + usize::from(direct));
    plain && !(comment && (direct || !has_comma(source, end)))
}

fn remove_line(
    source: Source<'_>,
    member: &MemberAt,
    next: Option<&MemberAt>,
    edits: &mut Edits,
) -> Result<(), EditError> {
    let start = member.key.start - prefix(source, member).len();
    let between = source.get(member.key.end..member.value.start);
    if source.syntax == Syntax::Toml && between.trim() != "=" {
        return Err(EditError::Shape("a table has a heading of its own"));
    }
    if !source.is_first(start) {
        let next = next.ok_or(EditError::Shape("it is the only key of a list's element"))?;
        edits.remove(member.key.start..next.key.start);
        return Ok(());
    }
    let whole = source.get(member.value.clone()).ends_with('\n');
    if whole {
        edits.remove(source.line_start(start)..member.value.end);
    } else if source.is_last(member.value.end) {
        edits.remove(source.whole_lines(start, member.value.end));
    } else {
        return Err(EditError::Shape("something follows a value in its line"));
    }
    Ok(())
}
