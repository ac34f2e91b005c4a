//! The client: connects to a server of any revision, calls what it offers and answers what it asks.

mod transport;

pub use transport::{
    Abandon, Connect, Inbox, Outgoing, OutgoingKind, Receive, Taken, Transport, TransportError, Via,
};
