//! The server on simulated streams, spoken to line by line.

use std::fmt::Write as _;
use std::time::Duration;

use interlock_sdk::server::Server;
use interlock_wire::Limits;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use super::raw::{ERAS, Era, Raw, builder, by_id, server, text_of};
use super::wire::Line;

// SPEC: 2026-07-28/basic/transports/stdio/top:1 2026-07-28/basic/transports/stdio/top:3 2025-11-25/basic/transports/stdio:1
// SPEC: 2025-11-25/basic/transports/stdio:3
#[tokio::test(start_paused = true)]
async fn every_call_is_answered_whatever_the_stream_is_like() {
    for era in ERAS {
        for seed in (0..60).step_by(7) {
            let mut raw = Raw::start(server(), Line::rough(seed), Line::rough(seed * 31));
            let mut text = era.opening();
            for id in 0..8 {
                text += &era.echo(id, &format!("text {id} {}", "é\n\"".repeat(id)));
            }
            let writing = async {
                raw.input.write_all(text.as_bytes()).await.unwrap();
                raw.input.shutdown().await.unwrap();
            };
            let mut said = String::new();
            let mut output = raw.output.into_inner();
            let reading = output.read_to_string(&mut said);
            let ((), read) = tokio::join!(writing, reading);
            read.unwrap();
            let answers = by_id(&said);
            for id in 0..8 {
                let expected = format!("text {id} {}", "é\n\"".repeat(id));
                assert_eq!(
                    text_of(&answers[&id.to_string()]),
                    expected,
                    "{era:?} {seed}"
                );
            }
            raw.served.await.unwrap().unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_call_holds_up_no_other() {
    for era in ERAS {
        let mut raw = Raw::start(server(), Line::default(), Line::default());
        let opening = era.opening();
        raw.write(&opening).await;
        raw.write(&era.call(1, "wait", json!({"milliseconds": 5_000})))
            .await;
        raw.write(&era.call(2, "wait", json!({"milliseconds": 1_000})))
            .await;
        raw.write(&era.echo(3, "quick")).await;
        let mut order = Vec::new();
        while order.len() < 3 {
            let answer = raw.next().await.unwrap();
            order.extend(answer["id"].as_i64());
        }
        assert_eq!(order, [3, 2, 1], "{era:?}");
    }
}

// SPEC: 2026-07-28/basic/patterns/cancellation/behavior-requirements:6
// SPEC: 2026-07-28/basic/patterns/cancellation/error-handling:1-3
// SPEC: 2026-07-28/basic/patterns/cancellation/timing-considerations:1
// SPEC: 2026-07-28/basic/transports/stdio/cancellation:3
// SPEC: 2025-11-25/basic/utilities/cancellation/behavior-requirements:7
// SPEC: 2025-11-25/basic/utilities/cancellation/error-handling:1-3
// SPEC: 2025-11-25/basic/utilities/cancellation/timing-considerations:1
#[tokio::test(start_paused = true)]
async fn a_cancelled_call_is_never_answered() {
    for era in ERAS {
        let mut raw = Raw::start(server(), Line::default(), Line::default());
        let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}});
        let mut text = era.opening();
        text += &era.call(1, "wait", json!({"milliseconds": 100}));
        let _infallible = writeln!(text, "{cancel}");
        text += &era.call(2, "wait", json!({"milliseconds": 200}));
        // Of a call that is over, or that never was, a cancellation means nothing.
        let _infallible = writeln!(text, "{cancel}\n{}", cancel.to_string().replace('1', "77"));
        text += "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{}}\n";
        raw.write(&text).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let (answers, served) = raw.finish().await;
        served.unwrap();
        assert!(
            answers.contains_key("2") && !answers.contains_key("1"),
            "{era:?} {answers:?}"
        );
    }
}

// SPEC: 2026-07-28/basic/transports/stdio/shutdown:2
/// What is in flight at the end of the input gets a moment, and no more.
#[tokio::test(start_paused = true)]
async fn the_end_of_input_ends_the_server_promptly() {
    for era in ERAS {
        for (milliseconds, answered) in [(0, true), (100, true), (60_000, false)] {
            let mut raw = Raw::start(server(), Line::default(), Line::default());
            let opening = era.opening();
            raw.write(&opening).await;
            raw.write(&era.call(1, "wait", json!({"milliseconds": milliseconds})))
                .await;
            raw.write(&era.echo(2, "x")).await;
            let begin = Instant::now();
            let (answers, served) = raw.finish().await;
            served.unwrap();
            assert_eq!(answers.contains_key("1"), answered, "{milliseconds} ms");
            assert!(answers.contains_key("2"));
            assert!(
                begin.elapsed() < Duration::from_secs(1),
                "{:?}",
                begin.elapsed()
            );
        }
    }
}

