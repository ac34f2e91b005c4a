//! Tests of the client against a scripted server.

mod cache;
mod calls;
mod listening;
mod negotiation;
mod paging;
mod peer;
mod promises;
mod questions;
mod rounds;
mod tasks;
mod tools;
