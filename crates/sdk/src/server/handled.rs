//! What becomes of a message that a session was given.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::BoxFuture;

/// What [`Session::handle`](super::Session::handle) made of a message.
#[derive(Debug)]
#[must_use = "a pending answer is cancelled when it is dropped"]
pub enum Handled {
    /// One JSON message, without a line end, was appended to the reply buffer.
    Replied(Outcome),
    /// There is nothing to answer.
    Silent,
    /// The answer comes later.
    Later(Pending),
}

/// What kind of answer was given: HTTP has different statuses for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A result.
    Result,
    /// An error with that code.
    Error(i64),
}

/// An answer that came later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// One JSON message, without a line end.
    pub bytes: Vec<u8>,
    /// What kind of answer it is.
    pub outcome: Outcome,
}

/// A call whose handler is still at work. Gives none when the call was cancelled, which wants no answer.
///
/// What the handler sent is in the call's [`Outbound`](super::Outbound) before its answer is ready: write that first. Dropping
/// it drops the handler and tells everybody who waits for [`cancelled`](super::Context::cancelled).
pub struct Pending(BoxFuture<'static, Option<Reply>>);

impl Pending {
    pub(crate) fn new(future: impl Future<Output = Option<Reply>> + Send + 'static) -> Self {
        Self(Box::pin(future))
    }
}

impl Future for Pending {
    type Output = Option<Reply>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pending")
    }
}
