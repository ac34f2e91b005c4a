//! What a server writes to stderr, on its way to people: harmless, line by line, and not too much.
//!
//! Colours are left out; every other control sequence, and every character that does not show, is written
//! out. A server that floods is cut after a burst, and how much was cut is told. What our own stderr does not take
//! in time is cut likewise: the relay never waits for a reader of diagnostics.

use std::time::Duration;

use interlock_wire::is_hidden;

/// A line without an end is passed on in pieces of this many bytes.
const LINE: usize = 8 * 1024;
/// What may wait for our own stderr.
const WAITING: usize = 64 * 1024;
/// What may come at once.
const BURST: u64 = 256 * 1024;
/// What may come for each second after that.
const PER_SECOND: u64 = 32 * 1024;

/// See the module's head.
pub(crate) struct Stderr {
    line: Vec<u8>,
    out: Vec<u8>,
    written: usize,
    budget: u64,
    refilled: Duration,
    cut: Cut,
    total: Cut,
}

/// Lines and bytes that were not passed on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) lines: u64,
    pub(crate) bytes: u64,
}

impl Stderr {
    pub(crate) fn new(now: Duration) -> Self {
        Self {
            line: Vec::new(),
            out: Vec::new(),
            written: 0,
            budget: BURST,
            refilled: now,
            cut: Cut::default(),
            total: Cut::default(),
        }
    }

    /// Takes what the server wrote.
    pub(crate) fn push(&mut self, mut bytes: &[u8], now: Duration) {
        self.refill(now);
        while !bytes.is_empty() {
            let room = LINE.saturating_sub(self.line.len()).max(1);
            let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
            let (piece, rest) = bytes
                .split_at_checked(end.min(room))
                .unwrap_or((bytes, &[]));
            self.line.extend_from_slice(piece);
            bytes = rest;
            if piece.ends_with(b"\n") || self.line.len() >= LINE {
                self.emit();
            }
        }
    }

    /// The server will write no more: the last line and the last note go out.
    pub(crate) fn finish(&mut self, now: Duration) {
        self.refill(now);
        if !self.line.is_empty() {
            self.emit();
        }
        self.note();
    }

    /// What is to be written to our own stderr.
    pub(crate) fn outgoing(&self) -> &[u8] {
        self.out.get(self.written..).unwrap_or_default()
    }

    /// Tells that the first `count` bytes were written.
    pub(crate) fn wrote(&mut self, count: usize) {
        self.written += count;
        if self.written >= self.out.len() {
            self.out.clear();
            self.written = 0;
        }
    }

    /// Nobody reads our stderr any more.
    pub(crate) fn discard(&mut self) {
        self.out = Vec::new();
        self.written = 0;
    }

    /// All that was cut so far.
    pub(crate) fn left_out(&self) -> Cut {
        self.total
    }

    fn refill(&mut self, now: Duration) {
        let since = now.saturating_sub(self.refilled);
        let micros = u64::try_from(since.as_micros()).unwrap_or(u64::MAX);
        let gained = micros.saturating_mul(PER_SECOND) / 1_000_000;
        if gained > 0 {
            self.budget = self.budget.saturating_add(gained).min(BURST);
            self.refilled = now;
        }
    }

    fn emit(&mut self) {
        let size = self.line.len() as u64;
        if size > self.budget || self.out.len() > WAITING {
            for cut in [&mut self.cut, &mut self.total] {
                cut.lines += 1;
                cut.bytes += size;
            }
        } else {
            self.note();
            self.budget -= size;
            harmless(&self.line, &mut self.out);
        }
        self.line.clear();
    }

    fn note(&mut self) {
        let Cut { lines, bytes } = std::mem::take(&mut self.cut);
        if lines > 0 {
            let note = format!(
                "interlock: left out {lines} lines ({bytes} bytes) of the server's stderr\n"
            );
            self.out.extend_from_slice(note.as_bytes());
        }
    }
}

