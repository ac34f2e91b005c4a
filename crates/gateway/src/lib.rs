//! The relay: judge, record, forward.

mod outcome;
mod relay;

pub mod pins;

pub use outcome::{Exit, NotMcp, Outcome};
