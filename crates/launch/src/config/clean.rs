//! From what editors accept to what RFC 8259 accepts: comments, trailing commas and carriage returns become spaces.
//!
//! Every other byte stays where it is, so offsets in errors are those of the file. Strings are never touched.

use std::borrow::Cow;

/// The text as plain JSON, and whether it had comments or trailing commas (which not every client reads).
pub(super) fn plain_json(text: &str) -> (Cow<'_, str>, bool) {
    let bytes = text.as_bytes();
    let mut out: Option<Vec<u8>> = None;
    let mut extended = false;
    let mut comma: Option<usize> = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let next = match byte {
            b'"' => end_of_string(bytes, at),
            b'/' => match end_of_comment(bytes, at) {
                Some(end) => {
                    blank(&mut out, bytes, at, end);
                    extended = true;
                    at = end;
                    continue;
                }
                None => at + 1,
            },
            b'\r' => {
                blank(&mut out, bytes, at, at + 1);
                at + 1
            }
            _ => at + 1,
        };
        match byte {
            b',' => comma = Some(at),
            b' ' | b'\t' | b'\n' | b'\r' => {}
            b'}' | b']' => {
                if let Some(position) = comma.take() {
                    blank(&mut out, bytes, position, position + 1);
                    extended = true;
                }
            }
            _ => comma = None,
        }
        at = next;
    }
    let plain = out.and_then(|bytes| String::from_utf8(bytes).ok());
    (plain.map_or(Cow::Borrowed(text), Cow::Owned), extended)
}

fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The end of `// …` (before its line end) or `/* … */`; none for a lone slash or a comment that never ends.
fn end_of_comment(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = bytes.get(start + 2..)?;
    match bytes.get(start + 1)? {
        b'/' => Some(
            rest.iter()
                .position(|b| *b == b'\n')
                .map_or(bytes.len(), |at| start + 2 + at),
        ),
        b'*' => rest
            .windows(2)
            .position(|pair| pair == b"*/")
            .map(|at| start + 2 + at + 2),
        _ => None,
    }
}

fn blank(out: &mut Option<Vec<u8>>, bytes: &[u8], start: usize, end: usize) {
    let copy = out.get_or_insert_with(|| bytes.to_vec());
    if let Some(range) = copy.get_mut(start..end) {
        for byte in range.iter_mut().filter(|byte| **byte != b'\n') {
            *byte = b' ';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::plain_json;

    #[test]
    fn only_what_is_no_json_becomes_space() {
        for (input, plain, extended) in [
            (r#"{"a":1}"#, r#"{"a":1}"#, false),
            ("{\"a\":1,}", "{\"a\":1 }", true),
            ("[1, // x\n 2]", "[1,     \n 2]", true),
            ("[1/* , */]", "[1       ]", true),
            ("[1, /* c */ ]", "[1          ]", true),
            (r#"{"a":"// no , ]"}"#, r#"{"a":"// no , ]"}"#, false),
            (r#"{"a":"\",}"}"#, r#"{"a":"\",}"}"#, false),
            ("{\r\n}", "{ \n}", false),
            ("[1 /* never", "[1 /* never", false),
            ("[,]", "[ ]", true),
        ] {
            let (got, seen) = plain_json(input);
            assert_eq!((got.as_ref(), seen), (plain, extended), "{input:?}");
        }
    }
}
