//! The seam between a client and what carries its messages: pipes, sockets, HTTP.
//!
//! A transport carries whole JSON-RPC messages and knows nothing about them but what its headers need. It is made by
//! [`Connect::connect`], which is given the [`Inbox`] that received messages go into. The inbox never blocks, so a
//! transport reads on whatever the client's handlers do; what they may take is bounded behind it.

use std::sync::Arc;

use interlock_wire::{Id, Limits, Method, Reject, Revision};
use thiserror::Error;

use crate::BoxFuture;

/// Carries the messages of one client. Dropping it ends the connection.
pub trait Transport: Send + Sync + 'static {
    /// Sends one message.
    ///
    /// A stream (pipe, socket) is done as soon as the message is handed over, in the order of the calls. A transport that answers each
    /// message on its own (HTTP) is done when that exchange is over, so that dropping the future closes it; a
    /// request whose exchange ends without an answer is an error.
    ///
    /// # Errors
    /// [`TransportError`] when the message was not carried, or its exchange failed.
    fn send<'a>(&'a self, message: Outgoing) -> BoxFuture<'a, Result<(), TransportError>>;

    /// How a request is given up whose [`send`](Self::send) was dropped or whose answer nobody waits for any more.
    fn abandon(&self) -> Abandon {
        Abandon::Notify
    }

    /// The revision is agreed: headers carry it from now on.
    fn negotiated(&self, _revision: Revision) {}

    /// Whom the server takes us for, as a number that changes with the account or its scopes: what was cached for one is never
    /// given to another.
    fn authorization(&self) -> u64 {
        0
    }

    /// Whether arguments that a tool's schema marks with `x-mcp-header` are wanted in
    /// [`OutgoingKind::Request`]: tools with invalid marks are left out then.
    fn mirrors_arguments(&self) -> bool {
        false
    }

    /// Ends the connection in the order that the transport's specification asks for; idempotent.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// Makes a [`Transport`]: what [`Builder::connect`](crate::client::Builder::connect) takes.
pub trait Connect: Send + 'static {
    /// What is made.
    type Transport: Transport;

    /// Connects. Everything that is received goes into `inbox`.
    fn connect(self, inbox: Inbox) -> BoxFuture<'static, Result<Self::Transport, TransportError>>;
}

/// One message on its way to the server.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outgoing {
    /// The JSON text, on one line, without a line end.
    pub bytes: Vec<u8>,
    /// What it is.
    pub kind: OutgoingKind,
    /// The revision that the message is written in; none while `initialize` has not been answered.
    pub revision: Option<Revision>,
}

impl Outgoing {
    /// A message of that kind.
    pub fn new(bytes: Vec<u8>, kind: OutgoingKind, revision: Option<Revision>) -> Self {
        Self {
            bytes,
            kind,
            revision,
        }
    }
}

/// What an [`Outgoing`] is, as far as a transport's headers say it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum OutgoingKind {
    /// Wants an answer.
    Request {
        /// Its id.
        id: Id<'static>,
        /// Its method, as in the message.
        method: Method,
        /// The method's name (which `method` does not know of extensions).
        method_name: String,
        /// What the request is about: the tool's or prompt's name, or the resource's URI (`Mcp-Name`).
        name: Option<String>,
        /// Arguments that the tool's schema wants in headers (`x-mcp-header`): whole header name and encoded value.
        params: Vec<(String, String)>,
    },
    /// Wants none.
    Notification {
        /// Its method.
        method: Method,
        /// The method's name.
        method_name: String,
    },
    /// The answer to a request of the server.
    Response,
}

/// How a request is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Abandon {
    /// The client sends `notifications/cancelled`.
    Notify,
    /// The end of its exchange said so already.
    Done,
}

/// Where a received message came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via<'a> {
    /// The one stream that everything shares, or a stream that belongs to no request.
    Shared,
    /// The answer to that request: no other request may be answered there.
    Exchange(&'a Id<'static>),
}

/// What became of a received message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It answered a request: that exchange is over.
    Answer,
    /// It was anything else that may arrive now.
    Message,
    /// It was malformed or out of place, and has no effect.
    Nothing,
}

/// What a client does with what its transport receives. Implemented by the client; by others to test a transport.
pub trait Receive: Send + Sync + 'static {
    /// One message: JSON text, not yet judged.
    fn message(&self, message: &[u8], via: Via<'_>) -> Taken;
    /// Something that could not even be framed, such as a line over the limit.
    fn reject(&self, reject: &Reject);
    /// Nothing more will be received.
    fn closed(&self, reason: TransportError);
    /// Bytes came on a stream that an answer is waited for on, a message or not: comments that keep a connection open say that the
    /// server is still there. By default that is of no interest.
    fn alive(&self, via: &Via<'_>) {
        let _ = via;
    }
    /// Done when more may be received: transports that read many streams at once wait for it before each piece. Whoever keeps what
    /// it is given says here when to stop; by default, never.
    fn room(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// Where a transport puts what it receives. Never blocks.
#[derive(Clone)]
pub struct Inbox {
    receiver: Arc<dyn Receive>,
    limits: Limits,
}

impl Inbox {
    /// An inbox in front of `receiver`.
    pub fn new(receiver: Arc<dyn Receive>, limits: Limits) -> Self {
        Self { receiver, limits }
    }

    /// The limits that the transport keeps while it frames what it reads.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Takes one message.
    pub fn message(&self, message: &[u8], via: Via<'_>) -> Taken {
        self.receiver.message(message, via)
    }

    /// Takes note of something that could not be framed.
    pub fn reject(&self, reject: &Reject) {
        self.receiver.reject(reject);
    }

    /// Takes note of bytes that came, whatever they are.
    pub fn alive(&self, via: &Via<'_>) {
        self.receiver.alive(via);
    }

    /// Waits until more may be received.
    pub async fn room(&self) {
        self.receiver.room().await;
    }

    /// Nothing more will be received: everything in flight fails with `reason`.
    pub fn closed(&self, reason: TransportError) {
        self.receiver.closed(reason);
    }
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Inbox").finish_non_exhaustive()
    }
}

/// Why a message was not carried, or a connection ended.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The peer closed the connection, or it was closed here.
    #[error("the connection is closed")]
    Closed,
    /// Reading or writing failed.
    #[error("the connection failed")]
    Io(#[source] Arc<std::io::Error>),
    /// The connection could not be made, or broke within an exchange.
    #[error("the server cannot be reached")]
    Unreachable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The server answered with an HTTP status that carries no message.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// The server no longer knows the session: the handshake starts again.
    #[error("the server ended the session")]
    SessionEnded,
    /// The server wants authorization that could not be given.
    #[error("the server refused authorization")]
    Unauthorized(#[source] Option<Arc<crate::auth::client::AuthError>>),
    /// The exchange ended without the answer.
    #[error("the exchange ended without an answer")]
    NoAnswer,
    /// The server did something that the transport's specification forbids.
    #[error("the server broke the transport's rules: {0}")]
    Protocol(&'static str),
    /// A limit of ours was exceeded.
    #[error("over a limit: {0}")]
    Limit(&'static str),
    /// The caller's address or option cannot be used.
    #[error("cannot be used: {0}")]
    Refused(&'static str),
}

impl From<std::io::Error> for TransportError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}
