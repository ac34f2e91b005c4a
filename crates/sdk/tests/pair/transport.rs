//! The client's transport on simulated streams, against a server that is written out.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use interlock_sdk::client::{
    Connect, Inbox, Outgoing, OutgoingKind, Receive, Taken, Transport, TransportError, Via,
};
use interlock_sdk::duplex::{Pipe, Stream};
use interlock_wire::{Limits, Reject, RejectCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::wire::{Line, Reader, Writer};

/// Keeps what it is given.
#[derive(Default)]
struct Kept {
    messages: Mutex<Vec<String>>,
    rejected: Mutex<Vec<RejectCode>>,
    closed: Mutex<Vec<String>>,
}

impl Receive for Kept {
    fn message(&self, message: &[u8], _via: Via<'_>) -> Taken {
        let text = String::from_utf8(message.to_vec()).unwrap();
        self.messages.lock().unwrap().push(text);
        Taken::Message
    }

    fn reject(&self, reject: &Reject) {
        self.rejected.lock().unwrap().push(reject.code);
    }

    fn closed(&self, reason: TransportError) {
        self.closed.lock().unwrap().push(reason.to_string());
    }
}

struct World {
    kept: Arc<Kept>,
    stream: Stream,
    /// The server's ends.
    reader: Reader,
    writer: Writer,
}

async fn world(to_server: Line, to_client: Line) -> World {
    let (client_writes, reader) = to_server.open();
    let (writer, client_reads) = to_client.open();
    let kept = Arc::new(Kept::default());
    let limits = Limits {
        max_message: 1_000,
        ..Limits::default()
    };
    let inbox = Inbox::new(kept.clone(), limits);
    let stream = Pipe::new(client_reads, client_writes)
        .connect(inbox)
        .await
        .unwrap();
    World {
        kept,
        stream,
        reader,
        writer,
    }
}

fn message(text: &str) -> Outgoing {
    Outgoing::new(text.into(), OutgoingKind::Response, None)
}

#[tokio::test(start_paused = true)]
async fn messages_of_many_senders_stay_whole_and_in_order() {
    for seed in (0..40).step_by(7) {
        let mut world = world(Line::rough(seed), Line::default()).await;
        let stream = Arc::new(world.stream);
        let senders = (0..5).map(|sender| {
            let stream = Arc::clone(&stream);
            tokio::spawn(async move {
                for count in 0..20 {
                    let text = format!("{sender} {count} {}", "x".repeat(count * 3));
                    stream.send(message(&text)).await.unwrap();
                }
            })
        });
        let senders: Vec<_> = senders.collect();
        let mut got = String::new();
        let reading = tokio::spawn(async move {
            world.reader.read_to_string(&mut got).await.unwrap();
            drop(world.writer);
            got
        });
        for sender in senders {
            sender.await.unwrap();
        }
        stream.close().await;
        let got = reading.await.unwrap();
        assert_eq!(got.lines().count(), 100, "seed {seed}");
        for sender in 0..5 {
            let own = got
                .lines()
                .filter(|line| line.starts_with(&format!("{sender} ")));
            for (count, line) in own.enumerate() {
                let expected = format!("{sender} {count} {}", "x".repeat(count * 3));
                assert_eq!(line, expected, "seed {seed}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_server_writes_is_given_line_by_line() {
    let long = "y".repeat(1_500);
    for (said, messages, rejected) in [
        ("{}\n".to_owned(), &["{}"][..], &[][..]),
        ("a\r\n\nb\n".to_owned(), &["a", "b"], &[]),
        (
            format!("a\n{long}\nb\n"),
            &["a", "b"],
            &[RejectCode::TooLong],
        ),
        ("a\nhalf".to_owned(), &["a"], &[]),
    ] {
        for seed in (1..20).step_by(6) {
            let mut world = world(Line::default(), Line::rough(seed)).await;
            world.writer.write_all(said.as_bytes()).await.unwrap();
            drop(world.writer);
            world.stream.close().await;
            assert_eq!(*world.kept.messages.lock().unwrap(), messages);
            assert_eq!(*world.kept.rejected.lock().unwrap(), rejected);
            assert_eq!(
                *world.kept.closed.lock().unwrap(),
                ["the connection is closed"]
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_after_the_end_and_the_reason_is_told_once() {
    let World {
        kept,
        stream,
        reader,
        writer,
    } = world(Line::default(), Line::default()).await;
    stream.send(message("1")).await.unwrap();
    drop((reader, writer));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(stream.send(message("2")).await.is_err());
    assert_eq!(kept.closed.lock().unwrap().len(), 1);
    stream.close().await;
    stream.close().await;
    assert_eq!(kept.closed.lock().unwrap().len(), 1);
}

/// A server that stops reading may still have answered.
#[tokio::test(start_paused = true)]
async fn answers_of_a_server_that_stopped_reading_arrive() {
    let mut world = world(Line::default(), Line::rough(3)).await;
    drop(world.reader);
    let _refused_or_lost = world.stream.send(message("1")).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.writer.write_all(b"last words\n").await.unwrap();
    drop(world.writer);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(*world.kept.messages.lock().unwrap(), ["last words"]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_read_makes_senders_wait() {
    let mut world = world(Line::default(), Line::default()).await;
    let text = "x".repeat(1_000);
    let mut sent = 0;
    let minute = Duration::from_secs(60);
    while let Ok(done) = timeout(minute, world.stream.send(message(&text))).await {
        done.unwrap();
        sent += 1;
        assert!(sent < 2_000, "it takes without end");
    }
    // The wait ends with the reading, and what was given up is not sent.
    let mut room = vec![0; 1_001 * sent];
    world.reader.read_exact(&mut room).await.unwrap();
    world.stream.send(message("next")).await.unwrap();
    let mut next = [0; 5];
    world.reader.read_exact(&mut next).await.unwrap();
    assert_eq!(&next, b"next\n");
}

#[tokio::test(start_paused = true)]
async fn dropping_it_ends_the_connection() {
    let mut world = world(Line::default(), Line::default()).await;
    drop(world.stream);
    let mut rest = Vec::new();
    world.reader.read_to_end(&mut rest).await.unwrap();
    assert!(rest.is_empty());
}

// SPEC: 2025-11-25/basic/transports/stdio:1,4 2026-07-28/basic/transports/stdio/top:1,4
#[tokio::test(start_paused = true)]
async fn one_message_is_never_two_lines() {
    let mut world = world(Line::default(), Line::default()).await;
    world.stream.send(message("{\n\"a\":\n1}")).await.unwrap();
    let mut got = [0; 10];
    world.reader.read_exact(&mut got).await.unwrap();
    assert_eq!(&got, b"{ \"a\": 1}\n");
}
