//! Integration tests of the SDK.
mod guarded;
mod pair;
mod server;
