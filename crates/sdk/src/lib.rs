//! The Model Context Protocol for authors of servers and clients: every revision from 2024-11-05 to 2026-07-28, over standard
//! streams, Unix sockets and Streamable HTTP, secure before anything is configured.
//!
//! A server is tools with typed arguments:
//!
//! ```no_run
//! use interlock_sdk::{Context, Server};
//!
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! struct Add { a: i64, b: i64 }
//!
//! # fn main() -> Result<(), interlock_sdk::duplex::ServeError> {
//! Server::builder("calculator", "1.0.0")
//!     .tool("add", "Adds two numbers", async |add: Add, _: Context| Ok(add.a + add.b))
//!     .build()
//!     .run_stdio()
//! # }
//! ```
//!
//! A client finds out by itself what its server speaks:
//!
//! ```no_run
//! use interlock_sdk::client::Client;
//! use interlock_sdk::http::client::StreamableHttp;
//!
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder("me", "1.0.0").connect(StreamableHttp::new("https://mcp.example/mcp")?).await?;
//! let sum = client.call_tool("add", &serde_json::json!({ "a": 1, "b": 2 })).await?;
//! # drop(sum);
//! # Ok(()) }
//! ```
//!
//! # Where to look
//!
//! | to | see |
//! |---|---|
//! | offer tools, resources, prompts; ask the client; report; work on tasks | [`server`] |
//! | use a server | [`client`] |
//! | serve or reach one over pipes and Unix sockets | [`duplex`] |
//! | serve or reach one over HTTP | [`http::server`], [`http::client`] |
//! | ask who calls, or obtain tokens | [`auth::server`], [`auth::client`] |
//! | serve files of a directory and nothing else | [`files`] |
//! | publish or load skills | [`skills`] |
//!
//! # What holds without configuration
//!
//! - Bytes are bounded before they are read and messages are read strictly: what two readers could read differently is refused.
//! - An HTTP server compares `Host` and `Origin` as a whole, and does not listen beyond this machine before it knows who may come in.
//! - A handler learns who calls and never with which token. What a client keeps for a server is sealed.
//! - Addresses named by peers are resolved, judged, and then connected to; redirects stay on their origin; credentials stay with their issuer.
//! - The crate starts no process, and opens no browser.
//!
//! What weakens any of it has `danger` in its name.

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

/// The programs of the README are compiled as they stand there.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
