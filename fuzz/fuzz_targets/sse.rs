//! Event streams: any bytes in any pieces give the same events within bounded memory, and what is written is read back.
#![no_main]

use interlock_wire::sse::{Event, Line, Parser, SseError, write_event};
use libfuzzer_sys::fuzz_target;

const MOST: usize = 256;

fn read(stream: &[u8], mut steps: impl Iterator<Item = usize>) -> (Vec<Event>, Option<SseError>, String) {
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

fuzz_target!(|input: (Vec<u8>, Vec<u8>)| {
    let (stream, steps) = input;
    let whole = read(&stream, std::iter::repeat(stream.len().max(1)));
    let pieces = read(&stream, steps.iter().map(|step| usize::from(*step) + 1));
    assert_eq!(whole, pieces);
    // The same bytes as data: one event, whatever they hold.
    if stream.len() <= MOST / 8 {
        let mut written = Vec::new();
        write_event(&Line { id: Some("1-2"), data: Some(&stream), ..Line::default() }, &mut written);
        let (events, error, id) = read(&written, std::iter::repeat(3));
        assert_eq!((events.len(), error, id.as_str()), (1, None, "1-2"));
        let lines = |bytes: &[u8]| -> Vec<u8> {
            // A parser cannot tell one line end from another.
            let text = bytes.iter().copied().collect::<Vec<_>>();
            let mut out = Vec::new();
            let mut at = 0;
            while at < text.len() {
                match (text[at], text.get(at + 1)) {
                    (b'\r', Some(b'\n')) => {
                        out.push(b'\n');
                        at += 1;
                    }
                    (b'\r', _) => out.push(b'\n'),
                    (byte, _) => out.push(byte),
                }
                at += 1;
            }
            out
        };
        assert_eq!(events[0].data, lines(&stream));
    }
});
