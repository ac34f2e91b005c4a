//! What a handler knows of its call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use interlock_wire::{Id, Revision};
use tokio::sync::Notify;

use super::outbound::Outbound;
use super::session::Session;
use crate::Principal;

/// How a message arrived: what a transport lets handlers see of it.
#[derive(Debug, Clone, Default)]
pub struct Arrival {
    /// Whatever the transport and its layers put there; never a token.
    pub extensions: http::Extensions,
}

/// One call, as its handler sees it. Cloning it is cheap.
#[derive(Clone)]
pub struct Context(pub(super) Arc<Call>);

pub(super) struct Call {
    pub(super) session: Session,
    pub(super) revision: Revision,
    pub(super) token: Option<Id<'static>>,
    pub(super) out: Outbound,
    pub(super) arrival: Arrival,
    cancelled: AtomicBool,
    wake: Notify,
}

impl Context {
    pub(super) fn new(
        session: Session,
        revision: Revision,
        token: Option<Id<'static>>,
        out: Outbound,
        arrival: Arrival,
    ) -> Self {
        Self(Arc::new(Call {
            session,
            revision,
            token,
            out,
            arrival,
            cancelled: AtomicBool::new(false),
            wake: Notify::new(),
        }))
    }

    /// Who calls.
    pub fn principal(&self) -> &Principal {
        self.0.session.principal()
    }

    /// The revision that the call is made in.
    pub fn revision(&self) -> Revision {
        self.0.revision
    }

    /// What the transport tells of the message's arrival.
    pub fn extensions(&self) -> &http::Extensions {
        &self.0.arrival.extensions
    }

    /// Whether nobody waits for the answer any more.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Waits until nobody waits for the answer any more.
    pub async fn cancelled(&self) {
        let mut waiting = std::pin::pin!(self.0.wake.notified());
        waiting.as_mut().enable();
        if !self.is_cancelled() {
            waiting.await;
        }
    }

    pub(super) fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        self.0.wake.notify_waiters();
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("revision", &self.0.revision)
            .field("cancelled", &self.is_cancelled())
            .finish_non_exhaustive()
    }
}
