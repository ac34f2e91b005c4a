//! What a client knows about one connection: requests in flight in both directions, and what may arrive now.
//!
//! No IO, no clock, no tasks: messages go in, one [`Step`] each comes out. It is generic over what waits for an answer (`W`) and over what
//! runs for a request of the server (`H`), so that a test can drive it in any order. Memory is bounded: by the requests that
//! the caller began, and by the limit on requests of the server.

mod phase;
mod receive;
mod state;
mod step;
#[cfg(test)]
mod tests;

pub(crate) use phase::{Grants, Phase};
pub(crate) use state::Machine;
pub(crate) use step::{Ignored, Outcome, Step};
