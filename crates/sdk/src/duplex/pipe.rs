//! The client's end of a byte stream: pipes to a server that somebody started, a Unix socket, anything that reads and writes.
//!
//! It starts no process. One task owns both directions: messages that are sent while it writes go out together with the next
//! write, and messages that arrive go straight into the client's [`Inbox`].

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use interlock_wire::{Frame, LineBuffer, Reject};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::backlog::Backlog;
use super::descriptor::Descriptor;
use super::lines::poll_fill;
use crate::BoxFuture;
use crate::client::{Connect, Inbox, Outgoing, Transport, TransportError, Via};

/// What [`Builder::connect`](crate::client::Builder::connect) takes to talk over a byte stream.
///
/// ```
/// # async fn example(server_output: std::os::fd::OwnedFd, server_input: std::os::fd::OwnedFd) -> std::io::Result<()> {
/// use interlock_sdk::duplex::Pipe;
///
/// let pipe = Pipe::descriptors(server_output, server_input)?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Pipe<R, W> {
    reader: R,
    writer: W,
}

impl<R, W> Pipe<R, W>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    /// Over any two streams: `reader` gives what the server writes.
    pub fn new(reader: R, writer: W) -> Self {
        Self { reader, writer }
    }
}

impl Pipe<Descriptor, Descriptor> {
    /// Over the parent's ends of the server's standard output and standard input.
    ///
    /// # Errors
    /// When a descriptor cannot be registered with the runtime.
    pub fn descriptors(output: OwnedFd, input: OwnedFd) -> io::Result<Self> {
        Ok(Self {
            reader: Descriptor::reading(output)?,
            writer: Descriptor::writing(input)?,
        })
    }
}

/// A server on a Unix socket, for [`Builder::connect`](crate::client::Builder::connect).
#[derive(Debug, Clone)]
pub struct Unix {
    path: PathBuf,
}

impl Unix {
    /// The socket at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl Connect for Unix {
    type Transport = Stream;

    fn connect(self, inbox: Inbox) -> BoxFuture<'static, Result<Stream, TransportError>> {
        Box::pin(async move {
            let stream = UnixStream::connect(&self.path).await?;
            let peer = stream.peer_cred()?.uid();
            if peer != rustix::process::getuid().as_raw() {
                return Err(TransportError::Refused("the socket is another user's"));
            }
            let (reader, writer) = stream.into_split();
            Ok(Stream::open(reader, writer, inbox))
        })
    }
}

impl<R, W> Connect for Pipe<R, W>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Transport = Stream;

    fn connect(self, inbox: Inbox) -> BoxFuture<'static, Result<Stream, TransportError>> {
        Box::pin(async move { Ok(Stream::open(self.reader, self.writer, inbox)) })
    }
}

/// The [`Transport`] over a byte stream, made by [`Pipe`] and [`Unix`].
#[derive(Debug)]
pub struct Stream {
    shared: Arc<Shared>,
    /// Who waits for room, in the order of their calls.
    turn: tokio::sync::Mutex<()>,
    ended: watch::Receiver<bool>,
    pump: JoinHandle<()>,
}

/// What senders and the pump both see.
#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    /// The pump sleeps.
    pump: AtomicWaker,
    /// There is room again.
    room: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    lines: Backlog,
    closing: bool,
    /// Nobody writes any more, and why.
    ended: Option<TransportError>,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        // INVARIANT: nothing that can panic runs while the lock is held, so what it guards is whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing is sent any more.
    fn end(&self, reason: TransportError) {
        self.queue().ended.get_or_insert(reason);
        self.room.notify_waiters();
    }

    /// Queues a line, unless so much waits already.
    fn offer(&self, message: &[u8]) -> Result<bool, TransportError> {
        let mut queue = self.queue();
        if let Some(ended) = &queue.ended {
            return Err(ended.clone());
        }
        if queue.closing {
            return Err(TransportError::Closed);
        }
        if queue.lines.is_high() {
            return Ok(false);
        }
        queue.lines.push(message);
        drop(queue);
        self.pump.wake();
        Ok(true)
    }
}

impl Stream {
    fn open<R, W>(reader: R, writer: W, inbox: Inbox) -> Self
    where
        R: AsyncRead + Send + Unpin + 'static,
        W: AsyncWrite + Send + Unpin + 'static,
    {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            pump: AtomicWaker::new(),
            room: Notify::new(),
        });
        let (tell, ended) = watch::channel(false);
        let mut pump = Pump {
            reader,
            writer: Some(writer),
            input: LineBuffer::new(inbox.limits()),
            out: Backlog::default(),
            inbox,
            shared: Arc::clone(&shared),
        };
        let pump = tokio::spawn(async move {
            let reason = std::future::poll_fn(|cx| pump.poll(cx)).await;
            pump.shared.end(reason.clone());
            pump.inbox.closed(reason);
            let _nobody_waits = tell.send(true);
        });
        Self {
            shared,
            turn: tokio::sync::Mutex::default(),
            ended,
            pump,
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

impl Transport for Stream {
    fn send<'a>(&'a self, message: Outgoing) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            let _turn = self.turn.lock().await;
            loop {
                let mut room = std::pin::pin!(self.shared.room.notified());
                // Registered before the look, so that room made in between is not missed.
                room.as_mut().enable();
                if self.shared.offer(&message.bytes)? {
                    return Ok(());
                }
                room.await;
            }
        })
    }

    /// Ends what the server reads, once everything sent was written, and waits for the end of what it writes.
    ///
    /// A server that does not end its side is not waited for by anyone but the caller of this: give it a time limit.
    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.shared.queue().closing = true;
            self.shared.pump.wake();
            let mut ended = self.ended.clone();
            let _gone = ended.wait_for(|ended| *ended).await;
        })
    }
}

struct Pump<R, W> {
    reader: R,
    /// None once the server's input was ended.
    writer: Option<W>,
    input: LineBuffer,
    out: Backlog,
    inbox: Inbox,
    shared: Arc<Shared>,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Pump<R, W> {
    /// Ready when nothing more will be read, with the reason.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<TransportError> {
        self.shared.pump.register(cx.waker());
        if let Poll::Ready(Err(error)) = self.poll_write(cx) {
            // What the server wrote before it stopped reading still counts.
            self.writer = None;
            self.shared.end(error.into());
        }
        loop {
            self.deliver();
            match poll_fill(&mut self.reader, &mut self.input, cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(0)) => return Poll::Ready(TransportError::Closed),
                Poll::Ready(Ok(_more)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(error.into()),
            }
        }
    }

    fn deliver(&mut self) {
        while let Some(frame) = self.input.next_frame() {
            match frame {
                Frame::Line(line) => {
                    let _judged_there = self.inbox.message(line, Via::Shared);
                }
                Frame::TooLong => self.inbox.reject(&Reject::too_long()),
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(writer) = &mut self.writer {
            if self.out.is_empty() {
                let mut queue = self.shared.queue();
                std::mem::swap(&mut self.out, &mut queue.lines);
                let done = queue.closing && self.out.is_empty();
                drop(queue);
                if done {
                    std::task::ready!(std::pin::Pin::new(writer).poll_shutdown(cx))?;
                    self.writer = None;
                    break;
                }
                if self.out.is_empty() {
                    break;
                }
                self.shared.room.notify_waiters();
            }
            std::task::ready!(self.out.poll_write(writer, cx))?;
        }
        Poll::Ready(Ok(()))
    }
}
