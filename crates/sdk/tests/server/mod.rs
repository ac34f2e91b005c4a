//! The server by its sessions alone: messages in, messages out, no IO.

mod asking;
mod basics;
mod calls;
mod cancelling;
mod changes;
mod layers;
mod lists;
mod machine;
mod outbound;
mod peer;
mod promises;
mod questions;
mod reporting;
mod tasks_core;
mod tasks_extension;
