//! Newline framing over a byte stream: one buffer, lines lent out of it, no copy of a line.
//!
//! Bytes are read straight into [`LineBuffer::spare`]. A complete line is lent as a slice of the buffer. Only
//! a line that did not fit behind its predecessors moves, once, to the front. The buffer never holds more than one message's limit
//! plus one read, and gives memory back after large messages. It does not look at what the lines say.

use crate::Limits;

/// Kept for good: enough for a burst of small messages and one pipe's capacity.
const SMALL: usize = 128 << 10;
/// Kept while large lines keep coming, so a series of 1 MiB messages does not fault its pages in again.
const LARGE: usize = 4 << 20;
/// Small lines in a row after which a large buffer is given back.
const PATIENCE: u32 = 256;
/// The least space offered to a read.
const READ: usize = 32 << 10;

/// What the buffer found.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// One line without its line end (`\n` or `\r\n`). Empty lines are skipped.
    Line(&'a [u8]),
    /// A line went over the limit; its bytes are discarded up to the next newline. Told once a line.
    TooLong,
}

/// Turns a byte stream into lines. See the module's head.
#[derive(Debug)]
pub struct LineBuffer {
    /// All of it is initialised; `start..end` is unread data.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// INVARIANT: no newline in `start..scanned`, so no byte is searched twice.
    scanned: usize,
    max: usize,
    discarding: bool,
    small_lines: u32,
}

impl LineBuffer {
    /// An empty buffer; memory is taken with the first [`spare`](Self::spare).
    pub fn new(limits: &Limits) -> Self {
        Self {
            buffer: Vec::new(),
            start: 0,
            end: 0,
            scanned: 0,
            max: limits.message(),
            discarding: false,
            small_lines: 0,
        }
    }

    /// Room to read into, at least 32 KiB. Call [`next_frame`](Self::next_frame) until `None` before.
    pub fn spare(&mut self) -> &mut [u8] {
        self.settle();
        if self.buffer.len() - self.end < READ {
            self.compact();
        }
        if self.buffer.len() - self.end < READ {
            // Doubling keeps growth linear; large blocks are remapped by the allocator, not copied.
            let most = self.max.saturating_add(2 * READ);
            let grown = (self.buffer.len() * 2)
                .min(most)
                .max(SMALL)
                .max(self.end + READ);
            self.buffer.reserve_exact(grown - self.buffer.len());
            self.buffer.resize(grown, 0);
        }
        self.buffer.get_mut(self.end..).unwrap_or_default()
    }

    /// Says that `read` bytes of the last [`spare`](Self::spare) were filled.
    pub fn filled(&mut self, read: usize) {
        self.end = self.end.saturating_add(read).min(self.buffer.len());
    }

    /// The next complete line, or `None` when more bytes are needed.
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        loop {
            let unsearched = self.buffer.get(self.scanned..self.end)?;
            let Some(found) = memchr::memchr(b'\n', unsearched) else {
                self.scanned = self.end;
                return self.incomplete();
            };
            let (start, newline) = (self.start, self.scanned + found);
            (self.start, self.scanned) = (newline + 1, newline + 1);
            if std::mem::take(&mut self.discarding) {
                continue;
            }
            let line = strip_return(self.buffer.get(start..newline)?);
            if line.len() > self.max {
                return Some(Frame::TooLong);
            }
            self.small_lines = match line.len() > self.buffer.len() / 4 {
                true => 0,
                false => self.small_lines.saturating_add(1),
            };
            if !line.is_empty() {
                return self.buffer.get(start..start + line.len()).map(Frame::Line);
            }
        }
    }

    /// Bytes of a line whose end has not come: what is left when the stream ends.
    pub fn partial(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Bytes of memory held.
    pub fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Gives back what an idle stream does not need. For the caller's idle moments; never needed for correctness.
    pub fn relax(&mut self) {
        self.compact();
        if self.end <= SMALL && self.buffer.len() > SMALL {
            self.reallocate();
        }
    }

    fn incomplete(&mut self) -> Option<Frame<'_>> {
        let overlong = self.end - self.start > self.max.saturating_add(1);
        if overlong || self.discarding {
            (self.start, self.end, self.scanned) = (0, 0, 0);
        }
        if overlong && !std::mem::replace(&mut self.discarding, true) {
            return Some(Frame::TooLong);
        }
        None
    }

    /// After a large message: return the memory when the buffer is empty and the need has passed.
    fn settle(&mut self) {
        if self.start != self.end {
            return;
        }
        (self.start, self.end, self.scanned) = (0, 0, 0);
        let excess = self.buffer.len() > LARGE
            || (self.buffer.len() > SMALL && self.small_lines >= PATIENCE);
        if excess {
            self.reallocate();
        }
    }

    fn reallocate(&mut self) {
        self.buffer.truncate(SMALL);
        self.buffer.shrink_to_fit();
        self.small_lines = 0;
    }

    fn compact(&mut self) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.scanned -= self.start;
            self.end -= self.start;
            self.start = 0;
        }
    }
}

fn strip_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
