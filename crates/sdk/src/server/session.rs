//! One peer of a server: judges what it may ask now, and answers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use interlock_wire::{Era, Id, Kind, Message, Method, Reject, Revision, error_reply, json};

use super::context::{Arrival, Context};
use super::encode;
use super::handled::{Handled, Outcome, Pending, Reply};
use super::outbound::Outbound;
use super::registry::Server;
use super::state::{Phase, State};
use super::tool::ToolFuture;
use crate::{Principal, RpcError};

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

struct Inner {
    server: Server,
    kind: SessionKind,
    principal: Principal,
    state: Mutex<State>,
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
        Self(Arc::new(Inner {
            server,
            kind,
            principal,
            state: Mutex::new(State::new()),
        }))
    }

    /// Handles one message of the peer. What the server sends for it before its answer goes into `out`.
    ///
    /// A handler that is done at once is [`Handled::Replied`]; nothing is spawned for the others either: whoever
    /// drives the connection polls their [`Pending`].
    pub fn handle(
        &self,
        message: &Message<'_>,
        arrival: Arrival,
        out: &Outbound,
        reply: &mut Vec<u8>,
    ) -> Handled {
        match &message.kind {
            Kind::Request { id, .. } => {
                let asked = self.revision_of(message).and_then(|revision| {
                    let ask = Ask {
                        id,
                        message,
                        revision,
                        out,
                        arrival,
                    };
                    self.route(ask, reply)
                });
                asked.unwrap_or_else(|fault| {
                    Handled::Replied(encode::error(&fault, Some(id), reply))
                })
            }
            Kind::Notification { .. } => {
                self.notified(message);
                Handled::Silent
            }
            Kind::Response { .. } | Kind::Error { .. } => Handled::Silent,
        }
    }

    /// Answers what was no message, where that is possible.
    pub fn reject(&self, reject: &Reject, reply: &mut Vec<u8>) -> Handled {
        if reject.response {
            return Handled::Silent;
        }
        let fault = RpcError::new(error_reply::code_of(reject), reject.detail.clone());
        Handled::Replied(encode::error(&fault, reject.id.as_ref(), reply))
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

    /// Ends the session: everything in flight is cancelled.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        let in_flight = std::mem::take(&mut state.in_flight);
        state.standalone = None;
        drop(state);
        in_flight.values().for_each(Context::cancel);
    }

    /// Which revision a request is made in: what its `_meta` says, else what the handshake agreed on.
    fn revision_of(&self, message: &Message<'_>) -> Result<Revision, RpcError> {
        if let Some(named) = message.meta_version() {
            return modern_revision(named, message);
        }
        let method = message.method();
        if self.0.kind == SessionKind::HttpModern || method == Method::Discover {
            return Err(RpcError::invalid_params(
                "`_meta` lacks `io.modelcontextprotocol/protocolVersion`",
            ));
        }
        match (self.state().phase, method) {
            (Phase::New, Method::Initialize | Method::Ping) => Ok(Revision::V2024_11_05),
            (Phase::New, _) => Err(RpcError::invalid_request("not initialized")),
            (Phase::Agreed(revision) | Phase::Ready(revision), _) => Ok(revision),
        }
    }

    fn route(&self, ask: Ask<'_, '_>, reply: &mut Vec<u8>) -> Result<Handled, RpcError> {
        let method = ask.message.method();
        if !method.exists_in(ask.revision) {
            return Err(not_found(ask.message));
        }
        let outcome = match method {
            Method::Initialize => self.initialize(&ask, reply)?,
            Method::Ping => self.result(&ask, reply, |_| {}),
            Method::Discover => self.discover(&ask, reply),
            Method::ToolsList => self.list_tools(&ask, reply),
            Method::ToolsCall => return self.call_tool(ask, reply),
            _ => return Err(not_found(ask.message)),
        };
        Ok(Handled::Replied(outcome))
    }

    fn initialize(&self, ask: &Ask<'_, '_>, reply: &mut Vec<u8>) -> Result<Outcome, RpcError> {
        let params = ask.message.params().unwrap_or(b"{}");
        let requested = json::member(params, "protocolVersion").and_then(json::as_str);
        let Some(requested) = requested else {
            return Err(RpcError::invalid_params("`protocolVersion` is missing"));
        };
        let revision = Revision::from_name(&requested)
            .filter(|revision| revision.era() == Era::Legacy)
            .unwrap_or(Revision::V2025_11_25);
        let mut state = self.state();
        if state.phase != Phase::New {
            return Err(RpcError::invalid_request("already initialized"));
        }
        state.phase = Phase::Agreed(revision);
        drop(state);
        let server = &self.0.server.0;
        Ok(encode::result(
            &self.0.server,
            revision,
            ask.id,
            reply,
            |out| {
                out.extend_from_slice(br#""protocolVersion":"#);
                json::write_string(revision.name(), out);
                out.extend_from_slice(br#","capabilities":{"tools":{}},"serverInfo":"#);
                out.extend_from_slice(&server.info);
                if let Some(instructions) = &server.instructions {
                    out.extend_from_slice(br#","instructions":"#);
                    json::write_string(instructions, out);
                }
            },
        ))
    }

    fn discover(&self, ask: &Ask<'_, '_>, reply: &mut Vec<u8>) -> Outcome {
        let instructions = self.0.server.0.instructions.as_deref();
        self.result(ask, reply, |out| {
            out.extend_from_slice(br#""supportedVersions":["#);
            for (index, revision) in Revision::ALL.iter().rev().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                json::write_string(revision.name(), out);
            }
            out.extend_from_slice(
                br#"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private""#,
            );
            if let Some(instructions) = instructions {
                out.extend_from_slice(br#","instructions":"#);
                json::write_string(instructions, out);
            }
        })
    }

    fn list_tools(&self, ask: &Ask<'_, '_>, reply: &mut Vec<u8>) -> Outcome {
        let modern = ask.revision.era() == Era::Modern;
        let tools = &self.0.server.0.tools;
        self.result(ask, reply, |out| {
            out.extend_from_slice(br#""tools":["#);
            for (index, tool) in tools.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(&tool.definition);
            }
            out.push(b']');
            if modern {
                out.extend_from_slice(br#","ttlMs":0,"cacheScope":"private""#);
            }
        })
    }

    fn call_tool(&self, ask: Ask<'_, '_>, reply: &mut Vec<u8>) -> Result<Handled, RpcError> {
        let name = ask.message.name();
        let name = name.ok_or_else(|| RpcError::invalid_params("`name` is missing"))?;
        let server = &self.0.server;
        let tool = server.tool(&name).ok_or_else(|| {
            RpcError::invalid_params(format!("unknown tool `{}`", crate::error::shown(&name)))
        })?;
        let token = ask.message.progress_token().map(Id::into_owned);
        let cx = Context::new(
            self.clone(),
            ask.revision,
            token,
            ask.out.clone(),
            ask.arrival,
        );
        let arguments = ask.message.arguments().unwrap_or(b"{}");
        let mut work = match tool.handler.call(arguments, cx.clone()) {
            Ok(work) => work,
            Err(text) => return Err(RpcError::invalid_params(text)),
        };
        match work
            .as_mut()
            .poll(&mut std::task::Context::from_waker(Waker::noop()))
        {
            Poll::Ready(given) => Ok(Handled::Replied(encode::tool(
                server,
                ask.revision,
                ask.id,
                given,
                reply,
            ))),
            Poll::Pending => self.later(ask.id, cx, work),
        }
    }

    fn later(&self, id: &Id<'_>, cx: Context, work: ToolFuture) -> Result<Handled, RpcError> {
        let id = id.clone().into_owned();
        let mut state = self.state();
        if state.in_flight.len() >= self.0.server.limits().max_in_flight {
            return Err(RpcError::refused("too many requests in flight"));
        }
        if state.in_flight.contains_key(&id) {
            return Err(RpcError::invalid_request("the id is in flight already"));
        }
        state.in_flight.insert(id.clone(), cx.clone());
        drop(state);
        let flight = Flight {
            session: self.clone(),
            id,
            cx,
        };
        Ok(Handled::Later(Pending::new(flight.run(work))))
    }

    fn notified(&self, message: &Message<'_>) {
        match message.method() {
            Method::Initialized => {
                let mut state = self.state();
                if let Phase::Agreed(revision) = state.phase {
                    state.phase = Phase::Ready(revision);
                }
            }
            Method::Cancelled => {
                let named = message.cancelled_id().map(Id::into_owned);
                let found = named.and_then(|id| self.state().in_flight.get(&id).cloned());
                if let Some(cx) = found {
                    cx.cancel();
                }
            }
            _ => {}
        }
    }

    fn result(
        &self,
        ask: &Ask<'_, '_>,
        reply: &mut Vec<u8>,
        members: impl FnOnce(&mut Vec<u8>),
    ) -> Outcome {
        encode::result(&self.0.server, ask.revision, ask.id, reply, members)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request in flight; dropping it cancels the call and frees its id.
struct Flight {
    session: Session,
    id: Id<'static>,
    cx: Context,
}

impl Flight {
    async fn run(self, work: ToolFuture) -> Option<Reply> {
        let given = tokio::select! {
            biased;
            given = work => given,
            () = self.cx.cancelled() => return None,
        };
        let mut bytes = Vec::with_capacity(256);
        let revision = self.cx.revision();
        let outcome = encode::tool(
            &self.session.0.server,
            revision,
            &self.id,
            given,
            &mut bytes,
        );
        Some(Reply { bytes, outcome })
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.session.state().in_flight.remove(&self.id);
        self.cx.cancel();
    }
}

fn modern_revision(named: &[u8], message: &Message<'_>) -> Result<Revision, RpcError> {
    let Some(named) = json::as_str(named) else {
        return Err(RpcError::invalid_params(
            "the protocol version is not a string",
        ));
    };
    match Revision::from_name(&named) {
        Some(revision) if revision.era() == Era::Modern => {}
        Some(_) => {
            let modern = [Revision::V2026_07_28];
            return Err(RpcError::unsupported_version(&named, &modern));
        }
        None => {
            let mut all = Revision::ALL;
            all.reverse();
            return Err(RpcError::unsupported_version(&named, &all));
        }
    }
    let declared = message.meta_capabilities().and_then(<[u8]>::first);
    match declared == Some(&b'{') {
        true => Ok(Revision::V2026_07_28),
        false => Err(RpcError::invalid_params(
            "`_meta` lacks `io.modelcontextprotocol/clientCapabilities`",
        )),
    }
}

fn not_found(message: &Message<'_>) -> RpcError {
    match &message.kind {
        Kind::Request { method, .. } => RpcError::method_not_found(method),
        _ => RpcError::invalid_request("not a request"),
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
