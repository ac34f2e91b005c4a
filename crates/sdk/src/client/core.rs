//! What receives: judges each message by the machine and takes it to whoever waits for it. Never blocks.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use interlock_wire::{Id, Limits, Message, Method, Reject, Revision, parse};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::cache::Cache;
use super::events::Events;
use super::handlers::Handlers;
use super::machine::{Machine, Outcome, Phase, Step};
use super::tool_book::ToolBook;
use super::transport::{Outgoing, OutgoingKind, Receive, Taken, Transport, TransportError, Via};
use super::waiter::{Reply, Waiter};

/// Everything of one client but the transport, which holds it.
pub(crate) struct Core {
    machine: Mutex<Machine<Waiter, AbortHandle>>,
    transport: OnceLock<Weak<dyn Transport>>,
    pub(crate) limits: Limits,
    pub(crate) handlers: Handlers,
    pub(crate) events: Events,
    pub(crate) cache: Cache,
    pub(crate) tools: ToolBook,
    /// When the last question of the server was answered.
    answered: Mutex<Option<Instant>>,
    itself: Weak<Core>,
}

impl Core {
    pub(crate) fn new(handlers: Handlers, limits: Limits, cache: Cache) -> Arc<Self> {
        let machine = Machine::new(
            handlers.grants(),
            limits.max_in_flight,
            handlers.most_at_once(),
        );
        Arc::new_cyclic(|itself| Self {
            machine: Mutex::new(machine),
            transport: OnceLock::new(),
            limits,
            handlers,
            events: Events::default(),
            cache,
            tools: ToolBook::default(),
            answered: Mutex::default(),
            itself: itself.clone(),
        })
    }

    /// The transport exists now. It holds us, so we do not hold it.
    pub(crate) fn carried_by(&self, transport: &Arc<dyn Transport>) {
        drop(self.transport.set(Arc::downgrade(transport)));
    }

    /// The one lock; nothing of the caller's runs while it is held.
    pub(crate) fn machine(&self) -> MutexGuard<'_, Machine<Waiter, AbortHandle>> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The end: whoever waits is told why.
    pub(crate) fn close(&self, reason: &TransportError) {
        let (waiters, handles) = self.machine().close();
        for waiter in waiters {
            waiter.answer(Reply::Lost(reason.clone()));
        }
        for handle in handles {
            handle.abort();
        }
        self.events.close();
    }

    /// Sends from a task of its own: what is owed to the server whatever our caller does meanwhile.
    pub(crate) fn post(&self, bytes: Vec<u8>, kind: OutgoingKind) {
        let Some(transport) = self.transport.get().and_then(Weak::upgrade) else {
            return;
        };
        let message = Outgoing::new(bytes, kind, self.revision());
        spawn(async move {
            // When it cannot be sent the connection is failing, which whoever waits is told.
            drop(transport.send(message).await);
        });
    }

    pub(crate) fn revision(&self) -> Option<Revision> {
        match self.machine().phase() {
            Phase::Legacy(revision) => Some(revision),
            Phase::Modern => Some(Revision::V2026_07_28),
            Phase::Opening | Phase::Closed => None,
        }
    }

    fn ask(&self, id: Id<'static>, method: Method, params: &[u8]) {
        let Some(core) = self.itself.upgrade() else {
            return;
        };
        let revision = self.revision().unwrap_or(Revision::V2024_11_05);
        let work = self.handlers.answer(method, params, revision);
        let asked = id.clone();
        let task = spawn(async move {
            let reply = match work.await {
                Ok(result) => super::message::result(&asked, &result),
                Err(error) => {
                    let mut reply = Vec::new();
                    error.write(Some(&asked), &mut reply);
                    reply
                }
            };
            core.answered_now();
            if core.machine().finished(&asked) {
                core.post(reply, OutgoingKind::Response);
            }
        });
        if let Some(handle) = task
            && !self.machine().running(&id, handle.clone())
            && !handle.is_finished()
        {
            handle.abort();
        }
    }

    fn answered_now(&self) {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        *answered = Some(Instant::now());
    }

    /// Until when it was our turn: now, while a question of the server is being answered.
    pub(crate) fn our_turn(&self) -> Option<Instant> {
        match self.machine().is_asked() {
            true => Some(Instant::now()),
            false => *self.answered.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    fn notice(&self, method: Method, name: &str, params: &[u8], subscription: Option<i64>) {
        self.cache.changed(method, params);
        if method == Method::ToolsChanged {
            self.tools.changed();
        }
        self.handlers.notice(method, name, params);
        self.events.notice(method, name, params, subscription);
    }

    fn step(&self, message: &Message<'_>, via: &Via<'_>) -> Taken {
        let step = self.machine().receive(message, via);
        match step {
            Step::Answer { waiter, outcome } => {
                waiter.answer(match outcome {
                    Outcome::Result(result) => Reply::Result(result.to_vec()),
                    Outcome::Error(error) => Reply::Error(error.to_vec()),
                    Outcome::Ended => Reply::Ended,
                });
                return Taken::Answer;
            }
            Step::Progress { waiter, params } => waiter.progress(params),
            Step::Subscribed { waiter, params } => waiter.subscribed(params),
            Step::Ask { id, method, params } => self.ask(id, method, params),
            Step::Reply(bytes) => self.post(bytes, OutgoingKind::Response),
            Step::Stop(handle) => handle.abort(),
            Step::Notice {
                method,
                name,
                params,
                subscription,
            } => self.notice(method, &name, params, subscription),
            Step::Ignore(why) => {
                self.handlers.ignored(why);
                return Taken::Nothing;
            }
        }
        Taken::Message
    }
}

impl Receive for Core {
    fn message(&self, message: &[u8], via: Via<'_>) -> Taken {
        match parse(message, &self.limits) {
            Ok(message) => self.step(&message, &via),
            Err(reject) => {
                self.reject(&reject);
                Taken::Nothing
            }
        }
    }

    /// A malformed answer fails its request at once, where its id could be read. A fault inside of the result hides that it is one,
    /// so whatever has the id of a request in flight counts.
    fn reject(&self, reject: &Reject) {
        if let Some(Id::Number(id)) = &reject.id {
            let waiter = self.machine().take(*id);
            if let Some(waiter) = waiter {
                waiter.answer(Reply::Malformed(reject.code));
            }
        }
    }

    fn closed(&self, reason: TransportError) {
        self.close(&reason);
    }
}

/// Runs on the caller's runtime. Outside of one (a client dropped late) there is nothing to run on, and nobody to run it for.
pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Option<AbortHandle> {
    let runtime = tokio::runtime::Handle::try_current().ok()?;
    Some(runtime.spawn(future).abort_handle())
}
