//! MCP client and server, secure by default: stdio, Unix sockets, Streamable HTTP, authorization.

pub mod auth;
pub mod client;
pub mod clock;
pub mod duplex;
pub mod error;
pub mod files;
pub mod http;
pub mod net;
mod principal;
pub mod server;
pub mod skills;

pub use error::RpcError;
pub use principal::Principal;
pub use server::{Context, Server};

/// A future on the heap, as object-safe traits need it.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
