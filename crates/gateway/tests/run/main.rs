//! Real servers, contained, behind the relay: what a client sees and what the log says.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets something unexpected fails there and then"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests measure real time"
)]

mod local;
mod remote;
mod server;
mod web;
mod world;
