//! Proof that something was recorded before it takes effect.

/// Proof that one event is in the log.
///
/// Only this crate makes one, and an effect consumes it by value. It can be neither cloned nor made up:
///
/// ```compile_fail
/// fn twice(receipt: interlock_audit::Receipt) { let again = receipt.clone(); drop((again, receipt)); }
/// ```
/// ```compile_fail
/// let forged = interlock_audit::Receipt::default();
/// ```
/// ```compile_fail
/// let forged = interlock_audit::Receipt { seq: 1, event: "tool-call" };
/// ```
/// ```compile_fail
/// fn once(receipt: interlock_audit::Receipt) { drop(receipt); drop(receipt); }
/// ```
#[derive(Debug)]
#[must_use = "a receipt is consumed by the effect it authorises"]
pub struct Receipt {
    seq: u64,
    event: &'static str,
}

impl Receipt {
    pub(crate) const fn new(seq: u64, event: &'static str) -> Self {
        Self { seq, event }
    }

    /// The sequence number of a record at or after the event's own.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// The name of the event that was recorded, for example `launch-decision`.
    #[must_use]
    pub const fn event(&self) -> &'static str {
        self.event
    }
}

/// Proof that a batch of events is in the log: a receipt for each effect that it announced, and no more.
///
/// ```compile_fail
/// fn twice(receipts: interlock_audit::BatchReceipt) { let again = receipts.clone(); drop((again, receipts)); }
/// ```
#[derive(Debug)]
#[must_use = "a receipt is consumed by the effect it authorises"]
pub struct BatchReceipt {
    seq: u64,
    left: usize,
}

impl BatchReceipt {
    pub(crate) const fn new(seq: u64, effects: usize) -> Self {
        Self { seq, left: effects }
    }

    /// Takes the receipt of one announced tool call; `None` when all are taken.
    pub const fn take(&mut self) -> Option<Receipt> {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Some(Receipt::new(self.seq, "tool-call"))
            }
            None => None,
        }
    }

    /// How many effects it still authorises.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.left
    }

    /// The sequence number of the last record of the batch.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_authorises_exactly_its_effects() {
        for effects in [0, 1, 2, 64] {
            let mut receipts = BatchReceipt::new(9, effects);
            for left in (0..effects).rev() {
                let one = receipts.take().unwrap();
                assert_eq!((one.seq(), one.event()), (9, "tool-call"));
                assert_eq!(receipts.remaining(), left);
            }
            assert!(receipts.take().is_none());
            assert!(receipts.take().is_none());
        }
    }
}
