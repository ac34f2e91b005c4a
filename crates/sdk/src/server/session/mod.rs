//! One peer of a server: judges what it may ask now, and answers.

mod asked;
mod calls;
mod flight;
mod handshake;
mod listen;
mod lists;
mod notified;
mod route;
mod state;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use interlock_wire::types::{
    ClientCapabilities, ElicitCompleteParams, Implementation, LogLevel, write_notification,
};
use interlock_wire::{Id, Kind, Message, Reject, Revision, error_reply};

use super::context::{Arrival, Context};
use super::handled::{Handled, Outcome};
use super::outbound::Outbound;
use super::registry::Server;
use crate::{Principal, RpcError};
use state::{Busy, State};

pub(super) use calls::{knows_tasks, lacks_tasks};
pub(super) use flight::write_error;
pub(super) use route::{not_found, params};

/// How messages of a session travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// A pipe or a socket: both eras, one stream in each direction.
    Duplex,
    /// A session of Streamable HTTP up to 2025-11-25, or of HTTP+SSE.
    HttpLegacy,
    /// One request of Streamable HTTP from 2026-07-28 on.
    HttpModern,
}

/// One peer. Cloning it is cheap; all clones are the same session.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

pub(super) struct Inner {
    server: Server,
    kind: SessionKind,
    principal: Principal,
    /// Tells sessions of anonymous callers apart.
    number: u64,
    state: Mutex<State>,
}

/// A session that may be over.
#[derive(Clone)]
pub(super) struct WeakSession(Weak<Inner>);

impl WeakSession {
    pub(super) fn get(&self) -> Option<Session> {
        self.0.upgrade().map(Session)
    }
}

/// One request on its way to an answer.
pub(super) struct Ask<'m, 'a> {
    pub(super) id: &'m Id<'a>,
    pub(super) message: &'m Message<'a>,
    pub(super) revision: Revision,
    pub(super) out: &'m Outbound,
    pub(super) arrival: Arrival,
}

impl Session {
    pub(super) fn new(server: Server, kind: SessionKind, principal: Principal) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        Self(Arc::new(Inner {
            server,
            kind,
            principal,
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            state: Mutex::new(State::default()),
        }))
    }

    /// Handles one message of the peer. What the server sends for it before its answer goes into `out`.
    ///
    /// A handler that is done at once is [`Handled::Replied`]; nothing is spawned for the others either: whoever
    /// drives the connection polls their [`Pending`](super::Pending).
    ///
    /// ```
    /// use interlock_sdk::Principal;
    /// use interlock_sdk::server::{Arrival, Handled, Outbound, Server, SessionKind};
    /// use interlock_wire::{Limits, parse};
    ///
    /// let server = Server::builder("s", "1").build();
    /// let session = server.session(SessionKind::Duplex, Principal::anonymous());
    /// let line = br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    /// let message = parse(line, &Limits::default())?;
    /// let mut reply = Vec::new();
    /// let handled = session.handle(&message, Arrival::default(), &Outbound::new(8), &mut reply);
    /// assert!(matches!(handled, Handled::Replied(_)));
    /// assert_eq!(reply, br#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    /// # Ok::<(), interlock_wire::Reject>(())
    /// ```
    pub fn handle(
        &self,
        message: &Message<'_>,
        arrival: Arrival,
        out: &Outbound,
        reply: &mut Vec<u8>,
    ) -> Handled {
        match &message.kind {
            Kind::Request { id, .. } => {
                let answered = self.revision_of(message, id).and_then(|revision| {
                    let ask = Ask {
                        id,
                        message,
                        revision,
                        out,
                        arrival,
                    };
                    self.route(ask, reply)
                });
                answered
                    .unwrap_or_else(|fault| Handled::Replied(write_error(&fault, Some(id), reply)))
            }
            Kind::Notification { .. } => {
                self.notified(message);
                Handled::Silent
            }
            Kind::Response { id, result } => {
                self.answered(id, Ok(result));
                Handled::Silent
            }
            Kind::Error { id, error } => {
                if let Some(id) = id {
                    self.answered(id, Err(error));
                }
                Handled::Silent
            }
        }
    }

    /// Answers what was no message, where that is possible.
    pub fn reject(&self, reject: &Reject, reply: &mut Vec<u8>) -> Handled {
        if reject.response {
            return Handled::Silent;
        }
        let fault = RpcError::new(error_reply::code_of(reject), reject.detail.clone());
        Handled::Replied(write_error(&fault, reject.id.as_ref(), reply))
    }

    /// Says where notifications go that belong to no request: the pipe, or the stream that a legacy client opened.
    pub fn attach(&self, standalone: Outbound) {
        self.state().standalone = Some(standalone);
    }

    /// The revision that `initialize` agreed on.
    pub fn revision(&self) -> Option<Revision> {
        self.state().phase.revision()
    }

    /// How its messages travel.
    pub fn kind(&self) -> SessionKind {
        self.0.kind
    }

    /// Who the peer is.
    pub fn principal(&self) -> &Principal {
        &self.0.principal
    }

    /// The server of the session.
    pub fn server(&self) -> &Server {
        &self.0.server
    }

    /// Ends the session: everything in flight is cancelled, and what waits for the peer's answers waits no more.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        let Busy {
            in_flight, asked, ..
        } = state.interrupt();
        state.standalone = None;
        drop(state);
        drop(asked);
        in_flight.values().for_each(Context::cancel);
    }

    /// Who the legacy client says it is: for logs, never for decisions.
    pub(super) fn client_info(&self) -> Option<Arc<Implementation>> {
        self.state()
            .hello()
            .map(|hello| Arc::new(hello.client_info))
    }

    /// Tells a client of 2025-11-25 that the person has answered at a URL: `id` is the question's `elicitation_id`.
    pub fn elicitation_complete(&self, id: &str) {
        if self.revision() != Some(Revision::V2025_11_25) {
            return;
        }
        let mut text = Vec::new();
        let params = ElicitCompleteParams {
            elicitation_id: id.to_owned(),
            ..ElicitCompleteParams::default()
        };
        let method = "notifications/elicitation/complete";
        write_notification(method, &params, Revision::V2025_11_25, &mut text);
        self.send_aside(&text);
    }

    pub(super) fn number(&self) -> u64 {
        self.0.number
    }

    pub(super) fn downgrade(&self) -> WeakSession {
        WeakSession(Arc::downgrade(&self.0))
    }

    pub(super) fn standalone(&self) -> Option<Outbound> {
        self.state().standalone.clone()
    }

    pub(super) fn log_level(&self) -> LogLevel {
        self.state().log_level
    }

    pub(super) fn client_capabilities(&self) -> Option<Arc<ClientCapabilities>> {
        let hello = self.state().hello();
        hello.map(|hello| Arc::new(hello.capabilities))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finished(&self, outcome: Outcome) -> Handled {
        Handled::Replied(outcome)
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("kind", &self.0.kind)
            .field("revision", &self.revision())
            .finish_non_exhaustive()
    }
}
