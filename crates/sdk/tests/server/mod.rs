//! The server by its sessions alone: messages in, messages out, no IO.

mod basics;
mod peer;
