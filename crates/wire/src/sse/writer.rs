//! From messages to bytes. Whatever the data hold, they stay one event.

/// The fields of one event, all optional.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Line<'a> {
    /// `id`: where a client resumes. Line ends and NUL in it are left out.
    pub id: Option<&'a str>,
    /// `event`: absent means `message`. Line ends in it are left out.
    pub name: Option<&'a str>,
    /// `retry`, in milliseconds.
    pub retry: Option<u64>,
    /// `data`; `Some(b"")` is an event with empty data.
    pub data: Option<&'a [u8]>,
}

/// Appends one event.
pub fn write_event(event: &Line<'_>, out: &mut Vec<u8>) {
    if let Some(id) = event.id {
        write_field(b"id: ", id, out);
    }
    if let Some(name) = event.name {
        write_field(b"event: ", name, out);
    }
    if let Some(retry) = event.retry {
        write_field(b"retry: ", &retry.to_string(), out);
    }
    if let Some(data) = event.data {
        write_data(data, out);
    }
    out.push(b'\n');
}

/// Appends one event of only `data`: a message in its usual form.
pub fn write_message(data: &[u8], out: &mut Vec<u8>) {
    out.reserve(data.len() + 8);
    write_data(data, out);
    out.push(b'\n');
}

/// Appends a comment, which carries nothing and keeps a connection alive.
pub fn write_comment(out: &mut Vec<u8>) {
    out.extend_from_slice(b":\n\n");
}

fn write_field(name: &[u8], value: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(name);
    let fits = |byte: &u8| !matches!(byte, b'\n' | b'\r' | 0);
    out.extend(value.bytes().filter(fits));
    out.push(b'\n');
}

/// Line ends in the data start new `data` lines, which a parser joins again. JSON does not tell `\r` from `\n`.
fn write_data(data: &[u8], out: &mut Vec<u8>) {
    let mut rest = data;
    loop {
        let end = memchr::memchr2(b'\n', b'\r', rest);
        let (line, behind) = end
            .and_then(|end| rest.split_at_checked(end))
            .unwrap_or((rest, &[]));
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.push(b'\n');
        rest = match behind {
            [] => return,
            [b'\r', b'\n', rest @ ..] | [_, rest @ ..] => rest,
        };
    }
}
