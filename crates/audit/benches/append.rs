//! What a tool call costs the log: one `tool-call` and one `tool-outcome` record, by batch size.
//!
//! `cargo bench -p interlock-audit`. The mark is 0.6 µs for both records together in batches of 64. It measures
//! processor time, in short windows, so that other work on the machine disturbs it less.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints and may fail"
)]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::time::{Duration, Instant, SystemTime};

use interlock_audit::{Batch, Event, Log, Options};
use rustix::time::{ClockId, clock_gettime};

const WINDOWS: usize = 200;
const CALLS_A_WINDOW: usize = 2048;

fn main() {
    println!(
        "{:>12} {:>16} {:>12} {:>12}",
        "calls/batch", "µs/call, median", "best", "of it push"
    );
    [1, 8, 64, 256].into_iter().for_each(batches);
    single();
}

/// The processor time that this process has used.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
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
    let path = dir.path().join("audit");
    let mut log = Log::open(&path, Options::default(), SystemTime::now()).unwrap();
    let mut batch = Batch::new();
    let mut windows: Vec<(Duration, Duration)> = (0..WINDOWS)
        .map(|_| {
            let (mut pushing, start) = (Duration::ZERO, cpu());
            for _ in 0..CALLS_A_WINDOW / calls {
                let now = SystemTime::now();
                let before = Instant::now();
                (0..calls).for_each(|_| push_call(&mut batch, now, "12345"));
                pushing += before.elapsed();
                let mut receipts = log.commit(now, &mut batch).unwrap();
                while receipts.take().is_some() {}
            }
            (cpu() - start, pushing)
        })
        .collect();
    windows.sort_unstable();
    let micros = |d: Duration| d.as_secs_f64() * 1e6 / CALLS_A_WINDOW as f64;
    let (median, best) = (windows.get(WINDOWS / 2).unwrap(), windows.first().unwrap());
    println!(
        "{calls:>12} {:>16.3} {:>12.3} {:>12.3}",
        micros(median.0),
        micros(best.0),
        micros(best.1),
    );
}

fn single() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    let mut log = Log::open(&path, Options::default(), SystemTime::now()).unwrap();
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
    println!("a flushed record (fsync and signed head, this disk, wall time): {micros:.0} µs");
}
