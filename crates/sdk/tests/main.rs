//! Integration tests of the SDK.
mod server;
