//! The one place where the wall clock is read. Timers are tokio's, which tests pause.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A wall clock: what expiry dates are compared with.
///
/// ```
/// use std::time::Duration;
/// use interlock_sdk::clock::Clock;
///
/// let (clock, hand) = Clock::fake(1_000);
/// hand.advance(Duration::from_secs(2));
/// assert_eq!(clock.unix_seconds(), 1_002);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<AtomicU64>>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still at `seconds` since 1970 until its [`Hand`] moves it.
    pub fn fake(seconds: u64) -> (Self, Hand) {
        let millis = Arc::new(AtomicU64::new(seconds.saturating_mul(1_000)));
        (Self(Some(Arc::clone(&millis))), Hand(millis))
    }

    /// Milliseconds since 1970; 0 for a clock set before that.
    pub fn unix_millis(&self) -> u64 {
        match &self.0 {
            Some(fake) => fake.load(Ordering::Relaxed),
            None => system_millis(),
        }
    }

    /// Seconds since 1970; 0 for a clock set before that.
    pub fn unix_seconds(&self) -> u64 {
        self.unix_millis() / 1_000
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the edge where the clock is read"
)]
fn system_millis() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(elapsed.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

/// Moves the clock that [`Clock::fake`] made.
#[derive(Debug, Clone)]
pub struct Hand(Arc<AtomicU64>);

impl Hand {
    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.0.fetch_add(by, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn the_system_clock_is_after_the_first_release() {
        assert!(Clock::system().unix_seconds() > 1_700_000_000);
    }
}
