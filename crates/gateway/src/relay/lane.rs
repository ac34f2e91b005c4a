//! One direction of the relay: bytes in, whole lines to judge, judged bytes out.
//!
//! The buffer that was read into is also the buffer that is written from: while every line of a chunk
//! is good, the bytes that leave are the very bytes that were judged, in place. Only after a line that
//! was dropped or replaced are the rest of the chunk's lines copied, to keep their order.
//!
//! A lane reads only when everything it judged has left. That is the whole of back-pressure: a reader
//! that is slow makes the lane stop, and the pipe behind it fill, and nothing here grow.
//!
//! It knows no protocol and does no IO.

use std::io;
use std::ops::Range;

use super::buffer::Buffer;

/// More answers than this waiting for a peer stop the judging of what it sent.
const ANSWERS: usize = 128 * 1024;

/// What `rest` may keep of its capacity once it is empty.
const REST_KEEP: usize = 64 * 1024;

/// The next thing a lane has to judge.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A line with its end, as a range of [`Lane::line`].
    Line(Range<usize>),
    /// A line longer than a message may be. Told once, when the bound is passed: the range holds what
    /// came so far; the remainder is skipped as it comes.
    TooLong(Range<usize>),
    /// Nothing whole is there.
    Nothing,
}

/// See the module's head.
pub(crate) struct Lane {
    buffer: Buffer,
    max_message: usize,
    /// `start..direct` is judged, good and not yet written.
    start: usize,
    direct: usize,
    /// `cursor..end` is not judged; `cursor..scanned` holds no line end.
    cursor: usize,
    scanned: usize,
    end: usize,
    /// Judged bytes that follow `direct`: answers, rebuilt lines, and lines after them.
    rest: Vec<u8>,
    written: usize,
    /// How much of both is released: recorded, and so allowed to leave.
    released: (usize, usize),
    skipping: bool,
    closed: bool,
}

impl Lane {
    pub(crate) fn new(max_message: usize) -> Self {
        Self {
            buffer: Buffer::new(max_message),
            max_message,
            start: 0,
            direct: 0,
            cursor: 0,
            scanned: 0,
            end: 0,
            rest: Vec::new(),
            written: 0,
            released: (0, 0),
            skipping: false,
            closed: false,
        }
    }

    /// Whether the lane wants to be read into.
    pub(crate) fn wants_input(&self) -> bool {
        !self.closed && self.is_flushed()
    }

    /// Whether everything that was judged has left.
    pub(crate) fn is_flushed(&self) -> bool {
        self.start == self.direct && self.rest.is_empty()
    }

    /// Whether so many answers wait for this lane's reader that no more should be made.
    pub(crate) fn is_crowded(&self) -> bool {
        self.rest.len() > ANSWERS
    }

    /// Whether the sender has closed its end.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether a large message is, or was lately, in the buffer.
    pub(crate) fn is_large(&self) -> bool {
        self.buffer.is_large()
    }

    /// Room for the next read. Empty only when the lane does not want input.
    ///
    /// # Errors
    /// When memory for a large message cannot be had.
    pub(crate) fn space(&mut self) -> io::Result<&mut [u8]> {
        if !self.wants_input() {
            return Ok(&mut []);
        }
        self.settle();
        let room = self.buffer.bytes().len();
        if self.end == room {
            let gained = self.cursor;
            self.move_to_front();
            if gained < room / 2 {
                self.buffer.grow(self.end)?;
            }
        }
        Ok(self
            .buffer
            .bytes_mut()
            .get_mut(self.end..)
            .unwrap_or_default())
    }

    /// Tells that `count` bytes were read into [`Lane::space`]; none means that the sender closed.
    pub(crate) fn filled(&mut self, count: usize) {
        if count == 0 {
            self.closed = true;
            return;
        }
        self.end = self
            .end
            .saturating_add(count)
            .min(self.buffer.bytes().len());
        self.buffer.touch(self.end);
    }

    /// The sender will not be read any more.
    pub(crate) fn close(&mut self) {
        self.closed = true;
    }

    /// Finds the next whole line. Each line must be passed, replaced or skipped before the next call.
    pub(crate) fn next(&mut self) -> Next {
        let unseen = self
            .buffer
            .bytes()
            .get(self.scanned..self.end)
            .unwrap_or_default();
        let Some(at) = memchr::memchr(b'\n', unseen) else {
            self.scanned = self.end;
            return self.bounded();
        };
        let after = self.scanned + at + 1;
        let line = self.cursor..after;
        self.scanned = after;
        if self.skipping {
            self.skipping = false;
            self.cursor = after;
            return self.next();
        }
        if line.len() > self.max_message.saturating_add(2) {
            return Next::TooLong(line);
        }
        Next::Line(line)
    }

