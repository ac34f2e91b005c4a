//! Event streams: what is read, what is written, and what is too much.

use std::time::Duration;

use interlock_wire::sse::{
    Event, Line, Parser, SseError, write_comment, write_event, write_message,
};
use proptest::prelude::*;

fn event(name: &str, data: &str) -> Event {
    Event {
        name: name.to_owned(),
        data: data.as_bytes().to_vec(),
    }
}

/// All events of a stream that comes in pieces of `step` bytes, and the error that ends it.
fn read(parser: &mut Parser, stream: &[u8], step: usize) -> (Vec<Event>, Option<SseError>) {
    let mut events = Vec::new();
    for mut chunk in stream.chunks(step.max(1)) {
        loop {
            match parser.next_event(&mut chunk) {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(error) => return (events, Some(error)),
            }
        }
        assert!(chunk.is_empty(), "all of a chunk is read");
    }
    (events, None)
}

/// The same events whatever the pieces; then the id to resume from and the wait.
fn check(stream: &str, expected: &[Event], id: &str, retry: Option<u64>) {
    for step in [1, 2, 3, 7, stream.len().max(1)] {
        let mut parser = Parser::new(1 << 10);
        let (events, error) = read(&mut parser, stream.as_bytes(), step);
        assert_eq!(error, None, "{stream:?}");
        assert_eq!(events, expected, "{stream:?} in pieces of {step}");
        assert_eq!(parser.last_event_id(), id, "{stream:?}");
        assert_eq!(
            parser.retry(),
            retry.map(Duration::from_millis),
            "{stream:?}"
        );
    }
}

#[test]
fn events_are_read_as_the_standard_says() {
    check("", &[], "", None);
    check("data: a\n\n", &[event("message", "a")], "", None);
    check(
        "data:a\r\rdata:b\r\n\r\n",
        &[event("message", "a"), event("message", "b")],
        "",
        None,
    );
    check("\u{FEFF}data: a\n\n", &[event("message", "a")], "", None);
    check(
        "data:  two spaces\n\n",
        &[event("message", " two spaces")],
        "",
        None,
    );
    check(
        "data: a\ndata: b\ndata\n\n",
        &[event("message", "a\nb\n")],
        "",
        None,
    );
    check(
        "event: endpoint\ndata: /m\n\ndata: x\n\n",
        &[event("endpoint", "/m"), event("message", "x")],
        "",
        None,
    );
    check(
        ": comment\n\n:\n\ndata: a\n\n",
        &[event("message", "a")],
        "",
        None,
    );
    check("unknown: x\nDATA: no\ndata : no\n\n", &[], "", None);
    check("data: no end", &[], "", None);
    check("data: no empty line\n", &[], "", None);
}

#[test]
fn ids_and_waits_are_kept() {
    // The priming event of 2025-11-25: an id and empty data.
    check("id: 1/0\ndata: \n\n", &[event("message", "")], "1/0", None);
    check("id: 7\n\n", &[], "7", None);
    check(
        "id: 7\ndata: a\n\ndata: b\n\n",
        &[event("message", "a"), event("message", "b")],
        "7",
        None,
    );
    check("id: 7\n\nid\n\n", &[], "", None);
    check("id: 7\n\nid: a\0b\n\n", &[], "7", None);
    check("id: 7\n\nid: 8\ndata: cut off", &[], "7", None);
    check("retry: 1500\n\n", &[], "", Some(1_500));
    check(
        "retry: 99999999999999999999999\n\n",
        &[],
        "",
        Some(86_400_000),
    );
    check("retry: 1500ms\nretry: -1\nretry:\n\n", &[], "", None);
}

#[test]
fn no_stream_is_held_beyond_its_limit() {
    let check = |unit: &str, expected: Option<SseError>| {
        for step in [1, 64, 1_000] {
            let mut parser = Parser::new(256);
            let (_, error) = read(&mut parser, unit.repeat(1_000).as_bytes(), step);
            assert_eq!(error, expected, "{unit:?} in pieces of {step}");
            assert!(parser.held() <= 512, "{unit:?} holds {}", parser.held());
        }
    };
    check("data: x\n", Some(SseError::TooLong(256)));
    check("data:\n", Some(SseError::TooLong(256)));
    check("ignored: x\n", Some(SseError::TooLong(256)));
    check("x", Some(SseError::TooLong(256)));
    check(":", Some(SseError::TooLong(256)));
    check(": keep alive\n", None);
    check("data: x\n\n", None);
    let mut parser = Parser::new(1 << 20);
    let long = format!("id: {}\n\n", "x".repeat(2_000));
    assert_eq!(
        read(&mut parser, long.as_bytes(), 99).1,
        Some(SseError::Field)
    );
    let long = format!("event: {}\n\n", "x".repeat(200));
    assert_eq!(
        read(&mut Parser::new(1 << 20), long.as_bytes(), 99).1,
        Some(SseError::Field)
    );
}

#[test]
fn events_are_written_in_one_form() {
    let check = |line: Line<'_>, expected: &str| {
        let mut out = Vec::new();
        write_event(&line, &mut out);
        assert_eq!(String::from_utf8(out).expect("text"), expected);
    };
    let data = |data| Line {
        data: Some(data),
        ..Line::default()
    };
    check(data(b"{}"), "data: {}\n\n");
    check(data(b""), "data: \n\n");
    check(
        data(b"a\nb\r\nc\rd\n"),
        "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n",
    );
    let all = Line {
        id: Some("1/2"),
        name: Some("endpoint"),
        retry: Some(500),
        data: Some(b"x"),
    };
    check(all, "id: 1/2\nevent: endpoint\nretry: 500\ndata: x\n\n");
    let hostile = Line {
        id: Some("1\ndata: forged\r\n\0"),
        name: Some("a\n\nb"),
        ..data(b"x")
    };
    check(hostile, "id: 1data: forged\nevent: ab\ndata: x\n\n");
    let mut out = Vec::new();
    write_comment(&mut out);
    assert_eq!(out, b":\n\n");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The body of the fuzz target `sse`: any bytes in any pieces give the same events within bounded memory.
    #[test]
    fn pieces_make_no_difference(
        stream in "(data|id|event|retry|:|[a-z\0]{0,3}|\u{FEFF}|[0-9 ]{0,4}|[\r\n:]{1,3}){0,60}",
        step in 1_usize..40,
    ) {
        let whole = read(&mut Parser::new(300), stream.as_bytes(), stream.len());
        let mut parser = Parser::new(300);
        let pieces = read(&mut parser, stream.as_bytes(), step);
        prop_assert_eq!(pieces, whole);
        prop_assert!(parser.held() <= 600);
    }

    /// What is written is read back, and one message stays one event.
    #[test]
    fn written_messages_are_read_back(messages in proptest::collection::vec("[^\r]{0,40}", 0..8), step in 1_usize..40) {
        let mut stream = Vec::new();
        for message in &messages {
            write_message(message.as_bytes(), &mut stream);
        }
        let (events, error) = read(&mut Parser::new(1 << 12), &stream, step);
        prop_assert_eq!(error, None);
        let data: Vec<_> = events.iter().map(|event| String::from_utf8_lossy(&event.data)).collect();
        prop_assert_eq!(data, messages);
    }
}
