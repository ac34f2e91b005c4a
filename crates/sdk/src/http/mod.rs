//! HTTP: the Streamable HTTP of every revision, and the HTTP+SSE before it.

pub mod client;
pub mod server;
