//! A server that is connected to: Streamable HTTP made to look like the pipes of a process, so that the relay judges both alike.
//!
//! ```text
//! client ──▶ relay: judge, record, forward ──▶ pipe ──▶ bridge ──▶ one POST a message ──▶ the approved address
//!        ◀──                               ◀── pipe ◀──        ◀── answers and streams ◀──
//! ```
//!
//! The bridge adds what HTTP needs (headers, sessions, resumption) and takes it away again. It sends the bytes that the relay judged,
//! and gives the relay what came, unjudged. It never speaks for the server but to say, as an error of the request, why no answer comes.
//! It connects to the approved address and to nothing else: no other origin, no address that the policy does not allow, and the
//! values of headers are the approved secrets. It reads no more while the relay takes nothing.

mod bridge;
mod connection;
mod failure;
mod link;
mod mail;
mod outgoing;
mod table;

pub(crate) use connection::Connection;
pub(crate) use link::Link;
