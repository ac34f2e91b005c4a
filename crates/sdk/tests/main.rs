//! Integration tests of the SDK.
mod pair;
mod server;
