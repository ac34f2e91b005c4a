//! The writer: what the gateway and the command line hold.
//!
//! Who writes holds the lock for one write, not for a flush, so that a launch that is flushed in one
//! process does not stall the calls of another.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::fs::{FlockOperation, flock};

use crate::batch::Batch;
use crate::chain::Chain;
use crate::checkpoint::Checkpoint;
use crate::directory::Directory;
use crate::disk::{Disk, RealDisk};
use crate::error::{AppendError, OpenError};
use crate::event::{Digest, Event};
use crate::flusher::Flusher;
use crate::head::Head;
use crate::key;
use crate::memory::Memory;
use crate::receipt::{BatchReceipt, Receipt};

/// The lock's file in the log's directory. It is empty and stays.
pub(crate) const LOCK_FILE: &str = "lock";

/// How a log is written.
#[derive(Debug, Clone)]
pub struct Options {
    /// The size in bytes after which the log goes on in a new file. Default: 64 MiB.
    pub max_segment: u64,
    /// How long records of a batch may wait for a flush. Default: 100 ms.
    pub flush_every: Duration,
    /// Flush batches on a thread of the log's own, so that the caller's loop never waits for the disk.
    /// Default: off.
    pub flush_in_background: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_segment: 64 << 20,
            flush_every: Duration::from_millis(100),
            flush_in_background: false,
        }
    }
}

/// Records that may be unflushed at most, whatever the time.
const MAX_UNFLUSHED: u64 = 1 << 17;

/// An audit log that is open for appending.
///
/// Several processes, and several `Log`s in one process, may hold the same directory open.
#[derive(Debug)]
pub struct Log {
    lock: File,
    chain: Chain,
    options: Options,
    single: Batch,
    flusher: Option<Flusher>,
    /// The last record that was flushed, or handed to the flusher.
    flushed: u64,
    flushed_at: SystemTime,
    /// The last record that this log wrote itself.
    written: u64,
}

impl Log {
    /// Opens the log in `dir`, creating both (0700, 0600) where they do not exist.
    ///
    /// What a crash left at its end is cut off and recorded; anything else that does not fit is recorded
    /// too, and stays a finding of [`crate::verify`].
    ///
    /// # Errors
    /// When the directory or a file in it belongs to, or is open to, somebody else, when it cannot be
    /// locked, read or written, or when the key is damaged.
    pub fn open(dir: &Path, options: Options, now: SystemTime) -> Result<Self, OpenError> {
        Self::open_with(dir, options, now, Box::new(RealDisk))
    }

    pub(crate) fn open_with(
        dir: &Path,
        options: Options,
        now: SystemTime,
        disk: Box<dyn Disk>,
    ) -> Result<Self, OpenError> {
        let directory = Directory::open(dir)?;
        let lock = directory.file(LOCK_FILE)?;
        lock_exclusive(&lock).map_err(OpenError::Lock)?;
        // On any error below the lock goes with its file.
        let key = key::load_or_create(&directory)?;
        let chain = Chain::open(directory, key, disk, options.max_segment, now)
            .map_err(OpenError::TakeUp)?;
        let flusher = match options.flush_in_background {
            true => Some(Flusher::start(&chain)?),
            false => None,
        };
        unlock(&lock);
        let seq = chain.tail().seq;
        Ok(Self {
            lock,
            chain,
            options,
            single: Batch::new(),
            flusher,
            flushed: seq,
            flushed_at: now,
            written: seq,
        })
    }

    /// Records one event and flushes it: for launches and approvals.
    ///
    /// # Errors
    /// When it is not on disk; then what it announces must not happen.
    pub fn append(&mut self, now: SystemTime, event: &Event<'_>) -> Result<Receipt, AppendError> {
        self.single.clear();
        self.single.push(now, event);
        let batch = std::mem::take(&mut self.single);
        let written = self.write(&batch, now);
        self.single = batch;
        let seq = written?;
        self.flush(now)?;
        Ok(Receipt::new(seq, event.name()))
    }

    /// Records the events of a batch with one lock and one write, and empties it. They are with the kernel
    /// and survive the death of this process; [`Self::flush_due`] sees to the rest.
    ///
    /// # Errors
    /// When they are not recorded: all of them still wait in the batch, and none of the calls that they
    /// announce may be forwarded.
    pub fn commit(
        &mut self,
        now: SystemTime,
        batch: &mut Batch,
    ) -> Result<BatchReceipt, AppendError> {
        if batch.is_empty() {
            return Ok(BatchReceipt::new(self.written, 0));
        }
        let seq = self.write(batch, now)?;
        let receipt = BatchReceipt::new(seq, batch.calls());
        batch.clear();
        Ok(receipt)
    }

