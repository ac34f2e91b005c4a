//! The client: connects to a server of any revision, calls what it offers and answers what it asks.
//!
//! [`Client::builder`] says who the client is and what it answers; [`Builder::connect`] takes anything that carries messages:
//! [`StreamableHttp`](crate::http::client::StreamableHttp), the pipes and sockets of [`duplex`](crate::duplex), or a [`Connect`] of your
//! own. The revision is negotiated: `server/discover` first, `initialize` when the server turns out to be of the session era. From
//! then on the same calls and the same handlers work in both.
//!
//! ```no_run
//! use interlock_sdk::client::Client;
//! use interlock_sdk::http::client::StreamableHttp;
//!
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder("me", "1.0").connect(StreamableHttp::new("https://mcp.example/mcp")?).await?;
//! let result = client.call_tool("add", &serde_json::json!({"a": 1, "b": 2})).await?;
//! # drop(result);
//! # Ok(()) }
//! ```
//!
//! What it does not do: start processes. A local server comes from an approved launch: `interlock_gateway::launch` gives what
//! [`Builder::connect`] takes.

mod builder;
mod cache;
mod call_tool;
mod change;
mod connected;
mod core;
mod elicit;
mod error;
mod events;
mod handlers;
mod link;
mod listen;
mod machine;
mod message;
mod negotiate;
mod options;
mod pages;
mod refused_tool;
mod roots;
mod rounds;
pub(crate) mod sampling;
mod schema;
mod server_info;
mod settings;
mod tasks;
#[cfg(test)]
mod tests;
mod tool_book;
mod transport;
mod waiter;

pub use builder::Builder;
pub use change::Change;
pub use connected::Client;
pub use elicit::form_defaults;
pub use error::{CallError, ConnectError};
pub use listen::Subscription;
pub use options::CallOptions;
pub use pages::{Page, Pages};
pub use refused_tool::{RefusedTool, ToolFault};
pub use server_info::ServerInfo;
pub use tasks::{Started, TaskHandle};
pub use transport::{
    Abandon, Connect, Inbox, Outgoing, OutgoingKind, Receive, Taken, Transport, TransportError, Via,
};