/// Appends a line with its end, or a piece of one, so that it cannot do anything but show.
fn harmless(line: &[u8], out: &mut Vec<u8>) {
    let ended = line.strip_suffix(b"\n");
    let text = ended.map_or(line, |text| text.strip_suffix(b"\r").unwrap_or(text));
    for chunk in text.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(c) = rest.chars().next() {
            if let Some(after) = without_colour(rest) {
                rest = after;
                continue;
            }
            push_char(c, out);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        for byte in chunk.invalid() {
            out.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
        }
    }
    out.push(b'\n');
}

fn push_char(c: char, out: &mut Vec<u8>) {
    if !is_hidden(c) || c == '\t' {
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    } else {
        out.extend_from_slice(c.escape_default().to_string().as_bytes());
    }
}

/// What follows a colour sequence (ECMA-48 SGR: `ESC [ digits and ; m`) at the text's start.
fn without_colour(text: &str) -> Option<&str> {
    text.strip_prefix("\u{1b}[")?
        .trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ';' | ':'))
        .strip_prefix('m')
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(100);

    fn check(input: &[u8], expected: &str) {
        for size in [1, 3, 10_000] {
            let mut stderr = Stderr::new(START);
            for piece in input.chunks(size) {
                stderr.push(piece, START);
            }
            stderr.finish(START);
            assert_eq!(String::from_utf8_lossy(stderr.outgoing()), expected);
        }
    }

    #[test]
    fn lines_pass_and_nothing_in_them_acts() {
        let cases: [(&[u8], &str); 10] = [
            (b"", ""),
            (b"ready\n", "ready\n"),
            (b"no end", "no end\n"),
            (b"a\r\nb\n", "a\nb\n"),
            (b"a\tb\n", "a\tb\n"),
            (b"\x1b[1;32mgreen\x1b[0m\n", "green\n"),
            (b"\x1b]0;title\x07\n", "\\u{1b}]0;title\\u{7}\n"),
            (b"over\rwritten\x1b[2K\n", "over\\rwritten\\u{1b}[2K\n"),
            (b"\xff\xfe\n", "\\xff\\xfe\n"),
            (
                "naïve \u{202e}txt\u{200b}\n".as_bytes(),
                "naïve \\u{202e}txt\\u{200b}\n",
            ),
        ];
        for (input, expected) in cases {
            check(input, expected);
        }
    }

    #[test]
    fn a_flood_is_cut_and_told() {
        let mut stderr = Stderr::new(START);
        let line = [b'x'; 1024];
        for _ in 0..1000 {
            stderr.push(&line[..1023], START);
            stderr.push(b"\n", START);
            stderr.wrote(stderr.outgoing().len());
        }
        let cut = stderr.left_out();
        assert_eq!((cut.lines, cut.bytes), (1000 - 256, (1000 - 256) * 1024));

        stderr.push(b"later\n", START + Duration::from_secs(1));
        let told = String::from_utf8_lossy(stderr.outgoing()).into_owned();
        assert_eq!(
            told,
            "interlock: left out 744 lines (761856 bytes) of the server's stderr\nlater\n"
        );
    }

    #[test]
    fn a_reader_that_does_not_read_costs_no_memory() {
        let mut stderr = Stderr::new(START);
        for second in 0..1000 {
            stderr.push(&[b'x'; 4096], START + Duration::from_secs(second));
            stderr.push(b"\n", START + Duration::from_secs(second));
        }
        assert!(stderr.out.len() < WAITING + 2 * LINE);
        assert!(stderr.left_out().lines > 900);
    }

    #[test]
    fn a_line_without_end_comes_in_pieces() {
        let mut stderr = Stderr::new(START);
        stderr.push(&vec![b'y'; LINE * 2 + 5], START);
        assert_eq!(stderr.outgoing().len(), LINE * 2 + 2);
        stderr.finish(START);
        assert_eq!(stderr.outgoing().len(), LINE * 2 + 2 + 6);
    }
}
