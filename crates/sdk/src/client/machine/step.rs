//! What follows from one message.

use interlock_wire::{Id, Method};

/// What the client does about a message.
#[derive(Debug)]
pub(crate) enum Step<'a, W, H> {
    /// A request is over: `waiter` gets its outcome.
    Answer {
        /// Who waits.
        waiter: W,
        /// What came.
        outcome: Outcome<'a>,
    },
    /// Work goes on for a request in flight.
    Progress {
        /// Who waits.
        waiter: W,
        /// The notification's parameters: a raw object.
        params: &'a [u8],
    },
    /// The server asks; exactly one reply is owed unless it is cancelled.
    Ask {
        /// The request's id.
        id: Id<'static>,
        /// What it asks for.
        method: Method,
        /// Its parameters: a raw object.
        params: &'a [u8],
    },
    /// Send this back.
    Reply(Vec<u8>),
    /// The server no longer wants to know: end what runs for it.
    Stop(H),
    /// A notification for the client's own use.
    Notice {
        /// Its method, [`Method::Other`] for an extension's.
        method: Method,
        /// The method's name when it is an extension's.
        name: String,
        /// A raw object.
        params: &'a [u8],
        /// The `subscriptions/listen` request that it belongs to.
        subscription: Option<i64>,
    },
    /// A subscription was acknowledged or ended by the server.
    Subscribed {
        /// Who waits.
        waiter: W,
        /// What the server agreed to: a raw object.
        params: &'a [u8],
    },
    /// Nothing.
    Ignore(Ignored),
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome<'a> {
    /// With a result: a raw object.
    Result(&'a [u8]),
    /// With an error: a raw object.
    Error(&'a [u8]),
    /// The server tore the subscription down without a result.
    Ended,
}

/// Why a message has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Ignored {
    /// An answer to nothing in flight: late, doubled, or made up.
    UnknownId,
    /// An answer that arrived in another request's exchange.
    ForeignExchange,
    /// An error that answers nothing.
    NoId,
    /// A request or notification that the server may not send now.
    NotAllowed,
    /// Progress that nobody asked for, or that does not increase.
    Progress,
    /// A change that no open subscription covers.
    NoSubscription,
    /// The connection is closed.
    Closed,
}
