//! The time, read once for everything that is ready together.

use std::time::{Duration, SystemTime};

/// One reading of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Monotonic time since some start: for deadlines and for how long things took.
    pub elapsed: Duration,
    /// The time of day: for records.
    pub wall: SystemTime,
}

/// Where the time comes from.
pub trait Clock {
    /// Reads it.
    fn now(&self) -> Now;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the gateway reads a clock"
    )]
    fn now(&self) -> Now {
        let monotonic = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let seconds = u64::try_from(monotonic.tv_sec).unwrap_or_default();
        let nanos = u32::try_from(monotonic.tv_nsec).unwrap_or_default();
        Now {
            elapsed: Duration::new(seconds, nanos),
            wall: SystemTime::now(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_does_not_run_back() {
        let (first, second) = (SystemClock.now(), SystemClock.now());
        assert!(second.elapsed >= first.elapsed);
    }
}
