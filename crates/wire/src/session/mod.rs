//! The relay's view of one client and one server over one pipe: which message may pass now, in which direction.
//!
//! No IO and no clock: messages and the time go in, verdicts come out. Both eras are served at once, as a dual-era server may. What
//! passes is passed as it came; the session never edits. Memory is bounded by [`Limits`](crate::Limits).
//!
//! It does not judge tools, arguments or texts; the [`Note`] of a verdict says where they are.

mod client;
mod in_flight;
mod pace;
mod phase;
mod server;
mod state;
mod states;
mod verdict;

pub use state::Session;
pub use verdict::{Answer, Note, Outcome, Reason, Ticket, Verdict};