    fn write(&mut self, batch: &Batch, now: SystemTime) -> Result<u64, AppendError> {
        let seq = self.locked(|chain| {
            chain.append(now, batch)?;
            Ok(chain.tail().seq)
        })?;
        self.written = seq;
        Ok(seq)
    }

    /// Flushes what batches wrote, if it is due at `now`; says how long until it will be, for the caller's
    /// poll, and `None` when nothing waits.
    ///
    /// # Errors
    /// When the disk does not take it, now or earlier in the background.
    pub fn flush_due(&mut self, now: SystemTime) -> Result<Option<Duration>, AppendError> {
        if let Some(flusher) = &mut self.flusher {
            flusher.check()?;
        }
        let waiting = self.written.saturating_sub(self.flushed);
        if waiting == 0 {
            return Ok(None);
        }
        // A clock that went backwards must not put it off.
        let since = now.duration_since(self.flushed_at).unwrap_or(Duration::MAX);
        if since < self.options.flush_every && waiting < MAX_UNFLUSHED {
            return Ok(Some(self.options.flush_every - since));
        }
        let busy = match &mut self.flusher {
            Some(flusher) => !flusher.request(&self.chain),
            None => {
                self.flush_here()?;
                false
            }
        };
        self.flushed_at = now;
        if busy {
            return Ok(Some(self.options.flush_every));
        }
        self.flushed = self.written;
        Ok(None)
    }

    /// Flushes everything written so far and signs the head.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn flush(&mut self, now: SystemTime) -> Result<(), AppendError> {
        self.flush_here()?;
        (self.flushed, self.flushed_at) = (self.written, now);
        Ok(())
    }

    fn flush_here(&mut self) -> Result<(), AppendError> {
        let tail = *self.chain.tail();
        let segment = self.chain.segment().clone();
        let flush = |source| AppendError::Flush { source };
        // Without the lock: others may go on writing.
        self.chain.disk().sync(&segment).map_err(flush)?;
        let head = Head::sign(tail.seq, tail.hash, tail.memory, self.chain.key());
        self.locked(|chain| chain.advance_head(&head).map_err(flush))
    }

    /// Writes a signed checkpoint into the log and flushes it. The value that is returned signs that very
    /// record: kept somewhere else, it shows later that this log was not rewritten.
    ///
    /// # Errors
    /// When it is not on disk.
    pub fn checkpoint(&mut self, now: SystemTime) -> Result<Checkpoint, AppendError> {
        self.written = self.locked(|chain| {
            chain.append_checkpoint(now)?;
            Ok(chain.tail().seq)
        })?;
        let tail = *self.chain.tail();
        self.flush(now)?;
        Ok(Checkpoint::sign(tail.seq, tail.hash, self.chain.key()))
    }

    /// The log's public key.
    #[must_use]
    pub fn key(&self) -> Digest {
        self.chain.key().verifying_key().to_bytes()
    }

    /// What the log remembers of the approvals, as of the last write, or of opening it. What other
    /// processes recorded since then is not in it yet.
    #[must_use]
    pub const fn memory(&self) -> Memory {
        self.chain.tail().memory
    }

    /// The sequence number of the last record that this log knows of.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.chain.tail().seq
    }

    fn locked<T>(
        &mut self,
        work: impl FnOnce(&mut Chain) -> Result<T, AppendError>,
    ) -> Result<T, AppendError> {
        lock_exclusive(&self.lock).map_err(|source| AppendError::Lock { source })?;
        let result = work(&mut self.chain);
        unlock(&self.lock);
        result
    }
}

/// What is left unflushed is flushed; who must know whether that worked calls [`Log::flush`].
impl Drop for Log {
    fn drop(&mut self) {
        self.flusher = None;
        if self.written > self.flushed {
            let _ = self.flush_here();
        }
    }
}

pub(crate) fn lock_exclusive(lock: &File) -> io::Result<()> {
    loop {
        match flock(lock, FlockOperation::LockExclusive) {
            Err(rustix::io::Errno::INTR) => {}
            result => return Ok(result?),
        }
    }
}

pub(crate) fn unlock(lock: &File) {
    // It cannot fail on a lock that is held; closing the file would release it just as well.
    let _ = flock(lock, FlockOperation::Unlock);
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
