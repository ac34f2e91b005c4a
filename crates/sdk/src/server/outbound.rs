//! A bounded queue for what a server sends while it works. An unused one costs one small allocation.
//!
//! It is not tokio's channel because of that: most calls send nothing but their answer, and ten thousand idle streams
//! would hold a block of slots each.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use thiserror::Error;

/// Where notifications and requests of the server go: a pipe, or the event stream of one request.
///
/// ```
/// use interlock_sdk::server::Outbound;
///
/// let out = Outbound::new(8);
/// let mut receiver = out.receiver().ok_or("taken")?;
/// out.try_send(b"{}".to_vec())?;
/// assert_eq!(receiver.try_recv().as_deref(), Some(&b"{}"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Outbound(Arc<Mutex<Queue>>);

/// The receiving end; there is one. Dropping it closes the queue.
#[derive(Debug)]
pub struct OutboundReceiver(Arc<Mutex<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Vec<u8>>,
    capacity: usize,
    taken: bool,
    closed: bool,
    /// The handler asked for the stream to end here and go on elsewhere.
    cut: bool,
    receiver: Option<Waker>,
    senders: Vec<Waker>,
}

/// Nobody will receive it: the peer is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the stream to the peer is closed")]
pub struct Closed;

/// Why a message was not taken at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TrySendError {
    /// Nobody will receive it.
    #[error("the stream to the peer is closed")]
    Closed,
    /// The peer reads too slowly.
    #[error("the stream to the peer is full")]
    Full,
}

impl Outbound {
    /// A queue of at most `capacity` messages (at least one).
    pub fn new(capacity: usize) -> Self {
        let queue = Queue {
            capacity: capacity.max(1),
            ..Queue::default()
        };
        Self(Arc::new(Mutex::new(queue)))
    }

    /// A queue that is closed already: for peers that cannot be sent anything but answers.
    pub fn closed() -> Self {
        let out = Self::new(1);
        out.close();
        out
    }

    /// The receiving end, once.
    pub fn receiver(&self) -> Option<OutboundReceiver> {
        let mut queue = lock(&self.0);
        match std::mem::replace(&mut queue.taken, true) {
            true => None,
            false => Some(OutboundReceiver(Arc::clone(&self.0))),
        }
    }

    /// Sends one message, without a line end; waits while the queue is full.
    ///
    /// # Errors
    /// [`Closed`] when nobody will receive it.
    pub async fn send(&self, message: Vec<u8>) -> Result<(), Closed> {
        let mut message = Some(message);
        poll_fn(|cx| self.poll_send(cx, &mut message)).await
    }

    fn poll_send(
        &self,
        cx: &mut Context<'_>,
        message: &mut Option<Vec<u8>>,
    ) -> Poll<Result<(), Closed>> {
        let mut queue = lock(&self.0);
        if queue.closed {
            return Poll::Ready(Err(Closed));
        }
        if queue.messages.len() >= queue.capacity {
            if !queue
                .senders
                .iter()
                .any(|waker| waker.will_wake(cx.waker()))
            {
                queue.senders.push(cx.waker().clone());
            }
            return Poll::Pending;
        }
        queue.messages.extend(message.take());
        wake(queue);
        Poll::Ready(Ok(()))
    }

    /// Sends one message if there is room.
    ///
    /// # Errors
    /// [`TrySendError`] when there is none, or nobody will receive it.
    pub fn try_send(&self, message: Vec<u8>) -> Result<(), TrySendError> {
        let mut queue = lock(&self.0);
        if queue.closed {
            return Err(TrySendError::Closed);
        }
        if queue.messages.len() >= queue.capacity {
            return Err(TrySendError::Full);
        }
        queue.messages.push_back(message);
        wake(queue);
        Ok(())
    }

    /// Ends the stream: what is queued is still received, nothing more is taken.
    pub fn close(&self) {
        let mut queue = lock(&self.0);
        queue.closed = true;
        let senders = std::mem::take(&mut queue.senders);
        wake(queue);
        senders.into_iter().for_each(Waker::wake);
    }

    /// Asks whoever receives to end this connection when it has what was sent so far, and to keep the rest for another one.
    pub(crate) fn cut(&self) {
        let mut queue = lock(&self.0);
        queue.cut = true;
        wake(queue);
    }

    /// Whether nothing more is taken.
    pub fn is_closed(&self) -> bool {
        lock(&self.0).closed
    }

    /// Whether both are the same queue.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl OutboundReceiver {
    /// The next message; none when the queue was closed and is empty.
    pub async fn recv(&mut self) -> Option<Vec<u8>> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// The same, for those who poll.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Vec<u8>>> {
        let mut queue = lock(&self.0);
        if let Some(message) = take(&mut queue) {
            return Poll::Ready(Some(message));
        }
        if queue.closed {
            return Poll::Ready(None);
        }
        if !queue
            .receiver
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            queue.receiver = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Whether the connection is to end here; once.
    pub(crate) fn take_cut(&mut self, cx: &mut Context<'_>) -> bool {
        let mut queue = lock(&self.0);
        let cut = queue.messages.is_empty() && std::mem::take(&mut queue.cut);
        if !cut {
            queue.receiver = Some(cx.waker().clone());
        }
        cut
    }

    /// The next message, if one is there.
    pub fn try_recv(&mut self) -> Option<Vec<u8>> {
        take(&mut lock(&self.0))
    }
}

impl Drop for OutboundReceiver {
    fn drop(&mut self) {
        let mut queue = lock(&self.0);
        queue.closed = true;
        queue.messages = VecDeque::new();
        let senders = std::mem::take(&mut queue.senders);
        drop(queue);
        senders.into_iter().for_each(Waker::wake);
    }
}

fn take(queue: &mut MutexGuard<'_, Queue>) -> Option<Vec<u8>> {
    let message = queue.messages.pop_front()?;
    if queue.messages.is_empty() && queue.messages.capacity() > 64 {
        queue.messages = VecDeque::new();
    }
    queue.senders.drain(..).for_each(Waker::wake);
    Some(message)
}

fn wake(mut queue: MutexGuard<'_, Queue>) {
    let receiver = queue.receiver.take();
    drop(queue);
    if let Some(waker) = receiver {
        waker.wake();
    }
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}
