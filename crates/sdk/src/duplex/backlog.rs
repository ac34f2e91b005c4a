//! What waits to be written: whole lines in one buffer, written together.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;

/// Above this nothing is added: reading stops until the peer reads.
pub(super) const HIGH: usize = 256 << 10;
/// Memory that is kept when everything is written; more goes back.
const KEPT: usize = 256 << 10;
/// Kept as long as such amounts come again and again, so that a series of large messages does not fault its pages in each time.
const LARGE: usize = 4 << 20;
/// Small writes in a row after which a large buffer is given back.
const PATIENCE: u32 = 64;

/// Lines that wait to be written.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    buffer: Vec<u8>,
    written: usize,
    small: u32,
}

impl Backlog {
    /// Bytes that wait.
    pub(super) fn len(&self) -> usize {
        self.buffer.len() - self.written
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.buffer.len() == self.written
    }

    /// Whether so much waits that no more may be made.
    pub(super) fn is_high(&self) -> bool {
        self.len() >= HIGH
    }

    /// Adds a message and its line end.
    pub(super) fn push(&mut self, message: &[u8]) {
        let start = self.buffer.len();
        self.buffer.extend_from_slice(message);
        self.end_line(start);
    }

    /// The buffer, to append one message to; [`end_line`](Self::end_line) takes the length that it had.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Ends the message that begins at `start`. A line end inside of it can only be white space between tokens; it becomes a space, so that
    /// no message is ever two.
    pub(super) fn end_line(&mut self, start: usize) {
        let mut from = start;
        while let Some(rest) = self.buffer.get_mut(from..) {
            let Some(at) = memchr::memchr(b'\n', rest) else {
                break;
            };
            if let Some(byte) = rest.get_mut(at) {
                *byte = b' ';
            }
            from += at + 1;
        }
        self.buffer.push(b'\n');
    }

    /// Puts `messages` before what was appended since `start`.
    pub(super) fn insert_before(&mut self, start: usize, messages: &mut Self) {
        messages.buffer.extend(self.buffer.drain(start..));
        self.buffer.append(&mut messages.buffer);
        messages.written = 0;
    }

    /// Writes everything. Each call to the kernel gets all that waits.
    pub(super) fn poll_write<W: AsyncWrite + Unpin>(
        &mut self,
        writer: &mut W,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while !self.is_empty() {
            ready!(self.poll_write_some(writer, cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Writes once.
    pub(super) fn poll_write_some<W: AsyncWrite + Unpin>(
        &mut self,
        writer: &mut W,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let rest = self.buffer.get(self.written..).unwrap_or_default();
        match ready!(Pin::new(writer).poll_write(cx, rest))? {
            0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            count => self.written += count,
        }
        match self.is_empty() {
            true => self.settle(),
            false => self.forget_written(),
        }
        Poll::Ready(Ok(()))
    }

    /// A slow reader must not make the written part stay.
    fn forget_written(&mut self) {
        if self.written > HIGH && self.written > self.len() {
            self.buffer.drain(..self.written);
            self.written = 0;
        }
    }

    fn settle(&mut self) {
        let large = self.buffer.len() > KEPT;
        self.small = if large {
            0
        } else {
            self.small.saturating_add(1)
        };
        self.buffer.clear();
        self.written = 0;
        let most = if self.small < PATIENCE { LARGE } else { KEPT };
        if self.buffer.capacity() > most {
            self.buffer.shrink_to(KEPT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(backlog: &Backlog) -> String {
        String::from_utf8_lossy(&backlog.buffer).into_owned()
    }

    #[test]
    fn no_message_is_ever_two_lines() {
        for (given, expected) in [
            ("{}", "{}\n"),
            ("{\n}", "{ }\n"),
            ("\n{\n\n\"a\": 1\n}\n", " {  \"a\": 1 } \n"),
            ("", "\n"),
        ] {
            let mut backlog = Backlog::default();
            backlog.push(b"first");
            backlog.push(given.as_bytes());
            assert_eq!(text(&backlog), format!("first\n{expected}"), "{given:?}");
        }
    }

    #[test]
    fn what_was_sent_first_comes_first() {
        let (mut backlog, mut sent) = (Backlog::default(), Backlog::default());
        backlog.push(b"0");
        let start = backlog.buffer().len();
        backlog.buffer().extend_from_slice(b"reply");
        backlog.end_line(start);
        sent.push(b"progress");
        backlog.insert_before(start, &mut sent);
        assert_eq!(text(&backlog), "0\nprogress\nreply\n");
        assert!(sent.is_empty());
    }

    /// Takes `step` bytes at each other poll.
    struct Slow {
        taken: Vec<u8>,
        step: usize,
        ready: bool,
    }

    impl AsyncWrite for Slow {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.ready = !self.ready;
            if !self.ready {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let count = self.step.min(bytes.len());
            self.taken.extend_from_slice(&bytes[..count]);
            Poll::Ready(Ok(count))
        }

        fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn everything_is_written_whatever_the_pieces_and_memory_goes_back() {
        for step in [1, 7, 100_000, 10 << 20] {
            let mut backlog = Backlog::default();
            let mut writer = Slow {
                taken: Vec::new(),
                step,
                ready: false,
            };
            let size = if step < 1_000 { 5_000 } else { 6 << 20 };
            backlog.push(&vec![b'x'; size]);
            backlog.push(b"end");
            std::future::poll_fn(|cx| backlog.poll_write(&mut writer, cx))
                .await
                .unwrap();
            assert_eq!(writer.taken.len(), size + 5, "{step}");
            assert!(writer.taken.ends_with(b"x\nend\n"));
            assert!(backlog.is_empty() && backlog.buffer.capacity() <= LARGE);
        }
    }

    #[tokio::test]
    async fn a_writer_that_takes_nothing_is_an_error() {
        let mut backlog = Backlog::default();
        backlog.push(b"{}");
        let mut writer = Slow {
            taken: Vec::new(),
            step: 0,
            ready: false,
        };
        let error = std::future::poll_fn(|cx| backlog.poll_write(&mut writer, cx)).await;
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::WriteZero);
    }
}
