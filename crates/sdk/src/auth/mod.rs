//! Authorization: OAuth 2.1 as MCP profiles it.

pub mod client;
pub mod server;
