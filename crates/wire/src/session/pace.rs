//! How many notifications may pass: a bucket that fills with time.

use std::time::Duration;

/// A token bucket. The time is told by the caller and never goes back.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    /// What is left, in nanoseconds of filling.
    credit: u64,
    full: u64,
    price: u64,
    filled_at: Duration,
}

impl Bucket {
    /// `burst` at once, then one every `interval`.
    pub(super) fn new(burst: u32, interval: Duration) -> Self {
        let price = u64::try_from(interval.as_nanos())
            .unwrap_or(u64::MAX)
            .max(1);
        let full = price.saturating_mul(u64::from(burst));
        Self {
            credit: full,
            full,
            price,
            filled_at: Duration::ZERO,
        }
    }

    /// Takes one; false when none is left.
    pub(super) fn take(&mut self, now: Duration) -> bool {
        let passed = now.saturating_sub(self.filled_at);
        self.filled_at = self.filled_at.max(now);
        let gained = u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX);
        self.credit = self.credit.saturating_add(gained).min(self.full);
        match self.credit.checked_sub(self.price) {
            Some(left) => {
                self.credit = left;
                true
            }
            None => false,
        }
    }
}
