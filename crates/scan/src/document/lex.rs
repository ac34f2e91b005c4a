//! One pass over the bytes of a JSON text, without building anything: how deep, how many values, and what plain JSON lacks.

use super::span::Span;

/// Nesting that no configuration needs: deeper is a problem, though it is still read.
const DEEP: usize = 32;

/// What the pass found. Of each oddity the first.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// Deepest nesting of brackets.
    pub(super) depth: usize,
    /// How many values there can be at most.
    pub(super) values: usize,
    /// The bracket that is nested too deep.
    pub(super) deep: Option<Span>,
    /// A comment.
    pub(super) comment: Option<Span>,
    /// A comma before a closing bracket.
    pub(super) comma: Option<Span>,
    /// A control character inside a string.
    pub(super) control: Option<Span>,
}

/// Looks through `text`. Broken texts are looked through as well as can be; the reader says what is wrong with them.
pub(super) fn survey(text: &[u8]) -> Survey {
    let mut found = Survey {
        values: 1,
        ..Survey::default()
    };
    let mut depth = 0_usize;
    let mut comma = None;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let start = at;
        at += 1;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => continue,
            b'/' => {
                if let Some(end) = end_of_comment(text, start) {
                    found.comment.get_or_insert(Span::new(start, end));
                    at = end;
                    continue;
                }
            }
            b'"' => at = end_of_string(text, start, &mut found),
            b'[' | b'{' => {
                depth += 1;
                found.values += 1;
                found.depth = found.depth.max(depth);
                if depth > DEEP {
                    found.deep.get_or_insert(Span::new(start, at));
                }
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if let Some(span) = comma {
                    found.comma.get_or_insert(span);
                }
            }
            b',' => found.values += 1,
            _ => {}
        }
        comma = (byte == b',').then(|| Span::new(start, at));
    }
    found
}

fn end_of_string(text: &[u8], start: usize, found: &mut Survey) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' => at += 1,
            b'"' => return at + 1,
            0..=0x1f => {
                found.control.get_or_insert(Span::new(at, at + 1));
            }
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// The end of `// …` (before its line end) or `/* … */`; of one that never ends, the end of the text. None for a lone slash.
fn end_of_comment(text: &[u8], start: usize) -> Option<usize> {
    let rest = text.get(start + 2..)?;
    match text.get(start + 1)? {
        b'/' => {
            let line = rest.iter().position(|byte| *byte == b'\n');
            Some(line.map_or(text.len(), |length| start + 2 + length))
        }
        b'*' => {
            let close = rest.windows(2).position(|pair| pair == b"*/");
            Some(close.map_or(text.len(), |length| start + 4 + length))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, depth: usize, comment: Option<(usize, usize)>, comma: Option<usize>) {
        let found = survey(text.as_bytes());
        assert_eq!(found.depth, depth, "{text}");
        let span = found.comment.map(|span| (span.start, span.end));
        assert_eq!(span, comment, "{text}");
        assert_eq!(found.comma.map(|span| span.start), comma, "{text}");
    }

    #[test]
    fn what_plain_json_lacks_is_found_outside_strings_only() {
        check(r#"{"a":[1,{}]}"#, 3, None, None);
        check("[1,]", 1, None, Some(2));
        check("[1, /* , */ ]", 1, Some((4, 11)), Some(2));
        check("[1 // x\n,2]", 1, Some((3, 7)), None);
        check(r#"["// no, ]", "\", ]"]"#, 1, None, None);
        check("[1 /* never", 1, Some((3, 11)), None);
        check("]]]], /", 0, None, None);
        check("", 0, None, None);
    }

    #[test]
    fn values_depth_and_control_characters_are_counted_before_anything_is_built() {
        assert!(survey(b"[0,0,0,0]").values >= 5);
        let deep = "[".repeat(DEEP + 2);
        assert_eq!(
            survey(deep.as_bytes()).deep,
            Some(Span::new(DEEP, DEEP + 1))
        );
        assert_eq!(survey(b"[\"a\tb\"]").control, Some(Span::new(3, 4)));
        assert_eq!(survey(b"\t[]").control, None);
    }
}
