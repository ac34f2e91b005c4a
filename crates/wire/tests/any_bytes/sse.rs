//! Event streams: any bytes in any pieces give the same events within bounded memory, and what is written is read back.
//! Behind the last byte 0xFF, which no text has, stand the lengths of the pieces.

use interlock_wire::sse::{Event, Line, Parser, SseError, write_event};

const MOST: usize = 256;

fn read(
    stream: &[u8],
    mut steps: impl Iterator<Item = usize>,
) -> (Vec<Event>, Option<SseError>, String) {
    let mut parser = Parser::new(MOST);
    let (mut events, mut rest) = (Vec::new(), stream);
    while !rest.is_empty() {
        let (mut now, later) = rest.split_at(steps.next().unwrap_or(7).clamp(1, rest.len()));
        rest = later;
        loop {
            match parser.next_event(&mut now) {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(error) => return (events, Some(error), String::new()),
            }
        }
        assert!(now.is_empty(), "all of a piece is read");
        assert!(parser.held() <= 2 * MOST);
    }
    (events, None, parser.last_event_id().to_owned())
}

/// Panics when a promise is broken.
pub(crate) fn run(input: &[u8]) {
    let (stream, steps) = parts(input);
    let whole = read(stream, std::iter::repeat(stream.len().max(1)));
    let pieces = read(stream, steps.iter().map(|step| usize::from(*step) + 1));
    assert_eq!(whole, pieces);
    // The same bytes as data: one event, whatever they hold.
    if stream.len() <= MOST / 8 {
        let mut written = Vec::new();
        write_event(
            &Line {
                id: Some("1-2"),
                data: Some(stream),
                ..Line::default()
            },
            &mut written,
        );
        let (events, error, id) = read(&written, std::iter::repeat(3));
        assert_eq!((events.len(), error, id.as_str()), (1, None, "1-2"));
        assert_eq!(events[0].data, lines(stream));
    }
}

/// The text with every line end as one character: a parser cannot tell one from another.
fn lines(text: &[u8]) -> Vec<u8> {
    let (mut out, mut bytes) = (Vec::new(), text.iter().copied().peekable());
    while let Some(byte) = bytes.next() {
        if byte == b'\r' {
            bytes.next_if_eq(&b'\n');
            out.push(b'\n');
        } else {
            out.push(byte);
        }
    }
    out
}

fn parts(input: &[u8]) -> (&[u8], &[u8]) {
    match input.iter().rposition(|byte| *byte == 0xFF) {
        Some(at) => (&input[..at], &input[at + 1..]),
        None => (input, &[]),
    }
}
