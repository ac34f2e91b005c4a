//! The server side of HTTP: Streamable HTTP of every revision on one endpoint, secure before anything is configured.
//!
//! [`HttpServer`] puts it together; [`BoundServer`] listens, and [`HttpService`] is the endpoint for a router of another framework.
//! The order in which a request is judged is the order of `service.rs`: size and names of its head, who sends it, its kind, its
//! size, its grammar, whether its headers say what its body says, whether the sender may, and only then what it asks for.
//!
//! What is *not* here: TLS (a proxy or another framework has that), what messages mean ([`crate::server`]), and who callers are
//! ([`crate::auth::server`]).
//!
//! | since | how |
//! |---|---|
//! | 2026-07-28 | each request by itself; an event stream only if the handler sends something before its answer; a closed stream cancels |
//! | 2025-03-26 | sessions by `Mcp-Session-Id`, a stream by `GET`, reading on by `Last-Event-ID`; a closed stream does not cancel |
//! | 2024-11-05 | two paths, only with [`HttpServer::with_old_sse`] |
//!
//! Batches, which only 2025-03-26 had, are refused: they would hide calls from whatever judges single messages.

mod agree;
mod authority;
mod body;
mod builder;
mod call;
mod cors;
mod events;
mod gate;
mod get;
mod journal;
mod legacy_events;
mod limits;
mod listener;
mod media;
mod old_sse;
mod post;
mod refusal;
mod service;
mod sessions;
mod stalled;

pub use authority::AllowError;
pub use body::ResponseBody;
pub use builder::{BindError, HttpServer};
pub use limits::HttpLimits;
pub use listener::BoundServer;
pub use service::HttpService;
