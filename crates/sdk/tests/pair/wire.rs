//! A simulated byte stream in virtual time: latency, pieces of any size, a bounded buffer, slow readers, half-close, cuts.
//!
//! Bytes of one stream never overtake each other. Run it under tokio's paused clock: waiting costs nothing, and every run
//! with the same seed is the same.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// What one direction is like.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// From a write to the read, at least.
    pub(crate) latency: Duration,
    /// At most so much more, at random.
    pub(crate) jitter: Duration,
    /// Bytes on their way before the writer waits.
    pub(crate) capacity: usize,
    /// The longest piece that a write or a read handles.
    pub(crate) piece: usize,
    /// How long a reader needs for each read.
    pub(crate) reading: Duration,
    /// Bytes after which the connection breaks.
    pub(crate) cut: Option<usize>,
    /// What chance begins with.
    pub(crate) seed: u64,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            latency: Duration::ZERO,
            jitter: Duration::ZERO,
            capacity: 64 << 10,
            piece: usize::MAX,
            reading: Duration::ZERO,
            cut: None,
            seed: 1,
        }
    }
}

impl Line {
    /// Slow, uneven, in small pieces: a different one for each seed.
    pub(crate) fn rough(seed: u64) -> Self {
        Self {
            latency: Duration::from_millis(seed % 50),
            jitter: Duration::from_millis(seed % 7),
            capacity: 1 + (seed as usize * 37) % 5_000,
            piece: 1 + (seed as usize * 11) % 300,
            reading: Duration::from_micros(seed % 3 * 100),
            cut: None,
            seed: seed + 1,
        }
    }

    /// Both ends of it.
    pub(crate) fn open(self) -> (Writer, Reader) {
        let shared = Arc::new(Mutex::new(State {
            chance: self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            line: self,
            pieces: VecDeque::new(),
            on_the_way: 0,
            total: 0,
            last: Instant::now(),
            ended: false,
            broken: false,
            reader: None,
            writer: None,
        }));
        let reader = Reader {
            shared: Arc::clone(&shared),
            alarm: Box::pin(sleep_until(Instant::now())),
            not_before: Instant::now(),
        };
        (Writer { shared }, reader)
    }
}

#[derive(Debug)]
struct State {
    line: Line,
    pieces: VecDeque<(Instant, Vec<u8>)>,
    on_the_way: usize,
    total: usize,
    last: Instant,
    ended: bool,
    broken: bool,
    chance: u64,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl State {
    fn random(&mut self, below: u64) -> u64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        if below == 0 { 0 } else { self.chance % below }
    }

    fn piece(&mut self, most: usize) -> usize {
        let longest = self.line.piece.min(most);
        match self.line.piece {
            usize::MAX => longest,
            _ => 1 + self.random(longest as u64) as usize,
        }
    }

    /// When what is written now arrives: never before what was written before.
    fn arrival(&mut self) -> Instant {
        let jitter = self.random(self.line.jitter.as_micros() as u64 + 1);
        let at = Instant::now() + self.line.latency + Duration::from_micros(jitter);
        self.last = self.last.max(at);
        self.last
    }

    fn wake(&mut self) {
        let both = [self.reader.take(), self.writer.take()];
        both.into_iter().flatten().for_each(Waker::wake);
    }
}

/// The end that is written. Dropping it ends the stream.
#[derive(Debug)]
pub(crate) struct Writer {
    shared: Arc<Mutex<State>>,
}

/// The end that is read. Dropping it breaks the stream for the writer.
#[derive(Debug)]
pub(crate) struct Reader {
    shared: Arc<Mutex<State>>,
    alarm: Pin<Box<Sleep>>,
    not_before: Instant,
}

impl Writer {
    /// Bytes that were taken so far.
    pub(crate) fn total(&self) -> usize {
        self.shared.lock().unwrap().total
    }
}

impl AsyncWrite for Writer {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.shared.lock().unwrap();
        if state.broken || state.ended {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let room = state.line.capacity - state.on_the_way;
        if room == 0 {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let mut count = state.piece(bytes.len().min(room));
        if let Some(cut) = state.line.cut {
            count = count.min(cut - state.total);
        }
        let at = state.arrival();
        state.pieces.push_back((at, bytes[..count].to_vec()));
        state.on_the_way += count;
        state.total += count;
        state.broken = state.line.cut == Some(state.total);
        state.wake();
        if count == 0 {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.shared.lock().unwrap();
        state.ended = true;
        state.wake();
        Poll::Ready(Ok(()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let mut state = self.shared.lock().unwrap();
        state.ended = true;
        state.wake();
    }
}

impl Reader {
    fn poll_alarm(&mut self, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
        self.alarm.as_mut().reset(at);
        self.alarm.as_mut().poll(cx)
    }
}

impl AsyncRead for Reader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let shared = Arc::clone(&self.shared);
        let mut state = shared.lock().unwrap();
        let Some((at, _)) = state.pieces.front() else {
            if state.broken {
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
            if state.ended {
                return Poll::Ready(Ok(()));
            }
            state.reader = Some(cx.waker().clone());
            return Poll::Pending;
        };
        let at = (*at).max(self.not_before);
        if at > Instant::now() {
            drop(state);
            ready!(self.poll_alarm(at, cx));
            state = shared.lock().unwrap();
        }
        let most = state.piece(buffer.remaining());
        let (_, piece) = state.pieces.front_mut().unwrap();
        let count = most.min(piece.len());
        buffer.put_slice(&piece[..count]);
        piece.drain(..count);
        if piece.is_empty() {
            state.pieces.pop_front();
        }
        state.on_the_way -= count;
        self.not_before = Instant::now() + state.line.reading;
        state.wake();
        Poll::Ready(Ok(()))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.shared.lock().unwrap();
        state.broken = true;
        state.wake();
    }
}

#[tokio::test(start_paused = true)]
async fn bytes_arrive_in_order_and_not_before_their_time() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    for seed in (0..40).step_by(7) {
        let line = Line::rough(seed);
        let latency = line.latency;
        let (mut writer, mut reader) = line.open();
        let sent: Vec<u8> = (0..1_500_u32).map(|i| i.to_le_bytes()[0]).collect();
        let (begin, expected) = (Instant::now(), sent.clone());
        let writing = tokio::spawn(async move {
            writer.write_all(&sent).await.unwrap();
        });
        let mut got = Vec::new();
        reader.read_to_end(&mut got).await.unwrap();
        writing.await.unwrap();
        assert!(got == expected, "seed {seed}");
        assert!(begin.elapsed() >= latency, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_breaks_both_ends_after_exactly_so_many_bytes() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    for cut in [1, 5, 100] {
        let line = Line {
            cut: Some(cut),
            ..Line::default()
        };
        let (mut writer, mut reader) = line.open();
        let written = writer.write_all(&[7; 101]).await;
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        let mut got = Vec::new();
        let read = reader.read_to_end(&mut got).await;
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        assert_eq!((got.len(), writer.total()), (cut, cut));
    }
}
