//! The digests of approved tool definitions, and what differs from them.
//!
//! A tool is what its definition says it is to the model that calls it; so a definition that is not the approved
//! one makes another tool, whatever its name. Such a tool is withheld from lists and refused when called.

mod diff;
mod store;

pub use diff::{Piece, Side, word_diff};
pub use store::{Callable, Pins, Standing};

/// SHA-256 over a tool definition in canonical JSON.
pub type Digest = [u8; 32];
