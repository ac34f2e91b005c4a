//! The audit log as one session writes it.
//!
//! Records gather in a batch and are written together. What announces or denies something is written before it
//! takes effect; what only tells how something went may wait a moment for company.

use std::time::Duration;

use interlock_audit::{AppendError, Batch, BatchReceipt, Event, Log, Receipt};

use crate::clock::Now;

/// How long a record that holds nothing up may wait.
const COMPANY: Duration = Duration::from_millis(20);

/// One direction's rejected messages that are recorded one by one; after that, every time their number doubles.
const REJECTIONS: u64 = 256;

/// See the module's head.
#[derive(Debug)]
pub struct Journal {
    log: Log,
    batch: Batch,
    session: String,
    urgent: bool,
    oldest: Option<Duration>,
    rejected: [u64; 2],
}

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    ToServer,
    ToClient,
}

impl Direction {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ToServer => "client-to-server",
            Self::ToClient => "server-to-client",
        }
    }
}

impl Journal {
    /// A journal of the session called `session`.
    #[must_use]
    pub fn new(log: Log, session: impl Into<String>) -> Self {
        Self {
            log,
            batch: Batch::new(),
            session: session.into(),
            urgent: false,
            oldest: None,
            rejected: [0; 2],
        }
    }

    /// The session's name in the log.
    #[must_use]
    pub fn session(&self) -> &str {
        &self.session
    }

    /// Records one event and flushes it.
    ///
    /// # Errors
    /// When it is not on disk; then what it announces must not happen.
    pub fn append<'a>(
        &'a mut self,
        now: Now,
        event: impl FnOnce(&'a str) -> Event<'a>,
    ) -> Result<Receipt, AppendError> {
        if !self.batch.is_empty() {
            // Order: what happened before is written before.
            let _no_calls = self.log.commit(now.wall, &mut self.batch)?;
            (self.urgent, self.oldest) = (false, None);
        }
        self.log.append(now.wall, &event(&self.session))
    }

    /// An event that must be written before what follows from it.
    pub(crate) fn announce<'a>(&'a mut self, now: Now, event: impl FnOnce(&'a str) -> Event<'a>) {
        self.urgent = true;
        self.batch.push(now.wall, &event(&self.session));
    }

    /// An event that nothing follows from.
    pub(crate) fn tell<'a>(&'a mut self, now: Now, event: impl FnOnce(&'a str) -> Event<'a>) {
        self.oldest.get_or_insert(now.elapsed);
        self.batch.push(now.wall, &event(&self.session));
    }

    /// A message that is not let through. A peer that does nothing else does not fill the disk.
    pub(crate) fn reject(
        &mut self,
        now: Now,
        direction: Direction,
        code: &str,
        bytes: usize,
        detail: Option<&str>,
    ) {
        let Some(count) = self.rejected.get_mut(direction as usize) else {
            return;
        };
        *count += 1;
        if *count <= REJECTIONS || count.is_power_of_two() {
            self.announce(now, |session| Event::Rejected {
                session,
                direction: direction.as_str(),
                code,
                bytes: bytes as u64,
                detail,
            });
        }
    }

    /// Writes what must be written now; `None` when nothing must.
    ///
    /// # Errors
    /// When it cannot be written; then nothing that was announced may happen.
    pub(crate) fn commit(&mut self, now: Now) -> Result<Option<BatchReceipt>, AppendError> {
        let waited = self
            .oldest
            .is_some_and(|since| now.elapsed >= since + COMPANY);
        if !self.urgent && !waited {
            return Ok(None);
        }
        let receipts = self.log.commit(now.wall, &mut self.batch)?;
        (self.urgent, self.oldest) = (false, None);
        Ok(Some(receipts))
    }

    /// Flushes what is due; says after how long it has to be called again.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub(crate) fn flush_due(&mut self, now: Now) -> Result<Option<Duration>, AppendError> {
        let flush = self.log.flush_due(now.wall)?;
        let company = self
            .oldest
            .map(|since| (since + COMPANY).saturating_sub(now.elapsed));
        Ok(match (flush, company) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        })
    }

    /// Writes and flushes everything.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub(crate) fn finish(&mut self, now: Now) -> Result<(), AppendError> {
        let _no_calls = self.log.commit(now.wall, &mut self.batch)?;
        (self.urgent, self.oldest) = (false, None);
        self.log.flush(now.wall)
    }
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
