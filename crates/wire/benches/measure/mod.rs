//! The clock of the benchmarks: the best of many rounds, in nanoseconds.

use std::time::{Duration, Instant};

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#[expect(clippy::print_stdout, reason = "a benchmark prints")]
pub(crate) fn bench(name: &str, bytes: usize, mut work: impl FnMut()) {
    // `cargo bench -- NAME` runs what contains NAME; cargo itself adds `--bench`.
    let wanted = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    if wanted.is_some_and(|wanted| !name.contains(&wanted)) {
        return;
    }
    let mut best = f64::MAX;
    let mut rounds = 1_u32;
    let whole = Instant::now();
    while whole.elapsed() < Duration::from_millis(400) {
        let start = Instant::now();
        (0..rounds).for_each(|_| work());
        let took = start.elapsed();
        best = best.min(took.as_nanos() as f64 / f64::from(rounds));
        if took < Duration::from_micros(200) {
            rounds = rounds.saturating_mul(2);
        }
    }
    let speed = bytes as f64 / best;
    println!("{name:<34} {best:>12.1} ns  {speed:>7.2} GB/s");
}
