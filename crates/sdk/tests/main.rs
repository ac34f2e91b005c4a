//! Integration tests of the SDK.
mod authorized;
mod guarded;
mod http_server;
mod pair;
mod server;
