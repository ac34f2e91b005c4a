//! The streams of a legacy session: of a request, of the listening client, and of one that reads on after a lost connection.

use std::sync::Arc;
use std::task::{Context, Poll};

use interlock_wire::{Revision, sse};
use tokio::runtime::Handle;

use super::call::{Call, Step};
use super::events::Source;
use super::journal::{Cursor, Found, Journal, STANDALONE};
use super::sessions::{InUse, LegacySession};

/// How long a client shall wait before it reconnects, in milliseconds.
const RETRY: u64 = 1_000;

/// A legacy request at work. Up to 2025-11-25 a lost connection is no cancellation, so when this is dropped early the work goes
/// on by itself, and what comes of it waits in the journal.
pub(super) struct LegacyCall {
    session: Arc<LegacySession>,
    /// INVARIANT: there until dropped.
    call: Option<Call>,
    /// Once there are events.
    stream: Option<u32>,
}

impl LegacyCall {
    pub(super) fn new(session: Arc<LegacySession>, call: Call) -> Self {
        Self {
            session,
            call: Some(call),
            stream: None,
        }
    }

    pub(super) fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        match &mut self.call {
            Some(call) => call.poll_step(cx),
            None => Poll::Ready(Step::End),
        }
    }

    /// From now on its messages are events.
    pub(super) fn open(&mut self) -> u32 {
        let stream = self.session.journal(Journal::open);
        self.stream = Some(stream);
        stream
    }
}

impl Drop for LegacyCall {
    fn drop(&mut self) {
        let Some(call) = self.call.take().filter(Call::is_at_work) else {
            return;
        };
        // Without a runtime the process is shutting down, and the work with it.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(work_on(call, Arc::clone(&self.session), self.stream));
        }
    }
}

/// Works on without a connection. Ends at the latest with the session, which cancels its calls.
async fn work_on(mut call: Call, session: Arc<LegacySession>, stream: Option<u32>) {
    while call.is_at_work() {
        let step = std::future::poll_fn(|cx| call.poll_step(cx)).await;
        if let Some(stream) = stream {
            record(&session, stream, step, &mut Vec::new());
        }
    }
}

/// Numbers and keeps what a step brought, and appends the event. Returns whether more may follow.
fn record(session: &LegacySession, stream: u32, step: Step, out: &mut Vec<u8>) -> bool {
    session.journal(|journal| match step {
        Step::Message(message) => {
            out.extend_from_slice(&journal.append(stream, &message));
            true
        }
        Step::Reply(reply) => {
            out.extend_from_slice(&journal.append(stream, &reply.bytes));
            journal.close(stream);
            false
        }
        Step::Cut => false,
        Step::End => {
            journal.close(stream);
            false
        }
    })
}

/// The stream of one legacy request.
pub(super) struct LegacyCallEvents {
    call: LegacyCall,
    stream: u32,
    first: Option<Step>,
    prime: bool,
    used: InUse,
}

impl LegacyCallEvents {
    /// The stream of `call`; `first` was taken to find out that one is needed.
    pub(super) fn new(mut call: LegacyCall, first: Option<Step>, used: InUse) -> Self {
        let stream = call.open();
        Self {
            call,
            stream,
            first,
            prime: is_primed(used.session.revision()),
            used,
        }
    }
}

impl Source for LegacyCallEvents {
    fn poll_event(&mut self, cx: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<bool> {
        if std::mem::take(&mut self.prime) {
            let start = Cursor {
                stream: self.stream,
                event: 0,
            };
            write_prime(start, out);
            return Poll::Ready(true);
        }
        let step = match self.first.take() {
            Some(first) => first,
            None => std::task::ready!(self.call.poll_step(cx)),
        };
        Poll::Ready(record(&self.used, self.stream, step, out))
    }
}

/// Whether a revision has events without a message; clients of older ones would read them as broken messages.
fn is_primed(revision: Option<Revision>) -> bool {
    revision.is_some_and(|revision| revision >= Revision::V2025_11_25)
}

/// An id to reconnect from, before there is any message.
fn write_prime(at: Cursor, out: &mut Vec<u8>) {
    let line = sse::Line {
        id: Some(&at.write()),
        retry: Some(RETRY),
        data: Some(b""),
        ..sse::Line::default()
    };
    sse::write_event(&line, out);
}

/// What belongs to no request, for the newest connection that listens.
pub(super) struct Listening {
    used: InUse,
    turn: u64,
    prime: bool,
    /// After a lost connection: what comes first.
    replay: Option<Cursor>,
}

impl Listening {
    /// Takes over from whoever listened before.
    pub(super) fn take_over(used: InUse, after: Option<Cursor>) -> Self {
        let mut state = used.state();
        state.listener += 1;
        let turn = state.listener;
        if state.receiver.is_none() {
            state.receiver = used.standalone.receiver();
        }
        let before = state.listening.take();
        drop(state);
        if let Some(before) = before {
            before.wake();
        }
        let prime = after.is_none() && is_primed(used.session.revision());
        Self {
            used,
            turn,
            prime,
            replay: after,
        }
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Vec<u8>>> {
        let mut state = self.used.state();
        if state.listener != self.turn {
            return Poll::Ready(None);
        }
        state.listening = Some(cx.waker().clone());
        match &mut state.receiver {
            Some(receiver) => receiver.poll_recv(cx),
            None => Poll::Ready(None),
        }
    }
}

impl Source for Listening {
    fn poll_event(&mut self, cx: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<bool> {
        if std::mem::take(&mut self.prime) {
            let start = Cursor {
                stream: STANDALONE,
                event: 0,
            };
            let position = self.used.journal(|journal| journal.position(STANDALONE));
            write_prime(position.unwrap_or(start), out);
            return Poll::Ready(true);
        }
        if let Some(after) = self.replay {
            match self.used.journal(|journal| journal.next(after)) {
                Found::Event(at, event) => {
                    self.replay = Some(at);
                    out.extend_from_slice(&event);
                    return Poll::Ready(true);
                }
                Found::Later | Found::End => self.replay = None,
            }
        }
        let Some(message) = std::task::ready!(self.poll_message(cx)) else {
            return Poll::Ready(false);
        };
        let event = self
            .used
            .journal(|journal| journal.append(STANDALONE, &message));
        out.extend_from_slice(&event);
        Poll::Ready(true)
    }
}

/// The rest of a request's stream, for a client that lost its connection.
pub(super) struct Resumed {
    pub(super) used: InUse,
    pub(super) after: Cursor,
}

impl Source for Resumed {
    fn poll_event(&mut self, cx: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<bool> {
        self.used
            .session()
            .journal(|journal| match journal.next(self.after) {
                Found::Event(at, event) => {
                    self.after = at;
                    out.extend_from_slice(&event);
                    Poll::Ready(true)
                }
                Found::Later => {
                    journal.watch(cx.waker());
                    Poll::Pending
                }
                Found::End => Poll::Ready(false),
            })
    }
}
