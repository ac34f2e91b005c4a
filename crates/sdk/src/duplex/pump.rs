//! The server's end of a byte stream: lines in, answers out, everything of one peer on one task.
//!
//! Every line that has arrived is handled before anything is written, so answers that are ready leave in one write. Handlers
//! that are not ready run on this same task. When the peer does not read, its lines are not read either.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use interlock_wire::{Frame, Limits, LineBuffer, Reject, parse};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::error::Elapsed;

use super::backlog::Backlog;
use super::lines::poll_fill;
use crate::server::{Arrival, Handled, Outbound, OutboundReceiver, Pending, Session};

/// How long handlers may go on after the peer said that nothing more will come, and how long each write may then take.
///
/// The specification asks a server to exit promptly; what `printf … | server` asked for is answered all the same.
const GRACE: Duration = Duration::from_millis(500);

/// Messages that handlers may have sent and that are not yet taken over for writing.
const QUEUED: usize = 64;

/// Serves one session until the peer ends it.
///
/// A peer that is gone is no error.
pub(super) async fn serve<R, W>(
    session: Session,
    limits: &Limits,
    mut reader: R,
    mut writer: W,
) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut pump = Pump::new(session, limits);
    let read = poll_fn(|cx| pump.poll(&mut reader, &mut writer, cx)).await;
    let ended = match read {
        Ok(()) => pump.finish(&mut writer).await,
        Err(error) => Err(error),
    };
    pump.session.close();
    match ended {
        Err(error) if is_gone(&error) => Ok(()),
        other => other,
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
    )
}

struct Pump {
    session: Session,
    limits: Limits,
    input: LineBuffer,
    out: Backlog,
    running: FuturesUnordered<Pending>,
    outbound: Outbound,
    sent: Option<OutboundReceiver>,
}

impl Pump {
    fn new(session: Session, limits: &Limits) -> Self {
        let outbound = Outbound::new(QUEUED);
        let sent = outbound.receiver();
        session.attach(outbound.clone());
        Self {
            session,
            limits: limits.clone(),
            input: LineBuffer::new(limits),
            out: Backlog::default(),
            running: FuturesUnordered::new(),
            outbound,
            sent,
        }
    }

    /// Ready when nothing more will come.
    fn poll<R, W>(
        &mut self,
        reader: &mut R,
        writer: &mut W,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        loop {
            let all_answered = self.answer();
            let all_collected = self.collect(cx);
            if let Poll::Ready(Err(error)) = self.out.poll_write(writer, cx) {
                return Poll::Ready(Err(error));
            }
            if self.out.is_high() {
                // The peer does not read, so nothing of it is read. The writer wakes this task.
                return Poll::Pending;
            }
            if !(all_answered && all_collected) {
                continue;
            }
            match ready!(poll_fill(reader, &mut self.input, cx))? {
                0 => {
                    self.answer_last();
                    return Poll::Ready(Ok(()));
                }
                _more => {}
            }
        }
    }

    /// Handles the lines that have arrived; false when it stopped because too much waits to be written.
    fn answer(&mut self) -> bool {
        let Self {
            session,
            limits,
            input,
            out,
            running,
            outbound,
            sent,
        } = self;
        while !out.is_high() {
            let Some(frame) = input.next_frame() else {
                return true;
            };
            let start = out.buffer().len();
            let handled = match frame {
                Frame::Line(line) => handle(session, limits, line, outbound, out.buffer()),
                Frame::TooLong => session.reject(&Reject::too_long(), out.buffer()),
            };
            keep(handled, start, out, running, sent);
        }
        false
    }

    /// What came after the last line end is a message too, if it is whole.
    fn answer_last(&mut self) {
        let line = self.input.partial();
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        let start = self.out.buffer().len();
        let buffer = self.out.buffer();
        let handled = handle(&self.session, &self.limits, line, &self.outbound, buffer);
        keep(
            handled,
            start,
            &mut self.out,
            &mut self.running,
            &mut self.sent,
        );
    }

    /// Lets handlers run and takes what they sent and answered; false when it stopped because too much waits to be written.
    fn collect(&mut self, cx: &mut Context<'_>) -> bool {
        while !self.out.is_high() {
            if let Some(sent) = &mut self.sent
                && let Poll::Ready(Some(message)) = sent.poll_recv(cx)
            {
                self.out.push(&message);
                continue;
            }
            if self.running.is_empty() {
                return true;
            }
            let Poll::Ready(Some(reply)) = self.running.poll_next_unpin(cx) else {
                return self
                    .sent
                    .as_mut()
                    .is_none_or(|sent| !drain(sent, &mut self.out));
            };
            if let Some(sent) = &mut self.sent {
                drain(sent, &mut self.out);
            }
            if let Some(reply) = reply {
                self.out.push(&reply.bytes);
            }
        }
        false
    }

    /// Writes what is left to say after the peer's last line: handlers get a moment, and so does each write.
    async fn finish<W: AsyncWrite + Unpin>(&mut self, writer: &mut W) -> io::Result<()> {
        let drained = poll_fn(|cx| {
            loop {
                let all_collected = self.collect(cx);
                if let Poll::Ready(Err(error)) = self.out.poll_write(writer, cx) {
                    return Poll::Ready(Err(error));
                }
                if self.running.is_empty() {
                    return Poll::Ready(Ok(()));
                }
                if all_collected || self.out.is_high() {
                    return Poll::Pending;
                }
            }
        });
        if let Ok(drained) = within_grace(drained).await {
            drained?;
        }
        self.running.clear();
        while !self.out.is_empty() {
            let written = poll_fn(|cx| self.out.poll_write_some(writer, cx));
            match within_grace(written).await {
                Ok(written) => written?,
                // The peer does not read any more.
                Err(_elapsed) => break,
            }
        }
        Ok(())
    }
}

/// Without a timer where there is nothing to wait for.
async fn within_grace<T>(work: impl Future<Output = T>) -> Result<T, Elapsed> {
    let mut work = std::pin::pin!(work);
    if let Some(done) = work.as_mut().now_or_never() {
        return Ok(done);
    }
    tokio::time::timeout(GRACE, work).await
}

fn handle(
    session: &Session,
    limits: &Limits,
    line: &[u8],
    outbound: &Outbound,
    reply: &mut Vec<u8>,
) -> Handled {
    match parse(line, limits) {
        Ok(message) => session.handle(&message, Arrival::default(), outbound, reply),
        Err(reject) => session.reject(&reject, reply),
    }
}

/// Ends the line of an answer that was appended at `start`, behind what its handler sent before; keeps a handler that is not ready.
fn keep(
    handled: Handled,
    start: usize,
    out: &mut Backlog,
    running: &mut FuturesUnordered<Pending>,
    sent: &mut Option<OutboundReceiver>,
) {
    match handled {
        Handled::Replied(_) => {
            out.end_line(start);
            if let Some(first) = sent.as_mut().and_then(OutboundReceiver::try_recv) {
                let mut before = Backlog::default();
                before.push(&first);
                if let Some(sent) = sent {
                    drain(sent, &mut before);
                }
                out.insert_before(start, &mut before);
            }
        }
        Handled::Silent => {}
        Handled::Later(pending) => running.push(pending),
    }
}

/// Takes everything that was sent, however much: the queue is short. Says whether there was anything.
fn drain(sent: &mut OutboundReceiver, out: &mut Backlog) -> bool {
    let mut any = false;
    while let Some(message) = sent.try_recv() {
        out.push(&message);
        any = true;
    }
    any
}
