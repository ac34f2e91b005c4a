//! Finding out whether a log is what was written.
//!
//! It reads a log directory, or a copy of one, and changes nothing. It does not say whether what was
//! written was true, and it cannot know of a log that was replaced as a whole by someone who had its key:
//! give it a checkpoint that was kept elsewhere for that.

mod check;
mod report;
mod snapshot;
mod walk;

pub use check::{VerifyOptions, verify};
pub use report::{Finding, Note, VerifyError, VerifyReport, What};

#[cfg(test)]
mod tests;
