//! The relay: judge, record, forward.

mod outcome;
mod relay;
mod stderr;
mod text;

pub mod pins;

pub use outcome::{Exit, NotMcp, Outcome};
pub use text::visible;
