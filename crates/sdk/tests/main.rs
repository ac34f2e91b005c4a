//! Integration tests of the SDK.
mod authorization;
mod guarded;
mod authorized;
mod pair;
mod server;
