//! What a tool call costs the log: one `tool-call` and one `tool-outcome` record, by batch size.
//!
//! `cargo bench -p interlock-audit`. The mark is 0.6 µs for both records together in batches of 64.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints and may fail"
)]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::time::{Duration, Instant, SystemTime};

use interlock_audit::{Batch, Event, Log, Options};

fn main() {
    println!(
        "{:>8} {:>14} {:>14} {:>12}",
        "calls", "µs a call", "of it: push", "bytes a call"
    );
    for calls in [1, 8, 64, 256] {
        batches(calls);
    }
    single();
}

fn push_call(batch: &mut Batch, now: SystemTime, id: &str) {
    let args_sha256 = [0x5a; 32];
    let (session, tool) = ("01jd4x", "read_text_file");
    batch.push(
        now,
        &Event::ToolCall {
            session,
            call: id,
            tool,
            args_sha256,
            args: None,
        },
    );
    batch.push(
        now,
        &Event::ToolOutcome {
            session,
            call: id,
            ok: true,
            code: None,
            micros: 42,
        },
    );
}

fn batches(calls: usize) {
    let dir = tempfile::tempdir().unwrap();
    let mut log = Log::open(
        &dir.path().join("audit"),
        Options::default(),
        SystemTime::now(),
    )
    .unwrap();
    let mut batch = Batch::new();
    let rounds = 400_000 / calls;
    let (mut best, mut best_push) = (Duration::MAX, Duration::ZERO);
    for _ in 0..3 {
        let (mut pushing, start) = (Duration::ZERO, Instant::now());
        for round in 0..rounds {
            let now = SystemTime::now();
            let before = Instant::now();
            for call in 0..calls {
                push_call(
                    &mut batch,
                    now,
                    if (call + round) % 2 == 0 {
                        "12345"
                    } else {
                        "\"ab\""
                    },
                );
            }
            pushing += before.elapsed();
            let mut receipts = log.commit(now, &mut batch).unwrap();
            while receipts.take().is_some() {}
        }
        let took = start.elapsed();
        if took < best {
            (best, best_push) = (took, pushing);
        }
    }
    let bytes: u64 = std::fs::read_dir(dir.path().join("audit"))
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    let total = (rounds * calls) as f64;
    let micros = |d: Duration| d.as_secs_f64() * 1e6 / total;
    let each = bytes as f64 / total / 3.0;
    println!(
        "{calls:>8} {:>14.3} {:>14.3} {each:>12.0}",
        micros(best),
        micros(best_push)
    );
}

fn single() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = Log::open(
        &dir.path().join("audit"),
        Options::default(),
        SystemTime::now(),
    )
    .unwrap();
    let start = Instant::now();
    let rounds = 200;
    for _ in 0..rounds {
        let event = Event::SecretGiven {
            session: "01jd4x",
            secret: "TOKEN",
        };
        drop(log.append(SystemTime::now(), &event).unwrap());
    }
    let micros = start.elapsed().as_secs_f64() * 1e6 / f64::from(rounds);
    println!("a flushed record (fsync and signed head, this disk): {micros:.0} µs");
}