    /// An unfinished line is let grow until it cannot be a message any more.
    fn bounded(&mut self) -> Next {
        let line = self.cursor..self.end;
        if self.skipping {
            self.cursor = self.end;
        } else if line.len() > self.max_message {
            self.skipping = true;
            return Next::TooLong(line);
        }
        Next::Nothing
    }

    /// The bytes that are left without a line end after the sender closed.
    pub(crate) fn leftover(&self) -> usize {
        if self.skipping {
            return 0;
        }
        self.end.saturating_sub(self.cursor)
    }

    /// Forgets them; gives their number.
    pub(crate) fn drop_leftover(&mut self) -> usize {
        let bytes = self.leftover();
        (self.cursor, self.scanned) = (self.end, self.end);
        bytes
    }

    /// The bytes of a range that [`Lane::next`] gave.
    pub(crate) fn line(&self, line: &Range<usize>) -> &[u8] {
        self.buffer.bytes().get(line.clone()).unwrap_or_default()
    }

    /// The line is good: its bytes leave as they are.
    pub(crate) fn pass(&mut self, line: Range<usize>) {
        self.cursor = line.end;
        if !self.rest.is_empty() {
            let bytes = self.buffer.bytes().get(line).unwrap_or_default();
            self.rest.extend_from_slice(bytes);
        } else if self.start == self.direct {
            self.start = line.start;
            self.direct = line.end;
            self.released.0 = line.start;
        } else if self.direct == line.start {
            self.direct = line.end;
        } else {
            let bytes = self.buffer.bytes().get(line).unwrap_or_default();
            self.rest.extend_from_slice(bytes);
        }
    }

    /// The line does not leave.
    pub(crate) fn skip(&mut self, line: &Range<usize>) {
        self.cursor = line.end;
    }

    /// Other bytes leave in the line's place. They must end with a line end.
    pub(crate) fn replace(&mut self, line: &Range<usize>, with: &[u8]) {
        self.cursor = line.end;
        self.inject(with);
    }

    /// Bytes of our own leave after what is judged already.
    pub(crate) fn inject(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
    }

    /// What is judged so far is recorded: it may leave.
    pub(crate) fn release(&mut self) {
        self.released = (self.direct, self.rest.len());
    }

    /// What is judged but not released will never leave.
    pub(crate) fn retract(&mut self) {
        self.direct = self.released.0.max(self.start);
        self.rest.truncate(self.released.1);
    }

    /// What may be written now, in order.
    pub(crate) fn outgoing(&self) -> [&[u8]; 2] {
        let (direct, rest) = self.released;
        [
            self.buffer
                .bytes()
                .get(self.start..direct)
                .unwrap_or_default(),
            self.rest.get(self.written..rest).unwrap_or_default(),
        ]
    }

    /// Whether there is something to write.
    pub(crate) fn has_output(&self) -> bool {
        self.start < self.released.0 || self.written < self.released.1
    }

    /// Tells that the first `count` bytes of [`Lane::outgoing`] were written.
    pub(crate) fn wrote(&mut self, count: usize) {
        let direct = count.min(self.released.0.saturating_sub(self.start));
        self.start += direct;
        self.written += count - direct;
        if self.written >= self.rest.len() {
            self.rest.clear();
            self.written = 0;
            self.released.1 = 0;
            if self.rest.capacity() > REST_KEEP {
                self.rest = Vec::new();
            }
        }
        if self.is_flushed() {
            self.settle();
        }
    }

    /// Nobody reads this lane's output any more.
    pub(crate) fn discard_output(&mut self) {
        self.start = self.direct;
        self.rest = Vec::new();
        self.written = 0;
        self.released = (self.direct, 0);
        self.settle();
    }

    /// Gives memory back that a large message needed, when the lane has been idle.
    pub(crate) fn tidy(&mut self) {
        if self.is_flushed() && self.cursor == self.end {
            self.settle();
            self.buffer.rest(true);
        }
    }

    /// Starts again at the buffer's front when nothing is in it.
    fn settle(&mut self) {
        self.start = self.cursor;
        self.direct = self.cursor;
        self.released.0 = self.cursor;
        if self.cursor == self.end {
            (self.start, self.direct, self.cursor) = (0, 0, 0);
            (self.scanned, self.end, self.released.0) = (0, 0, 0);
            self.buffer.rest(false);
        }
    }

    fn move_to_front(&mut self) {
        let (from, to) = (self.cursor, self.end);
        if to <= self.buffer.bytes().len() && from <= to {
            self.buffer.bytes_mut().copy_within(from..to, 0);
        }
        self.end = to - from;
        self.scanned = self.scanned.saturating_sub(from);
        (self.start, self.direct, self.cursor, self.released.0) = (0, 0, 0, 0);
    }
}

#[cfg(test)]
#[path = "lane_tests.rs"]
mod tests;
