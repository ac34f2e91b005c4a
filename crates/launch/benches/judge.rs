//! Microseconds a judgement takes, over the corpus: `cargo bench -p interlock-launch --bench judge`.

use std::hint::black_box;
use std::time::Instant;

use interlock_launch::{CheckLine, judge, parse_line};

const ROUNDS: u32 = 50;

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::print_stdout, reason = "a benchmark reports to a person")]
fn main() {
    let corpus = include_str!("../tests/data/launch-config.jsonl");
    let lines: Vec<String> = corpus
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|case| case.get("input").map(ToString::to_string))
        .collect();
    let start = now();
    let mut judged = 0_u32;
    for _ in 0..ROUNDS {
        for line in &lines {
            if let Ok(CheckLine::Launch(request)) = parse_line(line) {
                black_box(judge(&request));
                judged += 1;
            }
        }
    }
    let micros = start.elapsed().as_secs_f64() * 1e6;
    println!(
        "{judged} judgements, {:.2} µs each (reading the line included)",
        micros / f64::from(judged)
    );
}
