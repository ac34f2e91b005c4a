//! One request at work: its handler, what the handler sends meanwhile, and its answer.

use std::task::{Context, Poll};

use interlock_wire::sse;

use super::events::Source;
use crate::server::{OutboundReceiver, Pending, Reply};

/// A call that is polled by whoever answers it. Dropping it cancels the handler.
pub(super) struct Call {
    pending: Option<Pending>,
    sent: OutboundReceiver,
    reply: Option<Reply>,
}

/// What a call does next.
#[derive(Debug)]
pub(super) enum Step {
    /// The handler sent a message.
    Message(Vec<u8>),
    /// The handler answered; nothing follows.
    Reply(Reply),
    /// The handler wants this connection to end; the call goes on.
    Cut,
    /// The call was cancelled, which wants no answer; nothing follows.
    End,
}

impl Call {
    /// A call whose handler is at work.
    pub(super) fn at_work(pending: Pending, sent: OutboundReceiver) -> Self {
        Self {
            pending: Some(pending),
            sent,
            reply: None,
        }
    }

    /// A call whose handler is done.
    pub(super) fn answered(reply: Reply, sent: OutboundReceiver) -> Self {
        Self {
            pending: None,
            sent,
            reply: Some(reply),
        }
    }

    /// The next step. Messages come before the answer, in the order in which they were sent.
    pub(super) fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        if let Some(pending) = &mut self.pending
            && let Poll::Ready(reply) = std::pin::Pin::new(pending).poll(cx)
        {
            (self.pending, self.reply) = (None, reply);
        }
        if self.pending.is_none() {
            // What was sent before the answer is in the queue already.
            return Poll::Ready(match (self.sent.try_recv(), self.reply.take()) {
                (Some(message), reply) => {
                    self.reply = reply;
                    Step::Message(message)
                }
                (None, Some(reply)) => Step::Reply(reply),
                (None, None) => Step::End,
            });
        }
        match self.sent.poll_recv(cx) {
            Poll::Ready(Some(message)) => Poll::Ready(Step::Message(message)),
            Poll::Ready(None) | Poll::Pending if self.sent.take_cut(cx) => Poll::Ready(Step::Cut),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    /// Whether there is more to come.
    pub(super) fn is_at_work(&self) -> bool {
        self.pending.is_some() || self.reply.is_some()
    }
}

/// The stream of one modern request: when it is dropped, the request is cancelled.
pub(super) struct CallEvents {
    /// A message that was taken to find out that a stream is needed.
    pub(super) first: Option<Vec<u8>>,
    pub(super) call: Call,
}

impl Source for CallEvents {
    fn poll_event(&mut self, cx: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<bool> {
        if let Some(first) = self.first.take() {
            sse::write_message(&first, out);
            return Poll::Ready(true);
        }
        self.call.poll_step(cx).map(|step| match step {
            Step::Message(message) => {
                sse::write_message(&message, out);
                true
            }
            Step::Reply(reply) => {
                sse::write_message(&reply.bytes, out);
                false
            }
            Step::Cut | Step::End => false,
        })
    }
}
