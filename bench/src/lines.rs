//! Lines off a descriptor, without a copy for each.

use std::io::{self, Read};
use std::ops::Range;

use memchr::memchr;

const CHUNK: usize = 256 * 1024;

/// Reads large chunks and gives lines as ranges of its own buffer.
#[derive(Debug)]
pub struct Lines<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    seen: usize,
    end: usize,
}

impl<R: Read> Lines<R> {
    /// Over a source.
    pub fn new(source: R) -> Self {
        Self {
            source,
            buffer: vec![0; CHUNK],
            start: 0,
            seen: 0,
            end: 0,
        }
    }

    /// The source.
    pub fn source(&self) -> &R {
        &self.source
    }

    /// The next line that has arrived already, without its end.
    pub fn ready(&mut self) -> Option<Range<usize>> {
        let unseen = self.buffer.get(self.seen..self.end)?;
        let Some(at) = memchr(b'\n', unseen) else {
            self.seen = self.end;
            return None;
        };
        let line = self.start..self.seen + at;
        (self.start, self.seen) = (line.end + 1, line.end + 1);
        Some(line)
    }

    /// The next line; waits for it.
    ///
    /// # Errors
    /// When the source ends or breaks before.
    pub fn next(&mut self) -> io::Result<Range<usize>> {
        loop {
            if let Some(line) = self.ready() {
                return Ok(line);
            }
            self.fill()?;
        }
    }

    /// The bytes of a line that was given since the last read.
    #[must_use]
    pub fn bytes(&self, line: Range<usize>) -> &[u8] {
        self.buffer.get(line).unwrap_or_default()
    }

    /// Reads once.
    ///
    /// # Errors
    /// When the source ends, breaks, or has nothing yet and does not wait.
    pub fn fill(&mut self) -> io::Result<()> {
        if self.start == self.end {
            (self.start, self.seen, self.end) = (0, 0, 0);
        } else if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.seen -= self.start;
            (self.start, self.end) = (0, self.end - self.start);
            if self.end > self.buffer.len() / 2 {
                self.buffer.resize(2 * self.buffer.len(), 0);
            }
        }
        let space = self.buffer.get_mut(self.end..).unwrap_or_default();
        match self.source.read(space)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                self.end += count;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives `step` bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(space.len());
            let (now, later) = self.0.split_at(count);
            space[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    #[test]
    fn lines_arrive_whole_however_they_are_cut() {
        let long = "y".repeat(3 * CHUNK);
        let text = format!("a\n\n{long}\nbc\n");
        for step in [1, 7, 4096, 10 * CHUNK] {
            let mut lines = Lines::new(Slow(text.as_bytes(), step));
            for expected in ["a", "", &long, "bc"] {
                let line = lines.next().unwrap();
                assert_eq!(lines.bytes(line), expected.as_bytes());
            }
            assert_eq!(
                lines.next().unwrap_err().kind(),
                io::ErrorKind::UnexpectedEof
            );
        }
    }
}
