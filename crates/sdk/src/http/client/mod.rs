//! Streamable HTTP, client side: every revision, and the HTTP+SSE that came before it.
//!
//! One POST a message. What the server answers may be one JSON message or a stream of events; both belong to the request that was posted.
//! Up to 2025-11-25 there are sessions, a stream for what belongs to no request, and broken streams that are resumed; from 2026-07-28 there is
//! nothing of that, and closing a stream cancels its request. A server that knows neither is tried with HTTP+SSE of 2024-11-05.
//!
//! Secure by default: `https` except to loopback addresses, redirects within the origin only, credentials sent to the origin only, the size of
//! every answer bounded before it is read. Proxies of the environment are not used.
//!
//! ```no_run
//! use interlock_sdk::client::Client;
//! use interlock_sdk::http::client::StreamableHttp;
//!
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder("me", "1.0").connect(StreamableHttp::new("https://mcp.example/mcp")?).await?;
//! for tool in client.list_tools().await? {
//!     println!("{}", interlock_wire::Untrusted::new(tool.name.as_str()).escaped());
//! }
//! # Ok(()) }
//! ```

mod body;
pub mod danger;
mod dial;
mod endpoint;
mod events;
mod exchange;
mod headers;
mod options;
mod shared;
mod sse_transport;
mod standalone;
mod transport;

pub use endpoint::UrlError;
pub use options::StreamableHttp;
pub use transport::HttpTransport;
