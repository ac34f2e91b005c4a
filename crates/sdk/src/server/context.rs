//! What a handler knows of its call.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use interlock_wire::Revision;
use interlock_wire::types::{ClientCapabilities, Decode, Implementation, RequestMeta};
use tokio::sync::Notify;

use super::outbound::Outbound;
use super::rounds::Rounds;
use super::session::Session;
use super::tasks::TaskHandle;
use crate::Principal;

/// How a message arrived: what a transport lets handlers see of it.
#[derive(Debug, Clone, Default)]
pub struct Arrival {
    /// Whatever the transport and its layers put there; never a token.
    pub extensions: http::Extensions,
}

/// One call, as its handler sees it. Cloning it is cheap.
///
/// Besides what its own page shows, it reports progress and logs ([`progress`](Self::progress), [`log`](Self::log)) and asks the
/// client ([`elicit`](Self::elicit), [`sample`](Self::sample), [`roots`](Self::roots)), in all revisions alike.
#[derive(Clone)]
pub struct Context(pub(super) Arc<Call>);

pub(super) struct Call {
    pub(super) session: Session,
    pub(super) revision: Revision,
    pub(super) out: Outbound,
    arrival: Arrival,
    /// The raw `_meta` of the request.
    meta: Option<Box<[u8]>>,
    capabilities: OnceLock<Arc<ClientCapabilities>>,
    /// Progress that was reported; none once the answer is on its way.
    pub(super) progress: Mutex<Option<f64>>,
    /// Questions and answers of a modern request, once there are any.
    rounds: Mutex<Option<Box<Rounds>>>,
    /// The task that the call became.
    pub(super) task: OnceLock<TaskHandle>,
    /// The handler asks for the call to go on as a task.
    pub(super) detach: AtomicBool,
    cancelled: AtomicBool,
    pub(super) wake: Notify,
}

impl Context {
    pub(super) fn new(
        session: Session,
        revision: Revision,
        meta: Option<&[u8]>,
        out: Outbound,
        arrival: Arrival,
    ) -> Self {
        Self(Arc::new(Call {
            session,
            revision,
            out,
            arrival,
            meta: meta.map(Into::into),
            capabilities: OnceLock::new(),
            progress: Mutex::new(Some(f64::NEG_INFINITY)),
            rounds: Mutex::new(None),
            task: OnceLock::new(),
            detach: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
            wake: Notify::new(),
        }))
    }

    /// Who calls.
    pub fn principal(&self) -> &Principal {
        self.0.session.principal()
    }

    /// The session that the call came in. From 2026-07-28 on it says nothing about who calls or what came before.
    pub fn session(&self) -> &Session {
        &self.0.session
    }

    /// The revision that the call is made in.
    pub fn revision(&self) -> Revision {
        self.0.revision
    }

    /// What the client can do.
    pub fn client_capabilities(&self) -> Arc<ClientCapabilities> {
        let read = || match self.0.revision {
            Revision::V2026_07_28 => self.meta().client_capabilities.map(Arc::new),
            _ => self.0.session.client_capabilities(),
        };
        let capabilities = self
            .0
            .capabilities
            .get_or_init(|| read().unwrap_or_default());
        Arc::clone(capabilities)
    }

    /// Who the client says it is. Nobody has checked it: for logs, never for decisions.
    pub fn client_info(&self) -> Option<Arc<Implementation>> {
        match self.0.revision {
            Revision::V2026_07_28 => self.meta().client_info.map(Arc::new),
            _ => self.0.session.client_info(),
        }
    }

    /// The `_meta` of the request: trace context, and keys of extensions.
    pub fn meta(&self) -> RequestMeta {
        let raw = self.0.meta.as_deref();
        raw.and_then(|raw| RequestMeta::decode(raw).ok())
            .unwrap_or_default()
    }

    pub(super) fn raw_meta(&self) -> Option<&[u8]> {
        self.0.meta.as_deref()
    }

    /// What the transport tells of the message's arrival.
    pub fn extensions(&self) -> &http::Extensions {
        &self.0.arrival.extensions
    }

    /// Whether nobody waits for the answer any more.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Waits until nobody waits for the answer any more. A handler is dropped then in any case: this is for what it spawned.
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

    /// The answer is on its way: no progress, no log behind it.
    pub(super) fn finish(&self) {
        let mut progress = self
            .0
            .progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *progress = None;
    }

    pub(super) fn is_modern(&self) -> bool {
        self.0.revision == Revision::V2026_07_28
    }

    pub(super) fn rounds(&self) -> MutexGuard<'_, Option<Box<Rounds>>> {
        self.0.rounds.lock().unwrap_or_else(PoisonError::into_inner)
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