// SPEC: 2025-11-25/basic/transports/stdio:1,3 2026-07-28/basic/transports/stdio/top:1,3
#[tokio::test(start_paused = true)]
async fn lines_are_framed_as_the_specification_says() {
    let call = |id| Era::Modern.echo(id, "x");
    let bare = |id| call(id).trim_end().to_owned();
    for (name, input, answered) in [
        ("one line", call(1), &["1"][..]),
        ("two at once", call(1) + &call(2), &["1", "2"]),
        (
            "carriage returns",
            format!("{}\r\n{}\r\n", bare(1), bare(2)),
            &["1", "2"],
        ),
        ("empty lines", format!("\n\r\n{}\n\n", call(1)), &["1"]),
        ("no end of the last line", call(1) + &bare(2), &["1", "2"]),
        (
            "half of a last line",
            call(1) + bare(2).split_at(20).0,
            &["1", "null"],
        ),
        ("white space at the end", call(1) + "  ", &["1"]),
        (
            "garbage in between",
            format!("{}oops\n{}", call(1), call(2)),
            &["1", "null", "2"],
        ),
        (
            "a batch",
            format!("[{}]\n{}", bare(1), call(2)),
            &["null", "2"],
        ),
        ("nothing", String::new(), &[]),
    ] {
        let mut raw = Raw::start(server(), Line::default(), Line::default());
        raw.write(&input).await;
        let (answers, served) = raw.finish().await;
        served.unwrap();
        let mut ids: Vec<&str> = answers.keys().map(String::as_str).collect();
        let mut expected = answered.to_vec();
        ids.sort_unstable();
        expected.sort_unstable();
        assert_eq!(ids, expected, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_over_the_limit_is_refused_and_the_next_one_served() {
    let limits = Limits {
        max_message: 1_000,
        ..Limits::default()
    };
    let small: Server = builder().limits(limits).build();
    let mut raw = Raw::start(small, Line::default(), Line::default());
    let long = Era::Modern.echo(1, &"x".repeat(1_000_000));
    let writing = async {
        raw.input.write_all(long.as_bytes()).await.unwrap();
        let next = Era::Modern.echo(2, "x");
        raw.input.write_all(next.as_bytes()).await.unwrap();
    };
    writing.await;
    let (answers, served) = raw.finish().await;
    served.unwrap();
    assert!(answers["null"]["error"]["code"].is_i64());
    assert_eq!(text_of(&answers["2"]), "x");
    assert_eq!(answers.len(), 2);
}

/// A client that only writes is read until so much waits for it, and everything is there when it reads at last.
#[tokio::test(start_paused = true)]
async fn who_does_not_read_is_not_read_from() {
    for size in [10, 10_000, 400_000] {
        let mut raw = Raw::start(server(), Line::default(), Line::default());
        let text = "x".repeat(size);
        let mut written = 0;
        let stuck = loop {
            let line = Era::Modern.echo(written, &text);
            let write = raw.input.write_all(line.as_bytes());
            match tokio::time::timeout(Duration::from_secs(60), write).await {
                Ok(done) => done.unwrap(),
                Err(_no_room) => break raw.input.total(),
            }
            written += 1;
            assert!(written < 100_000, "it is read without end");
        };
        // Two pipes, both buffers, and a message at each place.
        assert!(stuck < (2 << 20) + 8 * size, "{stuck} bytes were taken");
        let mut answered = 0;
        while answered < written {
            let answer = raw.next().await.unwrap();
            assert_eq!(answer["id"], answered);
            assert_eq!(text_of(&answer).len(), size);
            answered += 1;
        }
    }
}

/// However short a connection lives, the server's future ends, and a peer that is gone is no error.
#[tokio::test(start_paused = true)]
async fn a_connection_may_break_anywhere() {
    for era in ERAS {
        let call = era.call(1, "wait", json!({"milliseconds": 10}));
        let text = era.opening() + &call + &era.echo(2, "x");
        for cut in (1..text.len() + 10).step_by(5) {
            let to = Line {
                cut: Some(cut),
                ..Line::rough(cut as u64)
            };
            let mut raw = Raw::start(server(), to, Line::default());
            let _cut_short = raw.input.write_all(text.as_bytes()).await;
            drop(raw.input);
            raw.served.await.unwrap().unwrap();
            let from = Line {
                cut: Some(cut),
                ..Line::default()
            };
            let mut raw = Raw::start(server(), Line::rough(cut as u64), from);
            let _may_be_gone = raw.input.write_all(text.as_bytes()).await;
            drop(raw.input);
            raw.served.await.unwrap().unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stops_reading_ends_the_server_at_the_next_answer() {
    let mut raw = Raw::start(server(), Line::default(), Line::default());
    drop(raw.output);
    let call = Era::Modern.echo(1, "x");
    let _may_be_gone = raw.input.write_all(call.as_bytes()).await;
    raw.served.await.unwrap().unwrap();
}
