//! Integration tests of the SDK.
mod guarded;
mod authorized;
mod pair;
mod server;
