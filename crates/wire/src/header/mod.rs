//! The headers of Streamable HTTP (2026-07-28, "Request Metadata"): names, value encoding, `x-mcp-header`. No IO.
//!
//! Headers mirror parts of the body, so that something between client and server can route without reading it. The two sides
//! of the rule are here: a client [`encode`]s, a server [`decode`]s and compares before anything is dispatched.
//!
//! ```
//! use interlock_wire::header::{decode, encode};
//!
//! assert_eq!(encode("us-west1"), "us-west1");
//! assert_eq!(encode("Hello, 世界"), "=?base64?SGVsbG8sIOS4lueVjA==?=");
//! assert_eq!(decode(b"=?base64?SGVsbG8sIOS4lueVjA==?=")?, "Hello, 世界");
//! # Ok::<(), interlock_wire::header::ValueError>(())
//! ```

mod params;
mod value;

pub use params::{Mismatch, ParamHeader, ParamHeaders, SchemaError};
pub use value::{ValueError, decode, encode, is_token};

/// Which revision the request speaks; since 2025-06-18.
pub const PROTOCOL_VERSION: &str = "mcp-protocol-version";
/// The body's `method`; since 2026-07-28.
pub const METHOD: &str = "mcp-method";
/// The body's `params.name` or `params.uri`, encoded; since 2026-07-28.
pub const NAME: &str = "mcp-name";
/// What the header of a parameter starts with; the `x-mcp-header` value follows.
pub const PARAM_PREFIX: &str = "mcp-param-";
/// The session of 2025-03-26 to 2025-11-25.
pub const SESSION_ID: &str = "mcp-session-id";
/// From where a stream of 2025-03-26 to 2025-11-25 is resumed.
pub const LAST_EVENT_ID: &str = "last-event-id";
